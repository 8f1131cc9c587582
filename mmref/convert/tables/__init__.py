"""Layouts and names, a file for each family. A new layer is one line in its family's tables.

LAYERS: the frameworks' own layers, by framework and class name. OWN_LAYERS: ours, where they hold
arrays in another layout than the reference's. MODELS: ours that consist of layers or of arrays in
the reference's layout. COMPOSITES: the frameworks' own that consist of layers.
"""

from mmref.convert.tables import adversarial, attention, convolution, dense, recurrence
from mmref.convert.tables.models import ARGUMENTS, FLATTENED, MODELS

FAMILIES = (adversarial, dense, convolution, recurrence, attention)


def _merged(name):
    tables = [getattr(family, name) for family in FAMILIES]
    return {
        framework: {kind: arrays for t in tables for kind, arrays in t[framework].items()}
        for framework in ("torch", "keras")
    }


LAYERS, OWN_LAYERS = _merged("LAYERS"), _merged("OWN_LAYERS")
COMPOSITES = recurrence.COMPOSITES

__all__ = ["ARGUMENTS", "COMPOSITES", "FLATTENED", "LAYERS", "MODELS", "OWN_LAYERS"]
