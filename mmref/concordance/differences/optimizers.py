"""Optimizers."""

from types import SimpleNamespace

import keras
import numpy as np
import torch
from keras import ops

from mmref.concordance.backends import run_keras
from mmref.concordance.differences.difference import Difference, Group, Side, rounded


def torch_path(kind, gradients, start=0.0, rates=None, **options):
    """Where a weight stands after each of these gradients."""
    weight = torch.tensor(start, requires_grad=True)
    optimizer = kind([weight], **options)
    path = []
    for step, gradient in enumerate(gradients):
        if rates:
            optimizer.param_groups[0]["lr"] = rates[step]
        weight.grad = torch.tensor(gradient)
        optimizer.step()
        path.append(rounded(weight))
    return path


def keras_path(kind, gradients, start=0.0, rates=None, **options):
    """Where a weight stands after each of these gradients."""
    weight = keras.Variable(start)
    optimizer = kind(**options)
    path = []
    for step, gradient in enumerate(gradients):
        if rates:
            optimizer.learning_rate = rates[step]
        optimizer.apply([ops.convert_to_tensor(gradient)], [weight])
        path.append(rounded(ops.convert_to_numpy(weight)))
    return path


def torch_learning_rates():
    kinds = ("SGD", "Adam", "RMSprop", "Adagrad", "Adadelta")
    weight = torch.zeros(1, requires_grad=True)
    return {kind: getattr(torch.optim, kind)([weight]).defaults["lr"] for kind in kinds}


def keras_learning_rates():
    kinds = ("SGD", "Adam", "RMSprop", "Adagrad", "Adadelta")
    rates = {kind: getattr(keras.optimizers, kind)().learning_rate for kind in kinds}
    return {kind: rounded(ops.convert_to_numpy(rate)) for kind, rate in rates.items()}


def torch_adam_epsilon():
    def steps(**options):
        return torch_path(torch.optim.Adam, [1e-6] * 3, lr=1.0, **options)

    default = torch.optim.Adam([torch.zeros(1)]).defaults["eps"]
    return {"eps": default, "result": steps(), "with Keras's epsilon": steps(eps=1e-7)}


def keras_adam_epsilon():
    adam = keras.optimizers.Adam
    result = keras_path(adam, [1e-6] * 3, learning_rate=1.0)
    return {"epsilon": adam().epsilon, "result": result}


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


def torch_adamw_decay():
    adamw = torch.optim.AdamW
    return {"result": torch_path(adamw, [0.0], start=1.0, lr=1.0)}


def keras_adamw_decay():
    def decayed(**options):
        return keras_path(keras.optimizers.AdamW, [0.0], 1.0, learning_rate=1.0, **options)

    return {"result": decayed(), "remedied": decayed(weight_decay=0.01)}


def torch_adam_decay():
    same = {"start": 1.0, "lr": 0.1, "weight_decay": 0.1}
    return {
        "result": torch_path(torch.optim.Adam, [0.0], **same),
        "remedied": torch_path(torch.optim.AdamW, [0.0], **same),
    }


def keras_adam_decay():
    same = {"start": 1.0, "learning_rate": 0.1, "weight_decay": 0.1}
    return {"result": keras_path(keras.optimizers.Adam, [0.0], **same)}


def torch_adagrad_start():
    return {"result": torch_path(torch.optim.Adagrad, [0.1, 0.1], lr=1.0)}


def keras_adagrad_start():
    def path(**options):
        return keras_path(keras.optimizers.Adagrad, [0.1, 0.1], learning_rate=1.0, **options)

    return {"result": path(), "remedied": path(initial_accumulator_value=0.0)}


def torch_momentum():
    rates = [1.0, 0.1]  # the rate falls after the first step
    same = {"rates": rates, "momentum": 0.9}
    return {"result": torch_path(torch.optim.SGD, [1.0, 1.0], **same)}


def keras_momentum():
    rates = [1.0, 0.1]
    same = {"rates": rates, "momentum": 0.9}
    return {"result": keras_path(keras.optimizers.SGD, [1.0, 1.0], **same)}


def torch_clipping():
    weights = [torch.zeros(1, requires_grad=True) for _ in range(2)]
    for weight, gradient in zip(weights, (3.0, 4.0)):
        weight.grad = torch.tensor([gradient])
    torch.nn.utils.clip_grad_norm_(weights, max_norm=1.0)
    return {"result": [rounded(w.grad[0]) for w in weights]}


def keras_clipping():
    def steps(**options):
        weights = [keras.Variable(0.0) for _ in range(2)]
        optimizer = keras.optimizers.SGD(learning_rate=1.0, **options)
        optimizer.apply([ops.convert_to_tensor(g) for g in (3.0, 4.0)], weights)
        return [rounded(-ops.convert_to_numpy(w)) for w in weights]

    return {"result": steps(clipnorm=1.0), "remedied": steps(global_clipnorm=1.0)}


def torch_accumulation():
    weight = torch.ones(1, requires_grad=True)
    for _ in range(2):
        (3 * weight).backward()
    result = rounded(weight.grad)
    weight.grad = None  # what optimizer.zero_grad() does
    (3 * weight).backward()
    return {"result": result, "remedied": rounded(weight.grad)}


def keras_accumulation():
    for _ in range(2):
        _, gradients = run_keras(lambda w: 3 * w, {"w": np.ones(1)}, np.ones(1))
    return {"result": rounded(gradients["w"])}


def torch_schedule():
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    for _epoch in range(2):
        for _batch in range(3):
            optimizer.step()
        schedule.step()  # where the loop says so, usually once in an epoch
    return {"result": rounded(optimizer.param_groups[0]["lr"])}


