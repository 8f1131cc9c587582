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
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmref import convert
from mmref.errors import DataError

# A class-conditional DCGAN, trained on both drawing styles of the emoji data by
# scripts/train_gan.py; its pictures are made of theirs (licenses: mmref/data/emoji/NOTICES).
GAN_EMOJI = Path(__file__).parent / "gan_emoji.safetensors"
FORMAT = "mmref checkpoint 1"


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """arrays: name -> NumPy array. config: what was saved beside them."""

    arrays: dict
    config: dict

    def part(self, name):
        """The arrays whose names begin with ``name``, without that beginning."""
        return {
            key.removeprefix(f"{name}."): array
            for key, array in self.arrays.items()
            if key.startswith(f"{name}.")
        }

    def into(self, model, name):
        """Write the arrays of one part into a PyTorch or Keras model, all or none.

        Raises ShapeError, naming the first array that differs, if it is another model's.
        """
        convert.set_arrays(model, self.part(name))


def arrays_of(**models):
    """The arrays of some models, each name beginning with its model's."""
    return {
        f"{name}.{key}": array
        for name, model in models.items()
        for key, array in convert.arrays(model).items()
    }


def save(path, arrays, config):
    """Write a checkpoint; an interrupted run leaves the old file as it was."""
    from safetensors.numpy import save_file

    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    kept = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    save_file(kept, part, {"format": FORMAT, "config": json.dumps(config)})
    os.replace(part, path)


def load(path):
    """Read a checkpoint.

    Errors
        DataError: there is no such file, it is cut short or no safetensors file at all, or it was
        not written by :func:`save`.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
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
