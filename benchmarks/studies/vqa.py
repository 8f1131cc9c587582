"""Questions about pictures: every fusion by name, with the picture pooled before or after it.

The data are as in the chapter: scenes of one to four objects, a question about each, six kinds
of them, ten people who err once in ten. No training scene or question has one of six pairs of color
and shape ("new"); of them half the tests are about: accuracy by kind is of the others ("seen").

``vectors``: the picture is one vector (three blocks, flattened, a dense layer) before it meets the
question. ``places``: the map of the same blocks, of 4 x 4 places, meets it. Attention and
cross-attention take the vectors of all places; any other fusion is put at each place, and the
largest of each component is kept. Beside them: the question alone, the picture alone, and for each
question its most frequent answer in training ("counts"). All see the same rows in the same order.

``moved``: the share of right answers that change when the object in question, or another one, is
painted over; ``pointed``: how often the place with most maxima (or with most attention of the
question) lies on the object, of questions about one. Rows that are there are not computed again.
"""

import json
import time
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref.data import scenes
from mmref.data.text import Vocabulary
from mmref.metrics import vqa_accuracy
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "vqa.csv"
KEY = ["fusion", "picture", "seed"]
ONE = ("color", "shape", "position", "existence")  # read off one object, or its absence
LOOKS = ["moved_by_it", "moved_by_another", "pointed"]
FIELDS = [*KEY, "parameters", "accuracy", "vqa", *scenes.ANSWERS, *(f"new_{k}" for k in ONE)]
FIELDS += [*LOOKS, "seconds"]
ROWS, TESTS, PEOPLE, ERROR = 16000, 3000, 10, 0.1
EPOCHS, BATCH, RATE, SEEDS, SIDE = 8, 64, 4e-3, 3, 32
CHANNELS, DIM, WORDS = (16, 32, 64), 128, 32
NEW = [(color, scenes.SHAPES[i % 5]) for i, color in enumerate(scenes.COLORS)]
CLASSES = tuple(sorted({a for kind in scenes.ANSWERS.values() for a in kind}))
VECTORS = (
    *("ConcatFusion", "WeightedFusion", "AdaptiveFusion", "AttentionFusion"),
    *("CrossAttentionFusion", "GatedFusion", "FiLMFusion", "BilinearFusion", "LowRankFusion"),
    *("TensorFusion", "DecisionFusion", "HybridFusion"),
)
PLACES = ("AttentionFusion", "CrossAttentionFusion", "ConcatFusion", "FiLMFusion", "LowRankFusion")


def has_new(asked):
    """(N, O) bool, which objects have a pair that is kept for the tests."""
    objects = asked.scenes.objects
    pairs = [(scenes.COLORS.index(c), scenes.SHAPES.index(s)) for c, s in NEW]
    return objects.mask & np.any(
        [(objects.colors == c) & (objects.shapes == s) for c, s in pairs], axis=0
    )


def meant(asked):
    """(N,), which object the question is about, -1 where none or several are."""
    found = []
    for i, (kind, (thing, *_)) in enumerate(zip(asked.kinds, asked.things, strict=True)):
        fits = [k for k, item in enumerate(asked.scenes.objects.items(i)) if thing.fits(item)]
        found.append(fits[0] if kind in ONE and len(fits) == 1 else -1)
    return np.array(found, int)


def asks_new(asked):
    """(N,), whether the question names such a pair."""
    return np.array([any((t.color, t.shape) in NEW for t in things) for things in asked.things])


@cache
def data(seed):
    """Training rows; seen and new test rows; the vocabulary."""
    parts = {}
    for number, (part, n) in enumerate({"train": ROWS, "seen": TESTS, "new": TESTS}.items()):
        drawn = scenes.questions(3 * n, 10 * seed + number, side=SIDE)
        new = has_new(drawn).any(axis=1) | asks_new(drawn)
        if part == "new":
            about = meant(drawn)
            has = has_new(drawn)[np.arange(len(drawn)), np.maximum(about, 0)] & (about >= 0)
            kinds = np.isin(drawn.kinds, ONE)
            rows = np.flatnonzero(kinds & (has | asks_new(drawn)))
        else:
            rows = np.flatnonzero(~new)
        parts[part] = taken(drawn, rows[:n])
    words = Vocabulary.build(parts["train"].texts)
    return parts, words


