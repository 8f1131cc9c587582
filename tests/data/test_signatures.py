"""What a signature promises is asked: a value of another kind is one error that names it.

Every public function of the data is called with each of its arguments wrong in turn, as its
annotation says: a new function or argument is tried without another line.
"""

import inspect
import types
from collections.abc import Sequence
from typing import get_origin

import numpy as np
import pytest

pytest.importorskip("PIL.Image")  # the folders read pictures

from mmref.data import (  # noqa: E402
    adversarial,
    download,
    emoji,
    folders,
    interactions,
    scenes,
    sentiment,
    speech,
    text,
    transforms,
)
from mmref.seeding import seed_everything  # noqa: E402

WRONG = {
    bool: ("no", 1, None),
    int: (1.5, True, -1, "x"),
    float: (float("nan"), True, "x"),
    str: (3, ["x"]),
}
PICTURES = np.random.default_rng(0).uniform(size=(2, 8, 8, 3)).astype("float32")
IDS = np.array([[4, 5, 6], [7, 8, 0]])
SCENES = scenes.generate(2, 0)

# What a required argument takes, by its name; for one function where names mean two things.
RIGHT = {
    "asked": scenes.questions(2, 0),
    "captions": ["a", "b"],
    "claims": [scenes.Claim(scenes.Thing(shape="star"))],
    "count": 3,
    "degrees": 5.0,
    "folder": ".",
    "ids": IDS,
    "images": PICTURES,
    "index": [0],
    "kind": "shape",
    "labels": np.array([0, 0]),
    "left": 0,
    "mask": IDS > 0,
    "n": 2,
    "name": "a",
    "objects": SCENES.objects,
    "pictures": PICTURES.transpose(0, 3, 1, 2),
    "noise": {"a": 0.5, "b": 0.5},
    "points": np.zeros((3, 2)),
    "question": "mood",
    "rate": 0.5,
    "signals": np.ones((2, 9)),
    "spectrograms": np.ones((2, 6, 5)),
    "real": PICTURES,
    "rng": np.random.default_rng(0),
    "root": ".",
    "rows": [[5]],
    "scenes": SCENES,
    "seed": 0,
    "setting": "copied",
    "sha256": "0" * 64,
    "side": 2,
    "size": 4,
    "text": "a star",
    "texts": ["a star", "a star"],
    "top": 0,
    "training": PICTURES.transpose(0, 3, 1, 2),
    "url": "http://127.0.0.1:9/a",
}
RIGHT_FOR = {
    scenes.compose: {"scenes": [[]]},
    **{f: {"kind": "parity"} for f in vars(interactions).values() if inspect.isfunction(f)},
    download.download: {"name": "coco-annotations"},
    adversarial.nudge: {"images": PICTURES.transpose(0, 3, 1, 2)},
    adversarial.AdversarialBatches: {"batch_size": 2},
}
MODULES = (adversarial, download, emoji, folders, interactions, scenes)
MODULES += (sentiment, speech, text, transforms)
VOCABULARY = text.Vocabulary.build(["a star"])


def functions():
    """Those that the modules offer, and the ways to make and to use what they offer."""
    for module in MODULES:
        for name, value in vars(module).items():
            offered = name in getattr(module, "__all__", (name,)) and not name.startswith("_")
            own = getattr(value, "__module__", "").startswith(module.__name__)
            if inspect.isfunction(value) and offered and own:
                yield value
    yield from (text.Vocabulary.build, text.Subwords.build, VOCABULARY.encode, seed_everything)
    yield adversarial.AdversarialBatches


def cases():
    for function in functions():
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind is parameter.VAR_KEYWORD:
                continue
            union = isinstance(parameter.annotation, types.UnionType)
            kinds = parameter.annotation.__args__ if union else (parameter.annotation,)
            for kind in [kind for kind in WRONG if kind in kinds]:
                for value in WRONG[kind] + ((None,) if name == "seed" else ()):
                    if not any(_is_of(value, other) for other in kinds if other is not kind):
                        label = f"{function.__qualname__}-{name}-{value}"
                        yield pytest.param(function, name, value, id=label)


def _is_of(value, kind):
    """Whether a value may be given where this kind is asked for: a list is a sequence."""
    return type(value) is kind or (get_origin(kind) is Sequence and type(value) is list)


CASES = list(cases())


@pytest.mark.parametrize(("function", "name", "value"), CASES)
def test_another_kind_is_an_error_that_names_the_argument(function, name, value):
    parameters = inspect.signature(function).parameters.values()
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    right = {key: RIGHT[key] for key in needed if key in RIGHT} | RIGHT_FOR.get(function, {})
    with pytest.raises((TypeError, ValueError)) as caught:
        function(**(right | {name: value}))
    subject, colon, rest = str(caught.value).partition(": expected ")
    assert colon and name in subject.replace(",", " ").split() and "got " in rest, caught.value


def test_every_module_is_tried():
    tried = [case.values[0].__module__ for case in CASES]
    for module in MODULES:
        assert any(name.startswith(module.__name__) for name in tried)
    assert len(tried) > 400
