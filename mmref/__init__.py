"""Multimodal deep learning, derived once and built twice.

Three implementations, each a *wing*, in files of the same names, a *family* each:

``mmref.reference``  the specification: NumPy, pure functions, forward and gradient
``mmref.torch``      the same formulas as ``torch.nn.Module``
``mmref.keras``      the same formulas as ``keras.layers.Layer``, on TensorFlow, PyTorch or JAX

and what they have in common:

``mmref.contract``     what all three check alike
``mmref.convert``      moves weights between the two frameworks
``mmref.concordance``  compares all three, in value and every gradient
``mmref.check``        answers exercises
``mmref.data``         the data sets that travel with the package
``mmref.metrics``      verdicts on pictures: real ones and generated ones, and their captions
``mmref.bundle``       a trained model in a folder, and predictions from it

Importing ``mmref`` loads NumPy at most; a framework is loaded with its wing.
"""

__version__ = "0.1.0"
