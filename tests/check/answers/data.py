"""Answers to mutual_information, pad, masked_mean and mirror_words."""

import re

import numpy as np


def entropy(p):
    p = p[p > 0]
    return -(p * np.log2(p)).sum()


def by_entropies(table):
    return entropy(table.sum(1)) + entropy(table.sum(0)) - entropy(table)


def by_cells(table):
    total = np.zeros(())
    for y, v in np.argwhere(table):
        total += table[y, v] * np.log2(table[y, v] / (table[y].sum() * table[:, v].sum()))
    return total


def terms(table, above=0.0, inside=0.0):
    """The terms of the sum, with a small number added to the table, or under the logarithm."""
    ratios = (table + above) / (table.sum(1, keepdims=True) * table.sum(0))
    return table * np.log2(ratios + inside)


def padded(rows, length, dtype=int):
    ids = np.zeros((len(rows), length), dtype)
    mask = np.zeros((len(rows), length), bool)
    for b, row in enumerate(rows):
        cut = row[:length]
        ids[b, : len(cut)], mask[b, : len(cut)] = cut, True
    return ids, mask


def padded_by_lists(rows, length):
    counts = np.array([len(row) for row in rows])
    ids = [(row + [0] * length)[:length] for row in rows]
    return [np.array(ids, np.int32), np.arange(length) < counts[:, None]]


def changed(change):
    """The right ids and mask, changed."""
    return lambda rows, length: change(*padded(rows, length))


def padded_uncut(rows, length):
    ids, mask = padded(rows, length)
    for b, row in enumerate(rows):
        ids[b, : len(row)] = row
    return ids, mask


def padded_in_place(rows, length):
    rows[0] += [0]
    return padded([rows[0][:-1], *rows[1:]], length)


def up_to_the_last_kept(mask):
    return np.cumsum(mask[:, ::-1], axis=1)[:, ::-1] > 0


def mean_by_loops(x, mask):
    z = np.zeros((len(x), x.shape[2]))
    for b, kept in enumerate(mask):
        if kept.any():
            z[b] = x[b, kept].mean(axis=0)
    return z


def mean_by_einsum(x, mask):
    share = mask / np.maximum(mask.sum(1, keepdims=True), 1)
    return np.einsum("bt,btd->bd", share, np.nan_to_num(x))


def mean_of(kept, steps=lambda mask: np.maximum(mask.sum(1), 1)):
    return lambda x, mask: kept(x, mask[..., None]).sum(1) / steps(mask)[:, None]


SIDES = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}


def sides(text, pattern=r"\w+"):
    return re.sub(pattern, lambda match: SIDES.get(match[0], match[0]), text)


def sides_by_letters(text):
    result, word = "", ""
    for letter in text + " ":
        word += letter
        if not letter.isalpha():
            result, word = result + SIDES.get(word[:-1], word[:-1]) + letter, ""
    return result[:-1]


def by_a_stand_in(text):
    steps = [(r"\bleft\b", "@"), (r"\bright\b", "left"), ("@", "right")]
    steps += [(r"\bLeft\b", "@"), (r"\bRight\b", "Left"), ("@", "Right")]
    for pattern, other in steps:
        text = re.sub(pattern, other, text)
    return text


def without_capital(text):
    return re.sub(r"\b(left|right)\b", lambda m: SIDES[m[0].lower()], text, flags=re.I)


def the_first_alone(text):
    text = re.sub(r"\bleft\b", "RIGHT", text, count=1)
    return re.sub(r"\bright\b", "left", text, count=1).replace("RIGHT", "right")


