"""Entries of the family ``fusion``."""

from mmref.concordance.formulas.fusion import gates, products, sums

FORMULAS = (*sums.FORMULAS, *gates.FORMULAS, *products.FORMULAS)
