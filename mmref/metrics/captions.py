"""Whether pictures of scenes show what their captions say."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmref.contract.settings import text_list
from mmref.data import scenes
from mmref.errors import ShapeError
from mmref.types import Array


@dataclass(frozen=True)
class Agreement:
    """What the oracle of the scenes says of pictures and captions.

    claims: the mean share of a caption's claims that hold. captions: the share of the captions of
        which all hold. chance: the same share with each caption beside the next picture. error:
        the mean root mean squared difference, of 1, between a picture and a clean drawing of what
        was read: 0 of a clean scene, and large where the picture is no scene.
    """

    claims: float
    captions: float
    chance: float
    error: float


def caption_agreement(images: Array, texts: Sequence[str], language: str = "en") -> Agreement:
    """Read pictures of scenes, and compare with what their captions say.

    Args
        images: (N, side, side, 3), side 32 or 64, bytes or floats in [0, 1], N at least 2.
        texts: N captions as :func:`mmref.data.scenes.captions` writes them. language: theirs.

    Returns
        An Agreement. The oracle looks at the pixels alone: of clean scenes it reads exactly what
        was drawn, of noisy or blurred ones what :func:`mmref.data.scenes.robustness` measures.
        It reads something into any picture, so look at ``error`` and ``chance``, too.

    Errors
        ShapeError: pictures of another shape or dtype, not as many captions, fewer than two, a
        caption that is none. ChoiceError: another language. TypeError: no texts.

    >>> data = scenes.generate(50, seed=0)
    >>> texts = scenes.captions(data, seed=0).texts
    >>> caption_agreement(data.images, texts).captions
    1.0
    """
    found = scenes.read(images)
    texts = text_list("texts", texts)
    if len(texts) < 2:
        raise ShapeError("texts", "at least 2, each the other's chance", len(texts))
    shares = scenes.agreement(found.objects, texts, language)
    others = scenes.agreement(found.objects, [*texts[1:], texts[0]], language)
    return Agreement(
        float(shares.mean()),
        float(np.mean(shares == 1)),
        float(np.mean(others == 1)),
        float(found.errors.mean()),
    )
