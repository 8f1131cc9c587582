"""Every study and the script that trains, in a small setting from each of some seeds; and the
script that draws.

    python -m tests.studies.programs.small FOLDER 0 1

Prints hashes of what came out: {"0": {"gan: ring, torch": "3f...", ...}, "1": ..., "drawn": ...}.
"""

import hashlib
import json
import random
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.studies import (
    _fusions,
    attention,
    audio,
    batch_norm,
    captioning,
    competition,
    compression,
    convolution,
    diagnosis,
    drawn_emoji,
    explaining,
    filling,
    folders,
    folders_settings,
    fusion,
    gan,
    gan_emoji,
    gan_small,
    graphs,
    listening,
    missing,
    modalities,
    multitask,
    pipeline,
    recurrence,
    retrieval,
    sentiment,
    text_to_image,
    training,
    transfer,
    vqa,
    weighted,
)
from mmref.data import checkpoints
from scripts import train_gan, train_pipeline, train_text_to_image
from tests.gan.networks import NETWORKS, examples

# ---- small settings ----

for study in (attention, audio, batch_norm, folders, folders_settings, modalities):
    study.EPOCHS = 1
listening.ROWS = 200
_fusions.STEPS, _fusions.ROWS = 2, dict.fromkeys(_fusions.ROWS, 24)
attention.TRAIN = attention.TEST = 24
batch_norm.TRAIN = batch_norm.VALIDATION = 24
batch_norm.CHANNELS = (4, 4)
captioning.TRAIN, captioning.EPOCHS = dict.fromkeys((1, 2), 64), dict.fromkeys((1, 2), 1)
competition.STEPS = competition.LOOKS = 2
competition.ROWS = dict.fromkeys(competition.ROWS, 50)
compression.MORE = compression.ROUNDS = 1
compression.CHANNELS, compression.HIDDEN, compression.STUDENT = (2, 3), 8, ((2, 2), 4)
compression.BATCH = 1000
diagnosis.ROWS = diagnosis.TESTS = diagnosis.HELD = 40
diagnosis.EPOCHS, diagnosis.BATCH = 1, 20
explaining.ROWS, explaining.EPOCHS, explaining.PICTURES, explaining.FEW = 64, 1, 16, 8
explaining.SHOWN, explaining.TESTS, explaining.STEPS, explaining.BATCH = 2, 4, 2, 8
explaining.PATH, explaining.SAMPLES = 2, 70
folders.GROUPS = ("Activities",)
folders_settings.CHANNELS = (4, 4, 4)
fusion.SEEDS = missing.SEEDS = 2
gan.EPOCHS, gan.BATCH = {1: 1}, 32
gan.POINTS, gan.RING_BATCH, gan.RING_EPOCHS, gan.WIDTH = 16, 16, 1, 4
gan_emoji.EACH = 2
gan_small.EPOCHS, gan_small.EACH, gan_small.BATCH = 1, 2, 16
train_text_to_image.DRAWN = 2
recurrence.HIDDEN, recurrence.CHUNK, recurrence.CHUNKS = 4, 2, 1
graphs.CLUB_STEPS, graphs.EPOCHS, graphs.ROWS, graphs.TESTS = 2, 1, 60, 24
multitask.STEPS, multitask.BATCH, multitask.ROWS, multitask.TESTS = 2, 8, 60, 24
retrieval.SHOWN = slice(None, None, 20)
sentiment.TRAIN = sentiment.TEST = 24
sentiment.EPOCHS = 1
transfer.STEPS, transfer.BATCH = 2, 4
training.FEW = training.TESTS = 24
training.RUNS = {n: replace(run, rows=60, epochs=2) for n, run in training.RUNS.items()}
vqa.ROWS, vqa.TESTS, vqa.EPOCHS, vqa.END_TO_END = 64, 24, 1, 1
vqa.CHANNELS, vqa.DIM, vqa.WORDS = (4, 4, 4), 8, 4
vqa.MORE, vqa.LONGER, vqa.HIDDEN = 64, 1, 4
FEW = np.random.default_rng(0)
LABELS = np.arange(48) % 6
PIXELS, PICTURES = FEW.random((48, 8, 8, 1), "float32"), FEW.random((48, 32, 32, 3), "float32")
FEW_IMAGES = 2 * PICTURES[:16, :16, :16].transpose(0, 3, 1, 2) - 1
IDS = FEW.integers(1, 9, (48, 5))


# ---- what is done with each: framework, seed, a folder to write to -> what came out ----


