"""What tests of the training helper share: a small model, data for it, and batches of these."""

import numpy as np
import pytest

from mmref.seeding import seed_everything

torch = pytest.importorskip("torch")

from mmref.torch import fit  # noqa: E402

N = 48


class Linear(torch.nn.Module):
    """The smallest model that takes a mapping."""

    def __init__(self, classes=3, width=4):
        super().__init__()
        self.head = torch.nn.Linear(width, classes)
        self.dropout = torch.nn.Dropout(0.2)

    def forward(self, inputs, present=None):
        return self.head(self.dropout(inputs["x"]))


def data(seed=0, rows=N):
    """Three classes that a linear model can separate, almost."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, size=rows)
    x = rng.normal(size=(rows, 4)) + 2 * np.eye(3, 4)[labels]
    return {"x": x.astype("float32")}, labels


def trained(weights_seed=0, epochs=4, **options):
    seed_everything(weights_seed)
    model = Linear()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    train = options.pop("train", data())
    options = {"seed": weights_seed, "batch_size": 16, "progress": False} | options
    return model, fit(model, optimizer, train, epochs=epochs, **options)


def as_tensors(inputs, labels):
    return {"x": torch.tensor(inputs["x"])}, torch.tensor(labels)


class Batches:
    """Batches in a fixed order, as tensors or as they are."""

    def __init__(self, inputs, labels, size=16, tensors=True):
        self.passes, self.tensors = 0, tensors
        self.parts = [
            ({m: x[i : i + size] for m, x in inputs.items()}, labels[i : i + size])
            for i in range(0, len(labels), size)
        ]

    def __iter__(self):
        self.passes += 1
        yield from (as_tensors(*part) for part in self.parts) if self.tensors else self.parts
