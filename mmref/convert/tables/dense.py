"""The frameworks' own dense layer, which stands in most families."""

from mmref.convert.tables.array import Array

DENSE = (Array("weight", "weight", "kernel", axes=(1, 0)), Array("bias", "bias", "bias"))

LAYERS = {"torch": {"Linear": DENSE}, "keras": {"Dense": DENSE}}
