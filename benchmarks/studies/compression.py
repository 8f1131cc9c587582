"""Smaller and faster: what quantization, pruning, distillation and low rank cost and save.

One network names the group of an emoji, of six, by picture and name. It is trained, then made
smaller in one way or another. Seed k is tested on fold k and learns from the others, both drawings
of each. Nothing was tuned: rates and epochs were set once, by what is usual.

run            what was done; ``strength`` is how much of it: bits, a share, a rank; of a student,
               and of "longer", both of which begin anew, the epochs. "control, ..." is rounded as
               "rounded, by output" is, after more training of all as floats, or of the biases
               alone behind rounded weights
accuracy       on the test fold; same: the share of test emoji with the answer that the original has
learned        of a student and of the original, the accuracy on what it learned from
numbers        weights that are not 0
bytes, zipped  what is stored, in a file as it is written, and after ``zlib``; nothing else
ms, ms_one     milliseconds of a batch of 64, and of one emoji, over those of the original, by
               turns: the shortest of 12 calls on one thread. ``engine`` is who computed; rows
               of LiteRT are over the original in Keras, that of its own float32 too. Rows that
               compute what the original does (more training, zeros, rounded weights as floats)
               tell how far such a ratio scatters.

The row "int8, dynamic, torchao" needs ``pip install torchao==0.18.0``, which the project does not
install; without it the row is left out, and one that is stored stays.

    make study NAME=compression
"""

import copy
import io
import json
import os
import time
import warnings
import zlib
from collections import Counter
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref.data import emoji, transforms
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "compression.csv"
KEY = ["framework", "run", "strength", "seed"]
FOUND = ["accuracy", "same", "learned", "numbers", "bytes", "zipped", "ms", "ms_one", "engine"]
FIELDS = [*KEY, *FOUND]
SEEDS, CLASSES = 3, 6
CHANNELS, HIDDEN, STUDENT = (16, 32), 256, ((6, 12), 24)
BATCH, EPOCHS, RATE, MORE, MORE_RATE, DECAY, TEMPERATURE = 128, 8, 2e-3, 3, 5e-4, 0.05, 4.0
PRUNED, BITS, RANKS, STRUCTURED = (0.5, 0.8, 0.9), (4, 2), (4, 16), (0.5, 0.75)
STUDIED = (8, 24)  # epochs of a student; the latter, of the original too
EXAMPLES = 256  # by which ranges are chosen
ROUNDS, TIMED = 12, 64
LEARNED = ("original", "longer", "student")  # rows whose own learning set is asked too


# ---- data ----


def pieces(name):
    """Words, and runs of three or four characters."""
    letters = f" {name.lower()} "
    runs = {letters[i : i + n] for n in (3, 4) for i in range(len(letters) - n + 1)}
    return runs | set(name.lower().split())


@cache
def data(seed):
    """Pictures (N, 16, 16, 3), names (N, P) and labels, to learn from and to be tested on."""
    groups = emoji.SIX_GROUPS
    train = emoji.load("both", groups=groups, split="train+validation", fold=seed % 5)
    test = emoji.load("twitter", groups=groups, split="test", fold=seed % 5)
    counted = Counter(piece for name in set(train.names) for piece in pieces(name))
    column = {p: i for i, p in enumerate(sorted(p for p in counted if counted[p] >= 4))}
    found = []
    for part in (train, test):
        pictures = 1 - transforms.resize(part.images, 16) / np.float32(255)
        names = np.zeros((len(part), len(column)), "float32")
        for row, name in enumerate(part.names):
            names[row, [column[piece] for piece in pieces(name) if piece in column]] = 1
        found.append((pictures.astype("float32"), names, part.labels.astype("int64")))
    return found


def examples(seed):
    """Pictures and names to choose ranges by: drawn, as the rows stand in the order of groups."""
    pictures, names, labels = data(seed)[0]
    rows = np.random.default_rng(seed).choice(len(labels), EXAMPLES, replace=False)
    return pictures[rows], names[rows]


# ---- what is measured ----


