"""Mood and irony: every fusion by name, with any modalities missing, beside the best accuracy.

The data are ``mmref.data.sentiment``: no face and no sentence of the tests is in the training.
Every model has the same three encoders, trained with it, which give 16 numbers each; a fusion of
the package, z of 16 numbers; a dense layer with two outputs, each with a sigmoid, for the mood and
for irony. Decisions are scores already: there are two of them, one for each question. The loss is
the mean cross-entropy of both. Half of the rows are complete, of the others one of the seven sets
of modalities is there, drawn anew in each epoch.

``hidden``: a dense layer with a ReLU between the fusion and the two outputs. ``states``: four
outputs in one softmax, one for each mood with and without irony; the probability of an answer is
the sum over its two states.

"what it says": who is told f, w and v of each test row, and the generator's numbers.

A row holds both accuracies with each set of modalities (f, w, v: face, words, voice). Rows that
are there are not computed again.

    make study NAME=sentiment
"""

import json
from functools import cache, lru_cache
from itertools import combinations, product
from pathlib import Path

import numpy as np

from benchmarks.studies._fusions import decides, fusions
from benchmarks.studies._record import append, is_done, machine
from mmref.data import sentiment
from mmref.data.text import Vocabulary
from mmref.reference import audio
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "sentiment.csv"
KEY = ["framework", "fusion", "head", "seed"]
INITIALS = {"f": "face", "w": "words", "v": "voice"}
SUBSETS = ["".join(some) for k in (1, 2, 3) for some in combinations(INITIALS, k)]
FIELDS = [*KEY, "parameters", *(f"{q}_{s}" for q in sentiment.QUESTIONS for s in SUBSETS)]
TRAIN, TEST, EPOCHS, BATCH, RATE, DIM = 8000, 6000, 3, 64, 5e-3, 16
SEEDS = {"none": 3, "torch": 3, "keras": 1}
HEADS = {"ConcatFusion": ("hidden", "states"), "DecisionFusion, rule=product": ("states",)}
OPTIONS = {
    "rule=product": {"rule": "product"},
    "joint=False": {"joint": False},
    "content=words": {"content": "words"},
}
LENGTH, BANDS = 12, 40  # words of a sentence, mel bands


# ---- the data ----


@lru_cache(1)
def data(seed):
    """Training and test part: inputs m -> array and answers (N, 2); the size of the vocabulary."""
    drawn = sentiment.draw(TRAIN, seed)
    words = Vocabulary.build(drawn.texts)
    train = inputs(drawn, words), answers(drawn)
    drawn = sentiment.draw(TEST, seed, "test")
    return train, (inputs(drawn, words), answers(drawn)), len(words)