def of_train_gan(framework, seed, folder):
    settings = {"batch_size": 8, "networks": NETWORKS, "data": examples()}
    path = train_gan.train(framework, folder / f"{framework} {seed}", 1, seed, **settings)
    kept = checkpoints.load(path)  # safetensors writes what is beside the arrays in any order
    return [(name, kept.arrays[name].tobytes()) for name in sorted(kept.arrays)], kept.config


def small_denoiser(framework, seed, folder, data="scenes"):
    network = {"size": 32, "width": 8, "blocks": 1, "heads": 2}
    settings = {"batch_size": 2, "judge": 2, "network": network, "data": data}
    return checkpoints.load(train_text_to_image.train(framework, folder, 1, 1, seed, **settings))


def of_train_text_to_image(framework, seed, folder):
    made = []
    for data in ("scenes", "emoji"):
        kept = small_denoiser(framework, seed, folder / f"{data} {seed}", data)
        made += [(name, kept.arrays[name].tobytes()) for name in sorted(kept.arrays)], kept.config
    return made


def small_pipeline(framework, seed, folder):
    network = {"size": 32, "width": 4, "latent": 4, "condition": 3, "dim": 8, "heads": 2}
    settings = {"batch_size": 4, "judge": 16, "network": network}
    return checkpoints.load(train_pipeline.train(framework, folder, 1, seed, **settings))


def of_train_pipeline(framework, seed, folder):
    kept = small_pipeline(framework, seed, folder / f"told {seed}")
    return [(name, kept.arrays[name].tobytes()) for name in sorted(kept.arrays)], kept.config


def of_attention(framework, seed, _):
    return untimed(attention.row(framework, "attention, 0 blocks", seed))


def of_audio(framework, seed, _):
    power, labels, _ = audio.data()
    S, _ = audio.features(power[:50], "htk, height", "stripes")
    return audio.SCORER[framework](S, labels[:50], "stripes", seed)(S).tolist()


def of_batch_norm(framework, seed, _):
    return list(batch_norm.EPOCHS_OF[framework](*batch_norm.load(seed), 0.3, seed))


def of_captioning(framework, seed, _):
    model, as_input = captioning.trained("attention", 1, framework, seed)
    images = captioning.data(1)[1].images[:3]
    return model.scorer(as_input(images))(np.array([[2, 4]] * 3), np.arange(3)).tolist()


def of_competition(_, seed, __):
    curves = competition.trained("modulate 2, noise", None, [seed])
    return {name: curve.tolist() for name, curve in curves.items()}


def of_compression(framework, seed, _):
    for cached in (compression.torch_original, compression.keras_original):
        cached.cache_clear()
    compression.teacher_scores.cache_clear()
    runs = {
        "torch": (("original", ""), ("aware, by output", 2), ("student, distilled", 1)),
        "keras": (("original", ""), ("pruned, trained more", 0.8)),
    }
    found = [compression.row(framework, *run, seed) for run in runs[framework]]
    timed = ("ms", "ms_one", "zipped")  # Keras writes names into its file that count on
    return [{n: v for n, v in row.items() if n not in timed} for row in found]


def of_convolution(framework, seed, _):
    data = PIXELS, LABELS
    return convolution.TRAIN[framework](data, data, "convolution", 6, (4,), 1, seed)


def of_diagnosis(framework, seed, _):
    rows = [diagnosis.row(framework, model, "plain", seed) for model in ("matched", "GatedFusion")]
    return rows, list(diagnosis.stamped(framework, seed))


def of_drawn_emoji(_, seed, folder):
    drawer = text_to_image.Drawer(small_denoiser("torch", seed, folder / f"named {seed}", "emoji"))
    train, test = drawn_emoji.Emoji("train+validation"), drawn_emoji.Emoji("test")
    data, rows = drawn_emoji.rows_of("every word known", drawer, train, test, seed)
    rows = rows[:20]
    texts = [data.texts[row] for row in rows]
    images = drawer.draw(texts, 1.5, 2, seed)
    copied = drawn_emoji.copies(train, texts, data.styles[rows])
    return (
        texts,
        images.tobytes(),
        [drawn_emoji.scored(x, rows, data, train) for x in (images, copied)],
    )


def of_filling(_, seed, __):
    import mmref.torch as wing

    rows = filling.runs(wing, "redundant, 3", "ConcatFusion", "dropout")
    return [list(row.values()) for row in rows if row["seed"] == seed]


