"""Phantoms and reports: a diagnosis from an image and a text whose best accuracy is known.

No patient is behind any of them. A ``Study`` draws gray images with a lesion of known size, place
and contrast, or without one, and reports from a grammar, with hedges, negations and wrong
statements at known rates; and it knows what the ideal observer of either, or of both, makes of
them: its ROC curve, the area under it, and the least expected cost.

``study``    the population, its patients, the ideal observer
``reports``  the grammar and its rates
"""

from mmref.data.phantoms.reports import RATES, STAMPS, WORDINGS
from mmref.data.phantoms.study import MODALITIES, SIZE, Phantoms, Study

__all__ = ["MODALITIES", "RATES", "SIZE", "STAMPS", "WORDINGS", "Phantoms", "Study"]
