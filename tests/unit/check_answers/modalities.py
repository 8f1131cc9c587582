"""Answers to mutual_information, masked_mean and class_weights."""

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
