"""The formulas as ``torch.nn.Module``, in the same files and under the same names."""

from mmref.torch.attention import (
    AdditiveAttention,
    attention_weights,
    causal_mask,
    dot_product_attention,
)
from mmref.torch.data import FolderBatches
from mmref.torch.encoders import ImageEncoder, TextEncoder
from mmref.torch.fusion import AdaptiveFusion, ConcatFusion, WeightedFusion
from mmref.torch.models import FusionClassifier
from mmref.torch.multi_head import MultiHeadAttention
from mmref.torch.positions import sinusoidal_positions
from mmref.torch.recurrence import GRU, LSTM, RNN, Bidirectional, Stacked, embedding
from mmref.torch.softmax import masked_softmax
from mmref.torch.training import History, evaluate, fit, predict
from mmref.torch.transformer import LayerNorm, TransformerBlock
from mmref.torch.vision import PatchEmbedding, VisionTransformer

__all__ = [
    "AdaptiveFusion",
    "AdditiveAttention",
    "Bidirectional",
    "ConcatFusion",
    "FolderBatches",
    "FusionClassifier",
    "GRU",
    "History",
    "ImageEncoder",
    "LSTM",
    "LayerNorm",
    "MultiHeadAttention",
    "PatchEmbedding",
    "RNN",
    "Stacked",
    "TextEncoder",
    "TransformerBlock",
    "VisionTransformer",
    "WeightedFusion",
    "attention_weights",
    "causal_mask",
    "dot_product_attention",
    "embedding",
    "evaluate",
    "fit",
    "masked_softmax",
    "predict",
    "sinusoidal_positions",
]
