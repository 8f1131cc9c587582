"""Questions about pictures: every fusion by name, before the picture is one vector and after.

The data are as in the chapter: scenes of one to four objects, a question about each, six kinds of
them, ten people who err once in ten. No training scene or question has one of six pairs of color
and shape; "new" tests ask about an object that has one, all others have none.

``end to end``: a map of 4 x 4 places (three blocks of convolution), bilinear fusion at each place,
the largest of each component. Its blocks are then kept as they are, and every other model is
trained on what they say of the places, so that all see the same. ``vector``: the places are one
vector (a dense layer with a ReLU) before it meets the question. ``places``: attention and
cross-attention take the vectors of all places; another fusion is put at each place. Beside them:
the question alone, the picture alone, and for each question its most frequent answer in training
("counts"). All see the same rows, and are trained alike.

``longer``: two models from pixels to answers in eight epochs of 48,000 questions: the end-to-end
one again, and ``each word looks``: the state of a recurrence after each word attends to the places
(two heads), and a second recurrence reads the states, each with what it saw.

``moved``: how many of the right answers (color, shape, place; two objects or more) change when the
object in question, or another one, is painted over; ``pointed``: how often the place with most
maxima, or with most attention of the question, lies on the object. Rows that are there are not
computed again.
"""

import json
import time
from collections import Counter
from functools import cache, partial
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
ROWS, TESTS, PEOPLE, ERROR = 12000, 2000, 10, 0.1
END_TO_END, EPOCHS, BATCH, RATE, SEEDS, SIDE = 5, 3, 64, 4e-3, 3, 32
CHANNELS, DIM, WORDS = (16, 32, 64), 64, 24
MORE, LONGER, SLOWER, HEADS, HIDDEN = 48000, 8, 2e-3, 2, 256
NEW = [(color, scenes.SHAPES[i % 5]) for i, color in enumerate(scenes.COLORS)]
CLASSES = tuple(sorted({a for kind in scenes.ANSWERS.values() for a in kind}))
VECTORS = (
    *("ConcatFusion", "WeightedFusion", "AdaptiveFusion", "GatedFusion", "FiLMFusion"),
    *("BilinearFusion", "LowRankFusion", "TensorFusion", "DecisionFusion", "HybridFusion"),
)
PLACES = (
    *("AttentionFusion", "CrossAttentionFusion", "ConcatFusion", "FiLMFusion"),
    *("LowRankFusion", "BilinearFusion"),
)


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


@cache
def more(seed):
    """Questions for the longer trainings, none of them new."""
    drawn = scenes.questions(2 * MORE, 10 * seed + 3, side=SIDE)
    rows = np.flatnonzero(~(has_new(drawn).any(axis=1) | asks_new(drawn)))
    assert len(rows) >= MORE
    return taken(drawn, rows[:MORE])


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


def text_encoder(wing, words):
    return wing.TextEncoder(len(words), 32, 64, WORDS, cell="gru")


def fitted(model, inputs, y, epochs, seed, rate=RATE):
    """The model after its epochs."""
    import torch

    import mmref.torch as wing

    optimizer = torch.optim.Adam(model.parameters(), rate)
    steps = epochs * -(-len(y) // BATCH)
    wing.fit(
        *(model, optimizer, (inputs, y)),
        loss=lambda logits, y: torch.nn.functional.cross_entropy(logits, y),
        scheduler=torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps),
        epochs=epochs, batch_size=BATCH, seed=seed, progress=False,
    )  # fmt: skip
    return model.eval()


def given(asked, words, images=None):
    """What the end-to-end model is called with."""
    images = asked.scenes.images if images is None else images
    pixels = (images / np.float32(255)).transpose(0, 3, 1, 2)
    return {"image": np.ascontiguousarray(pixels), "text": words.encode(asked.texts)[0]}


def bilinear(words):
    """From pixels and words to answers: bilinear fusion at each place."""
    import mmref.torch as wing

    image = wing.MapEncoder((SIDE, SIDE), CHANNELS)
    encoders = {"image": image, "text": text_encoder(wing, words)}
    fusion = wing.BilinearFusion({m: f.output_dim for m, f in encoders.items()}, DIM)
    return wing.FusionClassifier(encoders, wing.LocalFusion(fusion), len(CLASSES))


