"""Rows to predict, as a trained model takes them: what a ``Reader`` does for rows of a folder."""

import os
from collections.abc import Iterable, Mapping, Sequence
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
) -> Rows:
    """What each row has of each modality of a bundle's model, as ``predict`` is given it.

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
            raise ValueError(f"row {i}: expected one of {', '.join(rows)} at least, got none")
    for m, column in rows.items():
        if m not in ("text", "table"):
            _check_there(m, column)
    return rows


def _check_there(name, paths):
    """Before anything is computed: the last of many rows would cost all that came before it."""
    for i, path in enumerate(paths):
        if path is not None and not os.path.isfile(path):
            found = "expected a regular file" if os.path.exists(path) else "not found"
            where = f"{found} in {Path(path).resolve().parent.name} (row {i} of {name!r})"
            raise DataError(Path(path).name, "missing file", where)


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


def inputs_of(bundle: Bundle, rows: Rows) -> tuple[dict[str, Array], Array]:
    """Inputs of a model, images (B, H, W, 3), and ``present`` (B, M) in the fusion's order.

    An absent image is black, an absent text all padding, an absent row of a table zeros.

    Errors
        DataError: an image cannot be read; it names the file. ValueError: the bundle does not say
        how to read one of the modalities.
    """
    read = {"text": _texts, "table": _table}
    needed = {"text": "vocabulary", "table": "table"}
    for m in bundle.modalities:
        if getattr(bundle, needed.get(m, "size")) is None:
            raise ValueError(f"reader.{needed.get(m, 'size')}: expected one for {m!r}, got None")
    inputs = {m: read.get(m, _images)(bundle, rows[m]) for m in bundle.modalities}
    present = [[part is not None for part in rows[m]] for m in bundle.modalities]
    return inputs, np.array(present).T


def _images(bundle, paths):
    from mmref.data.folders import read_image  # needs Pillow

    images = np.zeros((len(paths), *pair("size", bundle.size), 3), np.uint8)
    for image, path in zip(images, paths, strict=True):
        if path is not None:
            path = Path(path).resolve()
            image[:] = read_image(path.parent, path.name, bundle.size, bundle.fit)
    return to_float(images)


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
