"""Adam, RMSprop, Adagrad, momentum."""

import keras
import torch

from book.differences.optimizers.paths import keras_path, torch_path
from book.differences.registry import FrameworkDifference, Side


def torch_adam_epsilon():
    def steps(**options):
        return torch_path(torch.optim.Adam, [1e-6] * 3, lr=1.0, **options)

    default = torch.optim.Adam([torch.zeros(1)]).defaults["eps"]
    return {"eps": default, "result": steps(), "with Keras's epsilon": steps(eps=1e-7)}


def keras_adam_epsilon():
    adam = keras.optimizers.Adam
    result = keras_path(adam, [1e-6] * 3, learning_rate=1.0)
    return {"epsilon": adam().epsilon, "result": result}


ADAM_EPSILON = FrameworkDifference(
    name="adam_epsilon",
    title="Epsilon of Adam",
    torch=Side(
        "1e-8, after bias correction",
        torch_adam_epsilon,
        {
            "eps": 1e-08,
            "result": [-0.9901, -1.9802, -2.9703],
            "with Keras's epsilon": [-0.9091, -1.8182, -2.7273],
        },
    ),
    keras=Side(
        "1e-7, before it",
        keras_adam_epsilon,
        {"epsilon": 1e-07, "result": [-0.2403, -0.5492, -0.903]},
    ),
    consequence=(
        "With gradients of 1e-6 Keras's first steps are a fourth of PyTorch's: the place "
        "of the epsilon counts more than its value, as the line with Keras's value in "
        "PyTorch shows."
    ),
    advice=(
        "No setting makes them equal. Keras's `epsilon` is PyTorch's times √(1 − β₂ᵗ): "
        "take it smaller by 30 for the first steps, or accept that they differ where "
        "gradients are tiny."
    ),
)


def torch_rmsprop_epsilon():
    same = {"lr": 1.0, "alpha": 0.9, "eps": 1e-7}
    defaults = torch.optim.RMSprop([torch.zeros(1)]).defaults
    return {
        "alpha, eps": [defaults["alpha"], defaults["eps"]],
        "result": torch_path(torch.optim.RMSprop, [1e-4] * 2, **same),
    }


def keras_rmsprop_epsilon():
    rmsprop = keras.optimizers.RMSprop
    same = {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-7}
    return {
        "rho, epsilon": [rmsprop().rho, rmsprop().epsilon],
        "result": keras_path(rmsprop, [1e-4] * 2, **same),
    }


RMSPROP_EPSILON = FrameworkDifference(
    name="rmsprop_epsilon",
    title="Epsilon and decay of RMSprop",
    torch=Side(
        "outside the root, 1e-8; decay 0.99",
        torch_rmsprop_epsilon,
        {"alpha, eps": [0.99, 1e-08], "result": [-3.1523, -5.4412]},
    ),
    keras=Side(
        "inside the root, 1e-7; decay 0.9",
        keras_rmsprop_epsilon,
        {"rho, epsilon": [0.9, 1e-07], "result": [-0.3147, -0.6279]},
    ),
    consequence=(
        "An epsilon inside the root stands for a gradient of √1e-7 = 0.0003, outside for "
        "one of 1e-7: with gradients of 0.0001 the steps differ tenfold."
    ),
    advice="Keras's `epsilon` is roughly the square of PyTorch's.",
)


def torch_adagrad_start():
    return {"result": torch_path(torch.optim.Adagrad, [0.1, 0.1], lr=1.0)}


def keras_adagrad_start():
    def path(**options):
        return keras_path(keras.optimizers.Adagrad, [0.1, 0.1], learning_rate=1.0, **options)

    return {"result": path(), "remedied": path(initial_accumulator_value=0.0)}


ADAGRAD_START = FrameworkDifference(
    name="adagrad_start",
    title="Adagrad's accumulator",
    torch=Side("starts at 0", torch_adagrad_start, {"result": [-1.0, -1.7071]}),
    keras=Side(
        "starts at 0.1",
        keras_adagrad_start,
        {"result": [-0.3015, -0.5902], "remedied": [-1.0, -1.7071]},
    ),
    consequence=(
        "PyTorch's first step is one learning rate whatever the gradient; Keras's is "
        "smaller, much smaller for gradients below 0.3."
    ),
    advice="`initial_accumulator_value=0` in Keras, or `0.1` in PyTorch.",
)


def torch_momentum():
    rates = [1.0, 0.1]  # the rate falls after the first step
    same = {"rates": rates, "momentum": 0.9}
    return {"result": torch_path(torch.optim.SGD, [1.0, 1.0], **same)}


def keras_momentum():
    rates = [1.0, 0.1]
    same = {"rates": rates, "momentum": 0.9}
    return {"result": keras_path(keras.optimizers.SGD, [1.0, 1.0], **same)}


MOMENTUM = FrameworkDifference(
    name="momentum",
    title="Momentum when the rate changes",
    torch=Side(
        "velocity sums gradients; the rate scales the step",
        torch_momentum,
        {"result": [-1.0, -1.19]},
    ),
    keras=Side("velocity sums steps, rate included", keras_momentum, {"result": [-1.0, -2.0]}),
    consequence=(
        "After the rate falls tenfold, Keras goes on at the old pace until the velocity "
        "has decayed; PyTorch slows at once. With a constant rate they agree."
    ),
    advice="Lower the rate gradually, or expect about ten steps of delay at momentum 0.9.",
)
