"""Weighted fusion on emoji: every variant, both frameworks, five seeds.

First `--choose`: each of a few settings is trained in PyTorch on three folds and scored on the
validation fold (weighted_settings.csv). Then seed s trains on four folds, with the settings that
were best on the other four, and is tested on fold s: the five seeds together test every emoji once
(weighted.csv). Rows that are there are not computed again: an interrupted run goes on where it
stopped, and several runs (--framework torch, --framework keras) can share the work.
"""

import argparse
import json
import math
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine, rows
from mmref.data import emoji, transforms
from mmref.data.text import UNKNOWN, Vocabulary, character_ngrams, words
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "weighted.csv"
KEY = ["framework", "groups", "language", "variant", "seed"]
FIELDS = [*KEY, "settings", "accuracy", "image_alone", "text_alone", "weight_image"]
FIELDS += ["train_accuracy", "parameters", "seconds"]

CHOICE = RESULTS.with_name("weighted_settings.csv")
CHOICE_KEY = ["settings", "variant", "seed"]
CHOICE_FIELDS = [*CHOICE_KEY, "accuracy", "seconds"]


@dataclass(frozen=True)
class Settings:
    """What is fixed by hand and may be chosen otherwise."""

    epochs: int = 30
    rate: float = 3e-3  # the highest learning rate
    decay: float = 0.05
    channels: tuple[int, ...] = (24, 48, 96)
    hide_image: float = 0.1  # modality dropout of the fused models
    hide_text: float = 0.5  # the text is learned quickly: hide it often
    hide_words: float = 0.2  # tokens replaced by "unknown", so that its embedding is trained


BASE = Settings()
CANDIDATES = {
    "base": BASE,
    "longer": replace(BASE, epochs=45),
    "wider": replace(BASE, channels=(32, 64, 128)),
    "slower": replace(BASE, rate=1e-3),
    "decay": replace(BASE, decay=0.2),
    "nothing hidden": replace(BASE, hide_image=0.0, hide_text=0.0, hide_words=0.0),
}
BATCH, SMOOTHING, DIM = 64, 0.1, 128

FUSED = ("concatenation", "equal", "global", "adaptive")
BASELINES = CHOOSING = ("image", "text", "concatenation")
ALL = ("image", "text", *FUSED)
# (groups, language, variants): what is trained, for every seed.
PLAN = [
    (8, "en", (*ALL, "global, no modality dropout")),
    (6, "en", ALL),
    (8, "zh", ("text", "concatenation", "global")),
]
GROUPS = {8: emoji.EIGHT_GROUPS, 6: emoji.SIX_GROUPS}


def tokens(text):
    """Words, three times so that they are not drowned, and the n-grams of their characters."""
    low, high = (3, 4) if text.isascii() else (2, 3)  # a Chinese character is a word of its own
    return 3 * words(text) + character_ngrams(text, low, high)


def load(groups, language, fold, splits=("train+validation", "test")):
    """Inputs and labels: both drawing styles to train on, one to test on, the vocabulary size."""
    arguments = {"language": language, "groups": GROUPS[groups], "fold": fold}
    train = emoji.load(style="both", split=splits[0], **arguments)
    test = emoji.load(style="twitter", split=splits[1], **arguments)
    vocabulary = Vocabulary.build(train.names, tokens)

    def arrays(data):
        images = transforms.to_float(transforms.resize(data.images, 32))  # (N, 32, 32, 3)
        return {"image": images, "text": vocabulary.encode(data.names)[0]}, data.labels

    return arrays(train), arrays(test), len(vocabulary), (train.names, test.names)


def augment(inputs, rng, hide_words):
    """Change the images (N, H, W, C) a little; replace some tokens by "unknown"."""
    out = dict(inputs)
    if "image" in inputs:
        out["image"] = transforms.augment(inputs["image"], rng)
    if "text" in inputs:
        ids = inputs["text"]
        hidden = (ids != 0) & (rng.random(ids.shape) < hide_words)
        out["text"] = np.where(hidden, UNKNOWN, ids)
    return out


def learning_rate(step, steps, highest):
    """Linear warm-up over a tenth of the steps, then half a cosine down to zero."""
    warm = steps // 10
    if step < warm:
        return highest * step / warm
    return highest * 0.5 * (1 + math.cos(math.pi * (step - warm) / (steps - warm)))


