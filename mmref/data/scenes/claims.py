"""What a caption says, without words: claims about a scene, each true or false."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from mmref.data.scenes.attributes import PLACES
from mmref.data.scenes.world import Item

OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}


class Thing(NamedTuple):
    """A description; None leaves a property open. ``Thing("large", None, "star")`` is any large
    star."""

    size: str | None = None
    color: str | None = None
    shape: str | None = None

    def fits(self, item: Item) -> bool:
        """Whether an Item has every property that is not open."""
        properties = zip(self, item, strict=False)  # an item's place comes after them
        return all(wanted in (None, found) for wanted, found in properties)


@dataclass(frozen=True)
class Claim:
    """One statement: there is a thing, perhaps at a place (a grid cell); there are exactly
    ``number`` such things; or a thing is ``relation`` another.

    "left of" holds between cells of different columns, "above" between different rows.
    """

    thing: Thing
    place: str | None = None
    number: int | None = None
    relation: str | None = None
    other: Thing | None = None

    def holds(self, items: Sequence[Item]) -> bool:
        """Whether the claim is true of a scene, given as a list of Items.

        >>> from mmref.data import scenes
        >>> red, star = scenes.Thing(color="red"), scenes.Thing(shape="star")
        >>> place = ("large", "red", "star", "top left"), ("small", "red", "cross", "center")
        >>> items = scenes.compose([place], seed=0).objects.items(0)
        >>> scenes.Claim(star, place="top left").holds(items)
        True
        >>> scenes.Claim(red, number=1).holds(items)
        False
        """
        found = [item for item in items if self.thing.fits(item)]
        if self.number is not None:
            return len(found) == self.number
        if self.relation is not None and self.other is not None:
            others = [item for item in items if self.other.fits(item)]
            return any(related(a, self.relation, b) for a in found for b in others)
        return any(self.place in (None, place_of(item)) for item in found)


def place_of(item: Item) -> str:
    """The name of an Item's cell."""
    return PLACES[3 * item.row + item.column]


def related(a: Item, relation: str, b: Item) -> bool:
    """Whether Item a is "left of", "right of", "above" or "below" Item b."""
    if relation in ("right of", "below"):
        return related(b, OPPOSITE[relation], a)
    return a.column < b.column if relation == "left of" else a.row < b.row


def falsify(
    claims: Sequence[Claim],
    items: Sequence[Item],
    vocabulary: Mapping[str, Sequence[str]],
    choose: Callable,
) -> tuple[tuple[Claim, ...], str] | None:
    """Change one word of true claims so that they become false; return them and what changed.

    vocabulary: for "size", "color" and "shape" the names that scenes of this set have.
    choose: a function that picks one of a sequence.

    The result is as plausible as the truth: it never names a thing twice or two things in one
    place. A claim about a number keeps the number and names another thing. Returns None where
    no such change exists.
    """
    options: dict[tuple[int, str], list[Claim]] = {}
    for i, claim in enumerate(claims):
        for changed, kind in _changes(claim, items, vocabulary):
            options.setdefault((i, kind), []).append(changed)
    if not options:
        return None
    i, kind = choose(list(options))
    changed = choose(options[i, kind])
    return (*claims[:i], changed, *claims[i + 1 :]), kind


def _changes(claim, items, vocabulary):
    """Every change of one claim, with the name of what is changed."""
    if claim.number is not None:
        for thing, kind in _things(claim.thing, vocabulary):
            changed = replace(claim, thing=thing)
            if not changed.holds(items):
                yield changed, kind
        return
    for field in ("thing", "other"):
        if getattr(claim, field) is None:
            continue
        for thing, kind in _things(getattr(claim, field), vocabulary):
            # A pair of shape and color that the scene lacks; but a size must only be wrong.
            lacks = thing if kind == "size" else thing._replace(size=None)
            if not any(lacks.fits(item) for item in items):
                yield replace(claim, **{field: thing}), kind
    if claim.place is not None:
        for place in PLACES:
            if place not in map(place_of, items):
                yield replace(claim, place=place), "place"
    if claim.relation is not None:
        yield replace(claim, relation=OPPOSITE[claim.relation]), "relation"


def _things(thing, vocabulary):
    """Every change of one property that the thing has."""
    for kind, names in vocabulary.items():
        current = getattr(thing, kind)
        if current is not None:
            yield from ((thing._replace(**{kind: name}), kind) for name in names if name != current)
