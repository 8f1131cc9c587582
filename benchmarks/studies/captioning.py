"""Captions of scenes: decoders, a penalty, ways to search, and the baselines that cost nothing.

Pictures of 32 px with one or two objects, captions of kind "places". Trained in PyTorch, and the
best decoders in Keras, too; three seeds. What a captioner writes of new pictures is
compared with the scenes themselves (``scenes.exact``: every object with size, color, shape and
place, and nothing else), and with all right captions by BLEU and ROUGE-L. ``points``: how often the
decoder looks at the object whose words it is to say, along a true caption. Beside them, without
training: the most frequent caption, the caption of the training picture with the nearest pixels,
the caption of another test picture. Rows that are there are not computed again.
"""

import itertools
import json
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref.data import scenes
from mmref.data.text import Vocabulary, next_words, words
from mmref.decoding import beam_search
from mmref.metrics import bleu, pointing_accuracy, rouge
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "captioning.csv"
KEY = ["objects", "model", "framework", "seed"]
MEASURES = ["exact", "exact_beam", "claims", "bleu", "rouge", "points", "log_p", "log_p_beam"]
FIELDS = [*KEY, "weights", *MEASURES]
TRAIN, TEST = {1: 6000, 2: 8000}, 500
EPOCHS, SEEDS, BATCH, WIDTH, LENGTH = {1: 6, 2: 8}, 3, 64, 5, 24
DIM, EMBEDDING, HIDDEN = 48, 32, {1: 64, 2: 96}
RATES = {"RecurrentDecoder": 5e-3, "CausalDecoder": 3e-3}
MODELS = {  # name -> decoder, its options, penalty
    "attention": ("RecurrentDecoder", {}, 0.0),
    "transformer": ("CausalDecoder", {"dim": 64, "heads": 4, "blocks": 1}, 0.0),
    "mean": ("RecurrentDecoder", {"attend": False}, 0.0),
    "attention, penalty": ("RecurrentDecoder", {}, 0.01),
}


@cache
def data(objects):
    """Training scenes and test scenes, each with one caption, and the vocabulary."""
    count = {"objects": (objects, objects)}
    train, test = scenes.generate(TRAIN[objects], 0, **count), scenes.generate(TEST, 1, **count)
    told = [scenes.captions(part, seed, "places") for seed, part in enumerate((train, test))]
    return train, test, *told, Vocabulary.build(told[0].texts, words, ends=True)


def pixels(images):
    return (images / 127.5 - 1).astype("float32")


def model_of(wing, name, objects):
    """A captioner of this name."""
    decoder, options, penalty = MODELS[name]
    count = len(data(objects)[-1])
    if decoder == "RecurrentDecoder":
        options = {"embedding": EMBEDDING, "hidden": HIDDEN[objects]} | options
    decoder = getattr(wing, decoder)(count, DIM, **options)
    return wing.Captioner(wing.MapEncoder((32, 32), (16, 32), DIM), decoder, penalty)


def trained(name, objects, framework, seed):
    """The captioner, and its function from images as stored to the wing's."""
    train, _, told, _, vocabulary = data(objects)
    before, after, _ = next_words(vocabulary.encode(told.texts)[0])
    run = {"torch": _in_torch, "keras": _in_keras}[framework]
    return run(name, objects, pixels(train.images), before, after, seed)


def _in_torch(name, objects, images, before, after, seed):
    import torch

    import mmref.torch as wing

    seed_everything(seed)
    model = model_of(wing, name, objects)
    rate = RATES[MODELS[name][0]]
    optimizer = torch.optim.AdamW(model.parameters(), rate, weight_decay=0.01)
    steps = EPOCHS[objects] * -(-len(images) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_at(step, steps))
    x = torch.tensor(images).permute(0, 3, 1, 2)
    b, a = torch.tensor(before), torch.tensor(after)
    for _ in range(EPOCHS[objects]):
        for rows in torch.randperm(len(x)).split(BATCH):
            loss = model.loss({"image": x[rows], "text": b[rows]}, a[rows])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return model.eval(), lambda i: torch.tensor(pixels(i)).permute(0, 3, 1, 2)


