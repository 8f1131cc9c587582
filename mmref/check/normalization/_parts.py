"""Other variances than the one that normalizes."""

CANCEL = "All digits cancel in a mean of squares less the square of the mean: the mean goes first."


def in_one_pass(x, **along):
    return (x**2).mean(**along) - x.mean(**along) ** 2


def of_a_sample(x, **along):
    return x.var(ddof=1, **along)
