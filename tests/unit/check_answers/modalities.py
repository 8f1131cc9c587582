"""Answers to mutual_information, padded, masked_mean and class_weights."""

import numpy as np

from tests.unit.check_answers.tables import right, wrong


def entropy(p):
    p = p[p > 0]
    return -(p * np.log2(p)).sum()


@right("mutual_information")
def by_entropies(table):
    return entropy(table.sum(1)) + entropy(table.sum(0)) - entropy(table.ravel())


@right("mutual_information")
def by_loops(table):
    total = 0.0
    for y, v in np.ndindex(table.shape):
        if table[y, v]:
            total += table[y, v] * np.log2(table[y, v] / (table[y].sum() * table[:, v].sum()))
    return np.float64(total)


@wrong("mutual_information", "nats", "base 2")
def in_nats(table):
    return by_entropies(table) * np.log(2)


@wrong("mutual_information", "minus")
def negative(table):
    return -by_entropies(table)


@wrong("mutual_information", "entropy of the pair")
def joint_entropy(table):
    return entropy(table.ravel())


@wrong("mutual_information", "left to ask, H(Y | V)")
def conditional_entropy(table):
    return entropy(table.ravel()) - entropy(table.sum(0))


@wrong("mutual_information", "left to ask, H(V | Y)")
def other_conditional_entropy(table):
    return entropy(table.ravel()) - entropy(table.sum(1))


@wrong("mutual_information", "rows alone")
def entropy_of_rows(table):
    return entropy(table.sum(1))


@wrong("mutual_information", "columns alone")
def entropy_of_columns(table):
    return entropy(table.sum(0))


@wrong("mutual_information", "not the mean")
def mean_of_terms(table):
    return by_entropies(table) / table.size


@wrong("mutual_information", "a cell of zero", "0 log 0")
def zero_times_infinity(table):
    product = table.sum(1, keepdims=True) * table.sum(0)
    return (table * np.log2(table / product)).sum()


@wrong("mutual_information", "expected the shape ()")
def not_summed(table):
    return table * np.log2(table / (table.sum(1, keepdims=True) * table.sum(0)))


@right("masked_mean")
def mean_by_loops(x, mask):
    z = np.zeros((len(x), x.shape[2]))
    for b, kept in enumerate(mask):
        if kept.any():
            z[b] = x[b, kept].mean(axis=0)
    return z


@right("masked_mean")
def mean_by_einsum(x, mask):
    share = mask / np.maximum(mask.sum(1, keepdims=True), 1)
    return np.einsum("bt,btd->bd", share, np.nan_to_num(x))


@wrong("masked_mean", "padding is counted")
def divided_by_all(x, mask):
    return np.where(mask[..., None], x, 0).mean(axis=1)


@wrong("masked_mean", "no effect")
def mask_forgotten(x, mask):
    return x.mean(axis=1)


@wrong("masked_mean", "wrong way")
def mask_inverted(x, mask):
    return mean_by_loops(x, ~mask)


@wrong("masked_mean", "That is the sum")
def sum_alone(x, mask):
    return np.where(mask[..., None], x, 0).sum(axis=1)


@wrong("masked_mean", "that of the longest")
def divided_by_longest(x, mask):
    return np.where(mask[..., None], x, 0).sum(axis=1) / mask.sum(axis=1).max()


@wrong("masked_mean", "by their mean")
def divided_by_mean_length(x, mask):
    return np.where(mask[..., None], x, 0).sum(axis=1) / mask.sum(axis=1).mean()


@wrong("masked_mean", "a text of padding alone", "zeros")
def divided_by_zero(x, mask):
    return np.where(mask[..., None], x, 0).sum(axis=1) / mask.sum(axis=1)[:, None]


@wrong("masked_mean", "not-a-number in the padding", "replace")
def multiplied(x, mask):
    kept = (x * mask[..., None]).sum(axis=1)
    return kept / np.maximum(mask.sum(axis=1), 1)[:, None]


@wrong("masked_mean", "padding on the left")
def first_steps(x, mask):
    lengths = mask.sum(axis=1)
    return np.stack([row[:n].mean(axis=0) for row, n in zip(x, lengths)])


@wrong("masked_mean", "expected the shape (4, 3), got (4, 5)")
def mean_over_features(x, mask):
    return np.where(mask[..., None], x, 0).mean(axis=2)


@wrong("masked_mean", "one text of one step", "got (3,)")
def mean_squeezed(x, mask):
    return mean_by_loops(x, mask).squeeze()


@right("class_weights")
def weights_by_loops(labels, classes):
    counts = [int((labels == k).sum()) for k in range(classes)]
    return np.array([len(labels) / (classes * n) if n else 0.0 for n in counts])


@right("class_weights")
def weights_by_division(labels, classes):
    counts = np.bincount(labels, minlength=classes)
    weights = np.zeros(classes)
    return np.divide(len(labels), classes * counts, out=weights, where=counts > 0)


@wrong("class_weights", "frequent ones weigh more")
def shares(labels, classes):
    return np.bincount(labels, minlength=classes) / len(labels)


