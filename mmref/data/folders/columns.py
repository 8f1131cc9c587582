"""Which column of a table holds what, and a row of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from mmref.contract.settings import check_mapping, check_text

ONE = ("image", "text", "label", "split", "id")  # a row has one of each, or none
RESERVED = ("image", "text", "table", "mask", "present")


@dataclass(slots=True)
class Row:
    """One row, its cells as they came; ``where`` names it in errors ("captions.csv, line 7")."""

    where: str
    image: Any = None
    text: Any = None
    id: Any = None
    label: Any = None
    split: Any = None
    answers: tuple | None = None
    labels: Any = None
    target: tuple = ()
    files: tuple = ()  # of further images, then of sounds
    numbers: tuple = ()
    categories: tuple = ()


@dataclass(frozen=True)
class Columns:
    """The names of the columns, or keys; None, or none of them, for what a table has not.

    image, text: the image's file and its text. more_images, sounds: further files, modality ->
    column.
    label: one class. labels: a column of several classes, ``separator`` between them, or columns
    of 0 and 1 named as the classes. target: one column of numbers to be predicted, or several.
    numbers, categories: the columns of the table that is a modality of its own.
    answers: VQA's alone.
    """

    image: str | None = "image"
    text: str | None = "caption"
    label: str | None = None
    labels: str | tuple[str, ...] | None = None
    target: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    more_images: Mapping[str, str] = field(default_factory=dict)
    sounds: Mapping[str, str] = field(default_factory=dict)
    split: str | None = None
    id: str | None = None
    answers: str | None = None
    separator: str = "|"

    def __post_init__(self) -> None:
        for name in ONE:
            if getattr(self, name) is not None:
                check_text(name, getattr(self, name))
        check_text("separator", self.separator)
        for name in ("more_images", "sounds"):
            check_mapping(name, getattr(self, name), "column")
            for modality, column in getattr(self, name).items():
                check_text(f"{name}[{modality!r}]", column)
                if modality in RESERVED or not modality:
                    expected = f"{name}: expected names other than {RESERVED}"
                    raise ValueError(f"{expected}, got {modality!r}")
        if twice := sorted(self.more_images.keys() & self.sounds.keys()):
            raise ValueError(f"more_images, sounds: expected each name once, got {twice}")
        predicted = {
            name: value for name in ("label", "labels", "target") if (value := getattr(self, name))
        }
        if len(predicted) > 1:
            raise ValueError(f"label, labels, target: expected one of them, got {predicted}")
        twice = [c for c in self.numbers if c in self.categories]
        if twice or len(set(self.numbers)) + len(set(self.categories)) < len(self.table):
            raise ValueError(f"numbers, categories: expected each once, got {self.table}")
        for name, value in predicted.items():
            told = [c for c in self.table if c in ([value] if isinstance(value, str) else value)]
            if told:  # the model would be given what it is to predict
                expected = f"numbers, categories: expected other columns than {name}={value!r}"
                raise ValueError(f"{expected}, got {told}")
        if not (self.image or self.text or self.table or self.files):
            raise ValueError(
                "image, text, more_images, sounds, numbers, categories: expected a column, got none"
            )

    @property
    def table(self) -> tuple[str, ...]:
        """The columns of the table that is a modality."""
        return (*self.numbers, *self.categories)

    @property
    def files(self) -> dict[str, str]:
        """The columns of further images and of sounds, by modality."""
        return {**self.more_images, **self.sounds}

    @property
    def fields(self) -> list[str]:
        """The fields of a row that such a table fills."""
        return [
            name for item in fields(Row) if (name := item.name) != "where" and getattr(self, name)
        ]

    @property
    def wanted(self) -> list[str]:
        """All columns, each once."""
        return list(dict.fromkeys(c for _, columns in self._named() for c in columns))

    def argument(self, column: str) -> str:
        """The argument that names a column."""
        return next(name for name, columns in self._named() if column in columns)

    def _named(self):
        """Each argument with the columns that it names."""
        for item in fields(self):
            value = getattr(self, item.name)
            if value is not None and item.name not in ("separator", "answers"):
                named = value.values() if isinstance(value, Mapping) else value
                yield item.name, [value] if isinstance(value, str) else list(named)

    def reader(self, header: Sequence[str]) -> Callable[[str, Sequence[Any]], Row]:
        """The function from (where, the cells of this header) to a row.

        The cells stay as they are: ``build`` checks them.
        """
        place = {column: header.index(column) for column in self.wanted}
        one = {name: place[column] for name in ONE if (column := getattr(self, name)) is not None}
        many = {
            "files": [place[c] for c in self.files.values()],
            "target": [place[c] for c in self.target],
            "numbers": [place[c] for c in self.numbers],
            "categories": [place[c] for c in self.categories],
        }
        if isinstance(self.labels, str):
            one["labels"] = place[self.labels]
        elif self.labels:
            many["labels"] = [place[c] for c in self.labels]
        many = {name: places for name, places in many.items() if places}

        def row(where: str, given: Sequence[Any]) -> Row:
            made = Row(where, **{name: given[i] for name, i in one.items()})
            for name, places in many.items():
                setattr(made, name, tuple(given[i] for i in places))
            return made

        return row
