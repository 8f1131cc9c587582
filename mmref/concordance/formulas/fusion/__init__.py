"""Entries of the family ``fusion``."""

from mmref.concordance.formulas.fusion import sums

FORMULAS = (*sums.FORMULAS,)
