"""Rows to predict, as a trained model takes them: what a ``Reader`` does for rows of a folder."""

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from mmref.bundle.content import Bundle
from mmref.contract.data import is_absent
from mmref.contract.settings import check_mapping, pair
from mmref.data.transforms import to_float
from mmref.errors import DataError, ModalityError, ShapeError
from mmref.types import Array, Frame

Rows = dict[str, list]  # modality -> what each row has of it, None where it is absent


def rows_of(
    bundle: Bundle,
    images: Sequence | Mapping[str, Sequence] | None = None,
    texts: Sequence | None = None,
    table: Mapping[str, Sequence] | Frame | None = None,
    sounds: Mapping[str, Sequence] | None = None,
    first: int = 0,
) -> Rows:
    """What each row has of each modality of a bundle's model, as ``predict`` is given it.

    first: the number of the first row in errors.

    Errors
        TypeError: a row is neither what it should be nor None. ShapeError: there are more rows of
        one than of another, or none. ModalityError: one that the model has not. ValueError: a row
        of nothing. DataError: an image's file is not there; it names the row.
    """
    given: Rows = {}
    if isinstance(images, Mapping):
        check_mapping("images", images, "paths")
        for m, paths in images.items():
            given[m] = _list(f"images[{m!r}]", paths, (str, os.PathLike), "a path")
    elif images is not None:
        given["image"] = _list("images", images, (str, os.PathLike), "a path")
    if sounds is not None:
        check_mapping("sounds", sounds, "paths")
        for m, paths in sounds.items():
            given[m] = _list(f"sounds[{m!r}]", paths, (str, os.PathLike), "a path")
    if texts is not None:
        given["text"] = _list("texts", texts, str, "a text")
    if table is not None:
        if not isinstance(table, Mapping) and hasattr(table, "columns"):  # a data frame
            table = {name: list(table[name]) for name in table.columns}
        check_mapping("table", table, "values of a column")
        given["table"] = _records(bundle, table)
    if not given or not set(given) <= set(bundle.modalities):
        raise ModalityError("predict", bundle.modalities, given)
    sizes = {m: len(rows) for m, rows in given.items()}
    if len(set(sizes.values())) > 1 or 0 in sizes.values():
        raise ShapeError("predict", "as many rows of each, at least one", sizes)
    (count, *_) = sizes.values()
    rows = {m: given.get(m, [None] * count) for m in bundle.modalities}
    for i, row in enumerate(zip(*rows.values(), strict=True)):
        if all(part is None for part in row):
            expected = f"row {first + i}: expected one of {', '.join(rows)} at least"
            raise ValueError(f"{expected}, got {_unknown(bundle, table, i)}")
    for m, column in rows.items():
        if m not in ("text", "table"):
            _check_there(m, column, first)
    return rows


def _unknown(bundle, table, i):
    """The categories of a row that the training had not, for the error of a row without a table."""
    known = bundle.table.categories.items() if table is not None and bundle.table else ()
    cells = ((name, values, list(table[name])[i]) for name, values in known)
    unknown = [f"{n}={c!r}" for n, values, c in cells if not is_absent(c) and c not in values]
    return f"only {', '.join(unknown)}, which the training had not" if unknown else "none"


def _check_there(name, paths, first):
    """Before anything is computed: the last of many rows would cost all that came before it."""
    for i, path in enumerate(paths, first):
        if path is not None and not os.path.isfile(path):
            kind, found = "missing file", "not found"
            if os.path.exists(path):
                kind, found = "not a file", f"expected one, got a {_kind(path)}"
            raise DataError(Path(path).name, kind, f"{found} {_place(path, i, name)}")


def _kind(path):
    return "folder" if os.path.isdir(path) else "pipe or device"


def _place(path, row, name):
    """Where an image is, and whose it is: many folders have a file of that name."""
    return f"in {Path(path).resolve().parent.name} (row {row} of {name!r})"


def _list(name, values, kind, what):
    """A row each, None where it is absent, which "" or NaN says as well, as data frames have it.

    A text or path alone, whose characters would count as rows, is refused.
    """
    if isinstance(values, str | bytes | os.PathLike) or not isinstance(values, Iterable):
        got = type(values).__name__
        raise TypeError(f"{name}: expected a sequence, {what} or None for each row, got {got}")
    found = [None if is_absent(value) else value for value in values]
    for i, value in enumerate(found):
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"{name}[{i}]: expected {what} or None, got {value!r:.60}")
    return found


def _records(bundle, table):
    """The cells of each row by column; None where the row has no table."""
    if bundle.table is None:
        return []  # nor has the model one
    present = bundle.table.present(table)  # which looks at all columns and cells
    rows = (dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True))
    return [row if there else None for row, there in zip(rows, present, strict=True)]


def inputs_of(bundle: Bundle, rows: Rows, first: int = 0) -> tuple[dict[str, Array], Array]:
    """Inputs of a model, images (B, H, W, 3), and ``present`` (B, M) in the fusion's order.

    An absent image is black, an absent text all padding, an absent sound or row of a table zeros.
    first: the number of the first row in errors.

    Errors
        DataError: an image or a sound cannot be read; it names file and row. ValueError: the bundle
        does not say how to read one of the modalities.
    """
    read = {"text": _texts, "table": _table}
    needed = {"text": "vocabulary", "table": "table"}
    for m in bundle.modalities:
        if m in bundle.sounds:
            continue
        if getattr(bundle, needed.get(m, "size")) is None:
            raise ValueError(f"reader.{needed.get(m, 'size')}: expected one for {m!r}, got None")
    inputs = {
        m: read[m](bundle, rows[m]) if m in read else _files(bundle, m, rows[m], first)
        for m in bundle.modalities
    }
    present = [[part is not None for part in rows[m]] for m in bundle.modalities]
    return inputs, np.array(present).T


def _files(bundle, name, paths, first):
    """Images or sounds."""
    from mmref.data.folders import read_image  # needs Pillow
    from mmref.data.folders.sounds import read_features

    sound = bundle.sounds.get(name)
    if sound is not None:
        read = partial(read_features, sound=sound, warn=True)
        arrays = np.zeros((len(paths), *sound.size, 1), np.float32)
    else:
        read = partial(read_image, size=bundle.size, fit=bundle.fit)
        arrays = np.zeros((len(paths), *pair("size", bundle.size), 3), np.uint8)
    for i, path in enumerate(paths):
        if path is not None:
            path = Path(path).resolve()
            try:
                arrays[i] = read(path.parent, path.name)
            except DataError as error:
                what = str(error).removeprefix(f"{error.name}: {error.kind}: ")
                where = f"{_place(path, first + i, name)}: {what}"
                raise DataError(path.name, error.kind, where) from error
    return arrays if sound is not None else to_float(arrays)


def _texts(bundle, texts):
    given = [text or "" for text in texts]
    return bundle.vocabulary.encode(given, bundle.length, truncate=bundle.length is not None)[0]


def _table(bundle, rows):
    features = np.zeros((len(rows), bundle.table.width), np.float32)
    there = [i for i, row in enumerate(rows) if row is not None]
    if there:
        columns = {name: [rows[i][name] for i in there] for name in rows[there[0]]}
        features[there], _ = bundle.table.apply(columns)
    return features
