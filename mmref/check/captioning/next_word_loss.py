"""logits (B, T, V), at step t the scores of the word that comes next; labels (B, T), integers, that
word; mask (B, T), boolean, True = a word. Returns a number: the mean of -log softmax(logits)[label]
over all words of the batch. What stands where the mask is False, NaN included, has no effect."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal, put
from mmref.reference import captioning

PADDING = "Padding is no word: neither its loss counts, nor its step in the mean."
WORDS = "All words of the batch count alike, those of a short caption no more than others."
ONCE = "The labels are the next words already: they are not shifted again."
LARGE = "exp(1000) overflows: what can be subtracted from all scores of a step?"
SELECT = "A masked step may hold NaN, and 0 * NaN is NaN: select, do not multiply."


def draw(rng, B=3, T=5, V=6):
    mask = np.arange(T) < np.maximum(T - 2 * np.arange(B)[:, None] % T, 1)
    return *normal(rng, (B, T, V)), rng.integers(V, size=(B, T)), mask


def loss(logits, labels, mask, kept=lambda m: m, share=np.sum, turn=lambda x: x):
    """The loss, or a wrong one."""
    mask = kept(mask)
    s = np.where(mask[..., None], logits, 0)
    s = s - s.max(axis=2, keepdims=True)
    log_p = turn(s - np.log(np.exp(s).sum(axis=2, keepdims=True)))
    said = np.take_along_axis(log_p, np.where(mask, labels, 0)[..., None], axis=2)[..., 0]
    return np.float64(-np.sum(said * mask) / max(share(mask), 1))


def reference(logits, labels, mask):
    return captioning.next_word_loss(logits, labels, mask)


def by_caption(logits, labels, mask):
    rows = [loss(*(a[i : i + 1] for a in (logits, labels, mask))) for i in range(len(mask))]
    return np.float64(np.mean(rows))


wrong = Wrong(loss)
CASES = (
    case("captions of several lengths", PADDING),
    case("captions without padding", ONCE, {"mask": lambda m: m | True}),
    case("two captions, one of them short", WORDS, B=2, T=6),
    case("an empty caption", "A caption without a word adds nothing.", {"mask": put(1, False)}),
    case("no word at all", "Nothing to say: 0.", {"mask": lambda m: m & False}),
    case("scores of 1000", LARGE, {"logits": lambda x: 1000 * x}),
    case("NaN in the padding", SELECT, lambda x, y, m: (np.where(m[..., None], x, np.nan), y, m)),
    case("padding of -100", "It is no index.", lambda x, y, m: (x, np.where(m, y, -100), m)),
)  # fmt: skip
MISTAKES = (
    (PADDING, wrong(kept=lambda m: m | True), wrong(share=lambda m: m.size)),
    (WORDS, by_caption),
    (ONCE, lambda logits, labels, mask: loss(logits[:, :-1], labels[:, 1:], mask[:, 1:])),
    ("The mean over the words, not the sum.", wrong(share=lambda m: 1)),
    ("Each word once: the mean runs over words, not over captions.", wrong(share=len)),
    ("Minus the logarithm of the softmax, not the softmax itself.", wrong(turn=np.exp)),
)  # fmt: skip
EXERCISE = Exercise(reference, __doc__, CASES, MISTAKES, draw, axis=None, outputs=("loss",))