def _in_keras(name, objects, images, before, after, seed):
    import keras

    import mmref.keras as wing

    seed_everything(seed)
    model = model_of(wing, name, objects)
    steps = EPOCHS[objects] * -(-len(images) // BATCH)
    rate = Rate(RATES[MODELS[name][0]], steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=0.01, global_clipnorm=1.0)
    model.compile(optimizer, jit_compile=False)
    given = {"image": images, "text": before}
    model.fit(given, after, batch_size=BATCH, epochs=EPOCHS[objects], verbose=0)
    return model, pixels


def rate_at(step, steps):
    """The share of the rate: up for a tenth of the steps, then down along a cosine."""
    rise = max(steps // 10, 1)
    if step < rise:
        return (step + 1) / rise
    return 0.5 + 0.5 * np.cos(np.pi * (step - rise) / max(steps - rise, 1))


def Rate(rate, steps):  # noqa: N802, a class of Keras, which is imported late
    """The same for Keras."""
    import keras
    from keras import ops

    class Schedule(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            step, rise = ops.cast(step, "float32"), max(steps // 10, 1)
            down = 0.5 + 0.5 * ops.cos(np.pi * (step - rise) / max(steps - rise, 1))
            return rate * ops.where(step < rise, (step + 1) / rise, down)

    return Schedule()


def measured(objects, model, as_input):
    """What it writes of the test pictures, judged."""
    _, test, _, told, vocabulary = data(objects)
    score = model.scorer(as_input(test.images))
    greedy, beam = (beam_search(score, len(test), width, LENGTH) for width in (1, WIDTH))
    assert (beam.log_probabilities >= greedy.log_probabilities - 1e-6).all()
    texts, wide = ([" ".join(row) for row in vocabulary.decode(f.ids)] for f in (greedy, beam))
    row = judged(objects, texts)
    row["exact_beam"] = float(scenes.exact(test.objects, wide).mean())
    row["points"] = points(model, as_input(test.images), test, told, vocabulary)
    for name, found in (("log_p", greedy), ("log_p_beam", beam)):
        row[name] = float(found.log_probabilities.mean())
    return row


def judged(objects, texts):
    test = data(objects)[1]
    references = right_captions(objects)
    return {
        "exact": float(scenes.exact(test.objects, texts).mean()),
        "claims": float(scenes.agreement(test.objects, texts, strict=False).mean()),
        "bleu": bleu(texts, references),
        "rouge": rouge(texts, references),
    }


@cache
def right_captions(objects):
    """All that the grammar allows to be said of each test picture."""
    _, _, _, told, _ = data(objects)
    return [
        [
            scenes.write(list(order), "en", template)
            for order in itertools.permutations(claims)
            for template in (0, 1)
        ]
        for claims in told.claims
    ]


def points(model, images, test, told, vocabulary):
    """The pointing game: at the three words of an object's name, along the true caption."""
    ids = vocabulary.encode(told.texts)[0]
    before = next_words(ids)[0]
    weights = looked(model, images, before)
    maps, boxes = [], []
    for row, (text, mentions) in enumerate(zip(told.texts, told.mentions)):
        for slot, start, stop in mentions:
            first, count = text[:start].count(" "), len(text[start:stop].split())
            maps += list(weights[row, first : first + count])
            boxes += count * [test.objects.boxes[row, slot]]
    return pointing_accuracy(np.array(maps), np.array(boxes), model.encoder.grid, 32)


def looked(model, images, before):
    """Where it looked (N, T, places), in NumPy."""
    if hasattr(model, "parameters") and hasattr(images, "numpy"):
        import torch

        with torch.no_grad():
            given = {"image": images, "text": torch.tensor(before)}
            return model.look(given)[1].numpy()
    from keras import ops

    return ops.convert_to_numpy(model.look({"image": images, "text": before})[1])


def baselines(objects):
    """Name -> texts for the test pictures."""
    train, test, told, other, _ = data(objects)
    texts, counts = np.unique(told.texts, return_counts=True)
    a, b = (pixels(part.images).reshape(len(part), -1) for part in (train, test))
    distances = (a**2).sum(axis=1) - 2 * b @ a.T  # up to what is the same for all
    return {
        "most frequent": [texts[counts.argmax()]] * len(test),
        "nearest picture": [told.texts[i] for i in distances.argmin(axis=1)],
        "another picture": [*other.texts[1:], other.texts[0]],
    }


def count_of(model):
    if hasattr(model, "count_params"):
        return model.count_params()
    return sum(p.numel() for p in model.parameters())


PLAN = (  # objects, model, framework: three seeds of each, the first ones first
    (1, "attention", "torch"),
    (2, "transformer", "torch"),
    (1, "attention", "keras"),
    (2, "transformer", "keras"),
    (2, "attention", "torch"),
    (1, "mean", "torch"),
    (1, "transformer", "torch"),
    (1, "attention, penalty", "torch"),
    (2, "mean", "torch"),
)


def runs():
    """(objects, model, framework, seed)."""
    return [(*entry, seed) for entry in PLAN for seed in range(SEEDS)]


def main():
    import torch

    torch.set_num_threads(1)
    RESULTS.parent.mkdir(exist_ok=True)
    for objects in (1, 2):
        for name, texts in baselines(objects).items():
            key = {"objects": objects, "model": name, "framework": "", "seed": ""}
            if not is_done(RESULTS, KEY, key):
                append(RESULTS, FIELDS, key | judged(objects, texts))
    for run in runs():
        key = dict(zip(KEY, run))
        if not is_done(RESULTS, KEY, key):
            objects, name, framework, seed = run
            model, as_input = trained(name, objects, framework, seed)
            row = {"weights": count_of(model)} | measured(objects, model, as_input)
            append(RESULTS, FIELDS, key | row)
    about = machine("sacrebleu", "rouge-score")
    about |= {"train": TRAIN, "epochs": EPOCHS, "batch": BATCH, "rates": RATES, "beam": WIDTH}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
