"""Pooling: nothing to carry, but a model may hold it."""

MODELS = {"MaxPool2d": (), "AvgPool2d": ()}
