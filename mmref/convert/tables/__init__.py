"""Layouts and names, a file for each family. A new layer is one line in its family's tables.

LAYERS: the frameworks' own layers, by framework and class name. COMPOSITES: the frameworks' own
that consist of layers. OWN_LAYERS: ours, where they hold arrays in another layout than the
reference's. MODELS: ours whose attributes, the same in both wings, are layers, mappings or lists of
layers, or arrays in the reference's layout. ARGUMENTS: where the arrays of such an attribute are
arguments of the reference instead, as ``projections.image.weight`` is ``weights.image``.
APART: ours around somebody else's layers, whose weights stay where they are.
"""

from mmref.convert.tables import (
    adaptation,
    attention,
    autoencoder,
    convolution,
    dense,
    diffusion,
    fusion,
    graph,
    models,
    multi_head,
    multitask,
    normalization,
    pooling,
    recurrence,
    transformer,
    transposed,
    vision,
)
from mmref.convert.tables.models import APART, FLATTENED
from mmref.convert.tables.recurrence import COMPOSITES

_FILES = (
    adaptation,
    attention,
    autoencoder,
    convolution,
    dense,
    diffusion,
    fusion,
    graph,
    models,
    multi_head,
    multitask,
    normalization,
    pooling,
    recurrence,
    transformer,
    transposed,
    vision,
)


def _gathered(name, framework=None):
    """The entries of all files that have a table of this name."""
    tables = [getattr(file, name, {}) for file in _FILES]
    if framework is not None:
        tables = [table.get(framework, {}) for table in tables]
    return {key: entry for table in tables for key, entry in table.items()}


LAYERS, OWN_LAYERS = (
    {framework: _gathered(name, framework) for framework in ("torch", "keras")}
    for name in ("LAYERS", "OWN_LAYERS")
)
MODELS, ARGUMENTS = _gathered("MODELS"), _gathered("ARGUMENTS")

__all__ = ["APART", "ARGUMENTS", "COMPOSITES", "FLATTENED", "LAYERS", "MODELS", "OWN_LAYERS"]
