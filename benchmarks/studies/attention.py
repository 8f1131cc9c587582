"""Where attention looks on scenes: six models, both frameworks, three seeds.

"What shape is the red object?", with one to four objects and one red one among them. An image of
32 x 32 pixels becomes 64 tokens, through no Transformer block or one. They are averaged and joined
with the question ("mean"), or one query, made from the question, attends to them ("attention").
"blind" is the latter with one and the same question for all scenes: what can be had unasked.
Seed s draws the training scenes and the first weights; all are tested on the same 1,000 scenes.
Two models train in PyTorch also from Keras's first weights ("torch, Keras weights"). `several` is
the accuracy on the test scenes with two objects or more, `without_other` is taken on the same ones.
Rows that are there are not computed again. A few settings were tried in PyTorch, with seed 0, and
compared on other scenes than these.
"""

import argparse
import csv
import json
import platform
import time
from functools import cache, partial
from importlib.metadata import version
from itertools import product
from pathlib import Path

import numpy as np

from mmref import convert
from mmref.data import scenes
from mmref.data.text import Vocabulary, words
from mmref.reference.vision import touched_patches
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "attention.csv"
KEY = ["framework", "variant", "seed"]
SCORES = ["accuracy", "several", "pointing", "weight_on_object", "without_object", "without_other"]
FIELDS = [*KEY, *SCORES, "chance", "train_accuracy", "seconds"]
AS_IN_KERAS = "torch, Keras weights"
ATTENDING = ("attention, 0 blocks", "attention, 1 block")
BLIND = ("blind, 0 blocks", "blind, 1 block")
VARIANTS = ("mean, 0 blocks", *BLIND, "mean, 1 block", *ATTENDING)
SAME_QUESTION = "what shape is the red object?"
SEEDS = 3
TRAIN, TEST, TEST_SEED = 4000, 1000, 1000
SIDE, PATCH, DIM, HEADS, TEXT = 32, 4, 48, 4, 32
EPOCHS, BATCH, RATE, DECAY = 12, 64, 5e-3, 0.01


@cache
def questions(n, seed):
    """Questions about the shape of the one object of a color, and which object that is."""
    asked = scenes.questions(n, seed, kinds="shape")
    items = [asked.scenes.objects.items(row) for row in range(n)]
    slots = [
        next(i for i, item in enumerate(row) if thing.fits(item))
        for row, (thing,) in zip(items, asked.things)
    ]
    labels = np.array([scenes.SHAPES.index(answer) for answer in asked.answers])
    return asked, labels, np.array(slots)


def pixels(images):
    """(N, H, W, 3): ink on paper, so that the empty background is 0."""
    return 1 - images.astype(np.float32) / 255


def erased(images, boxes):
    """The same with a white rectangle over one box of each; all -1 leaves an image as it is."""
    changed = images.copy()
    for image, (left, top, right, bottom) in zip(changed, boxes):
        if left >= 0:
            image[top:bottom, left:right] = 255
    return changed


def encoders_of(wing, vocabulary, blocks):
    image = wing.VisionTransformer((SIDE, SIDE), PATCH, DIM, blocks, HEADS)
    return {"image": image, "text": wing.TextEncoder(len(vocabulary), TEXT, TEXT, TEXT, cell="bag")}


def heard(questions, vocabulary, variant):
    """(N, T): the words that the model is given."""
    if variant in BLIND:
        questions = [SAME_QUESTION] * len(questions)
    return vocabulary.encode(questions)[0]


def model_of(wing, vocabulary, variant):
    """One of the models; a blind one differs in what it is given, not in what it is."""
    encoders = encoders_of(wing, vocabulary, 0 if "0 blocks" in variant else 1)
    if "mean" in variant:
        dims = {m: encoder.output_dim for m, encoder in encoders.items()}
        fusion = wing.ConcatFusion(dims, DIM)
        return wing.FusionClassifier(encoders, fusion, len(scenes.SHAPES))
    return wing.LookupClassifier(encoders, len(scenes.SHAPES))


