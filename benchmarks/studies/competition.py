"""Two modalities compete: when joint training loses to the better one alone, and what helps.

The class is y = -1 or 1. "short" has 8 numbers, four noisy readings of each of two signs whose
product is y (``mmref.data.interactions``, parity): its best accuracy is known, 0.955. "long" has
500 numbers, Gaussian noise of deviation 1 whose mean is y / sqrt(500): together they tell as much
as one number y + N(0, 1), 0.841, but of 200 rows little of that can be learned, and every row can
be learned by heart. Both together are right for at most 0.976 (by integration).

Each modality has an encoder of its own, one hidden layer of 32, that gives one score; the score of
"yes" is their sum. So what each says can be read at any time. 200 training rows, batches of 50, 400
steps of gradient descent with momentum 0.9 at the rate 0.05. Methods:

    short, long     one modality alone
    joint           the cross-entropy of the sum of the scores
    dropout         joint, each modality left out of a row at the rate 0.3, never both
    separate        each on its own loss; the scores are added in the end
    blend           Wang, Tran, Feiszli (CVPR 2020): the loss w L_joint + w_short L_short + w_long
                    L_long, where each w is in proportion to G / O^2 of a first training: G is how
                    much the validation loss fell, O by how much more the training loss did. Here
                    both are taken at the end of "joint", "short" and "long", without a sign.
    modulate a      Peng et al. (CVPR 2022): the gradient of the encoder that is ahead is multiplied
                    by 1 - tanh(a rho), rho > 1 the ratio of the probabilities that both give to
                    the true class, summed over the batch
    modulate a, noise   with Gaussian noise of the gradient's own deviation added, as there
    adam, joint; adam, modulate a   with AdamW at the rate 0.003 instead

``test`` is the accuracy at the end, ``early`` that of the step with the least validation loss (of
10), ``test_short`` and ``test_long`` what each score alone says. Every seed has rows, first weights
and an order of its own. Rows that are there are not computed again.

    make study NAME=competition
"""

import json
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np

from benchmarks.studies._record import append, is_done, machine, rows
from mmref.data import interactions
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "competition.csv"
KEY = ["method", "seed"]
FIELDS = [*KEY, "train", "test", "early", "test_short", "test_long", "fell", "overfit"]
FIELDS += ["weight_joint", "weight_short", "weight_long"]
SEEDS, STEPS, LOOKS, BATCH, HIDDEN = 10, 400, 10, 50, 32
ROWS = {"train": 200, "validation": 500, "test": 2000}
WIDTH, NOISE, SHIFT = 500, 0.5, 1.0  # of "long"; of the readings of "short"; of the mean of "long"
RATE, MOMENTUM, ADAM_RATE, DROPOUT = 0.05, 0.9, 0.003, 0.3
BOTH = ("short", "long")


@dataclass(frozen=True)
class Method:
    """How a model is trained: on which modalities, and what is changed."""

    names: tuple = BOTH
    dropout: float = 0.0
    modulation: float = 0.0
    noise: bool = False
    adam: bool = False


METHODS = {
    "short": Method(("short",)),
    "long": Method(("long",)),
    "joint": Method(),
    "dropout": Method(dropout=DROPOUT),
    "separate": Method(),
    "blend": Method(),
    "modulate 0.5": Method(modulation=0.5),
    "modulate 1": Method(modulation=1.0),
    "modulate 2": Method(modulation=2.0),
    "modulate 2, noise": Method(modulation=2.0, noise=True),
    "adam, joint": Method(adam=True),
    "adam, modulate 2": Method(modulation=2.0, adam=True),
}
LOSSES = {"separate": (0.0, 1.0, 1.0)}  # weights of the losses: of the sum, of each; else (1, 0, 0)
FIRST = ("joint", *BOTH)  # what the blend's weights are taken from


def draw(n, seed):
    """Inputs m -> (n, D_m) and labels (n,), 0 or 1."""
    drawn = interactions.draw(n, seed, "parity", {"first": NOISE, "second": NOISE}, 4)
    signs = 2 * drawn.labels[:, None] - 1
    noise = np.random.default_rng([seed, 1]).normal(size=(n, WIDTH))
    long = (signs * SHIFT / sqrt(WIDTH) + noise).astype("f4")
    return {"short": np.concatenate(list(drawn.inputs.values()), 1), "long": long}, drawn.labels