def taken(asked, rows):
    """Some of the questions."""
    lists = (asked.texts, asked.answers, asked.kinds, asked.things)
    return scenes.Questions(asked.scenes[rows], *(tuple(v[i] for i in rows) for v in lists))


def targets(asked, seed):
    """(N, K), the share of the people who give each answer; and what they say."""
    said = scenes.annotate(asked, seed, PEOPLE, ERROR)
    shares = np.zeros((len(said), len(CLASSES)), "float32")
    for row, some in zip(shares, said, strict=True):
        for answer in some:
            row[CLASSES.index(answer)] += 1 / PEOPLE
    return shares, said


def model_of(fusion, picture, words):
    """A classifier of this fusion."""
    import mmref.torch as wing

    size = (SIDE, SIDE)
    encoders = {}
    if picture == "vectors":
        encoders["image"] = wing.ImageEncoder(size, CHANNELS, DIM)
    elif picture == "places":
        encoders["image"] = wing.MapEncoder(size, CHANNELS)
    if fusion != "picture alone":
        encoders["text"] = wing.TextEncoder(len(words), WORDS, 2 * WORDS, WORDS, cell="gru")
    dims = {m: f.output_dim for m, f in encoders.items()}
    make = getattr(wing, fusion, wing.ConcatFusion)
    options = {"heads": 4} if fusion == "CrossAttentionFusion" else {}
    options |= {"rank": 4} if fusion == "LowRankFusion" else {}
    width = len(CLASSES) if fusion in ("DecisionFusion", "HybridFusion") else DIM
    made = make(dims, width, **options)
    if picture == "places" and "Attention" not in fusion:
        made = wing.LocalFusion(made)
    return wing.FusionClassifier(encoders, made, len(CLASSES))


def inputs_of(model, asked, words, images=None):
    images = asked.scenes.images if images is None else images
    pixels = (images / np.float32(255)).transpose(0, 3, 1, 2)
    given = {"image": np.ascontiguousarray(pixels), "text": words.encode(asked.texts)[0]}
    return {m: given[m] for m in model.encoders}


def trained(fusion, picture, seed):
    """The model, after EPOCHS."""
    import torch

    import mmref.torch as wing

    torch.set_num_threads(1)
    parts, words = data(seed)
    seed_everything(seed)
    model = model_of(fusion, picture, words)
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    y = targets(parts["train"], seed)[0]
    steps = EPOCHS * -(-len(y) // BATCH)
    wing.fit(
        *(model, optimizer, (inputs_of(model, parts["train"], words), y)),
        loss=lambda logits, y: torch.nn.functional.cross_entropy(logits, y),
        scheduler=torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps),
        epochs=EPOCHS, batch_size=BATCH, seed=seed, progress=False,
    )  # fmt: skip
    return model.eval()


def answered(model, asked, words, images=None):
    """What it answers, (N,)."""
    import mmref.torch as wing

    logits = wing.predict(model, inputs_of(model, asked, words, images), batch_size=500)
    return np.array(CLASSES)[logits.argmax(dim=1).numpy()]


def counted(seed):
    """The most frequent answer of each question in training, of any where it is new."""
    train = data(seed)[0]["train"]
    texts = {}
    for text, answer in zip(train.texts, train.answers, strict=True):
        texts.setdefault(text, Counter())[answer] += 1
    most = Counter(train.answers).most_common(1)[0][0]
    best = {text: max(sorted(c), key=c.__getitem__) for text, c in texts.items()}
    return lambda asked: np.array([best.get(text, most) for text in asked.texts])


def by_kind(said, asked, prefix=""):
    right, kinds = said == np.array(asked.answers), np.array(asked.kinds)
    return {f"{prefix}{k}": float(right[kinds == k].mean()) for k in dict.fromkeys(asked.kinds)}


