"""Downloads with a checksum, that go on where they were interrupted; and what to place where.

Nothing else in the package uses the network, and nothing is downloaded unless you call this.
"""

import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mmref.contract.settings import check_choice, check_kind, check_text
from mmref.data._files import make_folder
from mmref.errors import DataError

try:
    from fcntl import LOCK_EX, flock
except ImportError:  # a system that locks in another way
    flock = None  # type: ignore[assignment]

PIECE = 1 << 16  # bytes read at a time
SECONDS = 30  # without a byte, before the connection counts as lost
SCHEMES = ("https", "http")
UNREACHABLE = "could not be downloaded"
INTERRUPTED = "download interrupted"
WRONG = "wrong checksum"


@dataclass(frozen=True)
class Source:
    """A file that its license allows to download, or a set that you have to get yourself.

    name: of the set. license: whose terms are to be kept. place: what has to lie where below the
    root that the adapter is given. url, sha256: of the file; None where it may not or cannot be
    downloaded from here.
    """

    name: str
    license: str
    place: str
    url: str | None = None
    sha256: str | None = None


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Make a source known by its name. A file needs its SHA-256: without it, nobody knows what
    was downloaded."""
    check_kind("source", source, Source, "a mmref.data.download.Source")
    if (source.url is None) != (source.sha256 is None):
        raise DataError(source.name, "incomplete source", "url and sha256 belong together")
    if source.url is not None:
        _check_url(source.url)
        _check_sha256(source.sha256)
    if source.name in _sources:
        raise DataError(source.name, "registered twice", _sources[source.name])
    _sources[source.name] = source


def where_to_get(name: str) -> str:
    """What has to lie where for a set, and under which license, as text.

    >>> print(where_to_get("flickr8k"))
    flickr8k: Flicker8k_Dataset/*.jpg, Flickr8k.token.txt, Flickr_8k.trainImages.txt,
    Flickr_8k.devImages.txt and Flickr_8k.testImages.txt in the root of folders.flickr8k
    license: not for commercial use; its authors give copies on request
    """
    source = _source(name)
    return f"{name}: {source.place}\nlicense: {source.license}"


def download(name: str, folder: str | Path) -> Path:
    """Fetch the file of a registered set into a folder and return its path.

    Raises DataError, which says what to place where, for a set that has to be got by hand.
    """
    source = _source(name)
    if source.url is None:
        raise DataError(name, "cannot be downloaded from here", where_to_get(name))
    return fetch(source.url, source.sha256, folder)


def fetch(url: str, sha256: str, folder: str | Path, name: str | None = None) -> Path:
    """Download a file into a folder, verify it, and return its path.

    url: https or http. sha256: of the file, 64 hexadecimal digits. name: of the file in the
        folder; None takes the last part of the address.

    A file that is there with this checksum is left alone and no connection is made. Until it is
    complete and verified the file is called ``name.part``; an interrupted download goes on from
    there at the next call, where the server allows it, and starts again where it does not. A file
    with another checksum is deleted. Of several processes that fetch into one folder, one works
    and the others wait for it.

    Raises DataError: no connection (the message says what to place where), an interrupted
    download, a wrong checksum, a server's error, a file in the place of the folder.
    """
    import pooch  # here: where_to_get does not need it, and importing it may warn in a notebook

    _check_url(url)
    _check_sha256(sha256)
    name = Path(urlsplit(url).path).name if name is None else name
    check_kind("name", name, str, "a text")
    if name in ("", ".", "..") or Path(name).name != name:
        raise DataError(name, "no file name", "expected a name without folders")
    folder = make_folder(folder).resolve()
    target = folder / name
    resume = Resume(target.with_name(name + ".part"), target, sha256)
    try:
        with _alone(folder):
            pooch.retrieve(url, f"sha256:{sha256.lower()}", name, folder, downloader=resume)
    except DataError:
        raise
    except ValueError as error:  # pooch's word for another checksum
        raise DataError(target, WRONG, f"{url} has not the SHA-256 {sha256}") from error
    return target


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process fetches into the folder: two would mix their bytes in one part.

    The system lets go of the lock when a process ends, however it ends.
    """
    if flock is None:
        yield
        return
    place = os.open(folder, os.O_RDONLY)
    try:
        flock(place, LOCK_EX)
        yield
    finally:
        os.close(place)


class Resume:
    """A downloader for pooch that goes on from what an earlier one left in ``part``."""

    def __init__(self, part: Path, target: Path, sha256: str) -> None:
        self.part, self.target, self.sha256 = part, target, sha256

    def __call__(
        self, url: str, output_file: str, pooch_instance: object, check_only: bool = False
    ) -> None:
        import pooch

        resumed = self.part.exists() and self.part.stat().st_size > 0
        self.load(url)
        if resumed and pooch.file_hash(str(self.part)) != self.sha256.lower():
            # The first part may be of an older version of the file: once more from the start.
            self.part.unlink()
            self.load(url)
        os.replace(self.part, output_file)  # pooch verifies it and gives it its name

    def load(self, url: str) -> None:
        """Append to ``part`` what it lacks."""
        have = self.part.stat().st_size if self.part.exists() else 0
        request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:
                # Another answer than 206 is the whole file: the server knows no ranges.
                whole = response.status != 206
                length = response.headers.get("Content-Length")
                done = 0 if whole else have
                expected = None if length is None else done + int(length)
                with open(self.part, "wb" if whole else "ab") as file:
                    while piece := response.read(PIECE):
                        done += file.write(piece)
        except urllib.error.HTTPError as error:
            if error.code == 416 and have:  # no bytes after these: it may be complete
                return
            raise DataError(url, UNREACHABLE, f"{error}. {self.advice()}") from error
        except urllib.error.URLError as error:
            raise DataError(url, UNREACHABLE, f"{error.reason}. {self.advice()}") from error
        except (OSError, http.client.HTTPException) as error:
            if not self.part.exists():  # not one byte
                raise DataError(url, UNREACHABLE, f"{error}. {self.advice()}") from error
            raise DataError(url, INTERRUPTED, f"{error}. {self.again()}") from error
        if expected is not None and done < expected:
            raise DataError(url, INTERRUPTED, f"{done:,} of {expected:,} bytes. {self.again()}")

    def advice(self) -> str:
        """What to do without a network."""
        return (
            f"Without a network, place the file at {self.target} yourself; its SHA-256 has to be "
            f"{self.sha256}"
        )

    def again(self) -> str:
        """What to do after an interruption."""
        return f"Call again to go on from {self.part}"


def _source(name):
    check_choice("name", name, tuple(sorted(_sources)))
    return _sources[name]


def _check_url(url):
    check_text("url", url)
    if urlsplit(url).scheme not in SCHEMES or not urlsplit(url).hostname:
        raise DataError(url, "no address", f"expected one that begins with {SCHEMES}")


def _check_sha256(sha256):
    check_text("sha256", sha256)
    if len(sha256) != 64 or set(sha256.lower()) - set("0123456789abcdef"):
        raise DataError("sha256", "no checksum", f"expected 64 hexadecimal digits, got {sha256!r}")


register(
    Source(
        "coco-annotations",
        "annotations CC BY 4.0, COCO Consortium; the photographs have their own terms",
        "unpack the archive (253 MB), whose annotations/captions_*2017.json belong in the root of\n"
        "folders.coco, with the photographs in train2017/ and val2017/ beside annotations/",
        "http://images.cocodataset.org/annotations/annotations_trainval2017.zip",
        "113a836d90195ee1f884e704da6304dfaaecff1f023f49b6ca93c4aaae470268",
    )
)
register(
    Source(
        "flickr8k",
        "not for commercial use; its authors give copies on request",
        "Flicker8k_Dataset/*.jpg, Flickr8k.token.txt, Flickr_8k.trainImages.txt,\n"
        "Flickr_8k.devImages.txt and Flickr_8k.testImages.txt in the root of folders.flickr8k",
    )
)
register(
    Source(
        "vqa-v2",
        "annotations CC BY 4.0, VQA Consortium; the photographs are COCO's",
        "v2_OpenEnded_mscoco_train2014_questions.json, v2_mscoco_train2014_annotations.json,\n"
        "train2014/*.jpg and the same for val2014 in the root of folders.vqa",
    )
)
register(
    Source(
        "karpathy",
        "not stated by its authors; the captions and photographs are those of the sets it splits",
        "dataset_flickr8k.json, dataset_flickr30k.json or dataset_coco.json in the root of\n"
        "folders.karpathy, with the photographs below it",
    )
)
