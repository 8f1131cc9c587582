"""The registry: every formula of the book, one entry each."""

from mmref.concordance.formulas import fusion, recurrence, softmax

FORMULAS = {f.name: f for family in (softmax, fusion, recurrence) for f in family.FORMULAS}
