"""Two encoders, one space: cosines of all pairs, and the losses that draw right pairs together
(contract: ``mmref.contract.contrastive``)."""

from keras import ops

from mmref.contract.contrastive import (
    MARGIN,
    TEMPERATURE,
    check_pairs,
    check_temperature,
    check_vectors,
)
from mmref.contract.settings import check_number
from mmref.types import Tensor


def cosine_similarities(queries: Tensor, items: Tensor) -> Tensor:
    """The cosine of the angle between each query and each item.

    Formula
        s_ij = q_i . x_j / (|q_i| |x_j|), and 0 where one of the two is all zeros

    Args
        queries, items: q (N, D) and x (M, D), floats of one dtype, of any length.

    Returns
        (N, M), from -1 to 1.

    Errors
        ShapeError: no floats, other axes, two widths or dtypes, D = 0. TypeError: no array.

    Source
        Salton, Wong and Yang, Communications of the ACM 18(11), 1975, for vectors of documents.

    >>> found = cosine_similarities(ops.array([[3.0, 0.0]]), ops.array([[2.0, 0.0], [1.0, 1.0]]))
    >>> ops.convert_to_numpy(found).round(3)
    array([[1.   , 0.707]], dtype=float32)
    """
    check_vectors(queries, items)
    return ops.matmul(unit_vectors(queries), ops.transpose(unit_vectors(items)))


def info_nce(
    images: Tensor,
    texts: Tensor,
    temperature: Tensor | float = TEMPERATURE,
    positives: Tensor | None = None,
) -> Tensor:
    """Which text of the batch is the image's, and which image the text's: two cross-entropies.

    Formula
        l_ij = cosine(image_i, text_j) / temperature
        p = softmax of l over the texts j,  p' = softmax of l over the images i
        L = -1/2B sum_i log p_ii - 1/2B sum_j log p'_jj
        with positives P: -log p_ii becomes the mean of -log p_ij over the j with P_ij, and 0 where
        there is none; -log p'_jj likewise over the i with P_ij.

    Args
        images, texts: (B, D), floats of one dtype, row i of both belonging together; of any length.
        temperature: a positive number, or an array of one, which may be learned.
        positives: (B, B) boolean, True = text j is a right answer to image i, and i to j. None:
            row i alone. Texts that are right and not marked are false negatives: they are pushed
            away.

    Returns
        A number; log B where all cosines are equal.

    Errors
        ShapeError: no floats, two shapes or dtypes, no row, positives that are not boolean (B, B).
        ValueError: a temperature that is a number and not positive. TypeError: no array.

    Source
        van den Oord, Li and Vinyals 2018, arXiv 1807.03748, equation 4; both directions and the
        cosine: Radford et al., ICML 2021, arXiv 2103.00020, figure 3; several right answers: Khosla
        et al., NeurIPS 2020, arXiv 2004.11362, equation 2.

    >>> round(float(info_nce(ops.eye(2), ops.eye(2), 1.0)), 4)  # log(1 + 1 / e)
    0.3133
    """
    check_pairs(images, texts, positives)
    check_temperature(temperature)
    s = cosine_similarities(images, texts)  # (B, B)
    logits = s / ops.cast(temperature, s.dtype)
    if positives is None:
        positives = ops.eye(ops.shape(s)[0], dtype="bool")
    right = ops.cast(positives, s.dtype)
    total = 0.0
    for axis in (1, 0):
        shares = right / ops.maximum(ops.sum(right, axis=axis, keepdims=True), 1)
        total = total + ops.sum(shares * ops.log_softmax(logits, axis=axis))
    return -total / (2 * ops.cast(ops.shape(s)[0], s.dtype))


def hardest_negative_triplet(
    images: Tensor,
    texts: Tensor,
    margin: float = MARGIN,
    positives: Tensor | None = None,
) -> Tensor:
    """The right pair should beat the most similar wrong one by a margin, in both directions.

    Formula
        s_ij = cosine(image_i, text_j)
        L = mean_i max(0, margin + max_{j wrong} s_ij - s_ii)
          + mean_j max(0, margin + max_{i wrong} s_ij - s_jj), and 0 where nothing is wrong

    Args
        images, texts: (B, D), floats of one dtype, row i of both belonging together; of any length.
        margin: at least 0.
        positives: (B, B) boolean, True = text j is a right answer to image i, and so never its
            hardest negative; the diagonal always is one. None: only the diagonal.

    Returns
        A number. Where several are the hardest, each has its share of the gradient.

    Errors
        ShapeError: no floats, two shapes or dtypes, no row, positives that are not boolean (B, B).
        ValueError: a margin below 0. TypeError: no array.

    Source
        Faghri, Fleet, Kiros and Fidler, "VSE++", BMVC 2018, arXiv 1707.05612, equation 6. They sum
        over the batch; we take the mean.

    >>> round(float(hardest_negative_triplet(ops.eye(2), ops.flip(ops.eye(2), 0))), 1)
    2.4
    """
    check_pairs(images, texts, positives)
    check_number("margin", margin, 0)
    s = cosine_similarities(images, texts)  # (B, B)
    right = ops.eye(ops.shape(s)[0], dtype="bool")
    right = right if positives is None else ops.logical_or(right, positives)
    wrong = ops.where(right, ops.full_like(s, -float("inf")), s)
    gaps = [margin + ops.max(wrong, axis=k) - ops.diagonal(s) for k in (1, 0)]
    total = sum(ops.sum(ops.maximum(gap, 0)) for gap in gaps)
    return total / ops.cast(ops.shape(s)[0], s.dtype)


def unit_vectors(x: Tensor) -> Tensor:
    """The rows of ``x`` (N, D) at length 1; zeros stay zeros."""
    # Squares of large or tiny numbers would get lost. A factor changes no direction, so it counts
    # as a constant.
    largest = ops.stop_gradient(ops.max(ops.abs(x), axis=-1, keepdims=True, initial=0))
    x = x / ops.where(largest == 0, ops.ones_like(largest), largest)
    square = ops.sum(ops.square(x), axis=-1, keepdims=True)
    return x / ops.sqrt(ops.where(square == 0, ops.ones_like(square), square))
