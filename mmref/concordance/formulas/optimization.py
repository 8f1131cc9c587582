"""Entries of what optimizers make of gradients, and of labels that are smoothed."""

import warnings

import numpy as np

from mmref.concordance.exemptions import in_float32
from mmref.concordance.formula import Formula, Peer, function_of
from mmref.reference import optimization

STEPS, SHAPE = 5, (2, 3)
RATES = (0.3, 0.2, 0.1, 0.05, 0.02)
BATCH, CLASSES = 4, 3
CAST = in_float32("cast", "tensorflow")  # of the settings, Python's numbers


def _walk(rng, rate=0.1, scale=1.0, **options):
    """A start, gradients, and the settings of the steps."""
    start = {
        "weights": rng.normal(size=SHAPE),
        "gradients": scale * rng.normal(size=(STEPS, *SHAPE)),
    }
    return start | {"rate": rate} | options


def _sgd(rng, rate=0.1, momentum=0.9, nesterov=False, l2=0.0, decay=0.0, rate_inside=False):
    options = {"nesterov": nesterov, "l2": l2, "decay": decay, "rate_inside": rate_inside}
    return _walk(rng, rate, momentum=momentum, **options)


def _rmsprop(rng, rho=0.9, epsilon=1e-3, l2=0.0, decay=0.0, epsilon_inside=False, **walk):
    options = {"l2": l2, "decay": decay, "epsilon_inside": epsilon_inside}
    return _walk(rng, **walk, rho=rho, epsilon=epsilon, **options)


def _adam(rng, epsilon=1e-3, l2=0.0, decay=0.0, epsilon_inside=False, **walk):
    """Epsilon is large, so that its place can be seen."""
    options = {"l2": l2, "decay": decay, "epsilon_inside": epsilon_inside}
    return _walk(rng, **walk, beta1=0.9, beta2=0.99, epsilon=epsilon, **options)


def _with_nothing(rng, draw, **options):
    """A weight whose gradients are all 0, and one whose first ones are."""
    arguments = draw(rng, **options)
    arguments["gradients"][:, 0, 0] = 0
    arguments["gradients"][:2, 1, 1] = 0
    return arguments


def _each(rate):
    return rate if isinstance(rate, tuple) else (rate,) * STEPS


# PyTorch's optimizers can be differentiated through; their weights then need not be leaves.


def _torch_path(kind, weights, gradients, rate, state=(), **options):
    """state: names of what the optimizer remembers, begun at zeros."""
    import torch

    w, path, before = weights.clone(), [], torch.get_default_dtype()
    optimizer = kind([w], lr=1.0, **options, differentiable=True)
    optimizer.state[w] |= {name: torch.zeros_like(weights) for name in state}
    torch.set_default_dtype(weights.dtype)  # in which Adam counts its steps
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="The .grad attribute of a Tensor that is not")
            for g, eta in zip(gradients, _each(rate), strict=True):
                optimizer.param_groups[0]["lr"] = eta
                w.grad = g
                optimizer.step()
                path.append(w.clone())
    finally:
        torch.set_default_dtype(before)
    return torch.stack(path)


def _torch_sgd(weights, gradients, rate, momentum, nesterov, l2, decay, rate_inside):
    import torch

    options = {"momentum": momentum, "nesterov": nesterov, "weight_decay": l2}
    # Else the first velocity is a copy through which no gradient flows.
    state = ("momentum_buffer",) if momentum else ()
    return _torch_path(torch.optim.SGD, weights, gradients, rate, state, **options)


def _torch_rmsprop(weights, gradients, rate, rho, epsilon, l2, decay, epsilon_inside):
    import torch

    options = {"alpha": rho, "eps": epsilon, "weight_decay": l2}
    return _torch_path(torch.optim.RMSprop, weights, gradients, rate, **options)


def _torch_adam(weights, gradients, rate, beta1, beta2, epsilon, l2, decay, epsilon_inside):
    import torch

    kind, own = (torch.optim.AdamW, decay) if decay else (torch.optim.Adam, l2)
    options = {"betas": (beta1, beta2), "eps": epsilon, "weight_decay": own}
    return _torch_path(kind, weights, gradients, rate, **options)


# Keras's optimizers assign to variables. Here they run without a state: what they assign is kept
# beside the variables, and gradients flow through it. TensorFlow's own ways to assign do without.


def _keras_path(kind, weights, gradients, rate, **options):
    import keras
    from keras import ops
    from keras.src.backend.common.stateless_scope import StatelessScope
    from keras.src.optimizers.base_optimizer import BaseOptimizer

    names = ("assign", "assign_add", "assign_sub", "_var_key", "_apply_weight_decay")
    plain = type(kind.__name__, (kind,), {name: getattr(BaseOptimizer, name) for name in names})
    dtype, before = keras.backend.standardize_dtype(weights.dtype), keras.config.floatx()
    keras.config.set_floatx(dtype)  # in which an optimizer holds its rate
    try:
        variable = keras.Variable(np.zeros(weights.shape), dtype=dtype)
        optimizer, path = plain(1.0, **options), []
        optimizer.build([variable])
        with StatelessScope([(variable, weights)]) as scope:
            for t, eta in enumerate(_each(rate)):  # as its apply() does
                optimizer._learning_rate.assign(eta)
                optimizer._apply_weight_decay([variable])
                optimizer.update_step(gradients[t], variable, optimizer.learning_rate)
                optimizer.iterations.assign(optimizer.iterations + 1)
                path.append(scope.get_current_value(variable))
    finally:
        keras.config.set_floatx(before)
    return ops.stack(path)


