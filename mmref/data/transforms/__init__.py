"""Images, texts and sounds, prepared and varied: NumPy arrays in, new NumPy arrays out.

``to_float``, ``resize``, ``crop``, ``flip``, ``rotate``, ``recolor``, ``cutout``   one step
``augment``                    those steps at random, in one call
``Normalization``              each channel to mean 0 and deviation 1, and back
``drop_words``, ``swap_words`` token ids at random, with their mask
``add_noise``, ``shift_signals``, ``mask_spectrogram``   sounds at random
``mirror_words``, ``flip_pairs``   left and right in a caption; a picture with its caption
``sample_generators``          random numbers that do not depend on the batch

Images are (N, H, W, C), or (N, C, H, W) where ``layout="channels_first"`` says so: it is never
guessed from the shape.

What is random takes ``rng``: one ``numpy.random.Generator`` for the whole batch, or a list of
one for each sample, as ``sample_generators`` makes them.
"""

from mmref.data.transforms._augment import OFF, augment
from mmref.data.transforms._normalization import Normalization
from mmref.data.transforms._pairs import flip_pairs, mirror_words
from mmref.data.transforms._parts import crop, cutout, flip, recolor, rotate
from mmref.data.transforms._random import sample_generators
from mmref.data.transforms._resize import resize, to_float
from mmref.data.transforms._sounds import add_noise, mask_spectrogram, shift_signals
from mmref.data.transforms._words import drop_words, swap_words

__all__ = [
    "Normalization",
    "OFF",
    "add_noise",
    "augment",
    "crop",
    "cutout",
    "drop_words",
    "flip",
    "flip_pairs",
    "mask_spectrogram",
    "mirror_words",
    "recolor",
    "resize",
    "rotate",
    "sample_generators",
    "shift_signals",
    "swap_words",
    "to_float",
]