def best_accuracy(points=400):
    """The most that both together can reach: the mean of the larger probability, by integration.

    Each sign is told by t = s + 0.5 e, with the log odds 2 t / 0.5^2; a product of signs has, for
    the halves of the log odds a and b, 2 artanh(tanh a tanh b). The mean of "long" along its shift,
    u = y + e, has the log odds 2 u; what is added up decides.
    """
    from statistics import NormalDist

    e = np.array([NormalDist().inv_cdf((i + 0.5) / points) for i in range(points)])
    half = np.tanh((1 + NOISE * e) / NOISE**2)  # both signs 1, so y = 1: all cases are alike
    parity = 2 * np.arctanh((half[:, None] * half).clip(-1 + 1e-15, 1 - 1e-15))
    long = NormalDist(2 * SHIFT**2, 2 * SHIFT)  # the log odds of "long" where y = 1
    values, counts = np.unique(parity.ravel().round(3), return_counts=True)
    right = [1 - long.cdf(-value) for value in values]
    return float(np.average(right, weights=counts))


class Scores:
    """Encoders of all seeds side by side: m -> a score of each row."""

    def __init__(self, names, seeds):
        import torch

        widths = {"short": 8, "long": WIDTH}
        self.weights = {m: [] for m in names}
        for seed in seeds:
            seed_everything(seed)
            for m in names:
                one = torch.nn.Linear(widths[m], HIDDEN), torch.nn.Linear(HIDDEN, 1)
                self.weights[m].append([w.detach() for layer in one for w in layer.parameters()])
        for m, each in self.weights.items():
            self.weights[m] = [torch.stack(w).requires_grad_() for w in zip(*each, strict=True)]

    def __call__(self, inputs):
        """m -> (S, B) for inputs m -> (S, B, D_m)."""
        scores = {}
        for m, (v, b, w, c) in self.weights.items():
            hidden = (inputs[m] @ v.mT + b[:, None]).relu()  # (S, B, H)
            scores[m] = (hidden @ w.mT)[..., 0] + c
        return scores


def losses(scores, labels):
    """The mean cross-entropy of each seed, (S,)."""
    import torch

    return torch.nn.functional.binary_cross_entropy_with_logits(
        scores, labels, reduction="none"
    ).mean(1)


def modulate(weights, scores, labels, method):
    """Slow the encoder that is ahead; ``weights`` hold the gradients of one batch."""
    import torch

    with torch.no_grad():
        sure = {m: torch.sigmoid((2 * labels - 1) * s).sum(1) for m, s in scores.items()}  # (S,)
        for m, other in (BOTH, BOTH[::-1]):
            rho = sure[m] / sure[other]
            factor = torch.where(rho > 1, 1 - torch.tanh(method.modulation * rho), 1.0)
            for w in weights[m][:2]:  # the encoder's; what reads the score off is not slowed
                deviation = w.grad.flatten(1).std(1)
                shape = (-1, *[1] * (w.dim() - 1))
                w.grad *= factor.view(shape)
                if method.noise:
                    w.grad += deviation.view(shape) * torch.randn(w.shape)


