"""The formulas as ``torch.nn.Module``, in the same files and under the same names."""

from mmref.torch.data import FolderBatches
from mmref.torch.encoders import ImageEncoder, TextEncoder
from mmref.torch.fusion import AdaptiveFusion, ConcatFusion, WeightedFusion
from mmref.torch.models import FusionClassifier
from mmref.torch.recurrence import GRU, LSTM, RNN, Bidirectional, Stacked, embedding
from mmref.torch.softmax import masked_softmax
from mmref.torch.training import History, evaluate, fit, predict

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "AdaptiveFusion",
    "Bidirectional",
    "ConcatFusion",
    "FolderBatches",
    "FusionClassifier",
    "History",
    "ImageEncoder",
    "Stacked",
    "TextEncoder",
    "WeightedFusion",
    "embedding",
    "evaluate",
    "fit",
    "masked_softmax",
    "predict",
]
