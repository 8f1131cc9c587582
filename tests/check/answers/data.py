"""Answers to the exercises on data but those of names and of chance."""

import re

import numpy as np

from mmref.check.exercise import Wrong

MEAN, PAD, BITS, MIRROR = "masked_mean", "pad", "mutual_information", "mirror_words"
PIXELS, NORMAL, FILL = "rgb_floats", "normalization", "mean_imputation"
EVIDENCE, BEST = "joined_evidence", "bayes_accuracy"
AXES = (0, 1, 2)


def entropy(p):
    p = p[p > 0]
    return -(p * np.log2(p)).sum()


def by_entropies(table):
    return entropy(table.sum(1)) + entropy(table.sum(0)) - entropy(table)


def terms(table, above=0.0, inside=0.0):
    """The terms of the sum, with a small number added to the table, or under the logarithm."""
    ratios = (table + above) / (table.sum(1, keepdims=True) * table.sum(0))
    return table * np.log2(ratios + inside)


def by_bayes(ratios, present, prior):
    """Both products, and their share."""
    yes = [np.prod(np.exp(r[t] / 100)) for r, t in zip(ratios, present, strict=True)]
    odds = 100 * np.log(yes) + np.log(prior) - np.log1p(-prior)
    return (1 + np.tanh(odds / 2)) / 2


def by_the_best_answer(table):
    return np.float64(sum(column[column.argmax()] for column in table.T))


def padded(rows, length):
    counts = np.array([len(row) for row in rows])
    ids = [(row + [0] * length)[:length] for row in rows]
    return [np.array(ids, np.int32), np.arange(length) < counts[:, None]]


def up_to_the_last_kept(mask):
    return np.cumsum(mask[:, ::-1], axis=1)[:, ::-1] > 0


def mean(x, mask):
    z = np.zeros((len(x), x.shape[2]))
    for b, kept in enumerate(mask):
        if kept.any():
            z[b] = x[b, kept].mean(axis=0)
    return z


def mean_of(kept, steps=lambda mask: np.maximum(mask.sum(1), 1)):
    return lambda x, mask: kept(x, mask[..., None]).sum(1) / steps(mask)[:, None]


def selected(x, kept):
    return np.where(kept, x, 0)


def filled(train, seen, x, present, mean=lambda rows: rows.mean(axis=0)):
    """Row by row."""
    value = mean(train[seen]) if seen.any() else np.zeros(x.shape[1])
    return np.array([row if there else value for row, there in zip(x, present)])


SIDES = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}


def sides(text, pattern=r"\w+"):
    return re.sub(pattern, lambda match: SIDES.get(match[0], match[0]), text)


def by_a_stand_in(text):
    steps = [(r"\bleft\b", "@"), (r"\bright\b", "left"), ("@", "right")]
    steps += [(r"\bLeft\b", "@"), (r"\bRight\b", "Left"), ("@", "Right")]
    for pattern, other in steps:
        text = re.sub(pattern, other, text)
    return text


def the_first_alone(text):
    text = re.sub(r"\bleft\b", "RIGHT", text, count=1)
    return re.sub(r"\bright\b", "left", text, count=1).replace("RIGHT", "right")


def floats(pixels, top=None):
    x = pixels / (top or np.iinfo(pixels.dtype).max)
    if x.ndim == 3 and x.shape[2] == 4:
        return 1 - x[..., 3:] * (1 - x[..., :3])
    return np.broadcast_to(x.reshape(*x.shape[:2], -1), (*x.shape[:2], 3))


def where(condition, change):
    """The floats, wrong for some pictures."""
    return lambda pixels: change(pixels) if condition(pixels) else floats(pixels)


def rgba(pixels):
    return pixels.shape[2:] == (4,)


def shallow_opacity(pixels):
    return 1 - pixels[..., 3:] / 255 * (1 - floats(pixels[..., :3]))


