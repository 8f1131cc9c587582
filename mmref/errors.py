"""The package's errors. All are ``ValueError``; each names the argument, what was
expected and what came. A wrong shape or dtype is a ShapeError, a wrong kind a TypeError, a wrong
value a ValueError: a ChoiceError where the values can be listed.

Each can also be made from its message alone, as Keras (which adds where a layer was called) and
pickle (which carries errors out of worker processes) make them again.
"""

from collections.abc import Iterable


class ShapeError(ValueError):
    """An array has the wrong shape or dtype.

    >>> raise ShapeError("present", "(B, M) = (4, 2)", (4, 3))
    Traceback (most recent call last):
        ...
    mmref.errors.ShapeError: present: expected (B, M) = (4, 2), got (4, 3)
    """

    def __init__(self, name: str, expected: object = None, got: object = None) -> None:
        super().__init__(name if expected is None else f"{name}: expected {expected}, got {got}")


class ModalityError(ValueError):
    """The mapping of modalities has a missing, an extra, an impossible or no key.

    >>> raise ModalityError("features", ["image", "text"], ["image", "audio"])
    Traceback (most recent call last):
        ...
    mmref.errors.ModalityError: features: expected the modalities ['image', 'text'], \
got ['image', 'audio']; missing ['text'], unexpected ['audio']
    """

    def __init__(
        self, name: str, expected: Iterable[str] | None = None, got: Iterable[str] | None = None
    ) -> None:
        if expected is None:
            super().__init__(name)
            return
        expected, got = list(expected), list(got or ())
        missing = [m for m in expected if m not in got]
        extra = [m for m in got if m not in expected]
        detail = [f"missing {missing}"] * bool(missing) + [f"unexpected {extra}"] * bool(extra)
        super().__init__(
            f"{name}: expected the modalities {expected}, got {got}"
            + ("; " + ", ".join(detail) if detail else "")
        )


class ChoiceError(ValueError):
    """An argument is not one of its allowed values.

    >>> raise ChoiceError("language", "fr", ("en", "zh"))
    Traceback (most recent call last):
        ...
    mmref.errors.ChoiceError: language: expected one of 'en', 'zh'; got 'fr'
    """

    def __init__(self, name: str, got: object = None, choices: Iterable | None = None) -> None:
        if choices is None:
            super().__init__(name)
            return
        listed = ", ".join(repr(choice) for choice in choices)
        super().__init__(f"{name}: expected one of {listed}; got {got!r}")


class DataError(ValueError):
    """A file, or a record in one, is not what it should be.

    ``name`` says which one, ``kind`` what is wrong in a few words (reports count by it), ``cell``
    which column of a table and what stands there, where it is one cell.

    >>> raise DataError("cats/7.png", "missing file", "not found in photos")
    Traceback (most recent call last):
        ...
    mmref.errors.DataError: cats/7.png: missing file: not found in photos
    """

    def __init__(
        self, name: object, kind: str | None = None, detail: object = None, cell: str = ""
    ) -> None:
        parts = [str(part) for part in (name, kind, detail) if part is not None]
        super().__init__(": ".join(parts))
        self.name, self.kind, self.cell = str(name), kind, cell
