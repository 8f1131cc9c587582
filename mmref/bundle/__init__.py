"""A trained model and all that prediction needs, in a folder that both frameworks read: a *bundle*.

``mmref.torch.save`` and ``mmref.keras.save`` write one, their ``load`` makes the model again, in
either framework. :func:`predict` goes from files and texts to labels in one call, :func:`read` says
what a bundle holds, and ``python -m mmref.bundle PATH photo.jpg --text "..."`` prints a table.

The folder holds ``bundle.json`` (the layers by name with their arguments, classes, vocabulary,
sizes, versions) and ``weights.safetensors``. Nothing in them is ever executed. Every byte is
checked: what is cut short, changed or of a newer version is one ``DataError``.
"""

from mmref.bundle.content import Bundle
from mmref.bundle.predicting import Predictions, predict
from mmref.bundle.storing import read

__all__ = ["Bundle", "Predictions", "predict", "read"]