def of_folders(framework, seed, folder):
    run = {"torch": folders.torch_run, "keras": folders.keras_run}[framework]
    epochs = run(*parts(folder, seed), "two-input", True, seed)
    return [row[:-1] for row in epochs]  # without the seconds


def of_folders_settings(framework, seed, folder):
    settings = 0.05, 0.3, 0.2
    return untimed(folders_settings.run(framework, *parts(folder, seed), 0, seed, settings, True))


def of_fusion(_, seed, __):
    import mmref.torch as wing

    tasks = fusion.tasks_of("parity, 2")
    (model,) = _fusions.trained(tasks, wing.ConcatFusion, [0.01], modality_dropout=0.3)
    return model.logits(_fusions.stacked(tasks, "test")[0])[seed].tolist()


def of_listening(_, seed, __):
    drawn = []  # what is right of them is nothing after one round, with any seed
    listening.right_of = lambda pictures, _: drawn.append(pictures.tobytes()) or {}
    list(listening.trained("one thing off", "product", seed, rounds=1, every=1))
    return drawn


def of_explaining(framework, seed, _):
    credit = list(explaining.game_rows(framework, "parity", "dropout", seed))
    return credit, list(explaining.picture_rows(framework, seed))


def of_missing(_, seed, __):
    import mmref.torch as wing

    rows = list(missing.runs(wing, "redundant, 3", "ConcatFusion", "dropout"))
    return [rows[seed][column] for column in missing.FIELDS if column not in missing.KEY]


def of_gan_density(framework, seed, _):
    judge = gan.JUDGES[framework](PIXELS[:, 0, 0], PIXELS[:, 1, 1], seed)
    return judge(np.linspace(0, 1, 5)[:, None]).tolist()


def of_gan_ring(framework, seed, _):
    found = []

    def look(epoch, points, history):
        found.append((epoch, points.tolist(), history))

    gan.RINGS[framework]("wasserstein, penalty", seed, look)
    return found


def of_gan_emoji(framework, seed, _):
    gan_emoji.SEEDS = (seed,)
    pictures, labels = gan_emoji.drawn(framework, NETWORKS)
    return pictures.tolist(), labels.tolist()


def of_gan_small(framework, seed, _):
    images = FEW_IMAGES, LABELS[:16] % 8
    return gan_small.drawn(gan_small.trained(framework, "label from 1", seed, *images)).tolist()


def of_modalities(framework, seed, _):
    x = PIXELS.reshape(48, -1)
    logits = modalities.RUN[framework](x, LABELS, x, "oversampling", 1.0, seed)
    return [part.tolist() for part in logits]


def of_graphs(framework, seed, _):
    names = ("plain 2", "residual 4", "attention 2", "no edges", "nodes")
    names += (graphs.OWN, "both: LowRankFusion, attention")
    return [untimed(graphs.row(framework, name, seed)) for name in names]


def of_multitask(framework, seed, _):
    names = ("shared, percent, from 0", "few: pointed, 50, shape", "shared, projected")
    return [untimed(multitask.row(framework, name, seed)) for name in names]


def of_pipeline(_, seed, folder):
    drawer = pipeline.Drawer(small_pipeline("torch", seed, folder / f"pipeline {seed}"))
    rows, texts = pipeline.asked(drawer.data, True, True, seed, 3)
    copied = pipeline.copies(rows["real"], rows["real"][::-1])
    return texts, copied.tobytes(), drawer.draw(rows, seed).tobytes()


def of_recurrence_memory(framework, seed, _):
    run = {"torch": recurrence.remember_torch, "keras": recurrence.remember_keras}[framework]
    return run("lstm, forget bias 1", 5, seed)


def of_recurrence_names(framework, seed, _):
    run = {"torch": recurrence.read_torch, "keras": recurrence.read_keras}[framework]
    data = IDS, LABELS
    return run(data, data, "lstm", 9, recurrence.Settings(epochs=1), seed)


def of_retrieval(_, seed, __):
    return [v.tolist() for v in retrieval.trained("info_nce", True, 1, seed).values()]


def of_text_to_image(_, seed, folder):
    drawer = text_to_image.Drawer(small_denoiser("torch", seed, folder / f"drawer {seed}"))
    real, texts = text_to_image.asked(1, True, seed, 3)
    return texts, real.tobytes(), drawer.draw(texts, 1.5, 2, seed).tobytes()


def of_transfer(framework, seed, _):
    if framework == "keras":  # slow, and its runs share one way to step
        return transfer.keras_names("discriminative", 8, seed)
    runs = [transfer.torch_names(run, 8, seed) for run in ("discriminative", "adapters")]
    return [*runs, transfer.numpy_names(transfer.LINEAR, 8, seed)]