def file_of(arrays):
    """The bytes of one file with these arrays."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def packed(steps, bits):
    """Integers as a row of bits, with nothing between them."""
    each = (steps.astype("int64").ravel()[:, None] >> np.arange(bits)) & 1
    return np.packbits(each.astype("uint8"))


def ratio(one, other):
    """Seconds of a call of ``one`` over those of ``other``: the shortest of each, taken in turn.

    Seconds of the processor, not of the clock, which also counts what others do on the machine.
    """
    spent = ([], [])
    for _ in range(ROUNDS):
        for call, times in zip((one, other), spent, strict=True):
            start = time.process_time()
            call()
            times.append(time.process_time() - start)
    return min(spent[0]) / min(spent[1])


def right(answer, part):
    """The share of answers that are right; 256 at a time."""
    pictures, names, labels = part
    cuts = range(256, len(labels), 256)
    batches = zip(np.split(pictures, cuts), np.split(names, cuts), strict=True)
    found = np.concatenate([answer(*batch).argmax(axis=1) for batch in batches])
    return float((found == labels).mean())


def measured(answer, original, seed, file, numbers, engine, learned=False):
    """A row: ``answer`` and ``original`` map pictures and names, as NumPy arrays, to scores."""
    pictures, names, labels = data(seed)[1]
    found, before = (f(pictures, names).argmax(axis=1) for f in (answer, original))
    batches = [(pictures[:n], names[:n]) for n in (TIMED, 1)]
    ms, ms_one = (ratio(lambda b=b: answer(*b), lambda b=b: original(*b)) for b in batches)
    return {
        "accuracy": float((found == labels).mean()),
        "same": float((found == before).mean()),
        "learned": right(answer, data(seed)[0]) if learned else "",
        "numbers": int(numbers),
        "bytes": len(file),
        "zipped": len(zlib.compress(file, 9)),
        "ms": ms,
        "ms_one": ms_one,
        "engine": engine,
    }


# ---- PyTorch ----


def torch_network(channels, hidden, pieces_count, dropout=0.5):
    import torch
    from torch import nn

    class EmojiNet(nn.Module):
        def __init__(self):
            super().__init__()
            first, second = channels
            self.picture = nn.Sequential(
                nn.Conv2d(3, first, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                nn.Conv2d(first, second, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            )  # fmt: skip
            self.fuse = nn.Linear(16 * second + pieces_count, hidden)
            self.top = nn.Sequential(nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, CLASSES))

        def forward(self, picture, name):
            return self.top(self.fuse(torch.cat([self.picture(picture), name], dim=1)))

    return EmojiNet()


def torch_fit(model, seed, epochs=EPOCHS, rate=RATE, teacher=None, after=None):
    """Cross-entropy, or half of it and half distillation where there is a teacher's scores."""
    import torch
    from torch import nn

    from mmref.torch import distillation_loss

    pictures, names, labels = map(torch.tensor, data(seed)[0])
    pictures = pictures.permute(0, 3, 1, 2).contiguous()
    torch.manual_seed(1000 + seed)
    adam = torch.optim.AdamW(model.parameters(), rate, weight_decay=DECAY)
    model.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(labels)).split(BATCH):
            scores = model(pictures[rows], names[rows])
            loss = nn.functional.cross_entropy(scores, labels[rows])
            if teacher is not None:
                loss = (loss + distillation_loss(scores, teacher[rows], TEMPERATURE)) / 2
            adam.zero_grad()
            loss.backward()
            adam.step()
            if after:
                after(model)
    return model.eval()


def torch_answer(model):
    import torch

    def answer(pictures, names):
        with torch.no_grad():
            x = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()
            return model(x, torch.from_numpy(names)).numpy()

    return answer


def torch_arrays(model):
    return {name: value.numpy() for name, value in model.state_dict().items()}


def torch_file(model):
    """The file of a state, quantized layers with scales and zero points as PyTorch keeps them."""
    import torch

    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    return file.getvalue()


def weights_of(model):
    """The matrices and kernels, which are what is compressed; biases stay."""
    return {name: p for name, p in model.named_parameters() if p.ndim > 1}


def grids(weight, bits, by_output):
    """The largest magnitude over the highest integer: one scale, or one for each output."""
    high = 2 ** (bits - 1) - 1
    axes = tuple(range(1, weight.ndim)) if by_output else None
    return np.maximum(np.abs(weight).max(axis=axes, keepdims=True), 1e-12) / high


