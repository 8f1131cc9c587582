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

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmref import convert
from mmref.contract.fusion import check_order_code, order_code
from mmref.contract.settings import check_mapping, check_text
from mmref.data._files import to_read, to_write
from mmref.errors import DataError, ShapeError
from mmref.types import Array, Arrays, Layer

# A class-conditional DCGAN, trained on both drawing styles of the emoji data by
# scripts/train_gan.py with its seed 0; its pictures are made of theirs (licenses:
# mmref/data/emoji/NOTICES).
GAN_EMOJI = Path(__file__).parent / "gan_emoji.safetensors"
# A denoiser that draws scenes of one or two objects from captions, trained by
# scripts/train_text_to_image.py with its seed 0.
SCENES_DIFFUSION = Path(__file__).parent / "scenes_diffusion.safetensors"
# A generator that draws scenes of one object from a caption, or from a picture that says where and
# words that say what; trained by scripts/train_pipeline.py with its seed 0.
SCENES_PIPELINE = Path(__file__).parent / "scenes_pipeline.safetensors"
# A denoiser that draws emoji in both drawing styles from their names; trained by
# scripts/train_text_to_image.py with its seed 0, on what is named above.
EMOJI_DIFFUSION = Path(__file__).parent / "emoji_diffusion.safetensors"
FORMAT = "mmref checkpoint 2"  # the first had no checksum
# Where a file keeps what is beside the arrays: in one text, as several come in any order.
KEY = "mmref"


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
        check_text("name", name)
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
            is another model's. ModalityError: its fusion declares another order of modalities.
        """
        arrays = self.part(name)
        order = arrays.pop("order", None)
        if order is not None:
            check_order_code(convert.modality_order(model) or (), order)
        convert.set_arrays(model, arrays)

    def _parts(self):
        """How many arrays each part has, by name."""
        return dict(sorted(Counter(key.partition(".")[0] for key in self.arrays).items()))


def arrays_of(**models: Layer) -> dict[str, Array]:
    """The arrays of some models, each name beginning with its model's.

    Of a model with a fusion also "order", that of its modalities.
    """
    found: dict[str, Array] = {}
    for name, model in models.items():
        found |= {f"{name}.{key}": array for key, array in convert.arrays(model).items()}
        order = convert.modality_order(model)
        if order is not None:
            found[f"{name}.order"] = np.array(order_code(order), dtype="uint8")
    return found


def save(path: str | Path, arrays: Arrays, config: dict) -> None:
    """Write a checkpoint with its checksum; an interrupted run leaves the old file as it was.

    Errors
        DataError: the path is a folder's, or leads through a file. TypeError: arrays or a
        configuration that are no mappings from text. ShapeError: an array of something else than
        numbers and booleans. ValueError, TypeError: a configuration that JSON cannot hold, NaN
        included, or would change, as it makes lists of tuples and texts of keys.
    """
    from safetensors.numpy import save_file

    check_mapping("arrays", arrays)
    check_mapping("config", config, "what JSON can hold")
    kept = {name: _kept(f"arrays[{name!r}]", array) for name, array in arrays.items()}
    _check_json(config)
    beside = {"format": FORMAT, "config": config, "sha256": _checksum(kept, config)}
    with to_write(path) as part:
        save_file(kept, part, {KEY: json.dumps(beside)})


def load(path: str | Path) -> Checkpoint:
    """Read a checkpoint.

    Errors
        DataError: there is no such file, it is a folder, cut short or no safetensors file at all,
        it was not written by :func:`save`, or a byte of it has changed since.
    """
    from safetensors import SafetensorError, safe_open

    path = to_read(path)
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}
    except SafetensorError as error:
        raise DataError(path.name, "no checkpoint", "cut short or not safetensors") from error
    except TypeError as error:  # a number type that NumPy has not, as bfloat16
        raise DataError(path.name, "foreign checkpoint", error) from error
    try:
        beside = json.loads(metadata.get(KEY, "{}"))
    except ValueError as error:
        raise DataError(path.name, "damaged checkpoint", error) from error
    if beside.get("format") != FORMAT:
        first = metadata.get("format")  # where the first format stood
        got = beside.get("format") or (None if first == FORMAT else first)
        detail = f"expected the format {FORMAT!r}, got {got!r}"
        raise DataError(path.name, "foreign checkpoint", detail)
    if "config" not in beside or beside.get("sha256") != _checksum(arrays, beside["config"]):
        raise DataError(path.name, "damaged checkpoint", "not the bytes that were written")
    return Checkpoint(arrays, beside["config"])


def _kept(name, array):
    """As it will be read: in rows, its bytes in the order of this machine."""
    array = np.asarray(array)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:  # a long double
        raise ShapeError(name, "numbers or booleans", array.dtype)
    return np.asarray(array, array.dtype.newbyteorder("="), order="C")


def _checksum(arrays, config):
    """Of all that a checkpoint says: names, number types, shapes, numbers, configuration."""
    found = hashlib.sha256(json.dumps(config).encode())
    for name in sorted(arrays):
        array = arrays[name]
        found.update(f"{name} {array.dtype} {array.shape}".encode())
        found.update(array.tobytes())
    return found.hexdigest()


def _check_json(config):
    """Raise unless the configuration would be read back from JSON as it is."""
    try:
        written = json.dumps(config, allow_nan=False)
    except (TypeError, ValueError) as error:
        expected = "what JSON can hold (no NaN or infinity)"
        raise type(error)(f"config: expected {expected}, got: {error}") from None
    if json.loads(written) != config:
        expected = "what JSON gives back unchanged (lists for tuples, texts for keys)"
        raise ValueError(f"config: expected {expected}, got {config!r:.200}")
