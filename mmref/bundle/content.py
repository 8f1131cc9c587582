"""What a bundle says of its model, beside the weights."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Self

import mmref
from mmref.contract.settings import check_choice, check_kind, check_mapping
from mmref.data.sound import Sound
from mmref.data.table import Table
from mmref.data.text import Subwords, Vocabulary
from mmref.data.text._files import check_content
from mmref.types import Size

TASKS = ("classification", "multilabel", "regression")
VOCABULARIES = {"Vocabulary": Vocabulary, "Subwords": Subwords}
_TYPES = {"model": dict, "task": str, "classes": list, "framework": str, "versions": dict}


@dataclass(frozen=True, eq=False)
class Bundle:
    """All that prediction needs to know, beside the weights.

    model: its recipe (``mmref.bundle.recipe``).
    task: "classification", "multilabel" or "regression".
    classes: the names of the labels, in the order of their numbers; of a regression those of the
        columns that it predicts.
    vocabulary: a Vocabulary or Subwords, None where there are no texts. length: of all texts in
        ids, or None.
    size, fit: of the images, as in ``mmref.data.folders.read_image``; a size of None where there
        are none.
    sounds: of each modality of sounds, what makes features of them.
    table: what makes features of further columns, None where there are none.
    framework: "torch" or "keras", which it was saved from.
    versions: of ``mmref`` and of that framework.
    """

    model: dict[str, Any]
    task: str
    classes: tuple[str, ...]
    vocabulary: Vocabulary | Subwords | None
    length: int | None
    size: Size | None
    fit: str
    sounds: dict[str, Sound]
    table: Table | None
    framework: str
    versions: dict[str, str]

    @classmethod
    def of(cls, recipe: dict[str, Any], reader: Any, framework: str) -> Self:
        """A model's recipe with what a ``Reader`` knows, or an older Bundle.

        Errors
            TypeError: the reader is neither. ValueError: its rows have no labels. ChoiceError: a
            tokenizer that no file can name.
        """
        if isinstance(reader, Bundle):
            task, classes = reader.task, reader.classes
        elif hasattr(reader, "batch"):
            task, classes = _task(reader.data)
        else:
            check_kind("reader", reader, Bundle, "a mmref.data.folders.Reader or a Bundle")
        made = cls(
            model=recipe,
            task=task,
            classes=tuple(classes),
            vocabulary=reader.vocabulary,
            length=reader.length,
            size=reader.size,
            fit=reader.fit,
            sounds=getattr(reader, "sounds", {}),
            table=getattr(reader, "table", None),
            framework=framework,
            versions={"mmref": mmref.__version__, framework: version(framework)},
        )
        cls.from_json("reader", made.to_json())  # what is written can be read
        return made

    @property
    def modalities(self) -> tuple[str, ...]:
        """The model's, as its fusion declares them."""
        fusion = self.model["fusion"]
        while "dims" not in fusion:  # one around another has that one's
            fusion = fusion["fusion"]
        return tuple(fusion["dims"])

    def to_json(self) -> dict[str, Any]:
        """What ``bundle.json`` holds of it."""
        content = vars(self) | {"classes": list(self.classes)}
        if self.vocabulary is not None:
            kind = {"kind": type(self.vocabulary).__name__}
            content["vocabulary"] = kind | self.vocabulary.to_json()
        content["sounds"] = {m: sound.to_json() for m, sound in self.sounds.items()}
        if self.table is not None:
            content["table"] = self.table.to_json()
        return content

    @classmethod
    def from_json(cls, name: str, content: dict[str, Any]) -> Self:
        """The bundle of what ``to_json`` gave; ``name`` is what errors call it.

        Errors
            DataError: something is missing. ChoiceError: something is unknown.
        """
        content = check_content(name, content, _TYPES)
        check_choice("task", content["task"], TASKS)
        fields: dict[str, Any] = {field: content.get(field) for field in cls.__dataclass_fields__}
        fields["classes"] = tuple(content["classes"])
        fields["vocabulary"] = _vocabulary(name, content.get("vocabulary"))
        sounds = content.get("sounds") or {}
        check_mapping("sounds", sounds, "settings")
        fields["sounds"] = {m: Sound.from_json(sound) for m, sound in sounds.items()}
        fields["table"] = _table(content.get("table"))
        return cls(**fields)


def _task(data):
    """What the labels of a folder are for, and their names."""
    if data.labels is None:
        raise ValueError("reader.data: expected rows with labels, got none")
    task = getattr(data, "task", "classification")
    return task, data.target if task == "regression" else data.classes


def _vocabulary(name, content):
    if content is None:
        return None
    kind = content.get("kind")
    check_choice("vocabulary", kind, tuple(VOCABULARIES))
    return VOCABULARIES[kind].from_json(content, name=name)


def _table(content):
    return None if content is None else Table.from_json(content)
