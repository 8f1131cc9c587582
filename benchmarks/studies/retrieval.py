"""Retrieval of emoji: two losses, right answers of the batch marked or not, three seeds.

The data and the two encoders are those of the chapter: a matrix on 16 x 16 pixels, and a vector for
each English word and Chinese character. Trained in PyTorch on Twemoji of three folds, each picture
with either name; tested on the things that were seen, in their pictures and in Google's, and on
those of another fold. Beside them: chance, no training, and words alone, which compares English
names with English key words by TF-IDF. ``fused`` finds new things by half their picture and half
their Chinese name. Rows that are there are not computed again.
"""

import json
import re
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref.data import emoji
from mmref.metrics import mean_reciprocal_rank, recall_at_k
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "retrieval.csv"
KEY = ["loss", "marked", "epochs", "seed"]
WAYS = {  # name -> which things, queries, items
    "seen": ("seen", "en", "image"),
    "google": ("seen", "en", "google"),
    "new": ("new", "en", "image"),
    "new_texts": ("new", "image", "en"),
    "chinese": ("new", "zh", "image"),
    "languages": ("new", "en", "zh"),
    "fused": ("new", "en", "fused"),
}
MEASURES = [f"{way}_{measure}" for way in WAYS for measure in ("recall_10", "mrr")]
FIELDS = [*KEY, *MEASURES]
LOSSES = ("info_nce", "hardest_negative_triplet")
EPOCHS, LONG, SEEDS, DIM, BATCH, RATE = 20, 80, 3, 32, 128, 3e-3
SHOWN = slice(None)  # of the emoji


def words(text):
    """English words and Chinese characters."""
    return re.findall(r"[a-z']+|[\u4e00-\u9fff]", text.lower())


@cache
def data():
    """Pixels by style, ids by language, which things were seen and which are new, words alone."""
    english, chinese = emoji.load(language="en"), emoji.load(language="zh")
    seen, new = np.isin(english.folds, (2, 3, 4))[SHOWN], (english.folds == 0)[SHOWN]
    names = {"en": english.names[SHOWN], "zh": chinese.names[SHOWN]}
    known = {w for n in names.values() for i in np.flatnonzero(seen) for w in words(n[i])}
    number = {word: i for i, word in enumerate(sorted(known), start=1)}
    ids = {}
    for language, texts in names.items():
        ids[language] = np.zeros((len(texts), 14), "int64")
        for row, text in zip(ids[language], texts):
            found = [number[w] for w in words(text) if w in number][:14]
            row[: len(found)] = found
    drawn = {"image": english.images, "google": emoji.load("google").images}
    pixels = {style: _small(images[SHOWN]) for style, images in drawn.items()}
    tags = [" ".join(tags) for tags in english.tags[SHOWN]]
    return pixels, ids, {"seen": seen, "new": new}, (len(number) + 1, names["en"], tags)


def _small(images):
    small = images.reshape(-1, 16, 4, 16, 4, 3).mean(axis=(2, 4)) / 127.5 - 1
    return small.reshape(len(small), -1).astype("float32")


def trained(loss, marked, epochs, seed):
    """The vectors, by name, of encoders that were trained so."""
    import torch
    from torch import nn
    from torch.nn import functional

    import mmref.torch as wing

    seed_everything(seed)
    pixels, ids, things, (count, *_) = data()
    matrix, table = nn.Linear(768, DIM), nn.Embedding(count, DIM, padding_idx=0)
    nn.init.normal_(table.weight, std=0.1)
    log_scale = nn.Parameter(torch.tensor(1 / 0.07).log())
    optimizer = torch.optim.Adam([*matrix.parameters(), *table.parameters(), log_scale], RATE)

    def texts(i):
        return functional.normalize((table(i) * (i > 0).unsqueeze(-1)).sum(dim=1), dim=1)

    rows = np.flatnonzero(things["seen"])
    x = torch.tensor(np.concatenate([pixels["image"][rows]] * 2))
    i = torch.tensor(np.concatenate([ids["en"][rows], ids["zh"][rows]]))
    which = torch.tensor(np.tile(rows, 2))
    for _ in range(epochs):
        for b in torch.randperm(len(x)).split(BATCH):
            u, v = matrix(functional.dropout(x[b], 0.5)), texts(i[b])
            same = which[b, None] == which[b] if marked else None
            if loss == "info_nce":
                value = wing.info_nce(u, v, torch.exp(-log_scale), same)
            else:
                value = wing.hardest_negative_triplet(u, v, 0.2, same)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
    with torch.no_grad():
        found = {n: functional.normalize(matrix(torch.tensor(p)), dim=1) for n, p in pixels.items()}
        found |= {n: texts(torch.tensor(k)) for n, k in ids.items()}
    return {name: vectors.numpy() for name, vectors in found.items()}


def measured(found):
    """Recall@10 and MRR of each way."""
    found = found | {"fused": found["image"] + found["zh"]}
    lengths = np.linalg.norm(found["fused"], axis=1, keepdims=True)
    found["fused"] = found["fused"] / np.where(lengths == 0, 1, lengths)
    row = {}
    for way, (things, query, item) in WAYS.items():
        rows = data()[2][things]
        row |= marks(way, found[query][rows] @ found[item][rows].T)
    return row


def marks(way, scores):
    right = np.eye(len(scores), dtype=bool)
    told = recall_at_k(scores, right, 10), mean_reciprocal_rank(scores, right)
    return {f"{way}_recall_10": told[0], f"{way}_mrr": told[1]}


def words_alone():
    """New things found by their English key words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    _, _, things, (_, names, tags) = data()
    tfidf = TfidfVectorizer(analyzer=words)
    tfidf.fit([tags[i] for i in np.flatnonzero(things["seen"])])
    queries, items = (
        tfidf.transform([texts[i] for i in np.flatnonzero(things["new"])]).toarray()
        for texts in (names, tags)
    )
    return marks("new", queries @ items.T)


def chance():
    things = data()[2]
    ways = ((way, int(things[rows].sum())) for way, (rows, *_) in WAYS.items())
    return {k: v for way, n in ways for k, v in marks(way, np.ones((n, n))).items()}


def settings():
    """(loss, marked, epochs) of each training."""
    yield from ((loss, marked, EPOCHS) for loss in LOSSES for marked in (True, False))
    yield from ((loss, True, LONG) for loss in LOSSES)
    yield "info_nce", True, 0  # untrained


def main():
    RESULTS.parent.mkdir(exist_ok=True)
    for name, judge in (("chance", chance), ("words alone", words_alone)):
        key = {"loss": name, "marked": "", "epochs": "", "seed": ""}
        if not is_done(RESULTS, KEY, key):
            append(RESULTS, FIELDS, key | judge())
    for seed in range(SEEDS):
        for loss, marked, epochs in settings():
            key = {"loss": loss, "marked": marked, "epochs": epochs, "seed": seed}
            if not is_done(RESULTS, KEY, key):
                append(RESULTS, FIELDS, key | measured(trained(loss, marked, epochs, seed)))
    about = machine("scikit-learn") | {"batch": BATCH, "rate": RATE, "dim": DIM}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
