"""Plausible mistakes in optimizers, each of which the comparison must catch."""

import dataclasses
import functools

import numpy as np
import pytest

from mmref.concordance import FORMULAS
from tests.mutants import is_caught

torch = pytest.importorskip("torch")


def root(q):
    return torch.where(q > 0, torch.where(q > 0, q, 1).sqrt(), 0)


def walk(weights, gradients, rate, l2, decay, step, passes=False):
    w, path = weights, []
    for t, g in enumerate(gradients):
        eta = rate[t] if isinstance(rate, tuple) else rate
        h = g + (l2 + (decay if passes else 0)) * w
        w = (1 - eta * decay * (not passes)) * w - step(t + 1, h, eta)
        path.append(w)
    return torch.stack(path)


def sgd(weights, gradients, rate, momentum, nesterov, l2, decay, rate_inside, damp=0.0, old=False,
        outside=False):  # fmt: skip
    v = torch.zeros_like(weights)

    def step(t, h, eta):
        nonlocal v
        inside = rate_inside and not outside
        h = eta * h if inside else h
        before, v = v, momentum * v + (1 - damp) * h
        d = h + momentum * (before if old else v) if nesterov else v
        return d if inside else eta * d

    return walk(weights, gradients, rate, l2, decay, step)


def rmsprop(weights, gradients, rate, rho, epsilon, l2, decay, epsilon_inside, late=False,
            swapped=False, passes=False):  # fmt: skip
    q = torch.zeros_like(weights)

    def step(t, h, eta):
        nonlocal q
        before, q = q, rho * q + (1 - rho) * h**2
        used = before if late and t > 1 else q
        return (
            eta * h / (root(used + epsilon) if epsilon_inside ^ swapped else root(used) + epsilon)
        )

    return walk(weights, gradients, rate, l2, decay, step, passes)


def adam(weights, gradients, rate, beta1, beta2, epsilon, l2, decay, epsilon_inside, a=1, b=1,
         swapped=False, passes=False, lost=False):  # fmt: skip
    m, q = torch.zeros_like(weights), torch.zeros_like(weights)

    def step(t, h, eta):
        nonlocal m, q
        m = beta1 * (m.detach() if lost else m) + (1 - beta1) * h
        q = beta2 * q + (1 - beta2) * h**2
        root_b = (1 - beta2**t) ** 0.5 if b else 1.0
        outside = epsilon if epsilon_inside ^ swapped else root_b * epsilon
        return eta * root_b / (1 - beta1**t if a else 1) * m / (root(q) + outside)

    return walk(weights, gradients, rate, l2, decay, step, passes)


def smoothed(logits, labels, smoothing, others=0, total=False):
    K = logits.shape[1]
    target = torch.full_like(logits, smoothing / (K - others))
    keeps = 1 - smoothing + (0 if others else smoothing / K)
    target[torch.arange(len(logits)), labels] = keeps
    losses = -(target * logits.log_softmax(1)).sum(1)
    return losses.sum() if total else losses.mean()


ROUTES = {
    "sgd_steps": sgd,
    "rmsprop_steps": rmsprop,
    "adam_steps": adam,
    "smoothed_cross_entropy": smoothed,
}
MUTANTS = [
    ("sgd_steps", {"damp": 0.1}),
    ("sgd_steps", {"old": True}),
    ("sgd_steps", {"outside": True}),
    ("rmsprop_steps", {"late": True}),
    ("rmsprop_steps", {"swapped": True}),
    ("rmsprop_steps", {"passes": True}),
    ("adam_steps", {"a": 0}),
    ("adam_steps", {"b": 0}),
    ("adam_steps", {"swapped": True}),
    ("adam_steps", {"passes": True}),
    ("adam_steps", {"lost": True}),
    ("smoothed_cross_entropy", {"others": 1}),
    ("smoothed_cross_entropy", {"total": True}),
]


def caught(name, function):
    def layer(_, arguments):
        options = {n: a for n, a in arguments.items() if not isinstance(a, np.ndarray)}
        return functools.partial(function, **options)

    return is_caught(dataclasses.replace(FORMULAS[name], layer=layer, peers=()))


@pytest.mark.parametrize("name", ROUTES)
def test_the_other_routes_are_right(name):
    assert not caught(name, ROUTES[name])


@pytest.mark.parametrize(
    ("name", "mistake"), MUTANTS, ids=[f"{name}-{n}" for n, (name, _) in enumerate(MUTANTS)]
)
def test_a_mutant_is_caught(name, mistake):
    assert caught(name, functools.partial(ROUTES[name], **mistake))
