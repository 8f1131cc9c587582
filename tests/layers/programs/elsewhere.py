"""Another process: what a model wrote, read again. Prints how far the results are off, by kind.

A SavedModel and an exported program need nothing of ours; a Keras file does, and Keras says so.
"""

import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
import torch

folder = Path(sys.argv[1])
given, expected = (dict(np.load(folder / f"{name}.npz")) for name in ("given", "expected"))
off = {}


def compare(kind, found):
    off[kind] = float(np.abs(np.asarray(found) - expected[kind.partition(" ")[0]]).max())


inputs = {"image": given["images_last"], "text": given["ids"]}
saved = tf.saved_model.load(folder / "saved")
there = dict(zip(("image", "text"), given["present"].T))
compare("keras as a SavedModel", saved.serve(inputs | {"present": there}))

tensors = {"image": torch.tensor(given["images_first"]), "text": torch.tensor(given["ids"])}
program = torch.export.load(folder / "program.pt2").module()
compare(
    "torch as a program", program(inputs=tensors, present=torch.tensor(given["present"])).detach()
)

assert "mmref" not in sys.modules
import keras  # noqa: E402

try:
    keras.saving.load_model(folder / "model.keras")
except TypeError as error:
    assert "Could not locate class 'FusionClassifier'" in str(error)
else:
    raise SystemExit("Keras knows our classes without mmref.keras: say so in its docstring")

import mmref.keras  # noqa: E402, F401

model = keras.saving.load_model(folder / "model.keras")
compare("keras as a Keras file", model(inputs, given["present"]))
print(json.dumps(off))