def rounded(model, bits, by_output):
    """A copy with weights on a grid; and the file with the integers, packed."""
    import torch

    model, stored = copy.deepcopy(model), torch_arrays(model)
    for name, parameter in weights_of(model).items():
        weight = parameter.detach().numpy()
        scale, high = grids(weight, bits, by_output), 2 ** (bits - 1) - 1
        steps = np.clip(np.round(weight / scale), -high - 1, high)
        parameter.data = torch.tensor(scale * steps, dtype=torch.float32)
        stored[name] = packed(steps, bits)
        stored[f"{name} scale"] = scale.astype("float32")
    return model, file_of(stored)


def aware(model, seed, bits):
    """Trained more with the weights alone rounded, by output, and gradients straight through."""
    import torch
    from torch.nn.utils import parametrize

    class Grid(torch.nn.Module):
        def forward(self, w):
            high = 2 ** (bits - 1) - 1
            scale = w.detach().abs().amax(dim=tuple(range(1, w.ndim)), keepdim=True) / high
            value = scale * (w.detach() / scale.clamp(min=1e-12)).round().clamp(-high - 1, high)
            return w + (value - w).detach()

    model = copy.deepcopy(model)
    parts = [m for m in model.modules() if hasattr(m, "weight")]
    for part in parts:
        parametrize.register_parametrization(part, "weight", Grid())
    torch_fit(model, seed, MORE, MORE_RATE)
    for part in parts:
        parametrize.remove_parametrizations(part, "weight", leave_parametrized=False)
    return model


def biases_trained(model, seed, bits):
    """A copy with rounded weights that stay, trained more in its biases alone."""
    model, _ = rounded(model, bits, True)
    for parameter in weights_of(model).values():
        parameter.requires_grad_(False)
    return torch_fit(model, seed, MORE, MORE_RATE)


def masked(model, share):
    """A copy without the smallest weights of each matrix; and what keeps them away."""
    import torch

    from mmref.torch import magnitude_mask

    model = copy.deepcopy(model)
    masks = {name: magnitude_mask(w, share) for name, w in weights_of(model).items()}

    def keep(network):
        with torch.no_grad():
            for name, w in weights_of(network).items():
                w.mul_(masks[name])

    keep(model)
    return model, keep


def narrowed(model, share, seed):
    """A smaller network of the channels and hidden units whose weights are largest."""
    import torch

    def best(weight, share):
        norms = weight.abs().flatten(1).sum(dim=1)
        count = len(norms) - round(share * len(norms))
        return norms.argsort(descending=True)[:count].sort().values

    first, second = model.picture[0], model.picture[3]
    one, two = best(first.weight, share), best(second.weight, share)
    units = best(model.fuse.weight, share)
    small = torch_network((len(one), len(two)), len(units), data(seed)[0][1].shape[1])
    flat = (16 * two[:, None] + torch.arange(16)).flatten()  # channels first, then 4 x 4 places
    width = 16 * second.out_channels
    columns = torch.cat([flat, torch.arange(width, model.fuse.in_features)])
    with torch.no_grad():
        for new, old, rows in ((small.picture[0], first, one), (small.fuse, model.fuse, units)):
            new.bias.copy_(old.bias[rows])
        small.picture[0].weight.copy_(first.weight[one])
        small.picture[3].weight.copy_(second.weight[two][:, one])
        small.picture[3].bias.copy_(second.bias[two])
        small.fuse.weight.copy_(model.fuse.weight[units][:, columns])
        small.top[2].weight.copy_(model.top[2].weight[:, units])
        small.top[2].bias.copy_(model.top[2].bias)
    return small.eval()


def thinned(model, rank):
    """Two dense layers in place of the large one."""
    from torch import nn

    from mmref.torch import low_rank_factors

    model, wide = copy.deepcopy(model), model.fuse
    down, up = low_rank_factors(wide.weight, rank)
    model.fuse = nn.Sequential(
        nn.Linear(wide.in_features, rank, bias=False), nn.Linear(rank, wide.out_features)
    )
    model.fuse[0].weight.data, model.fuse[1].weight.data = down, up
    model.fuse[1].bias.data = wide.bias.detach().clone()
    return model.eval()


