"""Measure folders: what a table of millions of rows costs, and how fast images are read.

    python -m benchmarks.folders            both parts, in about ten minutes
    python -m benchmarks.folders rows       time and memory by the number of rows
    python -m benchmarks.folders images     images a second beside the frameworks' own readers

All seconds are the processor's, of all threads and worker processes, which other programs lengthen
least. Each number of rows is a process of its own, so that its largest size is its own. The readers
of images take turns in one process, and the best of some passes counts; what matters is the ratio
to the framework's own. "decoded" has images of the wanted size, so that all do the same.
"scaled" has larger ones, cropped to a square and made smaller: there ours averages over all pixels,
as Keras's does when asked for "area". Left as it is, it picks between four neighbors, which leaves
patterns that are not in the picture; that row is kept beside it.
torchvision has no wheel for every PyTorch, so a ``Dataset`` of a few lines does what its
ImageFolder does.

What is measured is stored in ``benchmarks/results/folders_rows.csv`` and ``folders_images.csv``.
"""

import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from benchmarks.studies._record import machine
from scripts.notebooks import ROOT

RESULTS = ROOT / "benchmarks" / "results"
ROWS = (20_000, 200_000, 2_000_000)
CAPTIONS = 100  # for each image, so that a folder of two million rows has a size that disks like
BATCH, SIZE = 32, 160
KERAS, TORCH = "keras.utils.image_dataset_from_directory", "as torchvision.datasets.ImageFolder"
AREA = f"{KERAS}, area"

LOAD = """
import resource, sys, time
from mmref.data import folders
from mmref.data.text import Vocabulary

def size():  # in MiB; Linux counts KiB, macOS bytes
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit

before, start = size(), time.process_time()
data = folders.load(sys.argv[1], label="label", split="split", numbers=["price"], missing="keep")
print(time.process_time() - start, size() - before)
start = time.process_time()
reader = folders.Reader(data, Vocabulary.build(data.texts[:100]), 8, 32, shuffle=True)
batches = min(len(reader), 5000)
for index in range(batches):
    reader.rows(0, index)
print(time.process_time() - start, 32 * batches)
"""


def write_table(root: Path, rows: int) -> None:
    """A table of so many rows about empty files: nothing looks into them."""
    for i in range(rows // CAPTIONS):
        (root / f"{i}.jpg").touch()
    with open(root / "captions.csv", "w") as file:
        file.write("image,caption,label,split,price\n")
        for i in range(rows):
            image = i % (rows // CAPTIONS)
            split = ("train", "val", "test")[image % 3]
            price = "" if i % 7 == 0 else i % 1000
            file.write(f"{image}.jpg,a small red square number {i},{image % 10},{split},{price}\n")


def measure_rows() -> list[dict]:
    """Seconds and MiB by rows."""
    table = []
    for rows in ROWS:
        with tempfile.TemporaryDirectory() as scratch:
            write_table(Path(scratch), rows)
            said = subprocess.check_output([sys.executable, "-c", LOAD, scratch]).split()
        load, largest, draw, drawn = map(float, said)
        table.append(
            {
                "rows": rows,
                "load_seconds": load,
                "largest_mib": largest,
                "microseconds_a_row": 1e6 * load / rows,
                "order_rows_a_second": drawn / draw,
            }
        )
        print(table[-1], flush=True)
    return table


def write_images(root: Path, count: int, height: int, width: int) -> None:
    """Smooth pictures with some noise, as photographs have it, in two class folders."""
    rng = np.random.default_rng(0)
    for i in range(count):
        small = Image.fromarray(rng.integers(0, 256, (6, 8, 3), np.uint8))
        smooth = np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))
        noisy = np.clip(smooth + rng.normal(0, 6, smooth.shape), 0, 255).astype(np.uint8)
        folder = root / ("cats", "dogs")[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noisy).save(folder / f"{i}.jpg", quality=90)


