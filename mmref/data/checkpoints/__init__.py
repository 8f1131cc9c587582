"""Weights in files that both frameworks read: safetensors with the reference's layout and names.

A checkpoint holds named NumPy arrays and a small configuration (whatever JSON can say). Models
come in and out through ``mmref.convert``, so what PyTorch saved, Keras loads, and the reverse.
Nothing in such a file is ever executed. Needs the package ``safetensors``.

>>> import mmref.torch, tempfile
>>> trained, empty = mmref.torch.Generator(8, width=4), mmref.torch.Generator(8, width=4)
>>> path = Path(tempfile.mkdtemp()) / "generator.safetensors"
>>> save(path, arrays_of(generator=trained), {"epochs": 20})
>>> load(path).into(empty, "generator")
>>> bool((empty.paint.weight == trained.paint.weight).all()), load(path).config
(True, {'epochs': 20})
"""

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmref import convert
from mmref.errors import DataError, ShapeError
from mmref.types import Array, Arrays, Layer

# A class-conditional DCGAN, trained on both drawing styles of the emoji data by
# scripts/train_gan.py; its pictures are made of theirs (licenses: mmref/data/emoji/NOTICES). Its
# first weights followed no seed: the script repeats itself now, and gives other weights than these.
GAN_EMOJI = Path(__file__).parent / "gan_emoji.safetensors"
FORMAT = "mmref checkpoint 1"


@dataclass(frozen=True, eq=False, repr=False)
class Checkpoint:
    """arrays: name -> NumPy array. config: what was saved beside them."""

    arrays: dict
    config: dict

    def __repr__(self) -> str:
        counts = ", ".join(f"{name} {count}" for name, count in self._parts().items())
        return f"Checkpoint(arrays: {counts}; config: {', '.join(self.config)})"

    def part(self, name: str) -> dict[str, Array]:
        """The arrays whose names begin with ``name``, without that beginning.

        Errors
            DataError: there are none.
        """
        found = {
            key.removeprefix(f"{name}."): array
            for key, array in self.arrays.items()
            if key.startswith(f"{name}.")
        }
        if not found:
            parts = ", ".join(self._parts())
            raise DataError("checkpoint", f"no part {name!r}", f"parts: {parts}")
        return found

    def into(self, model: Layer, name: str) -> None:
        """Write the arrays of one part into a PyTorch or Keras model, all or none.

        Errors
            DataError: there is no such part. ShapeError, naming the first array that differs: it
            is another model's.
        """
        convert.set_arrays(model, self.part(name))

    def _parts(self):
        """How many arrays each part has, by name."""
        return dict(sorted(Counter(key.partition(".")[0] for key in self.arrays).items()))


def arrays_of(**models: Layer) -> dict[str, Array]:
    """The arrays of some models, each name beginning with its model's."""
    return {
        f"{name}.{key}": array
        for name, model in models.items()
        for key, array in convert.arrays(model).items()
    }


def save(path: str | Path, arrays: Arrays, config: dict) -> None:
    """Write a checkpoint; an interrupted run leaves the old file as it was.

    Errors
        DataError: the path is a folder's. ShapeError: an array of something else than numbers and
        booleans. ValueError, TypeError: a configuration that JSON cannot hold, NaN included.
    """
    from safetensors.numpy import save_file

    path = _file(path)
    kept = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    for name, array in kept.items():
        if array.dtype.kind not in "biuf":
            raise ShapeError(f"arrays[{name!r}]", "numbers or booleans", array.dtype)
    written = _json(config)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    save_file(kept, part, {"format": FORMAT, "config": written})
    os.replace(part, path)


def load(path: str | Path) -> Checkpoint:
    """Read a checkpoint.

    Errors
        DataError: there is no such file, it is a folder, cut short or no safetensors file at all,
        or it was not written by :func:`save`.
    """
    from safetensors import SafetensorError, safe_open

    path = _file(path)
    if not path.is_file():
        raise DataError(path.name, "missing file", f"not found in {path.parent}")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}
    except SafetensorError as error:
        raise DataError(path.name, "no checkpoint", "cut short or not safetensors") from error
    if metadata.get("format") != FORMAT:
        raise DataError(path.name, "foreign checkpoint", f"expected the format {FORMAT!r}")
    return Checkpoint(arrays, json.loads(metadata["config"]))


def _file(path):
    """The path, unless a folder has it."""
    path = Path(path)
    if path.is_dir():
        raise DataError(path.name, "no checkpoint", "expected a file, got a directory")
    return path


def _json(config):
    """The configuration as text; what JSON cannot hold would not be read back as it was."""
    try:
        return json.dumps(config, allow_nan=False)
    except (TypeError, ValueError) as error:
        expected = "what JSON can hold (no NaN or infinity)"
        raise type(error)(f"config: expected {expected}, got: {error}") from None
