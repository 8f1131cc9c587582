"""Images in a folder with what is said of them: your own, or a copy of a published set."""

from mmref.data.folders.captions import load
from mmref.data.folders.images import read_image
from mmref.data.folders.index import FolderData
from mmref.data.folders.layouts import load_class_folders, load_pairs
from mmref.data.folders.published import coco, flickr8k, karpathy, vqa
from mmref.data.folders.reader import Reader
from mmref.data.folders.report import Report
from mmref.data.folders.sounds import read_sound
from mmref.data.sound import Sound
from mmref.data.table import Table

__all__ = [
    "FolderData",
    "Reader",
    "Report",
    "Sound",
    "Table",
    "coco",
    "flickr8k",
    "karpathy",
    "load",
    "load_class_folders",
    "load_pairs",
    "read_image",
    "read_sound",
    "vqa",
]