def _keras_sgd(weights, gradients, rate, momentum, nesterov, l2, decay, rate_inside):
    import keras

    options = {"momentum": momentum, "nesterov": nesterov, "weight_decay": decay or None}
    return _keras_path(keras.optimizers.SGD, weights, gradients, rate, **options)


def _keras_rmsprop(weights, gradients, rate, rho, epsilon, l2, decay, epsilon_inside):
    import keras

    options = {"rho": rho, "epsilon": epsilon, "weight_decay": decay or None}
    return _keras_path(keras.optimizers.RMSprop, weights, gradients, rate, **options)


def _keras_adam(weights, gradients, rate, beta1, beta2, epsilon, l2, decay, epsilon_inside):
    import keras

    options = {"beta_1": beta1, "beta_2": beta2, "epsilon": epsilon, "weight_decay": decay}
    return _keras_path(keras.optimizers.AdamW, weights, gradients, rate, **options)


def _labelled(rng, smoothing, scale=1.0):
    return {
        "logits": scale * rng.normal(size=(BATCH, CLASSES)),
        "labels": rng.integers(0, CLASSES, size=BATCH),
        "smoothing": smoothing,
    }


def _torch_smoothed(logits, labels, smoothing):
    import torch

    return torch.nn.CrossEntropyLoss(label_smoothing=smoothing)(logits, labels)


def _keras_smoothed(logits, labels, smoothing):
    import keras

    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=smoothing, dtype=logits.dtype
    )
    return loss(keras.ops.one_hot(labels, CLASSES, dtype=logits.dtype), logits)


FORMULAS = (
    Formula(
        name="sgd_steps",
        reference=optimization.sgd_steps,
        gradient=optimization.sgd_steps_gradient,
        samples={
            "momentum": _sgd,
            "Nesterov, a penalty, falling rates": lambda rng: _sgd(
                rng, RATES, nesterov=True, l2=0.1
            ),
            "plain": lambda rng: _sgd(rng, momentum=0.0),
            "the rate inside, falling rates": lambda rng: _sgd(rng, RATES, rate_inside=True),
            "Nesterov, the rate inside, decay": lambda rng: _sgd(
                rng, RATES, nesterov=True, decay=0.5, rate_inside=True
            ),
        },
        layer=function_of("sgd_steps"),
        peers=(
            Peer(
                "torch.optim.SGD",
                "torch",
                _torch_sgd,
                ("momentum", "Nesterov, a penalty, falling rates", "plain"),
            ),
            Peer(
                "keras.optimizers.SGD",
                "keras",
                _keras_sgd,
                (
                    "momentum",
                    "plain",
                    "the rate inside, falling rates",
                    "Nesterov, the rate inside, decay",
                ),
                CAST,
            ),
        ),
    ),
    Formula(
        name="rmsprop_steps",
        reference=optimization.rmsprop_steps,
        gradient=optimization.rmsprop_steps_gradient,
        samples={
            "epsilon outside, a penalty": lambda rng: _rmsprop(rng, l2=0.1),
            "epsilon inside, decay": lambda rng: _rmsprop(rng, decay=0.5, epsilon_inside=True),
            "falling rates": lambda rng: _rmsprop(rng, rate=RATES),
            "no gradient": lambda rng: _with_nothing(rng, _rmsprop),
        },
        layer=function_of("rmsprop_steps"),
        peers=(
            Peer(
                "torch.optim.RMSprop",
                "torch",
                _torch_rmsprop,
                ("epsilon outside, a penalty", "falling rates"),
            ),
            Peer("keras.optimizers.RMSprop", "keras", _keras_rmsprop, ("epsilon inside, decay",)),
        ),
    ),
    Formula(
        name="adam_steps",
        reference=optimization.adam_steps,
        gradient=optimization.adam_steps_gradient,
        samples={
            "a penalty": lambda rng: _adam(rng, l2=0.1),
            "decay": lambda rng: _adam(rng, decay=0.5),
            "falling rates": lambda rng: _adam(rng, rate=RATES),
            "epsilon inside, decay": lambda rng: _adam(rng, decay=0.5, epsilon_inside=True),
            "no gradient": lambda rng: _with_nothing(rng, _adam, epsilon=0.1),
        },
        layer=function_of("adam_steps"),
        peers=(
            Peer(
                "torch.optim.Adam and AdamW",
                "torch",
                _torch_adam,
                ("a penalty", "decay", "falling rates"),
            ),
            Peer("keras.optimizers.AdamW", "keras", _keras_adam, ("epsilon inside, decay",), CAST),
        ),
    ),
    Formula(
        name="smoothed_cross_entropy",
        reference=optimization.smoothed_cross_entropy,
        gradient=optimization.smoothed_cross_entropy_gradient,
        samples={
            "some smoothing": lambda rng: _labelled(rng, 0.1),
            "none": lambda rng: _labelled(rng, 0.0),
            "all of it": lambda rng: _labelled(rng, 1.0),
            "large logits": lambda rng: _labelled(rng, 0.1, scale=30.0),
        },
        layer=function_of("smoothed_cross_entropy"),
        peers=(
            Peer(
                "torch.nn.CrossEntropyLoss, label_smoothing",
                "torch",
                _torch_smoothed,
                ("some smoothing", "none", "large logits"),
            ),
            Peer(
                "keras.losses.CategoricalCrossentropy, label_smoothing",
                "keras",
                _keras_smoothed,
                ("some smoothing", "none", "large logits"),
                exemptions=in_float32("mean", "torch"),
            ),
        ),
    ),
)
