"""A table of numbers and categories as one vector for each row, ready for an encoder."""

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mmref.contract.arrays import check_finite, check_rows
from mmref.contract.data import NUMBER, is_absent, row_numbers
from mmref.contract.settings import (
    check_mapping,
    check_number,
    check_scale,
    is_number,
    text_list,
)
from mmref.errors import DataError, ShapeError
from mmref.types import Array

ABSENT, UNSEEN = -1, -2  # in the place of a category's number


@dataclass(frozen=True)
class Table:
    """How the columns of a table become K features, learned from the rows of the training.

    numbers: of each column of numbers, its mean and standard deviation.
    categories: of each column of categories, its values in their order.

    Formula
        A number x gives two features, (x - mean) / deviation and 0; an absent one gives 0, which
        is the mean, and 1. A category with V values gives V + 1 features: 1 in the place of its
        value, or in the last place where it is absent. A value that the training did not have
        gives zeros, and says as little as an absent one: ``unseen`` counts them.

    A row has the table when it has a number, or a category that the training had; a row without is
    all zeros, and its table is absent. So it is in ``Reader`` and in ``mmref.bundle.predict``.

    Numbers that are all the same have no deviation: 1 takes its place. Values that differ in case
    or in blanks at their ends alone are values of their own, and a warning names them. Another one
    tells of a column of categories that are all numbers, such as years: as categories they have no
    order.

    >>> table = Table.fit({"price": [1.0, 3.0, None], "color": ["red", "blue", "red"]})
    >>> table.names
    ('price', 'price absent', 'color=blue', 'color=red', 'color absent')
    >>> given = {"price": [None, 5, None], "color": ["red", "mauve", "mauve"]}
    >>> features, present = table.apply(given)
    >>> features
    array([[0., 1., 0., 1., 0.],
           [3., 0., 0., 0., 0.],
           [0., 0., 0., 0., 0.]], dtype=float32)
    >>> present
    array([ True,  True, False])
    """

    numbers: Mapping[str, tuple[float, float]]
    categories: Mapping[str, tuple[str, ...]]

    @classmethod
    def fit(cls, data: Any) -> Self:
        """Learn from the rows of the training alone: others would tell what is to be tested.

        data: a ``FolderData`` with numbers or categories, such as ``data.part("train")``; or a
            data frame, or a mapping from the name of a column to its values (N,): numbers, or
            texts. NaN, None and "" are absent cells.

        Errors
            DataError: no column, or one without any value in these rows. TypeError: a column of
            anything but numbers or texts. ValueError: a number that is not finite. ShapeError:
            columns of different lengths.
        """
        numbers, categories = {}, {}
        for name, column in _columns(data).items():
            values = [value for value in column if not is_absent(value)]
            if not values:
                raise DataError(name, "empty column", "expected a value in the training rows")
            if is_number(values[0]):
                there = _numbers(name, values)
                numbers[name] = _mean_and_deviation(there)
            else:
                texts = sorted({text for text in _texts(name, values) if text is not None})
                _warn_of_spellings(name, texts)
                _warn_of_numbers(name, texts, len(values))
                categories[name] = tuple(texts)
        return cls(numbers, categories)

    @property
    def names(self) -> tuple[str, ...]:
        """What each feature is."""
        found = []
        for name in self.numbers:
            found += [name, f"{name} absent"]
        for name, values in self.categories.items():
            found += [*(f"{name}={value}" for value in values), f"{name} absent"]
        return tuple(found)

    @property
    def width(self) -> int:
        """K, the number of features."""
        return len(self.names)

    def apply(self, data: Any, rows: Array | Sequence[int] | None = None) -> tuple[Array, Array]:
        """Features (N, K) float32, and which rows have a table, (N,) boolean.

        data: as for ``fit``. rows: those that are wanted, by their numbers or a boolean for each;
        None takes all. A row has a table when it has a number, or a category that ``fit`` saw.

        Errors
            DataError: columns are missing or additional. Otherwise as ``fit``.
        """
        columns = self._chosen(data, rows)
        blocks, told = [], []
        for name, (mean, deviation) in self.numbers.items():
            numbers = _numbers(name, columns[name])
            gap = np.isnan(numbers)
            told.append(~gap)
            blocks += [np.where(gap, 0, (numbers - mean) / deviation)[:, None], gap[:, None]]
        for name in self.categories:
            places = self._places(name, columns[name])
            told.append(places >= 0)
            count = len(self.categories[name])
            blocks += [places[:, None] == np.arange(count), places[:, None] == ABSENT]
        present = np.any(told, axis=0)
        features = np.concatenate(blocks, axis=1).astype(np.float32)
        features[~present] = 0
        return features, present

    def present(self, data: Any) -> Array:
        """Which rows have a table, (N,) boolean: as ``apply`` says, without the features."""
        columns = self._chosen(data, None)
        told = [~np.isnan(_numbers(name, columns[name])) for name in self.numbers]
        told += [self._places(name, columns[name]) >= 0 for name in self.categories]
        return np.any(told, axis=0)

    def unseen(self, data: Any) -> dict[str, int]:
        """Of each column of categories, how many cells hold a value that the training had not."""
        columns = self._chosen(data, None)
        return {
            name: int((self._places(name, columns[name]) == UNSEEN).sum())
            for name in self.categories
        }

    def to_json(self) -> dict[str, dict]:
        """What JSON can hold, and ``from_json`` makes a table of again."""
        numbers = {name: list(pair) for name, pair in self.numbers.items()}
        return {
            "numbers": numbers,
            "categories": {name: list(v) for name, v in self.categories.items()},
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The table that ``to_json`` wrote.

        Errors
            TypeError, ShapeError, ValueError: anything else.
        """
        check_mapping("table", content, "columns")
        if set(content) != {"numbers", "categories"}:
            expected = "table: expected the keys ['numbers', 'categories']"
            raise ValueError(f"{expected}, got {sorted(content)}")
        for kind, columns in content.items():
            check_mapping(f"table[{kind!r}]", columns, "what was learned")
        numbers = {}
        for name, pair in content["numbers"].items():
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                raise ShapeError(f"table[{name!r}]", "[mean, deviation]", repr(pair))
            mean, deviation = pair
            check_number(f"table[{name!r}][0]", mean)
            check_scale(**{f"table[{name!r}][1]": deviation})
            numbers[name] = float(mean), float(deviation)
        categories = {
            name: tuple(text_list(f"table[{name!r}]", values))
            for name, values in content["categories"].items()
        }
        return cls(numbers, categories)

    def _places(self, name, column):
        """The number of each cell's value among the training's, or ABSENT, or UNSEEN."""
        values = self.categories[name]
        place = {None: ABSENT} | {value: k for k, value in enumerate(values)}
        texts = _texts(name, column)
        places = np.array([place.get(text, UNSEEN) for text in texts], np.int64)
        if other := {text for text in texts if text is not None and text not in place}:
            _warn_of_spellings(name, values, other)
        return places

    def _chosen(self, data, rows):
        """The columns of the table, in its order and of these rows."""
        columns, known = _columns(data), (*self.numbers, *self.categories)
        if set(columns) != set(known):
            raise DataError("table", "other columns", f"expected {known}, got {(*columns,)}")
        if rows is None:
            return columns
        count = len(columns[known[0]])
        numbers = row_numbers("rows", rows, count)
        return {
            name: column[numbers]
            if isinstance(column, np.ndarray)
            else [column[i] for i in numbers]
            for name, column in columns.items()
        }


def _columns(data: Any) -> dict[str, Any]:
    """The columns of a FolderData, of a data frame or of a mapping, all of one length."""
    given = getattr(data, "columns", data)
    if not isinstance(given, Mapping) and hasattr(data, "__getitem__") and given is not data:
        given = {name: data[name] for name in given}
    check_mapping("table", given, "column")
    if not given:
        raise DataError("table", "no columns", "load them with numbers= or categories=")
    columns = {}
    for name, column in given.items():
        if isinstance(column, str) or not isinstance(column, Iterable):
            what = "a column of numbers or texts"
            raise TypeError(f"table[{name!r}]: expected {what}, got {column!r:.60}")
        columns[name] = column if isinstance(column, np.ndarray | tuple) else list(column)
        first = next(iter(columns))
        check_rows(f"table[{name!r}]", len(columns[name]), len(columns[first]), f"{first!r} has")
    return columns


def _numbers(name: str, column: Sequence) -> Array:
    """A column as floats (N,), NaN where a cell is empty."""
    if not isinstance(column, np.ndarray) or column.dtype.kind not in "iuf":
        for value in column:
            if not is_absent(value) and not is_number(value):
                raise TypeError(f"table[{name!r}]: expected numbers, got {value!r:.60}")
        column = [math.nan if is_absent(value) else float(value) for value in column]
    numbers = np.asarray(column, np.float64)
    check_finite(f"table[{name!r}]", numbers[~np.isnan(numbers)])
    return numbers


def _mean_and_deviation(numbers: Array) -> tuple[float, float]:
    """What standardizes them; 1 for a deviation that is no more than rounding."""
    mean, deviation = float(numbers.mean()), float(numbers.std())
    rounding = 1000 * np.finfo(np.float64).eps * float(np.abs(numbers).max())
    return mean, deviation if deviation > rounding else 1.0


def _warn_of_spellings(name: str, values: Iterable[str], other: Iterable[str] = ()) -> None:
    """Tell of values that differ in case or blanks alone; of ``other``, from those of training."""
    first: dict[str, str] = {}
    for value in values:
        same = first.setdefault(_plainly(value), value)
        if same != value and not other:
            _warn(name, same, value, "count as two categories")
    for value in sorted(other):
        if _plainly(value) in first:
            _warn(name, first[_plainly(value)], value, "the second was not in the training")


def _warn_of_numbers(name: str, values: list[str], rows: int) -> None:
    """Tell of categories that may be meant as amounts."""
    if all(NUMBER.fullmatch(value.strip()) for value in values):
        shown = ", ".join(map(repr, sorted(values, key=float)[:3])) + ", ..." * (len(values) > 3)
        said = f"{len(values)} categories in {rows} rows, all of them numbers ({shown})"
        advice = "amounts belong into numbers=, where 3 is more than 2; codes may stay"
        warnings.warn(f"table[{name!r}]: {said}: {advice}", stacklevel=3)


def _plainly(value: str) -> str:
    return " ".join(value.split()).casefold()


def _warn(name: str, first: str, second: str, what: str) -> None:
    said = f"table[{name!r}]: one category in two spellings? {first!r} and {second!r}: {what}"
    warnings.warn(said, stacklevel=4)


def _texts(name: str, column: Sequence) -> list[str | None]:
    """A column of texts, None where a cell is empty."""
    for value in column:
        if not is_absent(value) and not isinstance(value, str):
            raise TypeError(f"table[{name!r}]: expected texts, got {value!r:.60}")
    return [None if is_absent(value) else value for value in column]