def build(wing, variant, vocabulary_size, classes, settings):
    """The model of one variant in one framework (``mmref.torch`` or ``mmref.keras``)."""
    encoders = {
        "image": lambda: wing.ImageEncoder((32, 32), settings.channels, DIM, dropout=0.3),
        "text": lambda: wing.TextEncoder(
            vocabulary_size, embedding=DIM, dim=DIM, cell="bag", dropout=0.3
        ),
    }
    names = (variant,) if variant in encoders else tuple(encoders)
    dims = dict.fromkeys(names, DIM)
    if variant in ("image", "text", "concatenation"):
        fusion = wing.ConcatFusion(dims, DIM)
    elif variant == "adaptive":
        fusion = wing.AdaptiveFusion(dims, DIM)
    else:
        fusion = wing.WeightedFusion(dims, DIM, learn_weights=variant != "equal")
    hidden = {"image": settings.hide_image, "text": settings.hide_text}
    drop = hidden if variant in FUSED and any(hidden.values()) else None
    built = {m: encoders[m]() for m in names}
    return wing.FusionClassifier(built, fusion, classes, dropout=0.3, modality_dropout=drop)


def train_torch(train, test, variant, vocabulary_size, settings, seed):
    """Train one model in PyTorch; return what the CSV needs."""
    import torch

    import mmref.torch as wing
    from mmref.convert import to_channels_first, to_channels_last

    def layout(inputs, move):
        return {m: move(x) if m == "image" else x for m, x in inputs.items()}

    def augment_channels_first(inputs, rng):
        changed = augment(layout(inputs, to_channels_last), rng, settings.hide_words)
        return layout(changed, to_channels_first)

    seed_everything(seed)
    inputs, labels = layout(train[0], to_channels_first), train[1]
    model = build(wing, variant, vocabulary_size, int(labels.max()) + 1, settings)
    steps = settings.epochs * math.ceil(len(labels) / BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0, weight_decay=settings.decay)
    scheduler = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda i: learning_rate(i, steps, settings.rate)
    )
    history = wing.fit(
        model,
        optimizer,
        (inputs, labels),
        epochs=settings.epochs,
        batch_size=BATCH,
        scheduler=scheduler,
        augment=augment_channels_first,
        label_smoothing=SMOOTHING,
        seed=seed,
        progress=False,
    )
    model.eval()
    tensors = {m: torch.as_tensor(x) for m, x in layout(test[0], to_channels_first).items()}

    @torch.no_grad()
    def guess(present=None):
        return model(tensors, None if present is None else torch.tensor(present)).numpy()

    @torch.no_grad()
    def weights():
        return model.fusion.modality_weights(model.features(tensors)).numpy()

    size = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return scores(model, guess, weights, test[1]) | {
        "train_accuracy": history.accuracy[-1],
        "parameters": size,
    }


def train_keras(train, test, variant, vocabulary_size, settings, seed):
    """Train one model in Keras; return what the CSV needs."""
    import mmref.keras as wing  # first: it keeps TensorFlow quiet

    import keras  # isort: skip

    keras.utils.clear_session()
    seed_everything(seed)
    (inputs, labels), classes = train, int(train[1].max()) + 1
    model = build(wing, variant, vocabulary_size, classes, settings)
    change = partial(augment, hide_words=settings.hide_words)
    batches = wing.Batches(inputs, np.eye(classes)[labels], BATCH, change, seed)
    steps = settings.epochs * len(batches)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - steps // 10, warmup_target=settings.rate, warmup_steps=steps // 10
    )
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=SMOOTHING)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=settings.decay)
    model.compile(optimizer, loss, metrics=["accuracy"])
    history = model.fit(batches, epochs=settings.epochs, shuffle=False, verbose=0).history

    def guess(present=None):
        return keras.ops.convert_to_numpy(model(test[0], present))

    def weights():
        return keras.ops.convert_to_numpy(model.fusion.modality_weights(model.features(test[0])))

    size = sum(math.prod(v.shape) for v in model.trainable_variables)
    return scores(model, guess, weights, test[1]) | {
        "train_accuracy": history["accuracy"][-1],
        "parameters": size,
    }


def scores(model, guess, weights, labels):
    """Accuracy with everything there, with one modality alone, and the image's mean weight."""

    def accuracy(present=None):
        return float((guess(present).argmax(1) == labels).mean())

    row = {"accuracy": accuracy()}
    if len(model.encoders) == 2:
        alone = np.ones((len(labels), 1), bool)
        row["image_alone"] = accuracy(alone * np.array([True, False]))
        row["text_alone"] = accuracy(alone * np.array([False, True]))
    if hasattr(model.fusion, "modality_weights"):
        row["weight_image"] = float(weights()[:, 0].mean())
    return row