def keras_schedule():
    def rate_after_two_epochs(**options):
        schedule = keras.optimizers.schedules.ExponentialDecay(1.0, decay_rate=0.5, **options)
        optimizer, weight = keras.optimizers.SGD(schedule), keras.Variable(0.0)
        for _batch in range(2 * 3):
            optimizer.apply([ops.zeros(())], [weight])
        return rounded(ops.convert_to_numpy(optimizer.learning_rate))

    return {
        "result": rate_after_two_epochs(decay_steps=1),
        "remedied": rate_after_two_epochs(decay_steps=3, staircase=True),
    }


def torch_plateau():
    def epochs(patience):
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=patience)
        for epoch in range(1, 10):
            plateau.step(0.5)  # a loss that stays where it is
            if optimizer.param_groups[0]["lr"] < 1:
                return epoch

    return {"result": epochs(patience=3), "remedied": epochs(patience=3 - 1)}


def keras_plateau():
    plateau = keras.callbacks.ReduceLROnPlateau(monitor="loss", patience=3)
    plateau.set_model(SimpleNamespace(optimizer=keras.optimizers.SGD(1.0)))
    plateau.on_train_begin()
    for epoch in range(1, 10):
        plateau.on_epoch_end(epoch, {"loss": 0.5})
        if float(plateau.model.optimizer.learning_rate) < 1:
            return {"result": epoch}


DIFFERENCES = (
    Difference(
        name="learning_rates",
        title="Learning rates by default",
        torch=Side(
            "SGD 0.001, RMSprop and Adagrad 0.01, Adadelta 1",
            torch_learning_rates,
            {"SGD": 0.001, "Adam": 0.001, "RMSprop": 0.01, "Adagrad": 0.01, "Adadelta": 1.0},
        ),
        keras=Side(
            "SGD 0.01, others 0.001",
            keras_learning_rates,
            {"SGD": 0.01, "Adam": 0.001, "RMSprop": 0.001, "Adagrad": 0.001, "Adadelta": 0.001},
        ),
        consequence="Only Adam's is the same.",
        advice="Always give the learning rate.",
    ),
    Difference(
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
    ),
    Difference(
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
    ),
    Difference(
        name="adamw_decay",
        title="Weight decay of AdamW",
        torch=Side("0.01", torch_adamw_decay, {"result": [0.99]}),
        keras=Side("0.004", keras_adamw_decay, {"result": [0.996], "remedied": [0.99]}),
        consequence=(
            "A weight without gradient shrinks at each step by learning rate × decay of itself."
        ),
        advice="`weight_decay=0.01` in Keras.",
    ),
    Difference(
        name="adam_decay",
        title="Weight decay in Adam",
        torch=Side(
            "added to the gradient", torch_adam_decay, {"result": [0.9], "remedied": [0.99]}
        ),
        keras=Side("decoupled, as in AdamW", keras_adam_decay, {"result": [0.99]}),
        consequence=(
            "In PyTorch's Adam the decay goes through the normalization: a weight without "
            "gradient loses a whole learning rate at its first step, whatever the decay."
        ),
        advice="`torch.optim.AdamW`.",
    ),
    Difference(
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
    ),
    Difference(
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
    ),
    Difference(
        name="clipping",
        title="Clipping by norm",
        torch=Side(
            "`clip_grad_norm_`: of all weights together", torch_clipping, {"result": [0.6, 0.8]}
        ),
        keras=Side(
            "`clipnorm`: of each weight",
            keras_clipping,
            {"result": [1.0, 1.0], "remedied": [0.6, 0.8]},
        ),
        consequence=(
            "`clipnorm` changes the direction of the step; two gradients of 3 and 4 become equal."
        ),
        advice="`global_clipnorm` in Keras.",
    ),
    Difference(
        name="accumulation",
        title="Gradients add up",
        torch=Side("until `zero_grad()`", torch_accumulation, {"result": [6.0], "remedied": [3.0]}),
        keras=Side("computed anew for each step", keras_accumulation, {"result": [3.0]}),
        consequence="A PyTorch loop without `zero_grad()` follows the sum of all gradients so far.",
        advice="`optimizer.zero_grad()` before `backward()`.",
    ),
    Difference(
        name="schedule",
        title="What a schedule counts",
        torch=Side("calls of `scheduler.step()`, usually epochs", torch_schedule, {"result": 0.25}),
        keras=Side("batches", keras_schedule, {"result": 0.0156, "remedied": 0.25}),
        consequence=(
            "The same decay, copied, has brought the rate down to 1/64 after two epochs of three "
            "batches, not to 1/4."
        ),
        advice=(
            "`decay_steps` = batches of an epoch, with `staircase=True`; or the callback "
            "`LearningRateScheduler`, which counts epochs."
        ),
    ),
    Difference(
        name="plateau",
        title="Patience of ReduceLROnPlateau",
        torch=Side(
            "waits for more than `patience` epochs without progress",
            torch_plateau,
            {"result": 5, "remedied": 4},
        ),
        keras=Side("waits for `patience` epochs", keras_plateau, {"result": 4}),
        consequence=(
            "With patience 3 and a loss that does not move, PyTorch lowers the rate one epoch "
            "later."
        ),
        advice="One less in PyTorch.",
    ),
)

GROUP = Group(
    name="optimizers",
    title="Optimizers and schedules",
    introduction=(
        "Two helpers follow one weight through a few gradients; where the learning rate "
        "is 1, its path is the steps themselves."
    ),
    differences=DIFFERENCES,
    helpers=(torch_path, keras_path),
)
