"""Batch norm on a small set: how far running statistics lag behind the weights.

310 emoji of four groups, 64 in a batch, so five steps an epoch; an image encoder and a bag of the
words, concatenated. For each share that a batch has in the running statistics (``momentum`` of
``ImageEncoder``), seed and framework: after every epoch the validation accuracy with the running
statistics, as a user meets it, and that of the same weights with the statistics of the validation
set itself. Rows that are there are not computed again. No setting was tuned.
"""

import json
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref.convert import to_channels_first
from mmref.data import emoji, transforms
from mmref.data.text import Vocabulary
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "batch_norm.csv"
KEY = ["framework", "momentum", "seed"]
FIELDS = [*KEY, "epoch", "train_accuracy", "val_loss", "val_accuracy", "val_accuracy_of_batch"]
GROUPS = ("Animals & Nature", "Food & Drink", "Travel & Places", "Activities")
MOMENTA, SEEDS = (0.1, 0.3, 0.5), (0, 1, 2)
SIZE, CHANNELS, DIM, BATCH, RATE, EPOCHS = 32, (32, 64, 128), 64, 64, 1e-3, 20
TRAIN, VALIDATION = 310, 150  # or as many as the fold has


def load(seed):
    """(inputs, labels) of both parts, images channels last, and the number of ids."""
    rng, parts = np.random.default_rng(seed), {}
    for name, count in (("train", TRAIN), ("validation", VALIDATION)):
        data = emoji.load(groups=GROUPS, split=name, fold=seed)
        rows = rng.permutation(len(data))[:count]
        images = transforms.resize(transforms.to_float(data.images[rows]), SIZE)
        parts[name] = images.astype("float32"), [data.names[i] for i in rows], data.labels[rows]
    words = Vocabulary.build(parts["train"][1])
    return {
        name: ({"image": images, "text": words.encode(texts)[0]}, labels)
        for name, (images, texts, labels) in parts.items()
    }, len(words)


def network(wing, words, momentum):
    """The classifier, in either wing."""
    encoders = {
        "image": wing.ImageEncoder((SIZE, SIZE), CHANNELS, DIM, momentum=momentum),
        "text": wing.TextEncoder(words, DIM, dim=DIM, cell="bag"),
    }
    fusion = wing.ConcatFusion(dict.fromkeys(encoders, DIM), DIM)
    return wing.FusionClassifier(encoders, fusion, len(GROUPS))


def torch_epochs(parts, words, momentum, seed):
    """Four numbers an epoch."""
    import torch

    import mmref.torch as mt

    def first(inputs):
        return inputs | {"image": to_channels_first(inputs["image"])}

    torch.set_num_threads(1)
    seed_everything(seed)
    model = network(mt, words, momentum)
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    train, validation = ((first(parts[n][0]), parts[n][1]) for n in ("train", "validation"))
    tensors = {m: torch.tensor(x) for m, x in validation[0].items()}
    for epoch in range(EPOCHS):
        options = {"batch_size": BATCH, "seed": [seed, epoch], "progress": False}
        history = mt.fit(model, optimizer, train, epochs=1, **options)
        loss, accuracy = mt.evaluate(model, validation)
        state = {name: value.clone() for name, value in model.state_dict().items()}
        with torch.no_grad():
            guesses = model.train()(tensors).argmax(1).numpy()  # with the batch's own statistics
        model.load_state_dict(state)  # which this call has moved
        yield history.accuracy[0], loss, accuracy, float((guesses == validation[1]).mean())


def keras_epochs(parts, words, momentum, seed):
    """The same in Keras."""
    import mmref.keras as mk  # first: it keeps TensorFlow quiet

    import keras  # isort: skip

    keras.utils.clear_session()
    seed_everything(seed)
    model = network(mk, words, momentum)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE), loss, metrics=["accuracy"])
    inputs, labels = parts["validation"]
    batches = mk.Batches(*parts["train"], BATCH, seed=seed)
    for epoch in range(EPOCHS):
        history = model.fit(
            batches, initial_epoch=epoch, epochs=epoch + 1, shuffle=False, verbose=0
        ).history
        loss, accuracy = model.evaluate(inputs, labels, batch_size=len(labels), verbose=0)
        weights = model.get_weights()
        logits = keras.ops.convert_to_numpy(model(inputs, training=True))
        model.set_weights(weights)
        of_batch = float((logits.argmax(1) == labels).mean())
        yield history["accuracy"][0], loss, accuracy, of_batch


EPOCHS_OF = {"torch": torch_epochs, "keras": keras_epochs}


def main():
    RESULTS.parent.mkdir(exist_ok=True)
    for seed, framework, momentum in product(SEEDS, EPOCHS_OF, MOMENTA):
        key = dict(zip(KEY, (framework, momentum, seed), strict=True))
        if is_done(RESULTS, [*KEY, "epoch"], key | {"epoch": EPOCHS - 1}):
            continue
        parts, words = load(seed)
        found = list(EPOCHS_OF[framework](parts, words, momentum, seed))  # all of a run or none
        for epoch, numbers in enumerate(found):
            values = dict(zip(FIELDS[4:], numbers, strict=True))
            append(RESULTS, FIELDS, key | {"epoch": epoch} | values)
    settings = {"groups": GROUPS, "size": SIZE, "channels": CHANNELS, "dim": DIM, "batch": BATCH}
    settings |= {"rate": RATE, "epochs": EPOCHS, "train": TRAIN, "validation": VALIDATION}
    about = machine() | settings
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
