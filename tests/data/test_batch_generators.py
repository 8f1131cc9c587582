"""Whoever makes batches of an epoch gives each of them chance of its own."""

import copy

import numpy as np
import pytest

pytest.importorskip("PIL.Image")

from mmref.data import folders  # noqa: E402
from mmref.data.adversarial import AdversarialBatches  # noqa: E402
from mmref.data.text import Vocabulary  # noqa: E402
from tests.wings import wing_of  # noqa: E402

ROWS, SIZE, EPOCHS = 12, 4, 3


def adversarial(augment, _):
    numbers = np.arange(ROWS)
    batches = AdversarialBatches(numbers[:, None] / 2, numbers, 2, SIZE, augment=augment)
    return lambda epoch, index: batches.batch(epoch, index)["labels"]


def of_a_folder(augment, root):
    lines = [f"word{i},{i}" for i in range(ROWS)]
    (root / "captions.csv").write_text("\n".join(["caption,label", *lines]))
    data = folders.load(root, image=None, label="label")
    words = Vocabulary.build(data.texts)
    reader = folders.Reader(data, words, None, SIZE, shuffle=True, augment=augment)
    return lambda epoch, index: reader.batch(epoch, index)[1]


def of_keras(augment, _):
    rows = np.arange(ROWS)
    batches = wing_of("keras").Batches({"x": rows[:, None] / 2}, rows, SIZE, augment)

    def labels(epoch, index):
        while batches.epoch < epoch:
            batches.on_epoch_end()
        return batches[index][1]

    return labels


@pytest.mark.parametrize("make", [adversarial, of_a_folder, of_keras])
def test_every_batch_has_a_generator_of_its_own_and_not_that_of_the_order(make, tmp_path):
    given = []

    def augment(inputs, rng):
        given.append(copy.deepcopy(rng))
        return inputs

    labels = make(augment, tmp_path)
    for epoch in range(EPOCHS):
        order = np.concatenate([labels(epoch, index) for index in range(ROWS // SIZE)])
        assert sorted(order) == list(range(ROWS))
        for rng in given:
            assert copy.deepcopy(rng).permutation(ROWS).tolist() != order.tolist()
    assert len({rng.random() for rng in given}) == len(given) == EPOCHS * ROWS // SIZE
