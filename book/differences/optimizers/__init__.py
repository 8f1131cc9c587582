"""Optimizers."""

from book.differences.optimizers import gradients, learning_rates, update_rules, weight_decay
from book.differences.optimizers.paths import keras_path, torch_path
from book.differences.registry import Group

GROUP = Group(
    title="Optimizers and schedules",
    introduction=(
        "Two helpers follow one weight through a few gradients; where the learning rate is 1, its "
        "path is the steps themselves."
    ),
    differences=(
        learning_rates.LEARNING_RATES,
        update_rules.ADAM_EPSILON,
        update_rules.RMSPROP_EPSILON,
        weight_decay.ADAMW_DECAY,
        weight_decay.ADAM_DECAY,
        weight_decay.SGD_DECAY,
        update_rules.ADAGRAD_START,
        update_rules.MOMENTUM,
        gradients.CLIPPING,
        gradients.ACCUMULATION,
        learning_rates.SCHEDULE,
        learning_rates.COSINE_END,
        learning_rates.PLATEAU,
    ),
    helpers=(torch_path, keras_path),
)
