"""Learning rates and their schedules."""

from types import SimpleNamespace

import keras
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side
from book.differences.shared import rounded


def torch_learning_rates():
    kinds = ("SGD", "Adam", "AdamW", "Muon", "RMSprop", "Adagrad", "Adadelta")
    weight = torch.zeros(1, 1, requires_grad=True)
    return {kind: getattr(torch.optim, kind)([weight]).defaults["lr"] for kind in kinds}


def keras_learning_rates():
    kinds = ("SGD", "Adam", "AdamW", "Muon", "RMSprop", "Adagrad", "Adadelta")
    rates = {kind: getattr(keras.optimizers, kind)().learning_rate for kind in kinds}
    return {kind: rounded(ops.convert_to_numpy(rate)) for kind, rate in rates.items()}


LEARNING_RATES = FrameworkDifference(
    name="learning_rates",
    title="Learning rates by default",
    torch=Side(
        "SGD, Adam, AdamW, Muon 0.001; RMSprop, Adagrad 0.01; Adadelta 1",
        torch_learning_rates,
        {
            "SGD": 0.001,
            "Adam": 0.001,
            "AdamW": 0.001,
            "Muon": 0.001,
            "RMSprop": 0.01,
            "Adagrad": 0.01,
            "Adadelta": 1.0,
        },
    ),
    keras=Side(
        "SGD 0.01; of these seven all others 0.001",
        keras_learning_rates,
        {
            "SGD": 0.01,
            "Adam": 0.001,
            "AdamW": 0.001,
            "Muon": 0.001,
            "RMSprop": 0.001,
            "Adagrad": 0.001,
            "Adadelta": 0.001,
        },
    ),
    consequence="Of these seven, Adam, AdamW and Muon have the same in both.",
    advice="Always give the learning rate.",
)


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


SCHEDULE = FrameworkDifference(
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
)


def torch_cosine_end():
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
    rates = []
    for _batch in range(8):
        optimizer.step()
        cosine.step()
        rates.append(rounded(optimizer.param_groups[0]["lr"]))
    return {"result": rates}


def keras_cosine_end():
    cosine = keras.optimizers.schedules.CosineDecay(1.0, decay_steps=4)
    return {"result": [rounded(ops.convert_to_numpy(cosine(t))) for t in range(1, 9)]}


COSINE_END = FrameworkDifference(
    name="cosine_end",
    title="A cosine schedule after its end",
    torch=Side(
        "climbs back to the first rate",
        torch_cosine_end,
        {"result": [0.8536, 0.5, 0.1464, 0.0, 0.1464, 0.5, 0.8536, 1.0]},
    ),
    keras=Side(
        "stays at its last rate",
        keras_cosine_end,
        {"result": [0.8536, 0.5, 0.1464, 0.0, 0.0, 0.0, 0.0, 0.0]},
    ),
    consequence=(
        "`T_max` in epochs, and `step()` after each batch: PyTorch's rate goes up and down all "
        "training long. Keras's training stands still once its steps are over."
    ),
    advice="Count the same thing twice: batches in both, `T_max` = `decay_steps` = all of them.",
)


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


PLATEAU = FrameworkDifference(
    name="plateau",
    title="Patience of ReduceLROnPlateau",
    torch=Side(
        "waits for more than `patience` epochs without progress",
        torch_plateau,
        {"result": 5, "remedied": 4},
    ),
    keras=Side("waits for `patience` epochs", keras_plateau, {"result": 4}),
    consequence=(
        "With patience 3 and a loss that does not move, PyTorch lowers the rate one epoch later."
    ),
    advice="One less in PyTorch.",
)
