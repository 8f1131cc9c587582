"""The same weights from the reference and from both wings."""

from mmref.reference import estimation
from tests.wings import WINGS, numpy, tensor, wing_of

EVERYWHERE = ["reference", *WINGS]


INDEPENDENT, CORRELATED = "inverse_variance_weights", "minimum_variance_weights"


def weights_of(name, function, array):
    if name == "reference":
        return getattr(estimation, function)(array)
    return numpy(getattr(wing_of(name), function)(tensor(name, array)))