def integers(model, seed, kind):
    """By ``torch.ao.quantization``, which is deprecated and computes by integers; or by torchao."""
    import torch
    from torch import nn

    model = copy.deepcopy(model)
    if kind == "dynamic, torchao":
        torchao = import_module("torchao.quantization")  # no requirement: see above
        torchao.quantize_(model, torchao.Int8DynamicActivationInt8WeightConfig())
        return model
    from torch.ao import quantization as ao
    from torch.ao.quantization import quantize_fx as fx

    if kind == "dynamic":
        return ao.quantize_dynamic(model, {nn.Linear}, torch.qint8)
    pictures, names = map(torch.tensor, examples(seed))
    given = (pictures.permute(0, 3, 1, 2).contiguous(), names)
    if kind == "static":
        ready = fx.prepare_fx(model, ao.get_default_qconfig_mapping("x86"), given)
        ready(*given)
    else:
        torch.manual_seed(seed)
        mapping = ao.get_default_qat_qconfig_mapping("x86")
        ready = fx.prepare_qat_fx(model.train(), mapping, given)
        torch_fit(ready, seed, MORE, MORE_RATE)
    return fx.convert_fx(ready.eval())


@cache
def torch_original(seed):
    import torch

    torch.set_num_threads(1)
    seed_everything(seed)
    return torch_fit(torch_network(CHANNELS, HIDDEN, data(seed)[0][1].shape[1]), seed)


@cache
def teacher_scores(seed):
    import torch

    pictures, names, _ = data(seed)[0]
    return torch.tensor(torch_answer(torch_original(seed))(pictures, names))


def torch_row(run, strength, seed):
    import torch

    original = torch_original(seed)
    file, engine = None, "torch"
    count = data(seed)[0][1].shape[1]
    if run == "original":
        model = original
    elif run == "longer":
        seed_everything(seed)
        model = torch_fit(torch_network(CHANNELS, HIDDEN, count), seed, strength)
    elif run == "trained more":
        model = torch_fit(copy.deepcopy(original), seed, MORE, MORE_RATE)
    elif run == "float16":
        model = copy.deepcopy(original).half()
        file = torch_file(model)
        model = model.float()
    elif run.startswith("int8, "):
        model = integers(original, seed, run.removeprefix("int8, "))
        file, engine = torch_file(model), "torch, int8"
    elif run.startswith("rounded"):
        model, file = rounded(original, strength, "output" in run)
    elif run == "control, floats trained":
        more = torch_fit(copy.deepcopy(original), seed, MORE, MORE_RATE)
        model, file = rounded(more, strength, True)
    elif run == "control, biases trained":
        model, file = rounded(biases_trained(original, seed, strength), strength, True)
    elif run == "aware, by output":
        model, file = rounded(aware(original, seed, strength), strength, True)
    elif run.startswith("pruned"):
        model, keep = masked(original, strength)
        if "trained" in run:
            torch_fit(model, seed, MORE, MORE_RATE, after=keep)
    elif run.startswith("narrowed"):
        model = narrowed(original, strength, seed)
        if "trained" in run:
            torch_fit(model, seed, MORE, MORE_RATE)
    elif run.startswith("low rank"):
        model = thinned(original, strength)
        if "trained" in run:
            torch_fit(model, seed, MORE, MORE_RATE)
    else:
        seed_everything(seed)
        model = torch_network(*STUDENT, count)
        teacher = teacher_scores(seed) if run == "student, distilled" else None
        torch_fit(model, seed, strength, teacher=teacher)
    file = file or torch_file(model)
    told = original if run.startswith("int8") else model  # integers are no parameters
    numbers = sum(int(torch.count_nonzero(p)) for p in told.parameters())
    answers = torch_answer(model), torch_answer(original)
    return measured(*answers, seed, file, numbers, engine, run.startswith(LEARNED))


# ---- Keras ----


