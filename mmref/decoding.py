"""Writing a text word by word: beam search, greedy search as its narrowest case, and sampling.

Both ask a function ``score``, of prefixes (P, T) of ids, each beginning with BEGIN, and of rows
(P,), which of the texts a prefix belongs to, for log probabilities (P, V) of the next word, all in
NumPy. A model of either framework gives one, as ``Captioner.scorer`` does; so does a table.

>>> def score(prefixes, rows):  # whatever came before: 4 with probability 0.6, then the end
...     return np.log(np.tile([1e-9, 1e-9, 1e-9, 0.4, 0.6], (len(prefixes), 1)))
>>> found = beam_search(score, 1, width=3, length=3)
>>> found.ids, found.log_probabilities.round(3)  # to stop at once is likelier than to go on
(array([[3]]), array([-0.916]))
>>> beam_search(score, 1, width=3, length=3, normalize=1.0).ids  # by word it is not
array([[4, 4, 4]])
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mmref.contract.arrays import check_floats, check_shape
from mmref.contract.settings import (
    check_count,
    check_function,
    check_kind,
    check_number,
    check_scale,
)
from mmref.data.text import BEGIN, END, PAD, UNKNOWN
from mmref.errors import ShapeError
from mmref.types import Array

__all__ = ["Written", "beam_search", "sample"]

NEVER = (PAD, UNKNOWN, BEGIN)
SCORE = "a function of prefixes and rows"
_ROUNDING = 1e-6  # by which a log probability may be above 0


@dataclass(frozen=True)
class Written:
    """Texts, and how likely they were.

    ids: (B, T) int64, without BEGIN, with END where a text was finished, PAD behind it.
    log_probabilities: (B,) float64, the sum over its words, END included.
    """

    ids: Array
    log_probabilities: Array

    def __len__(self) -> int:
        return len(self.ids)


def beam_search(
    score: Callable[[Array, Array], Array],
    count: int,
    width: int = 1,
    length: int = 20,
    normalize: float = 0.0,
    never: Sequence[int] = NEVER,
) -> Written:
    """The likeliest text, as far as a search finds it that keeps a few beginnings at a time.

    Formula
        among the texts y that were met, the largest log p(y) / |y|^normalize, with |y| its words,
        END included; a text is one that ends, or has ``length`` words

    Args
        score: see the module. count: B, how many texts.
        width: how many beginnings of a text are kept. With 1 the search is greedy: always the
            likeliest word. The greedy text is kept beside the others, which may otherwise lose it:
            so a wider search never finds a worse one.
        length: the most words of a text.
        normalize: 0 asks for the likeliest text, which favors short ones; 1 for the likeliest by
            word.
        never: ids that are never written.

    Errors
        TypeError: no function, no number. ValueError: a count, width or length below 1, a negative
        normalize, scores that are no log probabilities. ShapeError: scores that are not (P, V).

    Source
        Wu et al., "Google's neural machine translation system", 2016, arXiv 1609.08144, section 7,
        for a power of the length.
    """
    check_function("score", score, SCORE)
    check_count("count", count)
    check_count("width", width)
    check_count("length", length)
    check_number("normalize", normalize, 0)
    never = _ids(never)
    prefixes, rows = np.full((count, 1), BEGIN), np.arange(count)
    log_p, greedy = np.zeros(count), np.ones(count, bool)
    best = [(-np.inf, np.array([], int), -np.inf) for _ in range(count)]
    for step in range(1, length + 1):
        next_p = _scored(score, prefixes, rows, never)
        total = log_p[:, None] + next_p  # (P, V)
        kept: list[tuple[int, int, bool]] = []  # prefix, word, is it greedy?
        for row in np.unique(rows):
            kept += _extended(np.flatnonzero(rows == row), total, next_p, greedy, width)
        old, word, greedy = (np.array(part) for part in zip(*kept, strict=True))
        prefixes = np.concatenate([prefixes[old], word[:, None]], axis=1)
        rows, log_p = rows[old], total[old, word]
        over = (word == END) | (step == length)
        for i in np.flatnonzero(over):
            found = log_p[i] / step**normalize
            if found > best[rows[i]][0]:
                best[rows[i]] = (found, prefixes[i, 1:], log_p[i])
        # The most that a beginning can come to: log p falls with each word.
        hope = log_p / length**normalize
        open_ = ~over & (hope > np.array([best[row][0] for row in rows]))
        prefixes, rows, log_p, greedy = prefixes[open_], rows[open_], log_p[open_], greedy[open_]
        if not len(rows):
            break
    return _written([ids for _, ids, _ in best], [p for *_, p in best])


def sample(
    score: Callable[[Array, Array], Array],
    count: int,
    rng: np.random.Generator,
    temperature: float = 1.0,
    length: int = 20,
    never: Sequence[int] = NEVER,
) -> Written:
    """Texts drawn word by word, each word as likely as the model says.

    Formula
        P(word v) proportional to p_v^(1 / temperature), over all but ``never``

    Args
        score: see the module. count: B, how many texts. rng: draws one number for each text and
            word, so that equal probabilities give equal texts in every framework.
        temperature: above 0; towards 0 it becomes greedy, above 1 bolder.
        length: the most words of a text. never: ids that are never written.

    Errors
        As :func:`beam_search`; TypeError: rng is no generator. ValueError: a temperature that is
        not positive.

    >>> def score(prefixes, rows):
    ...     return np.log(np.tile([1e-9, 1e-9, 1e-9, 0.4, 0.6], (len(prefixes), 1)))
    >>> sample(score, 3, np.random.default_rng(0), length=4).ids
    array([[4, 3],
           [3, 0],
           [3, 0]])
    """
    check_function("score", score, SCORE)
    check_count("count", count)
    check_kind("rng", rng, np.random.Generator, "a numpy.random.Generator")
    check_scale(temperature=temperature)
    check_count("length", length)
    never = _ids(never)
    prefixes, log_p = np.full((count, 1), BEGIN), np.zeros(count)
    going = np.arange(count)
    for _ in range(length):
        drawn = rng.random(count)  # for all texts, so that none depends on when another ends
        next_p = _scored(score, prefixes[going], going, never)
        s = next_p / temperature
        reached = np.cumsum(np.exp(s - s.max(axis=1, keepdims=True)), axis=1)  # (P, V)
        word = np.argmax(reached > drawn[going, None] * reached[:, -1:], axis=1)
        prefixes = np.concatenate([prefixes, np.full((count, 1), PAD)], axis=1)
        prefixes[going, -1] = word
        log_p[going] += next_p[np.arange(len(going)), word]
        going = going[word != END]
        if not len(going):
            break
    return Written(prefixes[:, 1:], log_p)


def _extended(at, total, next_p, greedy, width):
    """The best ``width`` extensions of the prefixes ``at``, and the greedy one's own."""
    words = total.shape[1]
    flat = total[at].ravel()
    top = np.argsort(-flat, kind="stable")[:width]
    top = top[np.isfinite(flat[top])].tolist()
    chosen = None
    for place, i in enumerate(at):
        if greedy[i]:
            chosen = place * words + int(np.argmax(next_p[i]))
    if chosen is not None and chosen not in top:
        top.append(chosen)
    return [(int(at[k // words]), k % words, k == chosen) for k in top]


def _scored(score, prefixes, rows, never):
    """What the function says, checked; minus infinity for what is never written."""
    found = score(prefixes, rows)
    check_floats("score(prefixes, rows)", found, np.ndarray)
    check_shape("score(prefixes, rows)", found, P=len(rows), V=found.shape[-1])
    if found.shape[1] <= max(END, *never, 0):
        raise ShapeError("score(prefixes, rows)", f"more than {END} words", tuple(found.shape))
    if np.isnan(found).any() or found.max() > _ROUNDING:
        wrong = found[np.isnan(found) | (found > _ROUNDING)][0]
        raise ValueError(f"score(prefixes, rows): expected log probabilities, got {wrong}")
    found = found.astype(float)
    found[:, list(never)] = -np.inf
    if not np.isfinite(found).any(axis=1).all():
        raise ValueError("score(prefixes, rows): expected a word that can be written, got none")
    return found


def _ids(never):
    check_kind("never", never, (list, tuple), "a list or tuple of ids")
    for i, one in enumerate(never):
        check_count(f"never[{i}]", one, 0)
    return tuple(never)


def _written(texts, log_probabilities):
    ids = np.full((len(texts), max(map(len, texts))), PAD)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = text
    return Written(ids, np.array(log_probabilities))