def run_torch(inputs, labels, vocabulary, variant, seed, as_in_keras=False):
    """Training accuracy, and a function from inputs to logits and attention weights."""
    import torch

    import mmref.torch as wing

    if as_in_keras:
        import mmref.keras  # before the seed, which reaches the frameworks that are loaded

    def first(given):
        return given | {"image": given["image"].transpose(0, 3, 1, 2)}

    seed_everything(seed)
    model = model_of(wing, vocabulary, variant)
    if as_in_keras:
        convert.copy(model_of(mmref.keras, vocabulary, variant), model)
    optimizer = torch.optim.AdamW(model.parameters(), RATE, weight_decay=DECAY)
    steps = EPOCHS * -(-len(labels) // BATCH)
    warm = torch.optim.lr_scheduler.LinearLR(optimizer, 1e-3, total_iters=steps // 10)
    cool = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps - steps // 10)
    scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, cool], [steps // 10])
    history = wing.fit(
        model,
        optimizer,
        (first(inputs), labels),
        epochs=EPOCHS,
        batch_size=BATCH,
        scheduler=scheduler,
        seed=seed,
        progress=False,
    )

    def look(given):
        given, weights = first(given), None
        if "mean" not in variant:
            with torch.no_grad():
                tensors = {m: torch.as_tensor(x) for m, x in given.items()}
                weights = model.attention_weights(tensors)[:, 0].numpy()
        return wing.predict(model, given).numpy(), weights

    return history.accuracy[-1], look


def run_keras(inputs, labels, vocabulary, variant, seed):
    """Training accuracy, and a function from inputs to logits and attention weights."""
    import mmref.keras as wing  # first: it keeps TensorFlow quiet

    import keras  # isort: skip

    keras.utils.clear_session()
    seed_everything(seed)
    model = model_of(wing, vocabulary, variant)
    batches = wing.Batches(inputs, labels, BATCH, seed=seed)
    steps = EPOCHS * len(batches)
    warm = steps // 10
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warm, warmup_target=RATE, warmup_steps=warm
    )
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=DECAY),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    history = model.fit(batches, epochs=EPOCHS, shuffle=False, verbose=0).history

    def look(given):
        weights = None
        if "mean" not in variant:
            weights = keras.ops.convert_to_numpy(model.attention_weights(given))[:, 0]
        return model.predict(given, batch_size=250, verbose=0), weights

    return history["accuracy"][-1], look


RUN = {"torch": run_torch, "keras": run_keras, AS_IN_KERAS: partial(run_torch, as_in_keras=True)}


def scores(look, vocabulary, variant):
    """Accuracy, where the weights are, and accuracies after an object was erased."""
    asked, labels, slots = questions(TEST, TEST_SEED)
    ids = heard(asked.texts, vocabulary, variant)
    objects, rows = asked.scenes.objects, np.arange(TEST)
    boxes = objects.boxes[rows, slots]
    others = objects.boxes[rows, (slots + 1) % np.maximum(objects.mask.sum(1), 1)]
    several = objects.mask.sum(1) > 1
    touched = touched_patches(boxes, (SIDE, SIDE), PATCH)

    def right(images):
        logits, weights = look({"image": pixels(images), "text": ids})
        return logits.argmax(1) == labels, weights

    images = asked.scenes.images
    correct, weights = right(images)
    found = dict.fromkeys(SCORES, "") | {"chance": float(touched.mean())}
    found["accuracy"] = float(correct.mean())
    found["several"] = float(correct[several].mean())
    found["without_object"] = float(right(erased(images, boxes))[0].mean())
    found["without_other"] = float(right(erased(images, others))[0][several].mean())
    if weights is not None:
        found["pointing"] = float(touched[rows, weights.argmax(1)].mean())
        found["weight_on_object"] = float((weights * touched).sum(1).mean())
    return {name: value if value == "" else round(value, 4) for name, value in found.items()}


def row(framework, variant, seed):
    """One row of the results."""
    asked, labels, _ = questions(TRAIN, seed)
    vocabulary = Vocabulary.build(asked.texts, words)
    inputs = {"image": pixels(asked.scenes.images), "text": heard(asked.texts, vocabulary, variant)}
    start = time.perf_counter()
    accuracy, look = RUN[framework](inputs, labels, vocabulary, variant, seed)
    seconds = round(time.perf_counter() - start, 1)
    key = {"framework": framework, "variant": variant, "seed": seed}
    trained = {"train_accuracy": round(float(accuracy), 4), "seconds": seconds}
    return key | scores(look, vocabulary, variant) | trained


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--framework", choices=RUN, action="append")
    frameworks = parser.parse_args().framework or list(RUN)
    done = set()
    if RESULTS.exists():
        with open(RESULTS, newline="") as file:
            done = {tuple(r[k] for k in KEY) for r in csv.DictReader(file)}
    else:
        RESULTS.write_text(",".join(FIELDS) + "\n")
    for variant, seed, framework in product(VARIANTS, range(SEEDS), frameworks):
        if (framework, variant, str(seed)) in done:
            continue
        if framework == AS_IN_KERAS and variant not in ATTENDING:
            continue
        result = row(framework, variant, seed)
        with open(RESULTS, "a", newline="") as file:
            csv.DictWriter(file, FIELDS, lineterminator="\n").writerow(result)
        print(result, flush=True)
    environment = {"python": platform.python_version(), "machine": platform.machine()}
    environment |= {name: version(name) for name in ("numpy", "torch", "keras")}
    RESULTS.with_suffix(".json").write_text(json.dumps(environment, indent=2) + "\n")


if __name__ == "__main__":
    main()