def divided_by_opacity(pixels):
    opacity = pixels[..., 3:] / np.iinfo(pixels.dtype).max
    return floats(pixels) / opacity * opacity


def normal(train, other, constant=lambda t: t.max(AXES) == t.min(AXES)):
    std = np.where(constant(train), 1, train.std(AXES))
    return (other - train.mean(AXES)) / std


of_filled, of_normal = Wrong(filled), Wrong(normal)
RIGHT = [
    (EVIDENCE, by_bayes), (BEST, by_the_best_answer),
    (BITS, by_entropies), (PAD, padded), (MEAN, mean), (MIRROR, sides), (PIXELS, floats),
    (NORMAL, normal), (FILL, filled),
    (NORMAL, of_normal(constant=lambda t: t.std(AXES) <= 1e-7 * abs(t.mean(AXES)))),
]  # fmt: skip
WRONG = [
    (EVIDENCE, lambda r, t, p: by_bayes(np.nan_to_num(r), t | True, p), "present has no effect"),
    (EVIDENCE, lambda r, t, p: by_bayes(r, t, 0.5), "prior"),
    (BEST, lambda t: np.float64(t.max()), "Sum over"),
    (BEST, lambda t: np.float64(t.sum(axis=1).max()), "most likely there"),
    (BITS, lambda t: terms(t).sum(), "a cell of zero", "0 log 0"),
    (BITS, lambda t: terms(t, 1e-300).sum(), "a row and a column", "0 log 0"),
    (BITS, lambda t: np.nansum(terms(t, inside=1e-10)), "digits"),
    (BITS, lambda t: min(by_entropies(t), 1.0), "a row of its own", "as many bits"),
    (BITS, terms, "expected the shape ()"),
    (PAD, lambda r, n: padded(r, max(map(len, r))), "expected the shape"),
    (PAD, lambda r, n: (padded(r, n)[0], up_to_the_last_kept(padded(r, n)[0] > 0)),
     "number of tokens"),
    (PAD, lambda r, n: (padded(r, n), r[0].append(0))[0], "changes its argument rows", "in place"),
    (PAD, lambda r, n: padded([[row[0], *row[1:]] for row in r], n), "without", "IndexError"),
    (PAD, lambda r, n: padded([np.int16(row).tolist() for row in r], n), "beyond 100,000",
     "OverflowError"),
    (MEAN, mean_of(np.multiply), "not-a-number in", "replace it"),
    (MEAN, mean_of(lambda x, k: np.where(np.isnan(x), 0, x) * k), "infinity in"),
    (MEAN, mean_of(selected, lambda m: m.sum(1)), "gives zeros"),
    (MEAN, mean_of(selected, lambda m: m.sum(1) + 1e-8), "digits"),
    (MEAN, lambda x, m: mean(x, up_to_the_last_kept(m)), "Which steps"),
    (MEAN, lambda x, m: mean(x, np.sort(m)[:, ::-1]), "padding on the left"),
    (MEAN, lambda x, m: mean(x, m & x.any(2)), "steps of zeros"),
    (MEAN, lambda x, m: x.mean(2), "expected the shape (4, 3), got (4, 5)"),
    (MIRROR, lambda t: sides(t, "left|right"), "sides within words", "'a bleft star"),
    (MIRROR, lambda t: sides(t, r"\b([Ll]eft|[Rr]ight)"), "within words", "rightover"),
    (MIRROR, lambda t: sides(t)[:200], "a long caption"),
    (MIRROR, the_first_alone, "a side twice", "Every one"),
    (MIRROR, lambda t: sides(t, r"\b(left|right)\b"), "capitals", "begin with a side"),
    (MIRROR, lambda t: re.sub(r"\b(left|right)\b", lambda m: SIDES[m[0].lower()], t, flags=re.I),
     "capitals", "keep the capital"),
    (MIRROR, lambda t: sides(t.capitalize()), "case: both sides", "'A star"),
    (MIRROR, lambda t: sides(re.sub(r"\b[A-KM-QS-Z]", "x", t)), "other capitals", "capitals too"),
    (MIRROR, lambda t: " ".join(map(sides, t.split())), "line breaks", "stays as it is"),
    (MIRROR, lambda t: sides(t).strip(), "both ends"),
    (MIRROR, lambda t: sides(t, r"(?<![-\w])\w+(?![-\w])"), "a hyphen", "ends a word"),
    (MIRROR, lambda t: sides(t, r"(?<!\()\b(\w+)\b(?![;!])"), "punctuation", "bracket"),
    (MIRROR, by_a_stand_in, "letters and signs", "stand in the text"),
    (MIRROR, lambda t: sides(t) if sides(t) != t else "no side", "no side", "stays"),
    (MIRROR, lambda t: t[0] and sides(t), "no text", "IndexError"),
    (MIRROR, lambda t: sides(t).split(), "expected text, got a list"),
    (PIXELS, where(lambda p: p.max() < 256, lambda p: floats(p, 255)), "16 bits, dark"),
    (PIXELS, lambda p: floats(p, 65536 if p.dtype == np.uint16 else 255), "gray, 16 bits"),
    (PIXELS, where(rgba, lambda p: np.where(p[..., 3:] > 0, floats(p[..., :3]), 1.0)), "RGBA",
     "opacity a"),
    (PIXELS, where(rgba, shallow_opacity), "RGBA, 16 bits", "opacity a"),
    (PIXELS, where(rgba, divided_by_opacity), "RGBA", "got nan"),
    (PIXELS, where(lambda p: p.ndim == 2, lambda p: p / 255), "(4, 5, 3), got (4, 5)"),
    (PIXELS, where(lambda p: p.shape[-1] == 3, lambda p: p / 255), "three pixels wide"),
    (PIXELS, where(lambda p: p.shape[-1] == 4, shallow_opacity), "four pixels wide"),
    (PIXELS, where(lambda p: p.shape[2:] == (1,), lambda p: p / 255), "got (4, 5, 1)"),
    (NORMAL, of_normal(constant=lambda t: t.std(AXES) < 0), "0.5 throughout", "by zero"),
    (NORMAL, of_normal(constant=lambda t: t.std(AXES) == 0), "0.1 throughout", "not quite 0"),
    (NORMAL, of_normal(constant=lambda t: t.std(AXES) < 1e-12), "as faint as 1e-20"),
    (NORMAL, lambda t, o: normal(t, o) * (t.max(AXES) > t.min(AXES)), "0.5 throughout",
     "only shifted"),
    (NORMAL, lambda t, o: normal(t, t), "expected the shape (2, 4, 5, 3)"),
    (NORMAL, lambda t, o: normal(t, o) if len(o) < 6 else o + 0, "pictures themselves"),
    (NORMAL, lambda t, o: normal(t if o.max() < 50 else o, o), "much brighter"),
    (FILL, of_filled(mean=lambda rows: np.median(rows, axis=0)), "two of them without"),
    (FILL, of_filled(mean=lambda rows: rows.sum(axis=0) / (len(rows) - 1)), "two of them without"),
    (FILL, lambda t, s, x, p: filled(np.vstack([t, x]), np.append(s, p), x, p), "two of them"),
    (FILL, lambda t, s, x, p: filled(t, ~np.isnan(t).any(1), x, p), "two of them without"),
    (FILL, lambda t, s, x, p: filled(np.nan_to_num(t), s | np.isnan(t[:, 0]), x, p), "absent"),
    (FILL, lambda t, s, x, p: x * p[:, None] + filled(t, s, 0 * x, p), "absent"),
    (FILL, lambda t, s, x, p: filled(t, s, x, p) if s.any() else x, "no training row"),
    (FILL, lambda t, s, x, p: np.where(p[:, None], x, t[s].mean(axis=0)), "no training row"),
]  # fmt: skip