def measured(answer, seed):
    """What is right: of all tests, and by kind; and the accuracy of VQA."""
    parts, _ = data(seed)
    said = {part: answer(parts[part]) for part in ("seen", "new")}
    seen = parts["seen"]
    row = {"accuracy": float((said["seen"] == np.array(seen.answers)).mean())}
    people = targets(seen, 1000 + seed)[1]
    row["vqa"] = float(vqa_accuracy(said["seen"].tolist(), people).mean())
    return row | by_kind(said["seen"], seen) | by_kind(said["new"], parts["new"], "new_")


def painted(asked, which):
    """The pictures, the box of one object of each painted white."""
    images, boxes = asked.scenes.images.copy(), asked.scenes.objects.boxes
    for i, k in enumerate(which):
        left, top, right, bottom = boxes[i, k]
        images[i, top:bottom, left:right] = 255
    return images


def looks(model, seed):
    """Whether the answer hangs on the object in question, and whether the model points there."""
    parts, words = data(seed)
    asked, about = parts["seen"], meant(parts["seen"])
    count = asked.scenes.objects.mask.sum(axis=1)
    said = answered(model, asked, words)
    ask = (about >= 0) & (count > 1) & (said == np.array(asked.answers))
    rows = np.flatnonzero(ask & (np.array(asked.kinds) != "existence"))
    if not len(rows):
        return {}
    asked, about = taken(asked, rows), about[rows]
    other = (about + 1) % count[rows]
    row = {}
    for name, which in (("moved_by_it", about), ("moved_by_another", other)):
        again = answered(model, asked, words, painted(asked, which))
        row[name] = float((again != said[rows]).mean())
    shares = pointing(model, inputs_of(model, asked, words))
    if shares is not None:
        row["pointed"] = float(on_object(asked, about)[np.arange(len(rows)), shares].mean())
    return row


def pointing(model, inputs):
    """(N,), the place that counts most."""
    import torch

    fusion = model.fusion
    with torch.no_grad():
        x = model.features({m: torch.as_tensor(v) for m, v in inputs.items()})
        if hasattr(fusion, "strongest"):
            return fusion.strongest(x).argmax(dim=1).numpy()
        if x["image"].ndim == 3 and type(fusion).__name__ == "CrossAttentionFusion":
            h = {m: fusion.projections[m](v) for m, v in x.items()}
            weights = fusion.attentions["text"].attention_weights(h["text"][:, None], h["image"])
            return weights[:, :, 0].mean(dim=1).argmax(dim=1).numpy()
    return None


def on_object(asked, about):
    """(N, places), whether the square of a place meets the box of the object."""
    cells = SIDE // 2 ** len(CHANNELS)
    edges = np.arange(cells) * (SIDE // cells)
    left, top, right, bottom = asked.scenes.objects.boxes[np.arange(len(about)), about].T[..., None]
    across = (edges < right) & (edges + SIDE // cells > left)
    down = (edges < bottom) & (edges + SIDE // cells > top)
    return (down[:, :, None] & across[:, None]).reshape(len(about), -1)


def plan():
    """(fusion, picture) of everything that is trained."""
    yield from (("FiLMFusion", "places"), ("CrossAttentionFusion", "places"))
    yield from (("question alone", ""), ("picture alone", "vectors"))
    yield from ((fusion, "vectors") for fusion in VECTORS)
    yield from ((fusion, "places") for fusion in PLACES)


def main():
    RESULTS.parent.mkdir(exist_ok=True)
    for seed in range(SEEDS):
        key = {"fusion": "counts", "picture": "", "seed": seed}
        if not is_done(RESULTS, KEY, key):
            append(RESULTS, FIELDS, key | measured(counted(seed), seed))
        for fusion, picture in plan():
            key = {"fusion": fusion, "picture": picture, "seed": seed}
            if is_done(RESULTS, KEY, key):
                continue
            start = time.process_time()
            model = trained(fusion, picture, seed)
            key["seconds"] = time.process_time() - start
            key["parameters"] = sum(p.numel() for p in model.parameters())
            words = data(seed)[1]
            key |= measured(lambda asked, m=model, w=words: answered(m, asked, w), seed)
            if picture and fusion != "picture alone":
                key |= looks(model, seed)
            append(RESULTS, FIELDS, key)
    about = machine() | {"rows": ROWS, "epochs": EPOCHS, "batch": BATCH, "rate": RATE}
    about |= {"people": PEOPLE, "error": ERROR}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
