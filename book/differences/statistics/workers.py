"""Rows that several workers share, and their order."""

import keras
import numpy as np
import torch
from keras import ops

from book.differences.registry import FrameworkDifference, Side


def torch_shared_rows():
    sampler, rows = torch.utils.data.DistributedSampler, range(10)
    return {"rows": [list(sampler(rows, 4, p, shuffle=False)) for p in range(4)]}


def keras_shared_rows():
    import tensorflow as tf

    rows = tf.data.Dataset.range(10)
    return {"rows": [[int(i) for i in rows.shard(4, p)] for p in range(4)]}


SHARED_ROWS = FrameworkDifference(
    name="shared_rows",
    title="Ten rows for four workers",
    torch=Side(
        "`DistributedSampler`: three each, the first two come twice",
        torch_shared_rows,
        {"rows": [[0, 4, 8], [1, 5, 9], [2, 6, 0], [3, 7, 1]]},
    ),
    keras=Side(
        "`Dataset.shard`: three, three, two and two, each once",
        keras_shared_rows,
        {"rows": [[0, 4, 8], [1, 5, 9], [2, 6], [3, 7]]},
    ),
    consequence=(
        "In PyTorch rows count twice, which an evaluation must not. With `tf.data` a worker may "
        "have a batch less than the others, who then wait for its gradients."
    ),
    advice=(
        "Evaluate in one process, or count rows by their numbers; `drop_last=True` leaves rows "
        "out instead. With `tf.data`, `take` a number of batches that all have."
    ),
)


def torch_order_of_workers():
    sampler = torch.utils.data.DistributedSampler(range(20), 2, 0)
    first, second = list(sampler), list(sampler)
    sampler.set_epoch(1)
    return {"second epoch alike": first == second, "after set_epoch": first == list(sampler)}


def keras_order_of_workers():
    import tensorflow as tf

    seen = []

    class Kept(keras.layers.Layer):
        def call(self, x):
            seen.append(ops.convert_to_numpy(x).ravel().tolist())
            return x

    def alike(*data, **how):
        """Whether the rows of two epochs come in the same order."""
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((1,)), Kept(), keras.layers.Dense(1)])
        model.compile("sgd", "mse", run_eagerly=True)
        model.fit(*data, epochs=2, verbose=0, **how)
        return seen[-1] == seen[-2]

    rows = np.arange(20.0, dtype="float32").reshape(20, 1)
    shuffled = tf.data.Dataset.from_tensor_slices((rows, rows)).shuffle(20).batch(20)
    return {
        "second epoch alike": alike(rows, rows, batch_size=20),
        "of a shuffled dataset": alike(shuffled, shuffle=False),
    }


ANEW = {"second epoch alike": False, "of a shuffled dataset": False}
ORDER_OF_WORKERS = FrameworkDifference(
    name="order_of_workers",
    title="The order in the second epoch",
    torch=Side(
        "`DistributedSampler`: as in the first, until `set_epoch` is called",
        torch_order_of_workers,
        {"second epoch alike": True, "after set_epoch": False},
    ),
    keras=Side(
        "`fit` after `set_random_seed`: on TensorFlow as in the first; else drawn anew",
        keras_order_of_workers,
        {"second epoch alike": True, "of a shuffled dataset": False},
        {"Keras on torch": ANEW, "Keras on jax": ANEW},
    ),
    consequence="Every epoch has the same batches, in the same order, and nothing tells.",
    advice=(
        "`sampler.set_epoch(epoch)` at the beginning of every epoch. In Keras on TensorFlow, a "
        "`tf.data` dataset with `shuffle`, which draws anew in each epoch."
    ),
)
