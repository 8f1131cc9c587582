"""Entries of the family ``fusion``."""

from mmref.concordance.formulas.fusion import decisions, sums

FORMULAS = (*sums.FORMULAS, *decisions.FORMULAS)
