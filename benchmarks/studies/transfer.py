"""What pretrained networks are worth: how much of one to train, on how many examples; and fused.

Names (``part`` "names"): MiniLM reads the English names of emoji and tells the group, one of 8. A
``run`` is what learns, beside a new head of 8 outputs, which always does:

frozen            nothing else: the vectors of the names are as they came
last              the last two of six blocks
all               everything
discriminative    everything, each block at 0.6 times the rate of the one above it
adapters          adapters of rank 8 beside the queries and values, in all blocks
scratch           everything, from weights that are drawn
frozen, to the end  nothing else, but in 500 steps of all rows, on vectors that are computed once
frozen, ridge     nothing else, on the same vectors and rows: a linear ridge regression, solved

The table of words, half of all numbers, stays as it is in all runs but "scratch". All runs but the
two last take 30 steps of 16 names, whatever number of them they have to draw from. 500 steps are
where the run ends, not where the head stands still: it hardly has a penalty, and goes on to learn
its rows by heart. Rates were set once, by what is usual, and not tuned; nor was the ridge, 1. Seed
k tests on fold k and learns from the others.

Fused (``part`` "fused"): both parts frozen, the features of pictures in both drawing styles, made
224 pixels wide, and of names; ridge regression with a Gaussian kernel. All five folds are tested.
For the run "fused, chosen" four folds inside the training rows choose the width of the kernel, the
ridge and the weight of names. That there is a kernel, several levels of each network and 224 pixels
was found before, by comparing on the test folds themselves.

The features behind the stored rows came from an ONNX export of the same networks, for speed:
``features`` gives the same, on 100 emoji drawn at random within 6e-5 of a deviation of each level.

    make study NAME=transfer
"""

import itertools
import json
import time
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref import convert
from mmref.data import emoji, pretrained
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "transfer.csv"
FEATURES = Path(__file__).parents[2] / "_build" / "transfer.npz"  # computed once, in minutes
KEY = ["part", "framework", "run", "examples", "seed"]
FIELDS = [*KEY, "accuracy", "trained", "chosen", "seconds"]

END, END_STEPS, END_DECAY = "frozen, to the end", 500, 1e-2
LINEAR, PENALTY = "frozen, ridge", 1.0
RUNS = ("frozen", "last", "all", "discriminative", "adapters", "scratch", END)
EXAMPLES, KERAS_EXAMPLES = (100, 0), (100,)  # 0: all there are
SEEDS, STEPS, BATCH = 3, 30, 16
HEAD, BODY, ADAPTERS, SCRATCH, DECAY = 1e-2, 3e-4, 3e-3, 1e-3, 0.6
RANK, ALPHA, LAST = 8, 16, 2
SIZE, STYLES = 224, ("twitter", "google")


# ---- names ----


@cache
def names():
    data = emoji.load()
    return pretrained.token_ids(data.names), data.labels, data.folds


def split(examples, seed):
    """Rows to learn from, some or all, and rows to be tested on."""
    folds = names()[2]
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(folds != seed % 5))
    return rows[: examples or None], np.flatnonzero(folds == seed % 5)


