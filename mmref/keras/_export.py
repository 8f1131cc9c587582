"""Exporting models: Keras takes every input of a subclassed model for floats."""

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
        """``keras.Model.export``, with our own input signature unless one is given."""
        signature = self.input_signature if input_signature is None else input_signature
        super().export(filepath, format, verbose, signature, **options)