def trained(name, blend, seeds):
    """Each seed's curves: (LOOKS, S) of losses and accuracies. blend: (S, 3) for "blend"."""
    import torch

    torch.set_num_threads(1)
    method = METHODS[name]
    parts = {}
    for number, (part, n) in enumerate(ROWS.items()):
        drawn = [draw(n, 10 * seed + number) for seed in seeds]
        inputs = {m: torch.tensor(np.stack([x[m] for x, _ in drawn])) for m in method.names}
        parts[part] = inputs, torch.tensor(np.stack([y for _, y in drawn])).float()
    model, orders = Scores(method.names, seeds), [np.random.default_rng([s, 2]) for s in seeds]
    weights = [w for each in model.weights.values() for w in each]
    torch.manual_seed(seeds[0])  # what is left out, and the noise
    if method.adam:
        optimizer = torch.optim.AdamW(weights, ADAM_RATE)
    else:
        optimizer = torch.optim.SGD(weights, RATE, momentum=MOMENTUM)
    mix = torch.tensor(LOSSES.get(name, (1.0, 0.0, 0.0))).expand(len(seeds), 3)
    mix = torch.tensor(blend).float() if name == "blend" else mix
    (inputs, labels), each, curves = parts["train"], torch.arange(len(seeds))[:, None], []
    steps_of_epoch = ROWS["train"] // BATCH
    for step in range(STEPS):
        if step % steps_of_epoch == 0:
            order = torch.tensor(np.stack([rng.permutation(ROWS["train"]) for rng in orders]))
        which = order[:, step % steps_of_epoch * BATCH :][:, :BATCH]  # (S, B)
        scores, y = model({m: x[each, which] for m, x in inputs.items()}), labels[each, which]
        kept = torch.ones(len(method.names), *y.shape, dtype=torch.bool)
        if method.dropout:
            kept = torch.rand(kept.shape) >= method.dropout
            kept |= ~kept.any(0)  # a row that would lose both keeps both
        total = sum(s * k for s, k in zip(scores.values(), kept, strict=True))
        loss = mix[:, 0] * losses(total, y)
        if len(scores) == 2:
            loss = loss + sum(mix[:, i + 1] * losses(scores[m], y) for i, m in enumerate(BOTH))
        optimizer.zero_grad()
        loss.sum().backward()
        if method.modulation:
            modulate(model.weights, scores, y, method)
        optimizer.step()
        if (step + 1) % (STEPS // LOOKS) == 0:
            curves.append(look(model, parts))
    return {key: np.stack([curve[key] for curve in curves]) for key in curves[0]}


def look(model, parts):
    """Losses and accuracies of every part, (S,) each, and what each modality says by itself."""
    import torch

    found = {}
    with torch.no_grad():
        for part, (inputs, labels) in parts.items():
            scores = model(inputs)
            for name, s in {"": sum(scores.values()), **scores}.items():
                found[f"{part} {name}"] = ((s > 0) == (labels > 0)).float().mean(1).numpy()
            found[f"{part} loss"] = losses(sum(scores.values()), labels).numpy()
    return found


def blend_weights(stored):
    """(S, 3), weights of the losses of both, short and long: G / O^2, and 1 together.

    stored: rows of this study, in which those of FIRST are.
    """
    found = {(row["method"], int(row["seed"])): row for row in stored}
    w = np.array(
        [
            [abs(float(found[m, s]["fell"])) / float(found[m, s]["overfit"]) ** 2 for m in FIRST]
            for s in range(SEEDS)
        ]
    )
    return w / w.sum(1, keepdims=True)


def runs(name, stored):
    """The rows of one method, of all seeds."""
    blend = blend_weights(stored) if name == "blend" else np.zeros((SEEDS, 3))
    curves = trained(name, blend, list(range(SEEDS)))
    best = curves["validation loss"].argmin(0)
    for seed in range(SEEDS):
        end = {key: float(curve[-1, seed]) for key, curve in curves.items()}
        row = {
            **{"method": name, "seed": seed, "train": end["train "], "test": end["test "]},
            "early": float(curves["test "][best[seed], seed]),
            **{f"test_{m}": end.get(f"test {m}", "") for m in BOTH},
            "fell": np.log(2) - end["validation loss"],  # a score of 0 has the loss log 2
            "overfit": end["validation loss"] - end["train loss"],
        }
        if name == "blend":
            row |= {f"weight_{m}": float(w) for m, w in zip(FIRST, blend[seed], strict=True)}
        yield row


def main():
    RESULTS.parent.mkdir(exist_ok=True)
    for name in METHODS:
        if not is_done(RESULTS, KEY, {"method": name, "seed": SEEDS - 1}):
            for row in list(runs(name, rows(RESULTS))):  # all of them or none
                append(RESULTS, FIELDS, row)
    about = machine() | {"rate": RATE, "momentum": MOMENTUM, "rate of AdamW": ADAM_RATE}
    about |= {"steps": STEPS, "batch": BATCH, "rows": ROWS, "dropout": DROPOUT}
    about |= {"best accuracy of both": round(best_accuracy(), 4)}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
