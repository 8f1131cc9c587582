"""Entries of the family ``fusion``."""

from mmref.concordance.formulas.fusion import (
    cross_attention,
    decisions,
    gates,
    products,
    stand_in,
    sums,
    tokens,
)

FORMULAS = (
    *sums.FORMULAS,
    *gates.FORMULAS,
    *products.FORMULAS,
    *tokens.FORMULAS,
    *cross_attention.FORMULAS,
    *decisions.FORMULAS,
    *stand_in.FORMULAS,
)
