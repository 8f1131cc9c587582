"""Where each row of a table is let in, or told what is wrong with it."""

from pathlib import Path

from mmref.data.folders.cells import EMPTY
from mmref.data.folders.checks import settle
from mmref.data.folders.columns import Columns, Row
from mmref.data.folders.labels import BAD_LABEL
from mmref.data.folders.paths import MISSING, locate, shown
from mmref.data.folders.report import Report
from mmref.data.folders.splits import TWO_SPLITS
from mmref.errors import DataError

TWICE = "duplicate id"


class Gate:
    """Checks one row after the other against the files and against the rows before it.

    classes: the only labels that are let in; None lets all in.
    keep: let a row in of which an image, the text or a cell of the table is absent, and report it.
    """

    def __init__(
        self,
        root: Path,
        columns: Columns,
        report: Report,
        classes: tuple[str, ...] | None,
        keep: bool,
    ) -> None:
        self.root, self.columns, self.report, self.keep = root, columns, report, keep
        self.classes = classes
        # What may be absent, and how its column is called: in the order of a row's values.
        self.parts = [
            *([("image", columns.image)] if columns.image is not None else []),
            *([("text", columns.text)] if columns.text is not None else []),
            *columns.files.items(),
            *((column, column) for column in columns.table),
        ]
        self.seen: set = set()
        self.split_of: dict[str, str] = {}
        self.places: dict[str, str | DataError] = {}  # of each name, looked up once
        self.resolved: dict[str, str] = {}
        self.named = self.lost = 0  # how many files were named, and how many of them are not there

    def check(self, row: Row) -> None:
        """Settle the cells of a row; DataError where it is not what it should be."""
        settle(row, self.columns)
        files = {"image": row.image}
        files |= zip(self.columns.files, row.files, strict=True)
        if self.columns.image is not None:
            row.image = self._place(row, row.image)
        row.files = tuple(self._place(row, name) for name in row.files)
        absent = self._absent(row)
        self._check_classes(row)
        key = row.id or _key(row)
        if key in self.seen:
            raise DataError(row.where, TWICE, repr(key))
        if row.split:
            self._check_split(row)
        if key is not None:
            self.seen.add(key)
        for name in absent:
            lost = f": {files[name]} not found" if files.get(name) else ""
            self.report.kept(name, row.where + lost)
        if self.columns.labels and not row.labels:  # of none of the classes
            self.report.kept("labels", row.where)

    def finish(self) -> None:
        """Raise where no file at all was found: then the names are wrong, not the files."""
        if self.keep and self.named == self.lost > 0:
            image = [] if self.columns.image is None else [self.columns.image]
            columns = [repr(column) for column in (*image, *self.columns.files.values())]
            verb = "names" if len(columns) == 1 else "name"
            what = f"none of the {self.named} files that {', '.join(columns)} {verb} is there"
            sounds = "sounds=, " if self.columns.sounds else ""
            expected = f"expected other {sounds}images= or suffix="
            raise DataError(shown(self.root), MISSING, f"{what}: {expected}")

    def _place(self, row: Row, name: str) -> str:
        """The image's name below the root, links followed; "" where it may be absent and is."""
        if not name:
            return ""
        self.named += 1
        if name not in self.places:
            try:
                self.places[name] = locate(self.root, name, self.resolved)[0]
            except DataError as error:
                self.places[name] = error
        place = self.places[name]
        if isinstance(place, str):
            return place
        self.lost += place.kind == MISSING
        if self.keep and place.kind == MISSING:
            return ""
        detail = str(place).removeprefix(f"{place.name}: {place.kind}: ")
        raise DataError(place.name, place.kind, f"{detail} ({row.where})")

    def _absent(self, row: Row) -> list[str]:
        """The modalities and columns of the table that a row has not, if it may be so."""
        values = [row.image] if self.columns.image is not None else []
        if self.columns.text is not None:
            values.append(row.text)
        values += (*row.files, *row.numbers, *row.categories)
        # What settle leaves of an empty cell is "", None or NaN, which is not itself.
        absent = [i for i, value in enumerate(values) if value in ("", None) or value != value]
        if not absent:
            return []
        if not self.keep:
            column = self.parts[absent[0]][1]
            detail = f"{column}: expected something, got none; missing='keep' keeps such rows"
            raise DataError(row.where, EMPTY, detail, column)
        names = [name for name, _ in self.parts]
        if len(absent) == len(values):
            raise DataError(row.where, EMPTY, f"expected one of {names}, got none")
        return [names[i] for i in absent]

    def _check_split(self, row):
        places = zip(self.columns.files, row.files, strict=True)
        for modality, name in [("image", row.image), *places]:
            first = self.split_of.setdefault(name, row.split) if name else row.split
            if first != row.split:
                kind = TWO_SPLITS["sound" if modality in self.columns.sounds else "image"]
                raise DataError(name, kind, f"{first!r} and {row.split!r} ({row.where})")

    def _check_classes(self, row):
        if self.classes is None:
            return
        for label in [row.label] if row.label is not None else row.labels or ():
            if label not in self.classes:
                expected = f"expected one of {self.classes}"
                raise DataError(row.where, BAD_LABEL, f"{expected}, got {label!r}", repr(label))


def _key(row):
    """Without ids, the same files with the same text and table are the same row."""
    if not (row.image or any(row.files)):
        return None  # the same words may well be said twice
    rest = (row.files, row.numbers, row.categories)
    return (row.image, row.text, *rest) if any(rest) else (row.image, row.text)