def train_baseline(train, test, variant, names):
    """Logistic regression on pixels, on TF-IDF of the name, or on both; settings fixed by hand."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    def pixels(images, scale):  # (N, 32, 32, 3) -> (N, 768), centered
        small = transforms.resize(images, 16)
        return csr_matrix(scale * (small.reshape(len(small), -1) - 0.5))

    sides, scale, strength = [], 1.0, 0.01
    if variant != "image":
        # Pixels are scaled down, or their 768 columns drown the names under one penalty.
        scale, strength = 0.1, 10.0
        analyzer, ngrams = ("char_wb", (2, 4)) if names[0][0].isascii() else ("char", (1, 3))
        for v in (TfidfVectorizer(), TfidfVectorizer(analyzer=analyzer, ngram_range=ngrams)):
            sides.append((v.fit_transform(names[0]), v.transform(names[1])))
    if variant != "text":
        sides.append((pixels(train[0]["image"], scale), pixels(test[0]["image"], scale)))
    x, x_test = (hstack(side).tocsr() for side in zip(*sides))
    model = LogisticRegression(C=strength, max_iter=500).fit(x, train[1])
    return {
        "accuracy": model.score(x_test, test[1]),
        "train_accuracy": model.score(x, train[1]),
        "parameters": model.coef_.size + model.intercept_.size,
    }


def environment():
    """Where and with what the rows were computed."""
    return machine("scikit-learn") | {
        "batch": BATCH,
        "label smoothing": SMOOTHING,
        "width": DIM,
        "settings": {name: asdict(settings) for name, settings in CANDIDATES.items()},
    }


def only(variant, *sides):
    """The inputs that a variant sees."""
    seen = (variant,) if variant in ("image", "text") else ("image", "text")
    return [({m: inputs[m] for m in seen}, labels) for inputs, labels in sides]


def choose(seeds):
    """Score every candidate on the validation folds."""
    for seed, name in product(seeds, CANDIDATES):
        train, test, size, _ = load(8, "en", seed, ("train", "validation"))
        for variant in CHOOSING:
            row = {"settings": name, "variant": variant, "seed": seed}
            if is_done(CHOICE, CHOICE_KEY, row):
                continue
            start = time.perf_counter()
            sides = only(variant, train, test)
            result = train_torch(*sides, variant, size, CANDIDATES[name], seed)
            row["accuracy"] = result["accuracy"]
            append(CHOICE, CHOICE_FIELDS, row | {"seconds": round(time.perf_counter() - start)})


def chosen(fold):
    """The settings for one test fold: the best mean accuracy on the other four.

    The mean is over image, text and concatenation, so that no variant is favored.
    """
    scores = {name: [] for name in CANDIDATES}
    for row in rows(CHOICE):
        # The validation fold of seed s is fold s + 1.
        if (int(row["seed"]) + 1) % emoji.FOLDS != fold:
            scores[row["settings"]].append(float(row["accuracy"]))
    expected = len(CHOOSING) * (emoji.FOLDS - 1)
    if any(len(values) != expected for values in scores.values()):
        raise SystemExit("weighted_settings.csv is not complete: run with --choose first")
    # Rounded, or the order of a sum would break ties; of equals, the first by name.
    return max(sorted(scores), key=lambda name: round(sum(scores[name]), 4))


def study(seeds, frameworks):
    """Train and test everything in the plan."""
    trainers = {"torch": train_torch, "keras": train_keras}
    for (groups, language, variants), seed in product(PLAN, seeds):
        train, test, size, names = load(groups, language, seed)
        for framework, variant in product(frameworks, variants):
            row = {"framework": framework, "groups": groups, "language": language}
            row |= {"variant": variant, "seed": seed}
            if is_done(RESULTS, KEY, row):
                continue
            start = time.perf_counter()
            if framework == "baseline":
                if variant not in BASELINES:
                    continue
                row |= train_baseline(train, test, variant, names)
            else:
                row["settings"] = chosen(seed)
                sides, settings = only(variant, train, test), CANDIDATES[row["settings"]]
                row |= trainers[framework](*sides, variant, size, settings, seed)
            append(RESULTS, FIELDS, row | {"seconds": round(time.perf_counter() - start)})
    RESULTS.with_suffix(".json").write_text(json.dumps(environment(), indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--framework", choices=["baseline", "torch", "keras"], action="append")
    parser.add_argument("--seed", type=int, choices=range(emoji.FOLDS), action="append")
    parser.add_argument("--choose", action="store_true", help="only score the candidate settings")
    arguments = parser.parse_args()
    RESULTS.parent.mkdir(exist_ok=True)
    seeds = arguments.seed or list(range(emoji.FOLDS))
    if arguments.choose or not arguments.framework:
        choose(seeds)
    if not arguments.choose:
        study(seeds, arguments.framework or ["baseline", "torch", "keras"])


if __name__ == "__main__":
    main()
