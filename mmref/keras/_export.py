"""Exporting models: Keras takes every input of a subclassed model for floats."""

import importlib.util
from typing import Any

import keras


class Model(keras.Model):
    """A Keras model that says what it takes, also before its first call.

    ``input_signature`` holds a ``keras.InputSpec`` for each argument; None leaves it to Keras.
    """

    # On TensorFlow, a second signature that Keras would add to a SavedModel: again, all floats.
    _default_save_signature = None

    def export(
        self,
        filepath: str,
        format: str = "tf_saved_model",
        verbose: Any = None,
        input_signature: list | None = None,
        **options: Any,
    ) -> None:
        """``keras.Model.export``, with our own input signature unless one is given.

        Errors
            ImportError: format="onnx" on TensorFlow without tf2onnx.
        """
        if format == "onnx" and keras.backend.backend() == "tensorflow":
            _check_onnx()
        signature = self.input_signature if input_signature is None else input_signature
        super().export(filepath, format, verbose, signature, **options)


def _check_onnx():
    """Raise where Keras would say no more than that a module is missing."""
    if importlib.util.find_spec("tf2onnx") is None:
        raise ImportError(
            "format='onnx': TensorFlow needs the package tf2onnx for it, which is not installed; "
            "without it, mmref.keras.save the model, mmref.torch.load it and use torch.onnx.export"
        )
