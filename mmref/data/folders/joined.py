"""Sounds joined to one file, of which libsndfile reads the first and says nothing of the others."""

import mmap
import re
from itertools import pairwise
from typing import BinaryIO

OGG_PAGE = re.compile(rb"OggS\0(.)", re.S)  # and its flags; 2 marks the first one of a stream
# How others begin: FLAC with its first block; MP3, if so, with a frame that counts the others.
BEGINNINGS = {
    "FLAC": re.compile(rb"fLaC[\0\x80]\0\0\x22"),
    "MP3": re.compile(rb"\xff[\xe2-\xff]..(?:.{9}|.{17}|.{32})(?:Xing|Info|VBRI)", re.S),
}


def is_joined(file: BinaryIO, kind: str) -> bool:
    """Whether a sound begins behind another one; of a WAV file, libsndfile itself refuses that.

    MP3 without the frame that counts, as some programs write it, is read to its end: joined or
    not, nothing is lost.
    """
    if kind != "OGG" and kind not in BEGINNINGS:
        return False
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if kind == "OGG":
            # Streams that are heard at once begin together: before all other pages.
            begins = [page[1][0] & 2 for page in OGG_PAGE.finditer(content)]
            return any(before < after for before, after in pairwise(begins))
        return sum(1 for _ in BEGINNINGS[kind].finditer(content)) > 1
