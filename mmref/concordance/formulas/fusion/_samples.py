"""What fusions are compared on."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator

from mmref.types import Arrays

Draw = Callable[[Generator], dict[str, Any]]  # the arguments of a fusion

# B, D, M and every D_m differ, so that no transposed or swapped array has the right shape. The
# names are declared in an order that is not alphabetical, and features come in a third one, so
# that nobody who sorts them, or takes them as they come, gets away with it.
BATCH, DIM = 5, 4
WIDTHS = {"text": 6, "image": 2, "audio": 7}
COUNT = len(WIDTHS)
FAIR = ("all present", "some absent")


def features_of(rng: Generator) -> Arrays:
    return {m: rng.normal(size=(BATCH, WIDTHS[m])) for m in ("audio", "text", "image")}


def projections_of(rng: Generator) -> tuple[Arrays, Arrays]:
    weights = {m: rng.normal(size=(DIM, d)) for m, d in WIDTHS.items()}
    return weights, {m: rng.normal(size=DIM) for m in WIDTHS}


def samples_of(draw: Draw) -> dict[str, Draw]:
    """The three situations every fusion is compared in."""

    def all_present(rng):
        return draw(rng) | {"present": None}

    def some_absent(rng):
        present = np.ones((BATCH, COUNT), dtype=bool)
        present[0, 1] = present[2, 0] = present[3, 1:] = False
        return draw(rng) | {"present": present}

    def hostile(rng):
        """Also a row with nothing, and NaN or infinity where a modality is absent."""
        arguments = some_absent(rng)
        arguments["present"][4] = False
        for i, m in enumerate(WIDTHS):
            absent = ~arguments["present"][:, i]
            arguments["features"][m][absent] = np.nan if i % 2 else np.inf
        return arguments

    return {"all present": all_present, "some absent": some_absent, "hostile": hostile}
