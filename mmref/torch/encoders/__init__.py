"""Encoders: from one modality to one vector. All have ``output_dim``, its width."""

from mmref.torch.encoders.backbone import Backbone
from mmref.torch.encoders.image import ImageEncoder
from mmref.torch.encoders.map import MapEncoder
from mmref.torch.encoders.table import TableEncoder
from mmref.torch.encoders.text import TextEncoder

__all__ = ["Backbone", "ImageEncoder", "MapEncoder", "TableEncoder", "TextEncoder"]
