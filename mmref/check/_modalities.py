"""Exercises on information, ragged texts and rare classes."""

import numpy as np

from mmref.check._compare import compare_function
from mmref.check._run import Case, Exercise


def information_cases():
    rng = np.random.default_rng(40)
    table = rng.dirichlet(np.full(12, 0.8)).reshape(3, 4)
    bits = "Is the logarithm to the base 2?"
    yield _scalar("three labels, four values", (table,), bits)
    yield _scalar("two labels, five values", (rng.dirichlet(np.ones(10)).reshape(2, 5),), bits)
    hole = table.copy()
    hole[1, 2] = 0
    yield _scalar("a cell of zero", (hole / hole.sum(),), "0 log 0 counts as 0.")
    alone = np.outer([0.2, 0.8], [0.5, 0.3, 0.2])
    yield _scalar("independent rows and columns", (alone,), "Nothing is known: 0 bits.")


def _information(table):
    product = table.sum(1, keepdims=True) * table.sum(0, keepdims=True)
    some = table > 0
    return np.float64((table[some] * np.log2(table[some] / product[some])).sum())


def _entropy(p):
    p = p[p > 0]
    return -(p * np.log2(p)).sum()


INFORMATION_MISTAKES = (
    (
        "These are nats: bits take the logarithm to the base 2.",
        lambda t: _information(t) * np.log(2),
    ),
    ("The minus belongs to entropies.", lambda t: -_information(t)),
    ("That is the entropy of the pair, not what the parts share.", lambda t: _entropy(t.ravel())),
    ("That is what is left to ask, H(Y | V).", lambda t: _entropy(t.ravel()) - _entropy(t.sum(0))),
    ("That is what is left to ask, H(V | Y).", lambda t: _entropy(t.ravel()) - _entropy(t.sum(1))),
    ("That is the entropy of the rows alone.", lambda t: _entropy(t.sum(1))),
    ("That is the entropy of the columns alone.", lambda t: _entropy(t.sum(0))),
    (
        "Each logarithm is to be weighted with its probability, and the sum taken, not the mean.",
        lambda t: _information(t) / t.size,
    ),
)


def padding_cases():
    texts = [[5, 9, 2], [7], [3, 8, 6, 4]]
    yield _padding("texts of 3, 1 and 4 tokens", texts, 4, "Padding, 0, stands at the end.")
    cut = "Too long a text loses its end."
    yield _padding("texts that are too long", texts, 2, cut)
    yield _padding("room for more", texts, 6, "T is the length that is asked for.")
    token = "The mask comes from the number of tokens: an id of 0 may be a token, too."
    yield _padding("a token with the id 0", [[5, 0, 2], [0]], 4, token)
    yield _padding("a text without a token", [[4, 1], []], 3, "Its row is all padding.")
    yield _padding("one text of one token", [[6]], 1, "Both axes stay, whatever their length.")


def _padding(words, texts, length, hint):
    return Case(words, (texts, length), hint, axis="text")


def _padded(texts, length, value=0, first=False):
    ids = np.full((len(texts), length), value, np.int64)
    mask = np.zeros((len(texts), length), bool)
    for b, text in enumerate(texts):
        text = text[:length]
        place = slice(length - len(text), length) if first else slice(len(text))
        ids[b, place], mask[b, place] = text, True
    return ids, mask


def _end_kept(texts, length):
    return _padded([text[max(len(text) - length, 0) :] for text in texts], length)


def _mask_of(rule):
    def padded(texts, length):
        ids, mask = _padded(texts, length)
        return ids, rule(ids, mask)

    return padded


PADDING_MISTAKES = (
    ("Padding stands at the end, not at the start.", lambda t, n: _padded(t, n, first=True)),
    ("Too long a text loses its end, not its start.", _end_kept),
    ("Padding is the id 0.", lambda t, n: _padded(t, n, value=-1)),
    ("Padding is the id 0.", lambda t, n: _padded(t, n, value=1)),
    ("The mask is the wrong way round: True means a token.", _mask_of(lambda ids, mask: ~mask)),
    ("The mask comes from the number of tokens: an id of 0 may be a token, too.",
     _mask_of(lambda ids, mask: ids != 0)),
    ("The mask says that everything is a token.", _mask_of(lambda ids, mask: mask | True)),
)  # fmt: skip


def mean_cases():
    rng = np.random.default_rng(41)
    x = rng.normal(size=(4, 5, 3))
    mask = np.arange(5) < np.array([4, 2, 1, 3])[:, None]
    share = "Divide by the number of real steps of each text."
    yield _rows("texts of 4, 2, 1 and 3 steps", (x, mask), share)
    yield _rows("padding on the left", (x, mask[:, ::-1].copy()), "Which steps does the mask keep?")
    empty = mask.copy()
    empty[2] = False
    zero = "A text without any step gives zeros."
    yield _rows("a text of padding alone", (x, empty), zero, ("", "", "where nothing is kept"))
    spoiled = np.where(mask[..., None], x, np.nan)
    hint = "0 times not-a-number is not-a-number: replace it, do not multiply."
    yield _rows("not-a-number in the padding", (spoiled, mask), hint)
    yield _rows("as many steps as features", (x[:, :3], mask[:, :3]), "Sum over the steps.")
    yield _rows("one text of one step", (x[:1, :1], mask[:1, :1]), "The batch axis stays.")


