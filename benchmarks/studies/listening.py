"""What makes the judge of a pipeline listen, on the small task of the chapter "The whole pipeline".

A picture of one color and words that name a shape; the shape in that color is to be drawn. The
networks are those of the chapter, in PyTorch, with three seeds for data and weights. ``pairs`` says
which wrong pairs the judge sees ("one thing off", "any other" example, or "none"), ``judge`` how it
joins what it sees and what it hears (by a "product", or by a "hidden layer" on both, as wide). A
row: after so many rounds, the shares of 200 pictures whose color, shape, and both are as asked, of
targets that were trained on ("seen") or held out ("new").

    make study NAME=listening
"""

import json
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref.data import scenes

RESULTS = Path(__file__).parents[1] / "results" / "listening.csv"
KEY = ["pairs", "judge", "seed", "rounds", "targets"]
FIELDS = [*KEY, "color", "shape", "both"]
SETTINGS = [
    ("one thing off", "product"),
    ("any other", "product"),
    ("none", "product"),
    ("one thing off", "hidden layer"),
]
SEEDS, ROUNDS, EVERY, BATCH, ROWS = 3, 1500, 300, 64, 4000
WORDS = ("", "a", "make", "it", "not", "but", *scenes.SHAPES)
HELD_OUT = np.array([(i, i) for i in range(5)])
KNOWN = np.array([(c, s) for c, s in product(range(6), range(5)) if c != s])


# ---- the data ----


def pictures_of(kinds, seed):
    """Pictures (N, 3, 10, 10) in [-1, 1] of colors and shapes (N, 2)."""
    said = [[("small", scenes.COLORS[c], scenes.SHAPES[s], "center")] for c, s in kinds]
    drawn = scenes.compose(said, seed)
    corners = np.rint(drawn.objects.positions[:, 0] / 4 - 5).astype(int)
    cut = [i[y : y + 10, x : x + 10] for i, (x, y) in zip(drawn.images, corners, strict=True)]
    return np.stack(cut).transpose(0, 3, 1, 2).astype("float32") / 127.5 - 1


def tasks(targets, seed):
    """Given pictures (N, 3, 10, 10) and words (N, 4) for targets (N, 2)."""
    rng = np.random.default_rng(seed)
    given = np.array(
        [
            KNOWN[rng.choice(np.flatnonzero((KNOWN[:, 0] == c) & (KNOWN[:, 1] != s)))]
            for c, s in targets
        ]
    )
    words = [
        sentence(rng.integers(3), *(scenes.SHAPES[s] for s in pair))
        for pair in zip(given[:, 1], targets[:, 1], strict=True)
    ]
    return pictures_of(given, seed), np.array(words)


def sentence(kind, old, new):
    said = [("a", new), ("make", "it", "a", new), ("not", old, "but", new)][kind]
    return [WORDS.index(word) for word in said] + [0] * (4 - len(said))


def wrong_rows(targets, pairs, seed):
    """Twenty rows (N, 20) for each whose drawing stands for what does not match."""
    rng = np.random.default_rng(seed)
    if pairs != "one thing off":
        return rng.integers(len(targets), size=(len(targets), 20))
    wrong = np.empty((len(targets), 20), int)
    for kind in KNOWN:
        own = np.flatnonzero((targets == kind).all(axis=1))
        for thing, half in enumerate((slice(0, 10), slice(10, 20))):
            same = targets[:, thing] == kind[thing]
            pool = np.flatnonzero(same & (targets[:, 1 - thing] != kind[1 - thing]))
            wrong[own, half] = rng.choice(pool, (len(own), 10))
    return wrong


def right_of(pictures, asked):
    """The shares whose color, shape, and both are as asked."""
    canvas = np.ones((len(pictures), 32, 32, 3), "float32")
    canvas[:, 11:21, 11:21] = (pictures.transpose(0, 2, 3, 1) + 1) / 2
    found = scenes.read(canvas).objects
    right = np.stack([found.colors[:, 0], found.shapes[:, 0]], axis=1) == asked
    return dict(zip(FIELDS[-3:], (*right.mean(axis=0), right.all(axis=1).mean()), strict=True))


# ---- the networks ----