def each_word_looks(words):
    """From pixels and words to answers: each word looks at the places, then all is read."""
    import torch
    from torch import nn

    import mmref.torch as wing

    class EachWordLooks(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoders = nn.ModuleDict({"image": wing.MapEncoder((SIDE, SIDE), CHANNELS)})
            self.encoders["text"] = nn.Embedding(len(words), 32)
            self.words, width = nn.GRU(32, 64, batch_first=True), HEADS * 64
            self.query = nn.Linear(64, width)
            self.key, self.value = (nn.Linear(CHANNELS[-1], width) for _ in range(2))
            self.read = nn.GRU(64 + width, 2 * 64, batch_first=True)
            hidden = nn.Linear(2 * 64, HIDDEN), nn.ReLU()
            self.answer = nn.Sequential(*hidden, nn.Linear(HIDDEN, len(CLASSES)))

        def forward(self, inputs):
            x = self.encoders["image"](inputs["image"])  # (B, N, D)
            states, _ = self.words(self.encoders["text"](inputs["text"]))  # (B, T, 64)
            parts = self.query(states), self.key(x), self.value(x)
            heads = (part.unflatten(2, (HEADS, 64)).transpose(1, 2) for part in parts)
            seen = nn.functional.scaled_dot_product_attention(*heads)  # (B, heads, T, 64)
            read, _ = self.read(torch.cat([states, seen.transpose(1, 2).flatten(2)], dim=2))
            last = (inputs["text"] > 0).sum(dim=1) - 1
            return self.answer(read[torch.arange(len(read)), last])

    return EachWordLooks()


@cache
def end_to_end(seed):
    """The model whose blocks the others take, and its seconds."""
    import torch

    torch.set_num_threads(1)
    parts, words = data(seed)
    seed_everything(seed)
    start = time.process_time()
    model, train = bilinear(words), parts["train"]
    model = fitted(model, given(train, words), targets(train, seed)[0], END_TO_END, seed)
    return model, time.process_time() - start


@cache
def shown(seed):
    """Inputs of each part, and of tests with an object painted over: places and ids."""
    import torch

    parts, words = data(seed)
    (model, _), (rows, about, other) = end_to_end(seed), asked_about(seed)
    some = taken(parts["seen"], rows)
    images = {name: (asked, None) for name, asked in parts.items()}
    images |= {"it": (some, painted(some, about)), "another": (some, painted(some, other))}
    found = {}
    with torch.no_grad():
        for name, (asked, pixels) in images.items():
            inputs = given(asked, words, pixels)
            batches = torch.as_tensor(inputs["image"]).split(500)
            places = torch.cat([model.encoders["image"](x) for x in batches])
            found[name] = inputs | {"image": places.numpy()}
    return found


def asked_about(seed):
    """Rows of the seen tests that ask for a property of one object of several; it, another one."""
    asked, about = data(seed)[0]["seen"], meant(data(seed)[0]["seen"])
    count = asked.scenes.objects.mask.sum(axis=1)
    rows = np.flatnonzero((about >= 0) & (count > 1) & (np.array(asked.kinds) != "existence"))
    return rows, about[rows], (about[rows] + 1) % count[rows]


def trained(fusion, picture, seed):
    """A model of this fusion on the places as they are shown."""
    import torch
    from torch import nn

    import mmref.torch as wing

    class Places(nn.Identity):
        output_dim = CHANNELS[-1]

    class Vector(nn.Sequential):
        output_dim = 2 * DIM

    (parts, words), inputs = data(seed), shown(seed)["train"]
    torch.set_num_threads(1)
    seed_everything(seed)
    encoders = {}
    if picture == "vector":
        size = inputs["image"].shape[1] * CHANNELS[-1]
        encoders["image"] = Vector(nn.Flatten(), nn.Linear(size, 2 * DIM), nn.ReLU())
    elif picture == "places":
        encoders["image"] = Places()
    if fusion != "picture alone":
        encoders["text"] = text_encoder(wing, words)
    dims = {m: f.output_dim for m, f in encoders.items()}
    options = {"heads": 4} if fusion == "CrossAttentionFusion" else {}
    options |= {"rank": 4} if fusion == "LowRankFusion" else {}
    decides = fusion in ("DecisionFusion", "HybridFusion")
    make = getattr(wing, fusion, wing.ConcatFusion)
    made = make(dims, len(CLASSES) if decides else DIM, **options)
    if picture == "places" and "Attention" not in fusion:
        made = wing.LocalFusion(made)
    model = wing.FusionClassifier(encoders, made, len(CLASSES))
    y = targets(parts["train"], seed)[0]
    return fitted(model, {m: inputs[m] for m in encoders}, y, EPOCHS, seed)


def answered(model, inputs):
    """What it answers, (N,)."""
    import mmref.torch as wing

    logits = wing.predict(model, {m: inputs[m] for m in model.encoders}, batch_size=500)
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
    """What is right of what ``answer`` says of a part: in all, by kind, and VQA's accuracy."""
    parts, _ = data(seed)
    seen, said = parts["seen"], answer("seen")
    row = {"accuracy": float((said == np.array(seen.answers)).mean())}
    people = targets(seen, 1000 + seed)[1]
    row["vqa"] = float(vqa_accuracy(said.tolist(), people).mean())
    return row | by_kind(said, seen) | by_kind(answer("new"), parts["new"], "new_")


def painted(asked, which):
    """The pictures, the box of one object of each painted white."""
    images, boxes = asked.scenes.images.copy(), asked.scenes.objects.boxes
    for i, k in enumerate(which):
        left, top, right, bottom = boxes[i, k]
        images[i, top:bottom, left:right] = 255
    return images


def looked(model, seed):
    """Whether the answer hangs on the object in question, and whether the model points there."""
    (rows, about, _), inputs = asked_about(seed), shown(seed)
    asked = taken(data(seed)[0]["seen"], rows)
    before = {m: x[rows] for m, x in inputs["seen"].items()}
    said = answered(model, before)
    right = said == np.array(asked.answers)
    if not right.any():
        return {}
    row = {
        f"moved_by_{name}": float((answered(model, inputs[name]) != said)[right].mean())
        for name in ("it", "another")
    }
    where = pointing(model, {m: before[m] for m in model.encoders})
    if where is not None:
        row["pointed"] = float(on_object(asked, about)[np.arange(len(rows)), where][right].mean())
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
    """(fusion, picture) of everything that is trained on the places."""
    yield from (("question alone", ""), ("picture alone", "vector"))
    yield from ((fusion, "places") for fusion in PLACES)
    yield from ((fusion, "vector") for fusion in VECTORS)


def rows_of(seed):
    """(key, function that gives the rest of the row) of everything."""

    def of_counts():
        return measured(lambda part: counted(seed)(data(seed)[0][part]), seed)

    def of_model(model, seconds, inputs):
        row = measured(lambda part: answered(model, inputs[part]), seed)
        row |= {"parameters": sum(p.numel() for p in model.parameters()), "seconds": seconds}
        return row | (looked(model, seed) if len(model.encoders) == 2 else {})

    def of_whole():
        model, seconds = end_to_end(seed)
        parts, words = data(seed)
        row = measured(lambda part: answered(model, given(parts[part], words)), seed)
        parameters = sum(p.numel() for p in model.parameters())
        return row | {"parameters": parameters, "seconds": seconds}

    def of_fusion(fusion, picture):
        shown(seed)  # not among the seconds
        start = time.process_time()
        model = trained(fusion, picture, seed)
        return of_model(model, time.process_time() - start, shown(seed))

    def of_longer(make):
        import torch

        torch.set_num_threads(1)
        (parts, words), train = data(seed), more(seed)
        y = targets(train, seed)[0]
        seed_everything(seed)
        start = time.process_time()
        model = fitted(make(words), given(train, words), y, LONGER, seed, SLOWER)
        seconds = time.process_time() - start
        row = measured(lambda part: answered(model, given(parts[part], words)), seed)
        return row | {"parameters": sum(p.numel() for p in model.parameters()), "seconds": seconds}

    yield {"fusion": "counts", "picture": "", "seed": seed}, of_counts
    yield {"fusion": "BilinearFusion", "picture": "end to end", "seed": seed}, of_whole
    for fusion, make in (("each word looks", each_word_looks), ("BilinearFusion", bilinear)):
        yield {"fusion": fusion, "picture": "longer", "seed": seed}, partial(of_longer, make)
    for fusion, picture in plan():
        key = {"fusion": fusion, "picture": picture, "seed": seed}
        yield key, partial(of_fusion, fusion, picture)


def main():
    RESULTS.parent.mkdir(exist_ok=True)
    for seed in range(SEEDS):
        for key, rest in rows_of(seed):
            if not is_done(RESULTS, KEY, key):
                append(RESULTS, FIELDS, key | rest())
    about = machine() | {"rows": ROWS, "epochs": EPOCHS, "epochs, end to end": END_TO_END}
    about |= {"rows, longer": MORE, "epochs, longer": LONGER, "rate, longer": SLOWER}
    about |= {"batch": BATCH, "rate": RATE, "people": PEOPLE, "error": ERROR}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
