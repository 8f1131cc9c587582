"""Scenes: pictures of colored shapes that are drawn, described and read back, all exactly.

One to four objects with a shape, a color, a size and a place on a 3 x 3 grid, at 32 or 64 px.

``generate``, ``compose``   random scenes, or those that you say
``changes``                 a picture, words, and the picture changed as they say
``mirror``                  left and right swapped, in pictures and in what is known of them
``captions``, ``match``     true captions; or half of them false, by one word; English, Chinese
``questions``               questions with balanced answers
``annotate``                what several people say to them, who err at a known rate
``two_views``, ``joint``    a picture and a caption of one label; the best possible accuracy
``read``, ``agreement``     the oracle: picture to objects; how much of a caption holds
``exact``                   whether a caption says all of its scene, and nothing else
``parse``, ``write``        captions to claims and back

Sizes of pictures are called ``side``, as objects have sizes too. Attributes are stored as indices
into SHAPES, COLORS, SIZES and PLACES.
"""

from mmref.data.scenes.annotating import annotate
from mmref.data.scenes.attributes import (
    COLORS,
    LANGUAGES,
    PLACES,
    RELATIONS,
    RGB,
    SHAPES,
    SIDES,
    SIZES,
)
from mmref.data.scenes.captioning import KINDS, Captions, Pairs, captions, match
from mmref.data.scenes.changing import Changes, changes
from mmref.data.scenes.claims import Claim, Thing
from mmref.data.scenes.corruption import corrupt
from mmref.data.scenes.generation import compose, generate, mirror
from mmref.data.scenes.language import parse, write
from mmref.data.scenes.oracle import Reading, agreement, exact, read
from mmref.data.scenes.questioning import ANSWERS, Questions, answers, questions
from mmref.data.scenes.rendering import render
from mmref.data.scenes.trials import robustness
from mmref.data.scenes.views import SETTINGS, Joint, Views, joint, two_views
from mmref.data.scenes.world import Item, Objects, Scenes

__all__ = [
    "ANSWERS",
    "COLORS",
    "KINDS",
    "LANGUAGES",
    "PLACES",
    "RELATIONS",
    "RGB",
    "SETTINGS",
    "SHAPES",
    "SIDES",
    "SIZES",
    "Captions",
    "Changes",
    "Claim",
    "Item",
    "Joint",
    "Objects",
    "Pairs",
    "Questions",
    "Reading",
    "Scenes",
    "Thing",
    "Views",
    "agreement",
    "annotate",
    "answers",
    "captions",
    "changes",
    "compose",
    "corrupt",
    "exact",
    "generate",
    "joint",
    "match",
    "mirror",
    "parse",
    "questions",
    "read",
    "render",
    "robustness",
    "two_views",
    "write",
]
