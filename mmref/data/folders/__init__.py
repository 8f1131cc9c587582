"""Images in a folder with a file of captions: your own, or a copy of a published set."""

from mmref.data.folders.captions import load
from mmref.data.folders.images import read_image
from mmref.data.folders.index import FolderData
from mmref.data.folders.published import coco, flickr8k, karpathy, vqa
from mmref.data.folders.reader import Reader
from mmref.data.folders.report import Report

__all__ = [
    "FolderData",
    "Reader",
    "Report",
    "coco",
    "flickr8k",
    "karpathy",
    "load",
    "read_image",
    "vqa",
]
