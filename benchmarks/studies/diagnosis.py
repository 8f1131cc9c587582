"""Image and report of phantoms, beside the ideal observer of the same patients.

Data and network are those of the chapter "Image and report": 4,000 patients for training, half of
them diseased, 4,000 others for the test. A ``model`` is

matched         the chapter's network: evidence of the image (one kernel of 7 x 7, a score for each
                place, a log-sum-exp) plus evidence of the report (phrases of five words, the
                largest of each), trained jointly; columns "image" and "report" are its two parts
no places       the same without a score for each place
image alone     that part, trained alone; likewise ``report alone``
ConcatFusion..  the package's encoders (two blocks of convolution and pooling; an LSTM) and the
                fusion of this name; likewise ``convolutions alone``, which has no report. These
                learn patients by heart: the weights of the epoch are kept that has the least loss
                on 1,000 further patients, whom the others do not see

stamp: trained as matched, on reports of which 95 in 100 have the stamp that goes with the label;
columns "same", "other", "opposite": of the fused evidence where the stamp agrees with the label in
95, 50 and 5 of 100. ``setting`` is "seen" (reports as they are), "hidden" (the same network, the
stamp's words taken out of the test's reports), "removed" (taken out of the training, too) or
"balanced" (seen, but all four pairs of stamp and label weigh alike in the training).

    make study NAME=diagnosis
"""

import json
from functools import cache
from pathlib import Path

import numpy as np
from sklearn.metrics import brier_score_loss, roc_auc_score

from benchmarks.studies._record import append, is_done, machine
from mmref.data.phantoms import MODALITIES, STAMPS, WORDINGS, Study
from mmref.data.text import Vocabulary
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "diagnosis.csv"
KEY = ["framework", "model", "setting", "seed"]
AUCS = ["image", "report", "both"]
FIELDS = [*KEY, *AUCS, *(f"ideal {m}" for m in AUCS), "brier", "ideal brier"]
FIELDS += ["same", "other", "opposite"]
ROWS, TESTS, HELD, SEEDS, EPOCHS, BATCH = 4000, 4000, 1000, 3, 12, 100
RATES = {"matched": 5e-2, "report": 1e-2, "general": 3e-3}
ALONE = "convolutions alone"
FUSIONS = (ALONE, "ConcatFusion", "GatedFusion", "DecisionFusion")
PARTS = ("matched", "no places", "image alone", "report alone")
SHARES = {"same": 0.95, "other": 0.5, "opposite": 0.05}
SETTINGS = ("seen", "hidden", "removed", "balanced")
PATIENCE = 3  # epochs without a better loss, where there is a validation
LENGTH = 18  # words of a report


# ---- the data ----


@cache
def words():
    """All words that reports have, from a sample that no model is trained on."""
    return Vocabulary.build(Study(stamp=0.5).draw(500, seed=10**6).texts)


def without_stamp(texts):
    for stamp in STAMPS:
        texts = [text.removeprefix(WORDINGS["en"]["stamp"][stamp]).strip() for text in texts]
    return texts


def inputs(sample, background, hidden=False):
    """Pictures (N, 24, 24), in deviations of the noise, and ids (N, T)."""
    texts = without_stamp(sample.texts) if hidden else list(sample.texts)
    ids, _ = words().encode(texts, length=LENGTH)
    return ((sample.images - background) / 0.1).astype("float32"), ids