RIGHT = [
    ("mutual_information", by_entropies),
    ("mutual_information", by_cells),
    ("mutual_information", lambda t: by_entropies(t / t.sum())),
    ("pad", padded),
    ("pad", padded_by_lists),
    ("masked_mean", mean_by_loops),
    ("masked_mean", mean_by_einsum),
    ("mirror_words", sides),
    ("mirror_words", sides_by_letters),
]
WRONG = [
    ("mutual_information", lambda t: terms(t).sum(), "a cell of zero", "0 log 0"),
    ("mutual_information", lambda t: terms(t, 1e-300).sum(), "a row and a column", "0 log 0"),
    ("mutual_information", lambda t: np.nansum(terms(t, inside=1e-10)), "digits"),
    ("mutual_information", lambda t: by_entropies(t[:, :4]), "a row of its own", "as many bits"),
    ("mutual_information", lambda t: by_entropies(t[:3]), "five labels, two values"),
    ("mutual_information", lambda t: min(by_entropies(t), 1.0), "a row of its own"),
    ("mutual_information", lambda t: by_entropies(t.astype("f4")), "dtype float64, got float32"),
    ("mutual_information", lambda t: np.float64(by_entropies(t.astype("f4"))), "digits"),
    ("mutual_information", lambda t: np.round(by_entropies(t), 6), "digits"),
    ("mutual_information", terms, "expected the shape ()"),
    ("pad", lambda r, n: padded(r, max(map(len, r))), "expected the shape"),
    ("pad", lambda r, n: padded(r, min(n, 4)), "room for more", "(3, 6), got (3, 4)"),
    ("pad", lambda r, n: padded(r, n)[::-1], "The order asked for is: ids, mask"),
    ("pad", changed(lambda ids, mask: (ids, up_to_the_last_kept(ids > 0))), "number of tokens"),
    ("pad", padded_uncut, "too long", "ValueError"),
    ("pad", padded_in_place, "changes its argument rows", "in place"),
    ("pad", lambda r, n: padded([[row[0], *row[1:]] for row in r], n), "without", "IndexError"),
    ("pad", lambda r, n: padded(r, n, np.int16), "beyond 100,000", "OverflowError"),
    ("pad", lambda r, n: padded(r, n, float), "expected the dtype int, got float64"),
    ("pad", changed(lambda ids, mask: (ids, 1 * mask)), "expected the dtype bool, got int64"),
    ("pad", changed(lambda ids, mask: ids), "expected 2 results, got a NumPy array"),
    ("pad", changed(lambda ids, mask: (ids.squeeze(), mask)), "length 1", "got ()"),
    ("masked_mean", lambda x, m: x.mean(1), "mask has no effect"),
    ("masked_mean", mean_of(np.multiply), "not-a-number in", "replace it"),
    ("masked_mean", mean_of(lambda x, k: np.where(np.isnan(x), 0, x) * k), "infinity in"),
    ("masked_mean", mean_of(lambda x, k: np.where(k, x, 0), lambda m: m.sum(1)), "gives zeros"),
    ("masked_mean", mean_of(lambda x, k: np.where(k, x, 0), lambda m: m.sum(1) + 1e-8), "digits"),
    ("masked_mean", lambda x, m: mean_by_loops(x, up_to_the_last_kept(m)), "Which steps"),
    ("masked_mean", lambda x, m: mean_by_loops(x, np.sort(m)[:, ::-1]), "padding on the left"),
    ("masked_mean", lambda x, m: mean_by_loops(x, m & x.any(2)), "steps of zeros"),
    ("masked_mean", lambda x, m: mean_by_loops(x.clip(-100, 100), m), "1000 and more"),
    ("masked_mean", lambda x, m: mean_by_loops(x[:, :6], m[:, :6]), "longer axes"),
    ("masked_mean", lambda x, m: mean_by_loops(x, m).squeeze(), "length 1"),
    ("masked_mean", lambda x, m: x.mean(2), "expected the shape (4, 3), got (4, 5)"),
    ("mirror_words", lambda t: t.replace("left", "right").replace("right", "left"), "left now"),
    ("mirror_words", lambda t: sides(t, "left|right"), "sides within words", "'a bleft star"),
    ("mirror_words", lambda t: sides(t, r"\b([Ll]eft|[Rr]ight)"), "within words", "rightover"),
    ("mirror_words", lambda t: sides(t)[:200], "a long caption"),
    ("mirror_words", the_first_alone, "a side twice", "Every one"),
    ("mirror_words", lambda t: sides(t, r"\b(left|right)\b"), "capitals", "begin with a side"),
    ("mirror_words", without_capital, "capitals", "keep the capital"),
    ("mirror_words", lambda t: sides(t.capitalize()), "case: both sides", "'A star"),
    (
        "mirror_words",
        lambda t: sides(re.sub(r"\b[A-KM-QS-Z]", "x", t)),
        "other capitals",
        "capitals too",
    ),
    ("mirror_words", lambda t: " ".join(map(sides, t.split())), "line breaks", "stays as it is"),
    ("mirror_words", lambda t: sides(t).strip(), "both ends"),
    ("mirror_words", lambda t: sides(t, r"(?<![-\w])\w+(?![-\w])"), "a hyphen", "ends a word"),
    ("mirror_words", lambda t: sides(t, r"(?<!\()\b(\w+)\b(?![;!])"), "punctuation", "bracket"),
    ("mirror_words", by_a_stand_in, "letters and signs", "stand in the text"),
    ("mirror_words", lambda t: sides(t) if sides(t) != t else "no side", "no side", "stays"),
    ("mirror_words", lambda t: t[0] and sides(t), "no text", "IndexError"),
    ("mirror_words", lambda t: sides(t).split(), "expected text, got a list"),
    ("mirror_words", lambda t: print(end=""), "expected text, got None"),
]
