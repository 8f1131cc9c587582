"""Words in a voice never heard, with three seeds: stripes, means, and filters of another kind.

Task and network are those of the chapter "Sound": 25 foods in six voices, one of three voices held
out. A ``setting`` is "plain", "stripes" (a stripe of frames and one of bands painted over, anew in
each epoch) or "means left in" (of the bands over a clip). A row: the share of the held-out voice's
words that is named right ("right"), and of the training's own ("own"); then that of the held-out
voice when the trained network is given other filters than those of its training, which are HTK's
scale with triangles of height 1; columns "floor ..." are the shares of these features at the floor.

    make study NAME=audio
"""

import json
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref.data import emoji, speech, transforms
from mmref.reference import audio

RESULTS = Path(__file__).parents[1] / "results" / "audio.csv"
KEY = ["framework", "setting", "seed", "voice"]
FILTERS = {
    "htk, height": {"scale": "htk"},
    "slaney, height": {"scale": "slaney"},
    "htk, area": {"scale": "htk", "area": True},
    "slaney, area": {"scale": "slaney", "area": True},
}
OTHERS = list(FILTERS)[1:]
FIELDS = [*KEY, "right", "own", *OTHERS, *(f"floor {name}" for name in FILTERS)]
SETTINGS, SEEDS = ("plain", "stripes", "means left in"), 3
VOICES = ("espeak-m3", "festival-kal", "flite-rms")
EPOCHS, BATCH, RATE, FLOOR, WIDTH = 50, 25, 3e-3, 1e-2, 48


# ---- the data ----


@cache
def data():
    """Power (B, 48, 129), labels (B,) and voices (B,) of the foods."""
    drawn, said = emoji.load(), speech.load("en")
    food = [i for i, e in enumerate(said.emoji) if drawn.groups[drawn.labels[e]] == "Food & Drink"]
    texts = [said.texts[i] for i in food]
    sounds = np.zeros((len(food), 256 + 47 * 128), "float32")
    for row, i in zip(sounds, food, strict=True):
        x = said.sounds[i][: len(row)]
        row[: len(x)] = x
    labels = np.array([sorted(set(texts)).index(text) for text in texts])
    power = audio.power_spectrogram(sounds, 256, 128)
    return power, labels, np.array([said.voices[i] for i in food])


def features(power, filters, setting):
    """Log-mels (B, L, M) with such filters, and the share of them that is at the floor."""
    F = audio.mel_filters(8000, 256, 40, **FILTERS[filters]).astype("float32")
    logs = audio.log_mel(power, F, FLOOR)
    quiet = float((logs <= np.log(np.float32(FLOOR))).mean())
    means = 0 if setting == "means left in" else logs.mean(axis=1, keepdims=True)
    return (logs - means) / 3, quiet


def epochs(S, labels, setting, seed):
    """All epochs in a row, each in another order."""
    rng, parts, rows = np.random.default_rng(seed), [], []
    for _ in range(EPOCHS):
        order = rng.permutation(len(S))
        part = S[order]
        if setting == "stripes":
            part = transforms.mask_spectrogram(part, rng, time=0.2, bands=0.2, fill=0.0)
        parts.append(part)
        rows.append(labels[order])
    return np.concatenate(parts), np.concatenate(rows)


# ---- the networks: of features, their scores ----


def torch_scorer(S, labels, setting, seed):
    import torch
    from torch import nn

    class Listener(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv1d(40, WIDTH, 5, stride=2, padding=2)
            self.gru = nn.GRU(WIDTH, WIDTH, batch_first=True)
            self.head = nn.Linear(WIDTH, 25)

        def forward(self, S):
            y = self.conv(S.transpose(1, 2)).relu()
            y = nn.functional.dropout(y, 0.2, self.training).transpose(1, 2)
            states, _ = self.gru(y)
            return self.head(nn.functional.dropout(states.mean(dim=1), 0.3, self.training))

    torch.manual_seed(seed)
    model, steps = Listener(), EPOCHS * len(S) // BATCH
    adam = torch.optim.Adam(model.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    x, y = (torch.tensor(part) for part in epochs(S, labels, setting, seed))
    for i in range(steps):
        rows = slice(BATCH * i, BATCH * (i + 1))
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        adam.zero_grad()
        loss.backward()
        adam.step()
        schedule.step()
    model.eval()
    return lambda S: model(torch.tensor(S)).detach().numpy()


def keras_scorer(S, labels, setting, seed):
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            layers.Input((48, 40)),
            layers.Conv1D(WIDTH, 5, strides=2, padding="same", activation="relu"),
            layers.Dropout(0.2),
            layers.GRU(WIDTH, return_sequences=True),
            layers.GlobalAveragePooling1D(),
            layers.Dropout(0.3),
            layers.Dense(25),
        ]
    )
    schedule = keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * len(S) // BATCH)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(schedule), loss)
    x, y = epochs(S, labels, setting, seed)
    model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0)
    return lambda S: keras.ops.convert_to_numpy(model(S))


SCORER = {"torch": torch_scorer, "keras": keras_scorer}


def row(framework, setting, seed, voice):
    power, labels, voices = data()
    S = {name: features(power, name, setting) for name in FILTERS}
    heard, known = voices != voice, S["htk, height"][0]
    scores = SCORER[framework](known[heard], labels[heard], setting, seed)

    def right(S, rows):
        return float((scores(S[rows]).argmax(axis=1) == labels[rows]).mean())

    shares = {"right": right(known, ~heard), "own": right(known, heard)}
    shares |= {name: right(S[name][0], ~heard) for name in OTHERS}
    return shares | {f"floor {name}": quiet for name, (_, quiet) in S.items()}


def main():
    import torch

    torch.set_num_threads(1)
    for values in product(SCORER, SETTINGS, range(SEEDS), VOICES):
        of = dict(zip(KEY, values, strict=True))
        if not is_done(RESULTS, KEY, of):
            append(RESULTS, FIELDS, of | row(*values))
    about = machine() | {"words of a voice": 25}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