def steps(rows, seed):
    """(steps, batch) of the rows: every one once before any comes again."""
    rng = np.random.default_rng(1000 + seed)
    rounds = -(-STEPS * BATCH // len(rows))
    order = np.concatenate([rng.permutation(rows) for _ in range(rounds)])
    return order[: STEPS * BATCH].reshape(STEPS, BATCH)


def trimmed(ids):
    """Without the columns that are padding in all rows."""
    return ids[:, : int((ids != 0).sum(axis=1).max())]


def rate_of(run):
    return {"adapters": ADAPTERS, "scratch": SCRATCH}.get(run, BODY)


def torch_names(run, examples, seed):
    """The accuracy on the test fold, and how many numbers learned."""
    import torch
    from torch import nn

    import mmref.torch as wing

    torch.set_num_threads(1)
    seed_everything(seed)
    ids, labels, _ = names()
    body = wing.MiniLM()
    if run != "scratch":
        convert.set_arrays(body, pretrained.text_arrays())
        body.embedding.requires_grad_(False)
    head = nn.Linear(body.output_dim, 8)
    learns = [p for p in body.parameters() if p.requires_grad]
    groups = [{"params": learns, "lr": rate_of(run)}]
    if run in ("frozen", "last", "adapters", END):
        body.requires_grad_(False)
        groups = []
    if run == "last":
        body.blocks[-LAST:].requires_grad_(True)
        groups = [{"params": list(body.blocks[-LAST:].parameters()), "lr": BODY}]
    if run == "adapters":
        own = []
        for block in body.blocks:
            for name in ("query_projection", "value_projection"):
                part = getattr(block.attention, name)
                adapter = wing.LowRankAdapter(part, RANK, ALPHA)
                setattr(block.attention, name, adapter)
                own += [adapter.down, adapter.up]
        groups = [{"params": own, "lr": ADAPTERS}]
    if run == "discriminative":
        lowest = [body.positions, *body.norm.parameters()]
        levels = [lowest, *(list(block.parameters()) for block in body.blocks)]
        groups = [
            {"params": level, "lr": BODY * DECAY ** (len(levels) - 1 - i)}
            for i, level in enumerate(levels)
        ]
    groups.append({"params": list(head.parameters()), "lr": HEAD})
    trained = sum(p.numel() for group in groups for p in group["params"])
    optimizer = torch.optim.Adam(groups)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: 1 - i / STEPS)

    def logits(rows):
        return head(body.output_dim**0.5 * body(torch.tensor(trimmed(ids[rows]))))

    rows, tests = split(examples, seed)
    if run == END:
        return to_the_end(body, head, rows, tests), trained
    for part in steps(rows, seed):
        loss = nn.functional.cross_entropy(logits(part), torch.tensor(labels[part]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        found = [logits(part).argmax(dim=1).numpy() for part in np.array_split(tests, 6)]
    return float((np.concatenate(found) == labels[tests]).mean()), trained


def to_the_end(body, head, rows, tests):
    """The accuracy of a head on vectors that are computed once."""
    import torch

    ids, labels, _ = names()
    with torch.no_grad():
        parts = [
            body(torch.tensor(trimmed(ids[some])))
            for some in np.array_split([*rows, *tests], (len(rows) + len(tests)) // 64)
        ]
    x, y = body.output_dim**0.5 * torch.cat(parts), torch.tensor(labels[rows])
    optimizer = torch.optim.AdamW(head.parameters(), HEAD, weight_decay=END_DECAY)
    for _ in range(END_STEPS):
        loss = torch.nn.functional.cross_entropy(head(x[: len(rows)]), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = head(x[len(rows) :]).argmax(dim=1).numpy()
    return float((found == labels[tests]).mean())


@cache
def vectors():
    """What MiniLM says of all names: (N, 384), each of length 1."""
    import torch

    import mmref.torch as wing

    torch.set_num_threads(1)
    body = wing.MiniLM().eval()
    convert.set_arrays(body, pretrained.text_arrays())
    with torch.no_grad():
        parts = [body(part) for part in torch.tensor(names()[0]).split(64)]
    return torch.cat(parts).numpy().astype("float64")


def numpy_names(run, examples, seed):
    """The same of a linear ridge regression on 8 columns of 0 and 1; its bias has no penalty."""
    rows, tests = split(examples, seed)
    x, labels = vectors(), names()[1]
    wanted = np.eye(8)[labels[rows]]
    middle, bias = x[rows].mean(axis=0), wanted.mean(axis=0)
    own = x[rows] - middle
    weight = np.linalg.solve(own.T @ own + PENALTY * np.eye(own.shape[1]), own.T @ (wanted - bias))
    found = (x[tests] - middle) @ weight + bias
    return float((found.argmax(axis=1) == labels[tests]).mean()), weight.size + bias.size


def keras_names(run, examples, seed):
    import keras
    from keras import layers

    import mmref.keras as wing

    class Levels(keras.Model):
        """An optimizer for each level of depth: a Keras optimizer has one rate."""

        def __init__(self, body, head):
            super().__init__()
            self.body, self.head = body, head
            levels = [body.norm, *body.blocks]
            self.levels = [level.trainable_variables for level in levels]
            self.levels[0] = [*self.levels[0], body.positions]
            self.levels.append(head.trainable_variables)
            rates = [BODY * DECAY ** (len(levels) - 1 - i) for i in range(len(levels))] + [HEAD]
            self.optimizers = [keras.optimizers.Adam(falling(rate)) for rate in rates]

        def call(self, ids):
            return self.head(self.body.output_dim**0.5 * self.body(ids))

        def train_step(self, data):
            import tensorflow as tf

            x, y = data
            with tf.GradientTape() as tape:
                loss = self.compute_loss(y=y, y_pred=self(x, training=True))
            grads = tape.gradient(loss, self.levels)
            for optimizer, part, level in zip(self.optimizers, grads, self.levels, strict=True):
                optimizer.apply(part, level)
            return {"loss": loss}

    def falling(rate):
        return keras.optimizers.schedules.PolynomialDecay(rate, STEPS, 0.0)

    seed_everything(seed)
    ids, labels, _ = names()
    body = wing.MiniLM()
    body.build(None)
    if run != "scratch":
        convert.set_arrays(body, pretrained.text_arrays())
        body.embedding.trainable = False
    head = layers.Dense(8)
    head.build((None, body.output_dim))
    if run in ("frozen", "last", "adapters"):
        body.trainable = False
    if run == "last":
        body.trainable = True
        for part in (body.embedding, body.norm, *body.blocks[:-LAST]):
            part.trainable = False
        body.positions.trainable = False
    if run == "adapters":
        for block in body.blocks:
            for name in ("query_projection", "value_projection"):
                dense = getattr(block.attention, name)
                dense.enable_lora(RANK, lora_alpha=ALPHA)
                dense.lora_kernel_a.assign(  # as ours begin: Keras draws them larger
                    np.random.uniform(-1, 1, dense.lora_kernel_a.shape)
                    / dense.kernel.shape[0] ** 0.5
                )
    # Two rates, that of the head and that of the rest, so two optimizers here as well.
    model = Levels(body, head)
    if run != "discriminative":
        body_learns = body.trainable_variables
        if run == "adapters":
            body_learns = [
                v for v in body.variables if v.name in ("lora_kernel_a", "lora_kernel_b")
            ]
        model.levels = (
            [body_learns, head.trainable_variables] if body_learns else [head.trainable_variables]
        )
        rates = [rate_of(run), HEAD][-len(model.levels) :]
        model.optimizers = [keras.optimizers.Adam(falling(rate)) for rate in rates]
    for optimizer, level in zip(model.optimizers, model.levels, strict=True):
        optimizer.build(level)
    rows, tests = split(examples, seed)
    order = steps(rows, seed).ravel()
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(loss=entropy)
    model.fit(ids[order], labels[order], batch_size=BATCH, shuffle=False, verbose=0)
    found = model.predict(ids[tests], batch_size=64, verbose=0).argmax(axis=1)
    trained = sum(int(np.prod(v.shape)) for level in model.levels for v in level)
    return float((found == labels[tests]).mean()), trained


# ---- fused ----

LEVELS = (10, 14, 15)  # blocks of the image network whose maps are averaged as well
TEXT_LEVELS = (0, 3)  # of MiniLM: the tokens themselves, and the third block; and its own result
SHOWN = (40, 160, 640, 0)
SETTINGS = {"width": (0.5, 1.0), "ridge": (0.03, 0.1), "names": (1.0, 2.0)}
FIXED = {"width": 0.5, "ridge": 0.1, "names": 1.0}


def features():
    """Of the pictures by style and level, of the names by level: name -> (N, D)."""
    if FEATURES.exists():
        with np.load(FEATURES) as stored:
            return dict(stored)
    import torch

    import mmref.torch as wing

    torch.set_num_threads(1)
    network, body = wing.EfficientNetLite().eval(), wing.MiniLM().eval()
    convert.set_arrays(network, pretrained.image_arrays())
    convert.set_arrays(body, pretrained.text_arrays())
    parts = {}

    def keep(name, vectors):
        parts.setdefault(name, []).append(vectors.numpy())

    with torch.no_grad():
        for style in STYLES:
            images = torch.tensor(emoji.load(style).images.copy()).permute(0, 3, 1, 2) / 255
            for part in images.split(16):
                large = torch.nn.functional.interpolate(part, size=(SIZE, SIZE), mode="bicubic")
                x = network.stem(large * 255 / 128 - 127 / 128)
                for i, block in enumerate(network.blocks):
                    x = block(x)
                    if i in LEVELS:
                        keep(f"{style} {i}", x.mean(dim=(2, 3)))
                keep(f"{style} top", network.top(x).mean(dim=(2, 3)))
        for part in torch.tensor(names()[0]).split(128):
            mask = part != 0
            kept = mask.unsqueeze(-1).float()
            x = body.norm(body.embedding(part) + body.positions[: part.shape[1]])
            for i, block in enumerate([*body.blocks, None]):
                if i in TEXT_LEVELS:
                    keep(f"name {i}", (kept * x).sum(dim=1) / kept.sum(dim=1))
                x = x if block is None else block(x, mask[:, None])
            keep("name top", body(part))
    found = {name: np.concatenate(some) for name, some in parts.items()}
    FEATURES.parent.mkdir(exist_ok=True)
    np.savez(FEATURES, **found)
    return found


@cache
def squares(style, seed):
    """Squared distances (N, N) of all rows, by pictures or names, scaled by the rows of no test
    fold: at length 1, less their mean, and at a mean square of 1, each level alike."""
    rows = names()[2] != seed % 5
    if style == "words, counted":
        from sklearn.feature_extraction.text import TfidfVectorizer

        texts = emoji.load().names
        known = TfidfVectorizer().fit([t for t, here in zip(texts, rows, strict=True) if here])
        levels = [known.transform(texts).toarray()]
    else:
        own = [n for n in features() if n.startswith("name") == (style == "names")]
        levels = [features()[n] for n in own]
    total = 0
    for x in levels:
        x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
        x = x - x[rows].mean(axis=0)
        x = x / np.sqrt((x[rows] ** 2).sum(axis=1).mean())
        total = total + x @ x.T / len(levels)
    lengths = np.diag(total)
    return lengths[:, None] + lengths - 2 * total


def accuracy(run, seed, rows, tests, width, ridge, names_count):
    """Of ridge regression on 8 columns of 0 and 1, with a Gaussian kernel."""
    labels, fused = names()[1], run.startswith("fused")
    if fused:
        d = squares("pictures", seed) + names_count * squares("names", seed)
        d = d / (1 + names_count)
    else:
        d = squares(run, seed)
    kernel = np.exp(-width * d[np.ix_([*rows, *tests], rows)])
    wanted = np.eye(8)[labels[rows]]
    middle = wanted.mean(axis=0)
    inner = kernel[: len(rows)] + ridge * np.eye(len(rows))
    found = kernel[len(rows) :] @ np.linalg.solve(inner, wanted - middle) + middle
    return float((found.argmax(axis=1) == labels[tests]).mean())


def fused_row(run, examples, seed):
    """The accuracy on the test fold, and the settings that were chosen."""
    rows, tests = split(examples, seed)
    setting = FIXED
    if run == "fused, chosen":
        folds, options = names()[2], [dict(zip(SETTINGS, v, strict=True)) for v in
                                      itertools.product(*SETTINGS.values())]  # fmt: skip
        inner = [[accuracy(run, seed, rows[folds[rows] != k], rows[folds[rows] == k], *o.values())
                  for k in set(folds[rows])] for o in options]  # fmt: skip
        setting = options[int(np.argmax(np.mean(inner, axis=1)))]
    told = " ".join(f"{n} {v:g}" for n, v in setting.items())
    return {"accuracy": accuracy(run, seed, rows, tests, *setting.values()), "chosen": told}


# ---- rows ----


def main():
    for seed in range(5):
        for examples, run in itertools.product(SHOWN, ("words, counted", "pictures", "names")):
            record("fused", "numpy", run, examples, seed)
        for examples in SHOWN:
            record("fused", "numpy", "fused", examples, seed)
        record("fused", "numpy", "fused, chosen", 0, seed)
    for seed, examples, run in itertools.product(range(SEEDS), EXAMPLES, RUNS):
        record("names", "torch", run, examples, seed)
    for seed, examples in itertools.product(range(SEEDS), EXAMPLES):
        record("names", "numpy", LINEAR, examples, seed)
    for examples, run in itertools.product(KERAS_EXAMPLES, RUNS[:5]):
        record("names", "keras", run, examples, 0)
    about = machine() | {"steps": STEPS, "batch": BATCH, "rank": RANK, "alpha": ALPHA, "size": SIZE}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


def record(part, framework, run, examples, seed):
    key = dict(zip(KEY, (part, framework, run, examples, seed), strict=True))
    if is_done(RESULTS, KEY, key):
        return
    start = time.process_time()
    if part == "fused":
        found = fused_row(run, examples, seed)
    else:
        train = {"torch": torch_names, "numpy": numpy_names, "keras": keras_names}[framework]
        found = dict(zip(("accuracy", "trained"), train(run, examples, seed), strict=True))
    append(RESULTS, FIELDS, key | found | {"seconds": time.process_time() - start})


if __name__ == "__main__":
    main()
