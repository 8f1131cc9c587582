"""Every exercise by its name: the files in the folders of the families, imported when asked for."""

from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path

from mmref.check.exercise import Exercise
from mmref.check.layer_exercise import LayerExercise


def _files():
    places = Path(__file__).parent.glob("[a-z]*/[a-z]*.py")
    return sorted(places, key=lambda path: (path.parent.name, path.stem))


# name -> family
NAMES = {path.stem: path.parent.name for path in _files()}


@cache
def load(name: str) -> Exercise | LayerExercise:
    """The exercise of this name, which it is told."""
    return replace(import_module(f"mmref.check.{NAMES[name]}.{name}").EXERCISE, name=name)