def keras_network(channels, hidden, pieces_count, dropout=0.5, rank=None):
    import keras
    from keras import layers

    # Named in the order of the alphabet, in which LiteRT takes them.
    picture, name = (
        keras.Input((16, 16, 3), name="picture"),
        keras.Input((pieces_count,), name="words"),
    )
    x = picture
    for width in channels:
        x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Concatenate()([layers.Flatten()(x), name])
    if rank:
        x = layers.Dense(rank, use_bias=False, name="down")(x)
    x = layers.Dense(hidden, activation="relu", name="fuse")(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model([picture, name], layers.Dense(CLASSES, name="top")(x))


def keras_fit(model, seed, epochs=EPOCHS, rate=RATE, teacher=None, callbacks=()):
    import keras

    from mmref.keras import distillation_loss

    pictures, names, labels = data(seed)[0]
    keras.utils.set_random_seed(1000 + seed)
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def both(target, scores):  # the label, then the teacher's scores
        known = distillation_loss(scores, target[:, 1:], TEMPERATURE)
        return (entropy(target[:, :1], scores) + known) / 2

    target = labels if teacher is None else np.column_stack([labels, teacher]).astype("float32")
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=DECAY),
        entropy if teacher is None else both,
        jit_compile=False,
    )
    model.fit([pictures, names], target, batch_size=BATCH, epochs=epochs, verbose=0,
              callbacks=list(callbacks))  # fmt: skip
    model.compile("sgd", jit_compile=False)  # or the file holds Adam's two means of each weight
    return model


def keras_answer(model):
    return lambda pictures, names: model.predict_on_batch([pictures, names])


def keras_file(model):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.weights.h5"
        model.save_weights(path)
        return path.read_bytes()


