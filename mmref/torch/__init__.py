"""The formulas as ``torch.nn.Module``, in the same files and under the same names."""

from mmref.torch.data import FolderBatches
from mmref.torch.encoders import ImageEncoder, TextEncoder
from mmref.torch.fusion import AdaptiveFusion, ConcatFusion, WeightedFusion
from mmref.torch.models import FusionClassifier
from mmref.torch.softmax import masked_softmax
from mmref.torch.training import History, evaluate, fit, predict

__all__ = [
    "AdaptiveFusion",
    "ConcatFusion",
    "FolderBatches",
    "FusionClassifier",
    "History",
    "ImageEncoder",
    "TextEncoder",
    "WeightedFusion",
    "evaluate",
    "fit",
    "masked_softmax",
    "predict",
]
