"""Two encoders, one space: cosines of all pairs, and the losses that draw right pairs together
(contract: ``mmref.contract.contrastive``)."""

import torch
from torch.nn import functional

from mmref.contract.contrastive import (
    MARGIN,
    TEMPERATURE,
    check_pairs,
    check_temperature,
    check_vectors,
)
from mmref.contract.settings import check_number


def cosine_similarities(queries: torch.Tensor, items: torch.Tensor) -> torch.Tensor:
    """The cosine of the angle between each query and each item.

    Formula
        s_ij = q_i . x_j / (|q_i| |x_j|), and 0 where one of the two is all zeros

    Args
        queries, items: q (N, D) and x (M, D), floats of one dtype, of any length.

    Returns
        (N, M), from -1 to 1.

    Errors
        ShapeError: no floats, other axes, two widths or dtypes, D = 0. TypeError: no tensor.

    Source
        Salton, Wong and Yang, Communications of the ACM 18(11), 1975, for vectors of documents.

    >>> cosine_similarities(torch.tensor([[3.0, 0.0]]), torch.tensor([[2.0, 0.0], [1.0, 1.0]]))
    tensor([[1.0000, 0.7071]])
    """
    check_vectors(queries, items, torch.Tensor)
    return unit_vectors(queries) @ unit_vectors(items).T


def info_nce(
    images: torch.Tensor,
    texts: torch.Tensor,
    temperature: torch.Tensor | float = TEMPERATURE,
    positives: torch.Tensor | None = None,
) -> torch.Tensor:
    """Which text of the batch is the image's, and which image the text's: two cross-entropies.

    Formula
        l_ij = cosine(image_i, text_j) / temperature
        p = softmax of l over the texts j,  p' = softmax of l over the images i
        L = -1/2B sum_i log p_ii - 1/2B sum_j log p'_jj
        with positives P: -log p_ii becomes the mean of -log p_ij over the j with P_ij, and 0 where
        there is none; -log p'_jj likewise over the i with P_ij.

    Args
        images, texts: (B, D), floats of one dtype, row i of both belonging together; of any length.
        temperature: a positive number, or a tensor of one, which may be learned.
        positives: (B, B) boolean, True = text j is a right answer to image i, and i to j. None:
            row i alone. Texts that are right and not marked are false negatives: they are pushed
            away.

    Returns
        A number; log B where all cosines are equal.

    Errors
        ShapeError: no floats, two shapes or dtypes, no row, positives that are not boolean (B, B).
        ValueError: a temperature that is a number and not positive. TypeError: no tensor.

    Source
        van den Oord, Li and Vinyals 2018, arXiv 1807.03748, equation 4; both directions and the
        cosine: Radford et al., ICML 2021, arXiv 2103.00020, figure 3; several right answers: Khosla
        et al., NeurIPS 2020, arXiv 2004.11362, equation 2.

    >>> info_nce(torch.eye(2), torch.eye(2), 1.0)  # log(1 + 1 / e)
    tensor(0.3133)
    """
    check_pairs(images, texts, positives, torch.Tensor)
    check_temperature(temperature, torch.Tensor)
    logits = cosine_similarities(images, texts) / temperature  # (B, B)
    if positives is None:
        positives = torch.eye(len(images), dtype=torch.bool, device=images.device)
    sides = ((logits, positives), (logits.T, positives.T))
    by_text, by_image = (functional.cross_entropy(s, _shares(right, s)) for s, right in sides)
    return (by_text + by_image) / 2


def hardest_negative_triplet(
    images: torch.Tensor,
    texts: torch.Tensor,
    margin: float = MARGIN,
    positives: torch.Tensor | None = None,
) -> torch.Tensor:
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
        ValueError: a margin below 0. TypeError: no tensor.

    Source
        Faghri, Fleet, Kiros and Fidler, "VSE++", BMVC 2018, arXiv 1707.05612, equation 6. They sum
        over the batch; we take the mean.

    >>> hardest_negative_triplet(torch.eye(2), torch.eye(2).flip(0))  # twice 0.2 + 1 - 0
    tensor(2.4000)
    """
    check_pairs(images, texts, positives, torch.Tensor)
    check_number("margin", margin, 0)
    s = cosine_similarities(images, texts)  # (B, B)
    right = torch.eye(len(s), dtype=torch.bool, device=s.device)
    wrong = s.masked_fill(right if positives is None else right | positives, -torch.inf)
    gaps = (margin + wrong.amax(dim=k) - s.diagonal() for k in (1, 0))
    return sum(torch.relu(gap).mean() for gap in gaps)


def unit_vectors(x: torch.Tensor) -> torch.Tensor:
    """The rows of ``x`` (N, D) at length 1; zeros stay zeros."""
    # Squares of large or tiny numbers would get lost. A factor changes no direction, so it counts
    # as a constant.
    largest = x.detach().abs().amax(dim=-1, keepdim=True)
    x = x / torch.where(largest == 0, 1, largest)
    square = x.square().sum(dim=-1, keepdim=True)
    return x / torch.where(square == 0, 1, square).sqrt()


def _shares(right, like):
    """Of each row's right answers, which sum to 1."""
    return right.to(like.dtype) / right.sum(dim=1, keepdim=True).clamp(min=1)
