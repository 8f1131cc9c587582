"""Encoders: from one modality to one vector. All have ``output_dim``, its width."""

from mmref.keras.encoders.backbone import Backbone
from mmref.keras.encoders.image import ImageEncoder
from mmref.keras.encoders.map import MapEncoder
from mmref.keras.encoders.table import TableEncoder
from mmref.keras.encoders.text import TextEncoder

__all__ = ["Backbone", "ImageEncoder", "MapEncoder", "TableEncoder", "TextEncoder"]
