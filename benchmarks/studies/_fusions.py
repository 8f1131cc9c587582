"""What the two studies of fusions share: every fusion of the package, the tasks, one training."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature

import numpy as np

from mmref.data import emoji, interactions, scenes, transforms
from mmref.data.text import character_ngrams, tf_idf, words
from mmref.seeding import seed_everything

DIM, HIDDEN = 16, 32  # of what encoders give and of z; of the encoders' hidden layer
READINGS, NOISE = 8, 0.4
STEPS, BATCH, DECAY = 250, 128, 0.01
# Beside each fusion as it is made without a word: arguments that make another structure of it.
VARIANTS = {
    "DecisionFusion": [{"rule": "product"}],
    "AttentionFusion": [{"joint": False}],
}


def fusions(wing):
    """Every fusion of a wing: {name: function of (dims, dim) that makes it}.

    Every class of ``wing.fusion`` that is made from ``dims`` and ``dim``; one around another is
    not.
    """
    found = {}
    for name, make in sorted(vars(wing.fusion).items()):
        if not isinstance(make, type):
            continue
        arguments = signature(make).parameters.values()
        if [a.name for a in arguments if a.default is a.empty] != ["dims", "dim"]:
            continue
        found[name] = make
        for options in VARIANTS.get(name, ()):
            label = ", ".join(f"{key}={value}" for key, value in options.items())
            found[f"{name}, {label}"] = lambda dims, dim, m=make, o=options: m(dims, dim, **o)
    return found


def decides(make):
    """Whether a fusion gives log-probabilities, which no layer comes after."""
    return getattr(make({"a": 1, "b": 1}, 2), "decides", False)


# ---- tasks ----


@dataclass(frozen=True, eq=False)
class Task:
    """Train, validation and test part, each (inputs, labels); inputs are m -> (N, D_m)."""

    parts: dict
    classes: int
    bayes: float | None = None  # the best possible accuracy, where it is known
    dropout: float = 0.0
    decay: float = DECAY
    batch: int = BATCH
    longer: int = 1  # how many times STEPS it is trained

    @property
    def widths(self):
        return {m: x.shape[1] for m, x in self.parts["train"][0].items()}


# No row of an interaction is seen twice.
ROWS = {"train": STEPS * BATCH, "validation": 4000, "test": 20000}


def interaction(kind, count, noise=NOISE, longer=1):
    """A task of ``mmref.data.interactions`` between ``count`` modalities; a longer one has as many
    more rows."""
    sigmas = dict.fromkeys("abcde"[:count], noise)

    def load(seed):
        parts = {}
        for number, (part, n) in enumerate(ROWS.items()):
            n *= longer if part == "train" else 1
            drawn = interactions.draw(n, 10 * seed + number, kind, sigmas, READINGS)
            parts[part] = drawn.inputs, drawn.labels
        best = interactions.best_accuracy(kind, sigmas)
        return Task(parts, 3 if kind == "multiplicative" else 2, best, longer=longer)

    return load


PICTURES = {"train": 4000, "validation": 1000, "test": 4000}


def matching(seed):
    """Is the caption true of the picture? One large circle; a false caption has a false color.

    The colors are balanced, so a picture alone or a caption alone tells nothing; the oracle reads
    the picture without a mistake, so both tell all.
    """
    parts = {}
    for number, (part, n) in enumerate(PICTURES.items()):
        rng = np.random.default_rng([seed, number])
        colors, places = (rng.choice(names, n).tolist() for names in (scenes.COLORS, scenes.PLACES))
        objects = [[("large", c, "circle", p)] for c, p in zip(colors, places, strict=True)]
        drawn = scenes.compose(objects, 10 * seed + number)
        pairs = scenes.match(drawn, 10 * seed + number, "one")
        told = np.array(
            [[color in text.split() for color in scenes.COLORS] for text in pairs.texts]
        )
        images = 1 - transforms.resize(transforms.to_float(drawn.images), 8)
        inputs = {"image": 4 * images.reshape(n, -1), "text": told}
        parts[part] = _floats(inputs), pairs.matches.astype(np.int64)
    return Task(parts, 2, 1.0, longer=4)


def tokens(text):
    return words(text) + character_ngrams(text, 3, 4)


def emoji_groups(groups):
    """Pictures and English names of emoji; seed s is tested on fold s."""

    def load(seed):
        data = {p: emoji.load(groups=groups, split=p, fold=seed) for p in PICTURES}
        bags = tf_idf(tokens, max_features=1000).fit(data["train"].names)
        parts = {}
        for part, rows in data.items():
            images = 1 - transforms.resize(transforms.to_float(rows.images), 8)
            inputs = {
                "image": images.reshape(len(rows), -1),
                "text": 3 * bags.transform(rows.names).toarray(),
            }
            parts[part] = _floats(inputs), rows.labels
        return Task(parts, len(groups), dropout=0.3, decay=0.3, batch=64)

    return load


def _floats(inputs):
    return {m: np.ascontiguousarray(x, np.float32) for m, x in inputs.items()}


TASKS: dict[str, Callable] = {
    "additive, 2": interaction("additive", 2),
    "parity, 2": interaction("parity", 2),
    "matching": matching,
    "multiplicative, 2": interaction("multiplicative", 2),
    "parity, 3": interaction("parity", 3),
    "emoji, 8 groups": emoji_groups(emoji.EIGHT_GROUPS),
    "emoji, 6 groups": emoji_groups(emoji.SIX_GROUPS),
    "multiplicative, 3": interaction("multiplicative", 3, longer=4),
}


# ---- models, trained side by side ----


class Trained:
    """Models of one fusion, one for each seed, whose weights are stacked: (S, ...) each."""

    def __init__(self, model, weights, forward):
        self.model, self.weights, self.forward = model, weights, forward

    def logits(self, inputs, present=None, chunk=2000):
        """(S, N, K) for inputs m -> (S, N, D_m) and, where given, present (S, N, M)."""
        import torch

        parts = []
        with torch.no_grad():
            for start in range(0, next(iter(inputs.values())).shape[1], chunk):
                rows = slice(start, start + chunk)
                x = {m: torch.as_tensor(values[:, rows]) for m, values in inputs.items()}
                there = None if present is None else torch.tensor(present[:, rows])
                parts.append(self.forward(self.weights, x, there))
        return torch.cat(parts, dim=1).numpy()

    @property
    def parameters(self):
        """How many one of the models has."""
        return sum(p.numel() for p in self.model.parameters() if p.requires_grad)


def trained(tasks, make, rates, hidden=False, modality_dropout=None):
    """Classifiers with this fusion, after STEPS steps in PyTorch: Trained for each learning rate.

    tasks: one for each seed, from 0: of the same sizes. The models of all seeds and rates have
    nothing in common but the call in which they are computed: that takes little longer than one.
    hidden: a dense layer with a ReLU between the fusion and the logits.
    modality_dropout: the rate of each modality, or None.
    """
    import torch
    from torch.func import functional_call, stack_module_state, vmap

    import mmref.torch as wing

    torch.set_num_threads(1)
    models = []
    for seed, task in enumerate(tasks):
        seed_everything(seed)
        models.append(classifier(wing, task, make, hidden, modality_dropout))
    skeleton, stacks = models[0], [stack_module_state(models)[0] for _ in rates]
    groups = [
        {"params": [w for w in weights.values() if w.requires_grad], "lr": rate}
        for rate, weights in zip(rates, stacks, strict=True)
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=task.decay, fused=True)
    rows = np.stack([order(task, seed) for seed, task in enumerate(tasks)])  # (S, steps, B)
    steps = rows.shape[1]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: share_of_rate(i, steps))
    inputs, labels = stacked(tasks, "train")
    inputs = {m: torch.as_tensor(x) for m, x in inputs.items()}
    labels, which = torch.as_tensor(labels), torch.arange(len(tasks)).repeat(len(rates))[:, None]

    def call(w, x, there):
        return functional_call(skeleton, w, (x, there))

    def forward(weights, x, there=None):
        dims = (0, 0, None if there is None else 0)
        return vmap(call, dims, randomness="different")(weights, x, there)

    skeleton.train()
    for step in range(steps):
        batch = torch.as_tensor(rows[:, step]).repeat(len(rates), 1)  # (rates * S, B)
        weights = {name: torch.cat([w[name] for w in stacks]) for name in stacks[0]}
        logits = forward(weights, {m: x[which, batch] for m, x in inputs.items()})
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), labels[which, batch].flatten(), reduction="sum"
        )
        optimizer.zero_grad()
        (loss / batch.shape[1]).backward()  # the sum of the models' means: each its own gradient
        optimizer.step()
        schedule.step()
    skeleton.eval()
    return [Trained(skeleton, weights, forward) for weights in stacks]


def order(task, seed):
    """The rows of each step, (steps, B): every epoch in an order of its own."""
    n, rng = len(task.parts["train"][1]), np.random.default_rng(seed)
    steps = task.longer * STEPS
    epochs = -(-steps * task.batch // n)
    rows = np.concatenate([rng.permutation(n) for _ in range(epochs)])
    return rows[: steps * task.batch].reshape(steps, task.batch)


def share_of_rate(step, steps):
    """A rise over a tenth of the steps, then a straight fall to zero."""
    return min(10 * (step + 1) / steps, (steps - step) / (0.9 * steps), 1.0)


def stacked(tasks, part):
    """Inputs (S, N, D_m) and labels (S, N) of one part of all tasks; a shorter one is filled up
    with zeros, and labels of -1."""
    most = max(len(task.parts[part][1]) for task in tasks)

    def filled(array, value):
        rest = [(0, most - len(array))] + [(0, 0)] * (array.ndim - 1)
        return np.pad(array, rest, constant_values=value)

    given = [task.parts[part] for task in tasks]
    inputs = {m: np.stack([filled(x[m], 0) for x, _ in given]) for m in tasks[0].widths}
    return inputs, np.stack([filled(labels, -1) for _, labels in given])


def classifier(wing, task, make, hidden=False, modality_dropout=None):
    """The same encoders for every fusion, and a dense layer after it, unless it decides."""
    encoders = {
        m: wing.TableEncoder(width, DIM, HIDDEN, dropout=task.dropout)
        for m, width in task.widths.items()
    }
    dims = dict.fromkeys(encoders, DIM)
    fusion = make(dims, DIM)
    if getattr(fusion, "decides", False):
        fusion = make(dims, task.classes)
    elif hidden:
        from benchmarks.studies._deepened_torch import Deepened

        fusion = Deepened(fusion)
    rates = None if modality_dropout is None else dict.fromkeys(dims, modality_dropout)
    return wing.FusionClassifier(encoders, fusion, task.classes, modality_dropout=rates)
