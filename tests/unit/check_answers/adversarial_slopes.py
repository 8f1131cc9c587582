"""Answers to penalty_of_slopes, power_iteration_norm and transposed_convolution."""

import numpy as np

from tests.unit.check_answers.tables import right, wrong


def norms(slopes):
    return np.sqrt((slopes**2).sum(axis=tuple(range(1, slopes.ndim))))


@right("penalty_of_slopes")
def penalty(slopes, center):
    return ((norms(slopes) - center) ** 2).mean()


@right("penalty_of_slopes")
def penalty_by_loops(slopes, center):
    return np.mean([(np.linalg.norm(g.ravel()) - center) ** 2 for g in slopes])


@wrong("penalty_of_slopes", "whole batch")
def norm_over_the_batch(slopes, center):
    return (np.linalg.norm(slopes) - center) ** 2


@wrong("penalty_of_slopes", "its root")
def squared_norm(slopes, center):
    return ((norms(slopes) ** 2 - center) ** 2).mean()


@wrong("penalty_of_slopes", "is squared")
def absolute_distance(slopes, center):
    return np.abs(norms(slopes) - center).mean()


@wrong("penalty_of_slopes", "not the sum")
def penalty_summed(slopes, center):
    return ((norms(slopes) - center) ** 2).sum()


@wrong("penalty_of_slopes", "two-sided")
def one_sided(slopes, center):
    return (np.maximum(norms(slopes) - center, 0) ** 2).mean()


@wrong("penalty_of_slopes", "another center", "is an argument")
def center_ignored(slopes, center):
    return ((norms(slopes) - 1) ** 2).mean()


@wrong("penalty_of_slopes", "not the square of the mean")
def mean_of_norms(slopes, center):
    return (norms(slopes).mean() - center) ** 2


@wrong("penalty_of_slopes", "not a mean")
def root_mean_square(slopes, center):
    axes = tuple(range(1, slopes.ndim))
    return ((np.sqrt((slopes**2).mean(axis=axes)) - center) ** 2).mean()


@wrong("penalty_of_slopes", "slopes of images", "over one example")
def vectors_only(slopes, center):
    return ((np.linalg.norm(slopes, axis=1) - center) ** 2).mean()


@wrong("penalty_of_slopes", "over one example")
def entries(slopes, center):
    return ((np.abs(slopes) - center) ** 2).mean()


@wrong("penalty_of_slopes", "expected the shape (), got (5,)")
def penalty_by_example(slopes, center):
    return (norms(slopes) - center) ** 2


def unit(x):
    return x / np.linalg.norm(x)


@right("power_iteration_norm")
def sigma(weight, start, steps):
    u = start
    for _ in range(steps):
        v = unit(weight.T @ u)
        u = unit(weight @ v)
    return u @ weight @ v


@right("power_iteration_norm")
def sigma_as_length(weight, start, steps):
    u = start
    for _ in range(steps):
        v = unit(weight.T @ u)
        u = unit(weight @ v)
    return np.linalg.norm(weight @ v)


@wrong("power_iteration_norm", "half step")
def half_a_step_missing(weight, start, steps):
    u = unit(start)
    for _ in range(steps):
        v = unit(weight.T @ u)
        before, u = u, unit(weight @ v)
    return before @ weight @ v


@wrong("power_iteration_norm", "sum of all squares")
def frobenius(weight, start, steps):
    return np.linalg.norm(weight)


@wrong("power_iteration_norm", "the exact value")
def exact(weight, start, steps):
    return np.linalg.norm(weight, 2)


@wrong("power_iteration_norm", "not its square")
def squared(weight, start, steps):
    return sigma(weight, start, steps) ** 2


@wrong("power_iteration_norm", "too many")
def one_more(weight, start, steps):
    return sigma(weight, start, steps + 1)


@wrong("power_iteration_norm", "three steps", "is an argument")
def one_step_only(weight, start, steps):
    return sigma(weight, start, 1)


@wrong("power_iteration_norm", "raised ValueError")
def transposed_elsewhere(weight, start, steps):
    u = start
    for _ in range(steps):
        v = unit(weight @ u)
        u = unit(weight.T @ v)
    return u @ weight @ v


@wrong("power_iteration_norm", "one step", "number of steps is an argument")
def twenty_steps(weight, start, steps):
    return sigma(weight, start, 20)


@wrong("power_iteration_norm", "one step", "start is an argument")
def start_of_ones(weight, start, steps):
    return sigma(weight, np.ones(len(weight)), steps)


@wrong("power_iteration_norm", "one step", "start is an argument")
def start_of_its_own(weight, start, steps):
    return sigma(weight, np.eye(len(weight))[0], steps)


@wrong("power_iteration_norm", "one step", "v comes from start")
def start_by_chance(weight, start, steps):
    return sigma(weight, np.random.default_rng(0).normal(size=len(weight)), steps)


@wrong("power_iteration_norm", "one step", "look at the sign")
def negative(weight, start, steps):
    return -sigma(weight, start, steps)


@wrong("power_iteration_norm", "one step", "scaled to length 1 in each step; v is not")
def v_not_scaled(weight, start, steps):
    u = start
    for _ in range(steps):
        v = weight.T @ u
        u = unit(weight @ v)
    return u @ weight @ v


@wrong("power_iteration_norm", "one step", "u is scaled to length 1, as v is")
def u_not_scaled(weight, start, steps):
    u = start
    for _ in range(steps):
        v = unit(weight.T @ u)
        u = weight @ v
    return u @ weight @ v


@wrong("power_iteration_norm", "one step", "scaled to length 1 in each step.")
def never_scaled(weight, start, steps):
    u = start
    for _ in range(steps):
        v = weight.T @ u
        u = weight @ v
    return u @ weight @ v


@right("transposed_convolution")
def transposed(x, w, stride):
    y = np.zeros((len(x) - 1) * stride + len(w))
    for i, value in enumerate(x):
        y[i * stride : i * stride + len(w)] += value * w
    return y


@right("transposed_convolution")
def transposed_by_zeros(x, w, stride):
    spread = np.zeros((len(x) - 1) * stride + 1)
    spread[::stride] = x
    return np.convolve(spread, w)


@wrong("transposed_convolution", "not turned around")
def turned(x, w, stride):
    return transposed(x, w[::-1], stride)


@wrong("transposed_convolution", "stride 2", "expected the shape (9,), got (6,)")
def stride_ignored(x, w, stride):
    return np.convolve(x, w)


@wrong("transposed_convolution", "expected the shape (6,), got (4,)")
def same_size(x, w, stride):
    return np.convolve(x, w, "same")


@wrong("transposed_convolution", "expected the shape (6,), got (2,)")
def a_convolution(x, w, stride):
    return np.convolve(x, w[::-1], "valid")[::stride]


@wrong("transposed_convolution", "where copies meet, add")
def overwritten(x, w, stride):
    y = np.zeros((len(x) - 1) * stride + len(w))
    for i, value in enumerate(x):
        y[i * stride : i * stride + len(w)] = value * w
    return y


@wrong("transposed_convolution", "expected the shape (6,), got (7,)")
def zeros_after_the_last(x, w, stride):
    return np.append(transposed(x, w, stride), 0.0)


@wrong("transposed_convolution", "stride beyond the kernel")
def repeated(x, w, stride):
    """Nearest neighbors instead of zeros between the entries."""
    y = transposed(x, w, stride)
    return np.where(y == 0, 1.0, y)