def inputs(drawn, words):
    ids, _ = words.encode(drawn.texts, length=LENGTH)
    F = audio.mel_filters(sentiment.RATE, 512, BANDS).astype("float32")
    heard = [
        audio.log_mel(audio.power_spectrogram(some, 512, 256), F, 1e-2) / 3
        for some in np.array_split(drawn.voices, -(-len(drawn) // 500))
    ]
    faces = drawn.faces / np.float32(255)
    return {"face": faces, "words": ids, "voice": np.concatenate(heard).astype("float32")}


def answers(drawn):
    return np.stack([drawn.moods, drawn.irony], axis=1)


def epochs(seed):
    """Of each epoch the rows in their order, (N,), and which modalities they have, (N, 3)."""
    rng, some = np.random.default_rng(seed), np.array([there(s) for s in SUBSETS])
    for _ in range(EPOCHS):
        present = some[rng.integers(len(some), size=TRAIN)]
        yield rng.permutation(TRAIN), present | (rng.random((TRAIN, 1)) < 0.5)


def there(subset):
    """(3,) bool, which modalities a set has, by its initials."""
    return [initial in subset for initial in INITIALS]


def rate(step, steps):
    """A rise over a fifth of the steps, then a straight fall to zero."""
    return RATE * min((step + 1) / (0.2 * steps), (steps - step) / (0.8 * steps))


# ---- the networks: each gives logits (N, 2) of some inputs with some modalities ----


def made(wing, fusion, head):
    """The fusions of one model, and how many outputs a dense layer makes of what they give."""
    name, _, option = fusion.partition(", ")
    make, options = getattr(wing, name), OPTIONS.get(option, {})
    dims, outputs = dict.fromkeys(sentiment.MODALITIES, DIM), 4 if head == "states" else 2
    if decides(make):
        count = 1 if head == "states" else 2
        return [make(dims, outputs, **options) for _ in range(count)], 0
    return [make(dims, DIM, **options)], outputs


def torch_scorer(fusion, head, seed):
    import torch
    from torch import nn

    import mmref.torch as wing

    class Net(nn.Module):
        def __init__(self, words):
            super().__init__()
            self.face = nn.Sequential(
                *(nn.Conv2d(3, 16, 5, stride=2, padding=2), nn.BatchNorm2d(16), nn.ReLU()),
                *(nn.MaxPool2d(2), nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32)),
                *(nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, DIM), nn.ReLU()),
            )
            self.embed, self.read = nn.Embedding(words, 32), nn.Conv1d(32, 32, 3, padding=1)
            nn.init.normal_(self.embed.weight, std=0.3)
            self.listen, self.norm = nn.Conv1d(BANDS, 32, 5, padding=2), nn.BatchNorm1d(32)
            self.words, self.voice = nn.Linear(32, DIM), nn.Linear(32, DIM)
            some, outputs = made(wing, fusion, head)
            self.fusions = nn.ModuleList(some)
            self.hidden = nn.Linear(DIM, DIM) if head == "hidden" else None
            self.head = nn.Linear(DIM, outputs) if outputs else None

        def encode(self, x):
            read = self.read(self.embed(x["words"]).transpose(1, 2)).relu().amax(dim=2)
            heard = self.norm(self.listen(x["voice"].transpose(1, 2))).relu().mean(dim=2)
            face = self.face(x["face"].permute(0, 3, 1, 2))
            return {
                "face": face,
                "words": self.words(read).relu(),
                "voice": self.voice(heard).relu(),
            }

        def decide(self, x, present):
            z = [f(x, present) for f in self.fusions]
            if self.head is not None:
                z = self.head(z[0] if self.hidden is None else self.hidden(z[0]).relu())
            elif head == "states":
                z = z[0]
            else:
                z = torch.stack([scores[:, 1] - scores[:, 0] for scores in z], dim=1)
            return z

    (x, y), _, words = data(seed)
    x, y = {m: torch.as_tensor(v) for m, v in x.items()}, torch.as_tensor(y)
    seed_everything(seed)  # the framework is there by now
    model = Net(words)
    adam, step, steps = torch.optim.Adam(model.parameters()), 0, EPOCHS * -(-TRAIN // BATCH)
    for order, present in epochs(seed):
        present = torch.as_tensor(present)
        for rows in torch.as_tensor(order).split(BATCH):
            adam.param_groups[0]["lr"] = rate(step, steps)
            s = model.decide(model.encode({m: v[rows] for m, v in x.items()}), present[rows])
            if head == "states":
                loss = nn.functional.cross_entropy(s, 2 * y[rows, 0] + y[rows, 1])
            else:
                loss = nn.functional.binary_cross_entropy_with_logits(s, y[rows].float())
            adam.zero_grad()
            loss.backward()
            adam.step()
            step += 1
    model.eval()

    @cache
    def encoded():
        given = {m: torch.as_tensor(v).split(500) for m, v in data(seed)[1][0].items()}
        some = [model.encode(dict(zip(given, v, strict=True))) for v in zip(*given.values())]
        return {m: torch.cat([part[m] for part in some]) for m in given}

    def scores(present):
        with torch.no_grad():
            return model.decide(encoded(), torch.as_tensor(present)).numpy()

    return scores, sum(w.numel() for w in model.parameters())


def keras_scorer(fusion, head, seed):
    import keras
    from keras import layers, ops

    import mmref.keras as wing  # before keras: it silences TensorFlow's start-up messages

    class Net(keras.Model):
        def __init__(self, words):
            super().__init__()
            norm = {"momentum": 0.9, "epsilon": 1e-5}  # PyTorch's
            self.face = keras.Sequential(
                [
                    *(layers.Conv2D(16, 5, strides=2, padding="same"),),
                    *(layers.BatchNormalization(**norm), layers.ReLU(), layers.MaxPooling2D()),
                    *(layers.Conv2D(32, 3, padding="same"), layers.BatchNormalization(**norm)),
                    *(layers.ReLU(), layers.MaxPooling2D(), layers.Flatten()),
                    layers.Dense(DIM, "relu"),
                ]
            )
            self.words = keras.Sequential(
                [
                    layers.Embedding(words, 32, keras.initializers.RandomNormal(stddev=0.3)),
                    *(layers.Conv1D(32, 3, padding="same", activation="relu"),),
                    *(layers.GlobalMaxPooling1D(), layers.Dense(DIM, "relu")),
                ]
            )
            self.voice = keras.Sequential(
                [
                    *(layers.Conv1D(32, 5, padding="same"), layers.BatchNormalization(**norm)),
                    *(layers.ReLU(), layers.GlobalAveragePooling1D(), layers.Dense(DIM, "relu")),
                ]
            )
            self.fusions, outputs = made(wing, fusion, head)
            self.hidden = layers.Dense(DIM, "relu") if head == "hidden" else None
            self.head = layers.Dense(outputs) if outputs else None

        def call(self, inputs, training=None):
            x = {m: getattr(self, m)(inputs[m], training=training) for m in sentiment.MODALITIES}
            return self.decide(x, inputs["present"])

        def decide(self, x, present):
            z = [f(x, present) for f in self.fusions]
            if self.head is not None:
                return self.head(z[0] if self.hidden is None else self.hidden(z[0]))
            if head == "states":
                return z[0]
            return ops.stack([scores[:, 1] - scores[:, 0] for scores in z], axis=1)

    class Rate(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            step = ops.cast(step, "float32")
            rise, fall = (step + 1) / (0.2 * steps), (steps - step) / (0.8 * steps)
            return RATE * ops.minimum(rise, fall)

    (x, y), _, words = data(seed)
    seed_everything(seed)  # the framework is there by now
    model, steps = Net(words), EPOCHS * -(-TRAIN // BATCH)
    losses = keras.losses
    loss = losses.BinaryCrossentropy(from_logits=True)
    if head == "states":
        y, loss = 2 * y[:, 0] + y[:, 1], losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(Rate()), loss, jit_compile=False)
    for order, present in epochs(seed):
        given = {m: v[order] for m, v in x.items()} | {"present": present[order]}
        model.fit(given, y[order], batch_size=BATCH, shuffle=False, verbose=0)

    @cache
    def encoded():
        given = data(seed)[1][0]
        return {
            m: ops.concatenate(
                [getattr(model, m)(v[i : i + 500], training=False) for i in range(0, len(v), 500)]
            )
            for m, v in given.items()
        }

    def scores(present):
        return ops.convert_to_numpy(model.decide(encoded(), ops.convert_to_tensor(present)))

    return scores, model.count_params()


SCORER = {"torch": torch_scorer, "keras": keras_scorer}


def said(scores, head):
    """The answers (N, 2) to both questions: of the states, of the answer's two together."""
    if head != "states":
        return scores > 0
    p = np.exp(scores - scores.max(axis=1, keepdims=True)).reshape(-1, 2, 2)  # mood, irony
    return np.stack([p.sum(axis=2).argmax(axis=1), p.sum(axis=1).argmax(axis=1)], axis=1)


def row(framework, fusion, head, seed):
    scores, parameters = SCORER[framework](fusion, head, seed)
    y, found = data(seed)[1][1], {"parameters": parameters}
    for subset in SUBSETS:
        present = np.tile(there(subset), (len(y), 1))
        right = (said(scores(present), head) == y).mean(axis=0)
        for question, share in zip(sentiment.QUESTIONS, right, strict=True):
            found[f"{question}_{subset}"] = float(share)
    return found


def best(seed):
    """The row of who reads the tests without a mistake and knows ``mmref.data.sentiment``."""
    drawn, found = sentiment.draw(TEST, seed, "test"), {}
    odds = {
        "f": drawn.shown * np.log((1 - 0.2) / 0.2),
        "w": drawn.said * np.log((1 - 0.3) / 0.3),
        "v": (2 * sentiment.STEP * drawn.heard / np.square(sentiment.SIGMAS)).sum(axis=1),
    }
    for subset in SUBSETS:
        glad = sum(odds[initial] for initial in subset) > 0
        found[f"mood_{subset}"] = float((glad == drawn.moods).mean())
        ironic = (glad != (drawn.said > 0)) & ("w" in subset)
        found[f"irony_{subset}"] = float((ironic == drawn.irony).mean())
    return found


def plan(framework):
    """(fusion, head) of every model of a seed."""
    import mmref.torch as wing

    if framework == "none":
        yield "what it says", ""
        return

    for fusion in (*fusions(wing), "FiLMFusion, content=words"):
        for head in ("linear", *HEADS.get(fusion, ())):
            yield fusion, head


def main():
    import torch

    torch.set_num_threads(1)
    for framework, seeds in SEEDS.items():
        for seed, (fusion, head) in product(range(seeds), plan(framework)):
            of = dict(zip(KEY, (framework, fusion, head, seed), strict=True))
            if not is_done(RESULTS, KEY, of):
                rest = row(**of) if framework in SCORER else best(seed)
                append(RESULTS, FIELDS, of | rest)
    about = machine() | {"rows": TRAIN, "tests": TEST, "epochs": EPOCHS, "batch": BATCH}
    about |= {"rate": RATE, "complete rows": 0.5}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