def _masked_mean(x, mask):
    kept = np.where(mask[..., None], x, 0)
    return kept.sum(1) / np.maximum(mask.sum(1), 1)[:, None]


MEAN_MISTAKES = (
    ("The padding is counted: divide by the real steps, not by T.",
     lambda x, m: np.where(m[..., None], x, 0).mean(1)),
    ("The mask has no effect yet.", lambda x, m: x.mean(1)),
    ("The mask is read the wrong way: True means keep.", lambda x, m: _masked_mean(x, ~m)),
    ("That is the sum: divide by the number of real steps.",
     lambda x, m: np.where(m[..., None], x, 0).sum(1)),
    ("Every text has its own length: this divides by that of the longest.",
     lambda x, m: np.where(m[..., None], x, 0).sum(1) / max(m.sum(1).max(), 1)),
    ("Every text has its own length: this divides by their mean.",
     lambda x, m: np.where(m[..., None], x, 0).sum(1) / m.sum(1).mean()),
)  # fmt: skip


def weight_cases():
    hint = "The rarer the class, the larger its weight."
    labels = np.array([0, 0, 2, 1, 0, 2, 0, 0, 2, 0])
    yield _classes("three classes", (labels, 3), hint)
    yield _classes("classes equally frequent", (np.array([1, 0, 1, 0]), 2), "Then all weigh 1.")
    yield _classes("twice the data", (np.tile(labels, 2), 3), "The weights stay as they are.")
    absent = "A class that does not occur gets the weight 0, and no division by zero."
    yield _classes("a class that does not occur", (np.array([0, 3, 3, 0, 1]), 4), absent)
    yield _classes("the last class does not occur", (np.array([0, 1, 1]), 3), absent)


def _class_weights(labels, classes):
    counts = np.bincount(labels, minlength=classes)
    return np.where(counts > 0, len(labels) / (classes * np.maximum(counts, 1)), 0)


def _counts(labels, classes):
    return np.maximum(np.bincount(labels, minlength=classes), 1)


WEIGHT_MISTAKES = (
    ("These are the shares of the classes: frequent ones weigh more.",
     lambda y, k: np.bincount(y, minlength=k) / len(y)),
    ("The scale is off: the mean weight over the samples must be 1.",
     lambda y, k: _class_weights(y, k) * k),
    ("The scale is off: the mean weight over the samples must be 1.",
     lambda y, k: np.where(np.bincount(y, minlength=k) > 0, 1 / _counts(y, k), 0)),
    ("These sum to 1: the mean weight over the samples must be 1.",
     lambda y, k: _class_weights(y, k) / _class_weights(y, k).sum()),
    ("One minus the share is not the reciprocal.",
     lambda y, k: 1 - np.bincount(y, minlength=k) / len(y)),
    ("That is the square root of the weights.", lambda y, k: np.sqrt(_class_weights(y, k))),
    ("Only the classes that occur are counted as classes: divide by all K.",
     lambda y, k: _class_weights(y, k) * k / len(np.unique(y))),
    ("That is one weight for each sample: one for each class is wanted.",
     lambda y, k: _class_weights(y, k)[y]),
)  # fmt: skip


def _scalar(words, args, hint):
    return Case(words, args, hint)


def _rows(words, args, hint, rows=()):
    return Case(words, args, hint, rows, axis="text")


def _classes(words, args, hint):
    return Case(words, args, hint, axis="class")


def _exercise(signature, statement, reference, cases, mistakes, **options):
    judge = compare_function(signature, reference, cases, mistakes, **options)
    return Exercise(signature, statement, judge)


EXERCISES = {
    "mutual_information": _exercise(
        "mutual_information(table)",
        "table (L, V) of joint probabilities, which sum to 1; returns, as a NumPy number, how many "
        "bits the columns tell about the rows.",
        _information,
        information_cases,
        INFORMATION_MISTAKES,
    ),
    "padded": _exercise(
        "padded(texts, length)",
        "texts, a list of B lists of token ids, 0 or more; length, T. Returns ids (B, T), integers "
        "with 0 for padding, at the end, and mask (B, T), boolean, True where there is a token. A "
        "text of more than T tokens loses its end.",
        _padded,
        padding_cases,
        PADDING_MISTAKES,
        outputs=("ids", "mask"),
        kind=("int", "bool"),
    ),
    "masked_mean": _exercise(
        "masked_mean(x, mask)",
        "x (B, T, D) and mask (B, T) boolean, True = keep; returns the mean (B, D) over the kept "
        "steps, zeros where there is none.",
        _masked_mean,
        mean_cases,
        MEAN_MISTAKES,
    ),
    "class_weights": _exercise(
        "class_weights(labels, classes)",
        "labels (N,) from 0 to classes - 1; returns the weights (K,), K = classes: N / (K n_k) for "
        "the n_k samples of class k, and 0 for a class without any.",
        _class_weights,
        weight_cases,
        WEIGHT_MISTAKES,
    ),
}