def keras_pruned(model, share, seed):
    import keras
    from keras import ops

    from mmref.keras import magnitude_mask

    masks = {v.path: magnitude_mask(v.value, share) for v in model.weights if len(v.shape) > 1}

    class Keep(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            for v in self.model.weights:
                if v.path in masks:
                    v.assign(v * ops.cast(masks[v.path], v.dtype))

    keep = Keep()
    keep.set_model(model)
    keep.on_train_batch_end(0)
    return keras_fit(model, seed, MORE, MORE_RATE, callbacks=[keep])


def lite(model, kind, seed):
    """The file of LiteRT, and what answers with it."""
    import tensorflow as tf

    pictures, names = examples(seed)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "static":
        converter.representative_dataset = lambda: (
            [pictures[i : i + 1], names[i : i + 1]] for i in range(len(names))
        )
    with quiet():
        file = converter.convert()
        reader = tf.lite.Interpreter(model_content=file, num_threads=1)
    at = {4: None, 2: None}
    for one in reader.get_input_details():
        at[len(one["shape"])] = one["index"]
    out, ready = reader.get_output_details()[0]["index"], [0]

    def answer(pictures, names):
        if ready[0] != len(pictures):
            reader.resize_tensor_input(at[4], pictures.shape)
            reader.resize_tensor_input(at[2], names.shape)
            reader.allocate_tensors()
            ready[0] = len(pictures)
        reader.set_tensor(at[4], pictures)
        reader.set_tensor(at[2], names)
        reader.invoke()
        return reader.get_tensor(out)

    return file, answer


class quiet:
    """What converters print, from C too, goes nowhere."""

    def __enter__(self):
        self.kept, nowhere = [os.dup(i) for i in (1, 2)], os.open(os.devnull, os.O_WRONLY)
        for i in (1, 2):
            os.dup2(nowhere, i)
        os.close(nowhere)

    def __exit__(self, *_):
        for i, kept in zip((1, 2), self.kept, strict=True):
            os.dup2(kept, i)
            os.close(kept)


@cache
def keras_original(seed):
    import keras  # noqa: F401 - what is loaded is seeded

    seed_everything(seed)
    count = data(seed)[0][1].shape[1]
    return keras_fit(keras_network(CHANNELS, HIDDEN, count), seed)


def twin(model, seed):
    copied = keras_network(CHANNELS, HIDDEN, data(seed)[0][1].shape[1])
    copied.set_weights(model.get_weights())
    return copied


def keras_row(run, strength, seed):
    from mmref.keras import low_rank_factors

    original = keras_original(seed)
    count = data(seed)[0][1].shape[1]
    answer, file, engine = None, None, "keras"
    model = twin(original, seed)
    if run == "longer":
        seed_everything(seed)
        model = keras_fit(keras_network(CHANNELS, HIDDEN, count), seed, strength)
    elif run == "trained more":
        keras_fit(model, seed, MORE, MORE_RATE)
    elif run == "int8, dense layers":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it names every layer that it leaves as it was
            model.quantize("int8")
        engine = "keras, int8"
    elif run.startswith("LiteRT, "):
        file, answer = lite(model, run.removeprefix("LiteRT, "), seed)
        engine = "LiteRT"
    elif run.startswith("pruned"):
        keras_pruned(model, strength, seed)
    elif run.startswith("low rank"):
        thin = keras_network(CHANNELS, HIDDEN, count, rank=strength)
        for layer in model.layers:
            if layer.name not in ("fuse", "down") and layer.weights:
                at = model.layers.index(layer)
                thin.layers[at if at < model.layers.index(model.get_layer("fuse")) else at + 1] \
                    .set_weights(layer.get_weights())  # fmt: skip
        kernel, bias = model.get_layer("fuse").get_weights()
        down, up = (np.asarray(a) for a in low_rank_factors(kernel.T, strength))
        thin.get_layer("down").set_weights([down.T])
        thin.get_layer("fuse").set_weights([up.T, bias])
        model = keras_fit(thin, seed, MORE, MORE_RATE)
    elif run.startswith("student"):
        seed_everything(seed)
        model = keras_network(*STUDENT, count)
        teacher = None
        if run == "student, distilled":
            teacher = original.predict(list(data(seed)[0][:2]), batch_size=256, verbose=0)
        keras_fit(model, seed, strength, teacher=teacher)
    numbers = sum(int(np.count_nonzero(w)) for w in model.get_weights())
    return measured(
        answer or keras_answer(model), keras_answer(original), seed,
        file or keras_file(model), numbers, engine, run.startswith(LEARNED),
    )  # fmt: skip


# ---- rows ----

TORCH = [
    ("original", ""), ("longer", STUDIED[-1]), ("trained more", ""), ("float16", ""),
    *((f"int8, {kind}", "") for kind in ("dynamic", "static", "aware", "dynamic, torchao")),
    *((f"rounded, {what}", bits) for what in ("one scale", "by output") for bits in BITS),
    *((run, 2) for run in ("aware, by output", "control, floats trained",
                           "control, biases trained")),
    *((run, s) for run in ("pruned", "pruned, trained more") for s in PRUNED),
    *((run, s) for run in ("narrowed", "narrowed, trained more") for s in STRUCTURED),
    *((run, r) for run in ("low rank", "low rank, trained more") for r in RANKS),
    *((run, epochs) for run in ("student", "student, distilled") for epochs in STUDIED),
]  # fmt: skip
KERAS = [
    ("original", ""), ("longer", STUDIED[-1]), ("int8, dense layers", ""),
    *((f"LiteRT, {kind}", "") for kind in ("float32", "dynamic", "static")),
    *(("pruned, trained more", s) for s in (0.8,)),
    *(("low rank, trained more", r) for r in (16,)),
    *((run, epochs) for run in ("student", "student, distilled") for epochs in STUDIED),
]  # fmt: skip


def row(framework, run, strength, seed):
    return {"torch": torch_row, "keras": keras_row}[framework](run, strength, seed)


def main():
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", category=UserWarning)
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    extra = ("torchao",) if find_spec("torchao") else ()
    if not extra:
        print("int8, dynamic, torchao: left out, as torchao is not installed")
    for framework, runs in (("torch", TORCH), ("keras", KERAS)):
        for seed in range(SEEDS):
            for run, strength in runs:
                key = dict(zip(KEY, (framework, run, strength, seed), strict=True))
                missing = "torchao" in run and not extra
                if not missing and not is_done(RESULTS, KEY, key):
                    append(RESULTS, FIELDS, key | row(framework, run, strength, seed))
    path = RESULTS.with_suffix(".json")
    before = json.loads(path.read_text()) if path.exists() else {}
    about = {k: v for k, v in before.items() if k == "torchao"}  # its stored rows stay as well
    about |= machine(*extra) | {"epochs": EPOCHS, "rate": RATE, "temperature": TEMPERATURE}
    about |= {"channels": CHANNELS, "hidden": HIDDEN, "student": STUDENT, "more": MORE}
    about["epochs of a student"] = STUDIED
    path.write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