def epochs(rows, seed):
    """The rows of every step, all epochs in a row."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(rows)[: rows // BATCH * BATCH] for _ in range(EPOCHS)]
    return np.concatenate(orders).reshape(-1, BATCH)


# ---- the networks; of a trained one, a function from inputs to the log odds of its parts ----


def torch_matched(image, report, places, seed):
    import torch
    from torch import nn

    seed_everything(seed)  # the framework is there by now

    class Diagnosis(nn.Module):
        def __init__(self):
            super().__init__()
            self.bias = nn.Parameter(torch.zeros(()))
            if image:
                self.lesion = nn.Conv2d(1, 1, 7)
                nn.init.normal_(self.lesion.weight, 0.0, 0.05)
                self.place = nn.Parameter(torch.zeros(18, 18), requires_grad=places)
            if report:
                self.embed = nn.Embedding(len(words()), 16)
                self.phrase = nn.Conv1d(16, 32, 5, padding=2)
                self.found = nn.Linear(32, 1, bias=False)

        def parts(self, x, ids):
            found = {}
            if image:
                e = self.lesion(x[:, None])[:, 0] + self.place
                found["image"] = torch.logsumexp(e.flatten(1), dim=1) - np.log(18**2)
            if report:
                keep = (ids != 0)[:, None]
                y = self.phrase((self.embed(ids).transpose(1, 2)) * keep).relu() * keep
                found["report"] = self.found(y.amax(dim=2))[:, 0]
            return found

        def forward(self, x, ids):
            return sum(self.parts(x, ids).values()) + self.bias

    return Diagnosis()


def torch_general(fusion, seed):
    import mmref.torch as mt

    seed_everything(seed)  # the framework is there by now
    encoders = {
        "image": mt.ImageEncoder((24, 24), (16, 32), 32, in_channels=1),
        "report": mt.TextEncoder(len(words()), 16, 32, 32),
    }
    if fusion == ALONE:
        fusion, encoders = "ConcatFusion", {"image": encoders["image"]}
    dims = {m: 32 for m in encoders}
    if fusion == "DecisionFusion":
        return mt.FusionClassifier(encoders, mt.DecisionFusion(dims, 2, rule="product"), 2)
    return mt.FusionClassifier(encoders, getattr(mt, fusion)(dims, 32), 2, dropout=0.2)


def torch_trained(model, train, rate, seed, validation=None):
    """train, validation: inputs, labels, weights. With a validation the best epoch is kept."""
    import torch
    from torch import nn

    general = not hasattr(model, "parts")

    def odds(x, ids):
        if not general:
            return model(x, ids)
        given = {"image": x[:, None], "report": ids}
        z = model({m: given[m] for m in model.encoders})
        return z[:, 1] - z[:, 0]

    def loss(x, ids, y, weights):
        of = nn.functional.binary_cross_entropy_with_logits
        return (of(odds(x, ids), y.float(), reduction="none") * weights).mean()

    def kept():
        model.eval()
        with torch.no_grad():
            return loss(*held).item(), {n: w.clone() for n, w in model.state_dict().items()
                                        if isinstance(w, torch.Tensor)}  # fmt: skip

    x, ids, y, weights = (torch.tensor(a) for a in train)
    held = [torch.tensor(a) for a in validation or ()]
    adam, seen = torch.optim.Adam(model.parameters(), rate), []
    steps = epochs(len(x), seed)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, len(steps))
    for i, step in enumerate(steps):
        model.train()
        rows = torch.tensor(step)
        adam.zero_grad()
        loss(x[rows], ids[rows], y[rows], weights[rows]).backward()
        adam.step()
        schedule.step()
        if held and (i + 1) % (len(x) // BATCH) == 0:
            seen.append(kept())
            if best_of(seen) is not best_of(seen[-PATIENCE:]):
                break
    if held:
        model.load_state_dict(best_of(seen)[1], strict=False)
    model.eval()

    @torch.no_grad()
    def told(x, ids):
        x, ids = torch.tensor(x), torch.tensor(ids)
        both = odds(x, ids).numpy()
        return ({} if general else {m: e.numpy() for m, e in model.parts(x, ids).items()}) | {
            "both": both
        }

    return told


def keras_matched(image, report, places, seed):
    import keras
    from keras import layers, ops

    seed_everything(seed)  # the framework is there by now

    class Diagnosis(keras.Model):
        def __init__(self):
            super().__init__()
            self.bias = self.add_weight(shape=(), initializer="zeros")
            if image:
                start = keras.initializers.RandomNormal(0.0, 0.05, seed=0)
                self.lesion = layers.Conv2D(1, 7, kernel_initializer=start)
                self.place = self.add_weight(shape=(18, 18), initializer="zeros", trainable=places)
            if report:
                self.embed = layers.Embedding(len(words()), 16)
                self.phrase = layers.Conv1D(32, 5, padding="same", activation="relu")
                self.found = layers.Dense(1, use_bias=False)

        def parts(self, given):
            found = {}
            if image:
                e = self.lesion(given["image"][..., None])[..., 0] + self.place
                found["image"] = ops.logsumexp(e, axis=(1, 2)) - np.log(18**2)
            if report:
                ids = given["report"]
                keep = ops.cast(ids != 0, "float32")[..., None]
                y = self.phrase(self.embed(ids) * keep) * keep
                found["report"] = self.found(ops.max(y, axis=1))[:, 0]
            return found

        def call(self, given):
            # (B, 1): of (B,) Keras's loss takes the mean first, and the rows' weights are lost.
            return (sum(self.parts(given).values()) + self.bias)[:, None]

    return Diagnosis()


def keras_general(fusion, seed):
    import mmref.keras as mk

    seed_everything(seed)  # the framework is there by now
    encoders = {
        "image": mk.ImageEncoder((24, 24), (16, 32), 32, in_channels=1),
        "report": mk.TextEncoder(len(words()), 16, 32, 32),
    }
    if fusion == ALONE:
        fusion, encoders = "ConcatFusion", {"image": encoders["image"]}
    dims = {m: 32 for m in encoders}
    if fusion == "DecisionFusion":
        return mk.FusionClassifier(encoders, mk.DecisionFusion(dims, 2, rule="product"), 2)
    return mk.FusionClassifier(encoders, getattr(mk, fusion)(dims, 32), 2, dropout=0.2)


def keras_trained(model, train, rate, seed, validation=None):
    """As ``torch_trained``."""
    import keras

    general = not hasattr(model, "parts")

    def given(x, ids):
        if not general:
            return {"image": x, "report": ids}
        return {m: {"image": x[..., None], "report": ids}[m] for m in model.encoders}

    x, ids, y, weights = train
    target = y if general else y[:, None]
    rows = epochs(len(x), seed).ravel()
    schedule = keras.optimizers.schedules.CosineDecay(rate, len(rows) // BATCH)
    kind = "SparseCategoricalCrossentropy" if general else "BinaryCrossentropy"
    model.compile(keras.optimizers.Adam(schedule), getattr(keras.losses, kind)(from_logits=True))
    seen, settings = [], {"batch_size": BATCH, "shuffle": False, "verbose": 0}
    for part in np.split(rows, EPOCHS):
        model.fit(given(x[part], ids[part]), target[part], sample_weight=weights[part], **settings)
        if validation:
            held = given(*validation[:2])
            loss = model.evaluate(held, validation[2], batch_size=500, verbose=0)
            seen.append((loss, model.get_weights()))
            if best_of(seen) is not best_of(seen[-PATIENCE:]):
                break
    if validation:
        model.set_weights(best_of(seen)[1])

    def told(x, ids):
        if general:
            z = model.predict(given(x, ids), verbose=0)
            return {"both": z[:, 1] - z[:, 0]}
        inputs = {m: keras.ops.convert_to_tensor(a) for m, a in given(x, ids).items()}
        parts = {m: keras.ops.convert_to_numpy(e) for m, e in model.parts(inputs).items()}
        return parts | {"both": keras.ops.convert_to_numpy(model(inputs))[:, 0]}

    return told


def best_of(epochs):
    """(loss, weights) of the epoch with the least loss."""
    return min(epochs, key=lambda epoch: epoch[0])


MATCHED = {"torch": torch_matched, "keras": keras_matched}
GENERAL = {"torch": torch_general, "keras": keras_general}
TRAINED = {"torch": torch_trained, "keras": keras_trained}


def trained(framework, model, sample, seed, hidden=False, balanced=False):
    """What a trained network says of a sample: the log odds by its parts, and by both."""
    background = sample.images.mean(axis=0)
    x, ids = inputs(sample, background, hidden)
    weights = np.ones(len(sample), "float32")
    if balanced:
        pairs = 2 * sample.labels + sample.stamps
        weights = (len(sample) / 4 / np.bincount(pairs, minlength=4))[pairs].astype("float32")
    if model in FUSIONS:
        network, rate = GENERAL[framework](model, seed), RATES["general"]
    else:
        image, report = model != "report alone", model != "image alone"
        network = MATCHED[framework](image, report, model != "no places", seed)
        rate = RATES["matched" if image else "report"]
    rows, held = (x, ids, sample.labels, weights), None
    if model in FUSIONS:
        others = Study().draw(HELD, seed=2000 + seed)
        held = (*inputs(others, background), others.labels, np.ones(HELD, "float32"))
    told = TRAINED[framework](network, rows, rate, seed, held)
    return lambda sample, hidden=False: told(*inputs(sample, background, hidden))


# ---- the rows ----


def row(framework, model, setting, seed):
    study = Study()
    told = trained(framework, model, study.draw(ROWS, seed=seed), seed)
    test = study.draw(TESTS, seed=1000 + seed)
    ideal = {"image": study.image_evidence(test.images), "report": study.report_evidence(test)}
    ideal["both"] = ideal["image"] + ideal["report"]
    said = told(test)
    found = {m: float(roc_auc_score(test.labels, z)) for m, z in said.items()}
    found |= {f"ideal {m}": float(roc_auc_score(test.labels, e)) for m, e in ideal.items()}
    for name, z in (("brier", said["both"]), ("ideal brier", ideal["both"])):
        found[name] = float(brier_score_loss(test.labels, 1 / (1 + np.exp(-z.astype(float)))))
    if model.endswith("alone"):  # what it says is of one
        found["report" if model == "report alone" else "image"] = found.pop("both")
    return found


def stamped(framework, seed):
    """Of every setting the row."""
    told = {
        setting: trained(framework, "matched", Study(stamp=0.95).draw(ROWS, seed=seed), seed,
                         hidden=setting == "removed", balanced=setting == "balanced")
        for setting in ("seen", "removed", "balanced")
    }  # fmt: skip
    told["hidden"] = told["seen"]
    for setting in SETTINGS:
        found = {}
        for name, share in SHARES.items():
            test = Study(stamp=share).draw(TESTS, seed=1000 + seed)
            said = told[setting](test, setting in ("hidden", "removed"))
            found[name] = float(roc_auc_score(test.labels, said["both"]))
        yield setting, found


def main():
    import torch

    torch.set_num_threads(1)
    for seed in range(SEEDS):
        for framework in TRAINED:
            for model in PARTS + FUSIONS:
                of = dict(zip(KEY, (framework, model, "plain", seed), strict=True))
                if not is_done(RESULTS, KEY, of):
                    append(RESULTS, FIELDS, of | row(*of.values()))
            of = dict(zip(KEY, (framework, "stamp", SETTINGS[-1], seed), strict=True))
            if not is_done(RESULTS, KEY, of):
                for setting, found in stamped(framework, seed):
                    append(RESULTS, FIELDS, of | {"setting": setting} | found)
    about = machine("scikit-learn")
    about |= {f"ideal {m}": Study().auc([m]) for m in MODALITIES}
    about["ideal both"] = Study().auc()
    stamp = Study(stamp=0.95)
    about |= {f"trusting, {name}": stamp.auc(stamp=share) for name, share in SHARES.items()}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