def players(judge):
    """A generator and a judge, as the chapter writes them."""
    import torch
    from torch import nn

    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            first, second = nn.Conv2d(3, 16, 3, 2, 1), nn.Conv2d(16, 32, 3, 2, 1)
            flat = nn.Flatten(), nn.Linear(288, 64)
            self.cnn = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), *flat)
            self.embedding, self.rnn = nn.Embedding(len(WORDS), 16), nn.GRU(16, 64, 1, True, True)
            self.key, self.said = nn.Linear(64, 64, bias=False), nn.Linear(64, 64)
            self.logits = nn.Parameter(torch.zeros(2))

        def forward(self, picture, words):
            v, (h, _) = self.cnn(picture), self.rnn(self.embedding(words))
            scores = (self.key(h) * v[:, None]).sum(dim=2) / 8
            a = scores.masked_fill(words == 0, -torch.inf).softmax(dim=1)
            alpha = self.logits.softmax(dim=0)
            return alpha[0] * v + alpha[1] * self.said((a[:, :, None] * h).sum(dim=1))

    class Draw(nn.Module):
        def __init__(self):
            super().__init__()
            self.read, self.moments = Reader(), nn.Linear(64, 64)
            first = nn.Linear(48, 1600), nn.Unflatten(1, (64, 5, 5)), nn.BatchNorm2d(64), nn.ReLU()
            second = nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.BatchNorm2d(32), nn.ReLU()
            self.net = nn.Sequential(*first, *second, nn.Conv2d(32, 3, 3, 1, 1), nn.Tanh())

        def forward(self, picture, words, z, n):
            m, s = self.moments(self.read(picture, words)).chunk(2, dim=1)
            price = (m.square() + s.exp() - 1 - s).sum(dim=1).mean() / 2
            return self.net(torch.cat([z, m + (s / 2).exp() * n], dim=1)), price

    class Judge(nn.Module):
        def __init__(self):
            super().__init__()
            self.read, leak = Reader(), nn.LeakyReLU(0.2)
            first, second = nn.Conv2d(3, 32, 4, 2, 1), nn.Conv2d(32, 64, 3, 1, 1)
            self.cnn = nn.Sequential(first, leak, second, leak, nn.Flatten())
            beside = 0 if judge == "product" else 64
            self.see = nn.Sequential(nn.Linear(1600 + beside, 128), leak)
            self.real = nn.Linear(128, 1)
            self.match = nn.Linear(64, 128) if judge == "product" else None

        def forward(self, x, picture, words):
            g, f = self.cnn(x), self.read(picture, words)
            if self.match is None:
                return self.real(self.see(torch.cat([g, f], dim=1)))[:, 0]
            g = self.see(g)
            return self.real(g)[:, 0] + (self.match(f) * g).sum(dim=1) / 128**0.5

    return Draw(), Judge()


def trained(pairs, judge, seed, rounds=ROUNDS, every=EVERY):
    """After every so many rounds, the rows of both kinds of targets."""
    import torch
    from torch.nn.functional import softplus

    torch.manual_seed(seed)
    targets = KNOWN[np.random.default_rng(seed).integers(25, size=ROWS)]
    pictures, words = (torch.tensor(part) for part in tasks(targets, 10 + seed))
    drawings = torch.tensor(pictures_of(targets, 20 + seed))
    wrong = torch.tensor(wrong_rows(targets, pairs, 30 + seed))
    asked = {"seen": KNOWN[np.arange(200) % 25], "new": HELD_OUT[np.arange(200) % 5]}
    given = {
        name: [torch.tensor(part) for part in tasks(a, 40 + seed)] for name, a in asked.items()
    }
    G, D = players(judge)
    adam_G, adam_D = (torch.optim.Adam(net.parameters(), 1e-3, (0.5, 0.99)) for net in (G, D))
    for done in range(1, rounds + 1):
        rows = torch.randint(ROWS, (BATCH,))
        told, real = (pictures[rows], words[rows]), drawings[rows]
        fake, price = G(*told, torch.randn(BATCH, 16), torch.randn(BATCH, 32))
        other = drawings[wrong[rows, torch.randint(20, (BATCH,))]]
        kinds = [real, fake.detach()] if pairs == "none" else [real, fake.detach(), other]
        told_all = (part.repeat(len(kinds), *[1] * (part.ndim - 1)) for part in told)
        right, *not_right = D(torch.cat(kinds), *told_all).chunk(len(kinds))  # one pass for all
        loss_D = softplus(-right).mean() + softplus(torch.cat(not_right)).mean()
        step(adam_D, loss_D)
        loss_G = softplus(-D(fake, *told)).mean() + 0.02 * price
        step(adam_G, loss_G)
        if done % every == 0:
            G.eval()
            for name, asks in asked.items():
                with torch.no_grad():
                    drawn, _ = G(*given[name], torch.randn(200, 16), torch.zeros(200, 32))
                yield {"rounds": done, "targets": name} | right_of(drawn.numpy(), asks)
            G.train()


def step(adam, loss):
    adam.zero_grad()
    loss.backward()
    adam.step()


def main():
    import torch

    torch.set_num_threads(1)
    for seed, (pairs, judge) in product(range(SEEDS), SETTINGS):
        of = {"pairs": pairs, "judge": judge, "seed": seed}
        if not is_done(RESULTS, KEY, of | {"rounds": ROUNDS, "targets": "new"}):
            for row in trained(pairs, judge, seed):
                if not is_done(RESULTS, KEY, of | row):
                    append(RESULTS, FIELDS, of | row)
    text = json.dumps(machine() | {"pictures of a row": 200}, indent=1)
    (RESULTS.parent / "listening.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
