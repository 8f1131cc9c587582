"""The denoiser, its blocks, and the frameworks' own group norm."""

from mmref.convert.tables.array import Array

GROUP_NORM = (Array("scale", "weight", "gamma"), Array("shift", "bias", "beta"))

LAYERS = {
    "torch": {"GroupNorm": GROUP_NORM},
    "keras": {"GroupNormalization": GROUP_NORM},
}
_READ = ("embedding", "empty", "reader", "time", "time_out", "text")
_WAY = ("stem", "down", "shrink", "middle", "places", "look", "grow", "up", "norm", "paint")
MODELS = {
    "Denoiser": (*_READ, *_WAY),
    "ModulatedBlock": ("norm_in", "conv_in", "film", "norm_out", "conv_out", "skip"),
    "WordAttention": ("norm", "attention"),
}