@wrong("class_weights", "scale is off")
def inverse_share(labels, classes):
    return weights_by_loops(labels, classes) * classes


@wrong("class_weights", "scale is off")
def inverse_count(labels, classes):
    return weights_by_loops(labels, classes) * classes / len(labels)


@wrong("class_weights", "sum to 1")
def summing_to_one(labels, classes):
    weights = weights_by_loops(labels, classes)
    return weights / weights.sum()


@wrong("class_weights", "not the reciprocal")
def one_minus_share_of_class(labels, classes):
    return 1 - np.bincount(labels, minlength=classes) / len(labels)


@wrong("class_weights", "square root")
def root_weights(labels, classes):
    return np.sqrt(weights_by_loops(labels, classes))


@wrong("class_weights", "does not occur", "divide by all K")
def classes_that_occur(labels, classes):
    return weights_by_loops(labels, classes) * classes / len(set(labels.tolist()))


@wrong("class_weights", "a class that does not occur", "division by zero")
def weights_infinite(labels, classes):
    return len(labels) / (classes * np.bincount(labels, minlength=classes))


@wrong("class_weights", "the last class does not occur", "expected the shape (3,), got (2,)")
def largest_label_is_last(labels, classes):
    counts = np.bincount(labels)
    return np.divide(len(labels), classes * counts, out=np.zeros(len(counts)), where=counts > 0)


@wrong("class_weights", "expected the shape (3,), got (10,)")
def weight_of_each_sample(labels, classes):
    return weights_by_loops(labels, classes)[labels]


@right("padded")
def padded_by_rows(texts, length):
    ids = np.zeros((len(texts), length), dtype=int)
    mask = np.zeros((len(texts), length), dtype=bool)
    for row, text in enumerate(texts):
        cut = text[:length]
        ids[row, : len(cut)] = cut
        mask[row, : len(cut)] = True
    return ids, mask


@right("padded")
def padded_by_lists(texts, length):
    rows = [(text + [0] * length)[:length] for text in texts]
    lengths = np.array([len(text) for text in texts])
    return np.array(rows), np.arange(length) < lengths[:, None]


@wrong("padded", "ids[0, 0]", "not at the start")
def padded_on_the_left(texts, length):
    ids, mask = padded_by_rows([text[::-1] for text in texts], length)
    return ids[:, ::-1].copy(), mask[:, ::-1].copy()


@wrong("padded", "too long", "not its start")
def start_cut(texts, length):
    return padded_by_rows([text[-length:] if text else text for text in texts], length)


@wrong("padded", "ids[0, 3]", "Padding is the id 0")
def padded_with_minus_one(texts, length):
    ids, mask = padded_by_rows(texts, length)
    return np.where(mask, ids, -1), mask


@wrong("padded", "ids[0, 3]", "Padding is the id 0")
def padded_with_unknowns(texts, length):
    ids, mask = padded_by_rows(texts, length)
    return np.where(mask, ids, 1), mask


@wrong("padded", "mask[0, 0]", "wrong way round")
def mask_of_the_padding(texts, length):
    ids, mask = padded_by_rows(texts, length)
    return ids, ~mask


@wrong("padded", "a token with the id 0", "number of tokens")
def mask_from_the_ids(texts, length):
    ids, _ = padded_by_rows(texts, length)
    return ids, ids != 0


@wrong("padded", "mask[0, 3]", "everything is a token")
def mask_of_ones(texts, length):
    ids, mask = padded_by_rows(texts, length)
    return ids, np.ones_like(mask)


@wrong("padded", "room for more", "expected the shape (3, 6), got (3, 4)")
def padded_to_the_longest(texts, length):
    return padded_by_rows(texts, min(length, max(map(len, texts))))


@wrong("padded", "too long", "ValueError")
def too_long_for_the_row(texts, length):
    ids, mask = np.zeros((len(texts), length), int), np.zeros((len(texts), length), bool)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = text
        mask[row, : len(text)] = True
    return ids, mask


@wrong("padded", "changes its argument texts", "in place")
def padded_in_place(texts, length):
    mask = np.arange(length) < np.array([len(text) for text in texts])[:, None]
    for text in texts:
        text += [0] * (length - len(text))
    return np.array([text[:length] for text in texts]), mask


@wrong("padded", "a text without a token", "IndexError")
def first_token_needed(texts, length):
    return padded_by_rows([[text[0], *text[1:]] for text in texts], length)


@wrong("padded", "expected the dtype int, got float64")
def ids_as_floats(texts, length):
    ids, mask = padded_by_rows(texts, length)
    return ids.astype(float), mask


@wrong("padded", "expected the dtype bool, got int64")
def mask_of_numbers(texts, length):
    ids, mask = padded_by_rows(texts, length)
    return ids, mask.astype(np.int64)


@wrong("padded", "expected 2 arrays, got a NumPy array")
def ids_alone(texts, length):
    return padded_by_rows(texts, length)[0]


@wrong("padded", "one text of one token", "got ()")
def padded_squeezed(texts, length):
    ids, mask = padded_by_rows(texts, length)
    return ids.squeeze(), mask.squeeze()