def of_training(framework, seed, _):
    names = (("together", ""), ("early stopping", ""), ("adam: warm-up, cosine", 0.003))
    return [untimed(training.row(framework, name, s, seed)) for name, s in names]


def of_vqa(_, seed, __):
    for cached in (vqa.data, vqa.more, vqa.end_to_end, vqa.shown):
        cached.cache_clear()
    some = ("FiLMFusion", "each word looks")
    rests = [rest for key, rest in vqa.rows_of(seed) if key["fusion"] in some]
    return [untimed(rest()) for rest in rests], vqa.shown(seed)["seen"]["image"].tobytes()


def of_sentiment(framework, seed, _):
    sentiment.data.cache_clear()
    return sentiment.row(framework, "DecisionFusion, rule=product", "states", seed)


def of_weighted(framework, seed, _):
    run = {"torch": weighted.train_torch, "keras": weighted.train_keras}[framework]
    data = {"image": PICTURES, "text": IDS}, LABELS
    return run(data, data, "global", 9, weighted.Settings(epochs=1, channels=(4, 4, 4)), seed)


@cache
def parts(folder, seed):
    """What the studies on folders read from one of 85 emoji."""
    root = folder / f"pictures {seed}"
    root.mkdir()
    folders.write_folder(root, seed)
    return folders.read_folder(root)


def untimed(row):
    return {name: value for name, value in row.items() if name not in ("seconds", "ms_an_epoch")}


# ---- all of them ----

UNITS = {
    "train_gan": of_train_gan,
    "train_pipeline": of_train_pipeline,
    "train_text_to_image": of_train_text_to_image,
    "attention": of_attention,
    "audio": of_audio,
    "batch_norm": of_batch_norm,
    "captioning": of_captioning,
    "competition": of_competition,
    "compression": of_compression,
    "convolution": of_convolution,
    "diagnosis": of_diagnosis,
    "drawn_emoji": of_drawn_emoji,
    "explaining": of_explaining,
    "filling": of_filling,
    "folders": of_folders,
    "folders_settings": of_folders_settings,
    "fusion": of_fusion,
    "gan: density": of_gan_density,
    "gan: ring": of_gan_ring,
    "gan_emoji": of_gan_emoji,
    "gan_small": of_gan_small,
    "graphs": of_graphs,
    "listening": of_listening,
    "missing": of_missing,
    "modalities": of_modalities,
    "multitask": of_multitask,
    "pipeline": of_pipeline,
    "recurrence: memory": of_recurrence_memory,
    "recurrence: names": of_recurrence_names,
    "retrieval": of_retrieval,
    "sentiment": of_sentiment,
    "text_to_image": of_text_to_image,
    "transfer": of_transfer,
    "training": of_training,
    "vqa": of_vqa,
    "weighted": of_weighted,
}
# A process begins without a framework. The first run meets none, the second none but PyTorch.
RUNS = [("train_gan", "torch"), ("attention", attention.AS_IN_KERAS)]
RUNS += [(name, "torch") for name in UNITS]
OF_TORCH = (
    "competition",
    "drawn_emoji",
    "filling",
    "fusion",
    "missing",
    "retrieval",
    "text_to_image",
    "vqa",
)
RUNS += [(name, "keras") for name in UNITS if name not in OF_TORCH]


def forget():
    """Set every generator to chance: what a study does not seed itself is never the same."""
    random.seed()
    np.random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].seed()
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(random.randrange(2**31))
        # So little data is trained on sooner than a graph is compiled.
        sys.modules["tensorflow"].config.run_functions_eagerly(True)


def drawn(folder):
    """The pictures of the book's first page, the one for screens and the one for phones."""
    from scripts import landing_picture  # imports both frameworks

    sys.modules["keras"].config.set_dtype_policy("float64")  # nothing runs after this
    landing_picture.OUT = folder
    landing_picture.draw("light")
    return [path.read_bytes() for path in sorted(folder.glob("*.svg"))]


def hashed(value):
    return hashlib.sha256(repr(value).encode()).hexdigest()


def main(folder, *seeds):
    folder, found = Path(folder), {}
    for seed in seeds:
        found[seed] = {}
        for name, framework in RUNS:
            forget()
            value = UNITS[name](framework, int(seed), folder)
            found[seed][f"{name}, {framework}"] = hashed(value)
    print(json.dumps(found | {"drawn": hashed(drawn(folder))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