def measure_images(count: int = 256, passes: int = 6) -> list[dict]:
    """Images a second of each reader, by the height of the stored images."""
    from mmref.data import folders
    from mmref.data.folders import tf_data
    from mmref.torch import FolderBatches

    import keras  # isort: skip  (mmref.keras keeps its logs quiet)

    table = []
    for what, height, width in (("decoded", 160, 160), ("scaled", 480, 640)):
        with tempfile.TemporaryDirectory() as scratch:
            write_images(Path(scratch), count, height, width)
            data = folders.load_class_folders(scratch)
            batches = FolderBatches(folders.Reader(data, None, SIZE, BATCH))
            bilinear, area = (
                keras.utils.image_dataset_from_directory(
                    scratch,
                    image_size=(SIZE, SIZE),
                    batch_size=BATCH,
                    shuffle=False,
                    crop_to_aspect_ratio=True,
                    interpolation=method,
                    verbose=False,
                )
                for method in ("bilinear", "area")
            )
            images = _ImageFolder(scratch)
            ways = {
                KERAS: bilinear,
                AREA: area,
                "mmref.data.folders.tf_data.dataset": tf_data.dataset(batches.reader),
                "mmref.keras.FolderBatches": _Passes(batches.reader, 1),
                "mmref.keras.FolderBatches, 2 workers": _Passes(batches.reader, 2),
                "mmref.torch.FolderBatches": batches.loader(),
                "mmref.torch.FolderBatches, 2 workers": batches.loader(num_workers=2),
                TORCH: DataLoader(images, BATCH),
                f"{TORCH}, 2 workers": DataLoader(images, BATCH, num_workers=2),
            }
            best = dict.fromkeys(ways, np.inf)
            for _ in range(passes):
                for name, way in ways.items():
                    start = _seconds()
                    read = sum(len(labels) for _, labels in way)
                    best[name] = min(best[name], _seconds() - start)
                    assert read == count
        for name, taken in best.items():
            row = {"images": what, "stored": f"{height}x{width}", "size": SIZE, "reader": name}
            keras_does_the_same = KERAS if what == "decoded" else AREA
            beside = (
                TORCH + name.partition("FolderBatches")[2]
                if "torch" in name
                else keras_does_the_same
            )
            beside = name if name.startswith(TORCH) else beside
            rate = {"images_a_second": count / taken, "beside": beside}
            table.append(row | rate | {"ratio": best.get(beside, np.nan) / taken})
            print(table[-1], flush=True)
    return table


def _seconds():
    """The processor's so far, of this process and of workers that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


class _ImageFolder(Dataset):
    """What torchvision's ImageFolder does with the usual transforms, and the same filter: one image
    at a time, its shorter side to the size, the middle of it, a tensor from 0 to 1."""

    def __init__(self, root):
        folders = sorted(Path(root).iterdir())
        self.items = [(p, k) for k, folder in enumerate(folders) for p in sorted(folder.iterdir())]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        path, label = self.items[index]
        with open(path, "rb") as file:
            image = Image.open(file).convert("RGB")
        factor = SIZE / min(image.size)
        if factor != 1:
            width, height = (round(factor * side) for side in image.size)
            image = image.resize((width, height), Image.Resampling.BICUBIC)
            left, top = (width - SIZE) // 2, (height - SIZE) // 2
            image = image.crop((left, top, left + SIZE, top + SIZE))
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
        return pixels.float().div(255), label


class _Passes:
    """The batches of a reader as ``fit`` draws them, by Keras's own adapter."""

    def __init__(self, reader, workers):
        from mmref.keras import FolderBatches

        self.batches = FolderBatches(reader, workers=workers)

    def __iter__(self):
        from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter

        adapter = PyDatasetAdapter(self.batches)
        adapter.on_epoch_begin()
        yield from adapter.get_numpy_iterator()
        adapter.on_epoch_end()


def store(name: str, table: list[dict]) -> None:
    """The rows as CSV, each with the day and the machine."""
    where = machine("pillow")
    with (RESULTS / name).open("w", newline="") as file:
        writer = csv.DictWriter(file, [*table[0], *where], lineterminator="\n")
        writer.writeheader()
        for row in table:
            short = {k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}
            writer.writerow(short | where)


if __name__ == "__main__":
    parts = sys.argv[1:] or ["rows", "images"]
    if "rows" in parts:
        store("folders_rows.csv", measure_rows())
    if "images" in parts:
        store("folders_images.csv", measure_images())
