"""Tokens and their ids."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from mmref.contract.settings import check_count, check_flags, check_function, text_list
from mmref.data.text._files import check_content, read_json, write_json
from mmref.data.text._padding import NAMES, UNKNOWN, pad, unpad
from mmref.data.text._tokens import character_ngrams, characters, words
from mmref.errors import ChoiceError, DataError
from mmref.types import Array

# The tokenizers that a file can name.
_TOKENIZERS = {f.__name__: f for f in (words, characters, character_ngrams)}
_TOKENIZE = "a function from a text to its tokens"
_TYPES = {"tokens": list, "ends": bool, "tokenize": str}  # of what a file holds


@dataclass(frozen=True)
class Vocabulary:
    """Tokens and their ids; id 0 is padding, id 1 any token that is not known.

    tokens: the token of each id; the first two are "[PAD]" and "[UNK]".
    tokenize: the function from a text to its tokens.
    ends: whether a text begins with id 2 and ends with id 3, as models that write texts need;
        the first four tokens are then special, "[BEGIN]" and "[END]" after those two.

    >>> vocabulary = Vocabulary.build(["red heart", "red car"])
    >>> vocabulary.tokens
    ('[PAD]', '[UNK]', 'red', 'car', 'heart')
    >>> ids, mask = vocabulary.encode(["red bus", "car", ""])
    >>> ids
    array([[2, 1],
           [3, 0],
           [0, 0]])
    >>> mask
    array([[ True,  True],
           [ True, False],
           [False, False]])
    >>> vocabulary.decode(ids)
    [['red', '[UNK]'], ['car'], []]
    """

    tokens: tuple[str, ...]
    tokenize: Callable = words
    ends: bool = False
    _ids: dict = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_flags(ends=self.ends)
        check_function("tokenize", self.tokenize, _TOKENIZE)
        object.__setattr__(self, "tokens", tuple(text_list("tokens", self.tokens)))
        special = _special(self.ends)
        if self.tokens[:special] != NAMES[:special]:
            expected = f"{NAMES[:special]} first"
            raise ValueError(f"tokens: expected {expected}, got {self.tokens[:special]}")
        # The special ids are left out: a text that spells "[PAD]" must not become padding.
        ids = {token: i for i, token in enumerate(self.tokens) if i >= special}
        if len(ids) < len(self.tokens) - special:
            twice, _ = Counter(self.tokens[special:]).most_common(1)[0]
            raise ValueError(f"tokens: expected each once, got {twice!r} again")
        object.__setattr__(self, "_ids", ids)

    @classmethod
    def build(
        cls,
        texts: Sequence[str],
        tokenize: Callable[[str], Sequence[str]] = words,
        min_count: int = 1,
        max_size: int | None = None,
        ends: bool = False,
    ) -> Self:
        """Collect the tokens seen at least ``min_count`` times, the most frequent first.

        max_size: keep at most this many tokens, the special ones counted: an embedding of this
        many rows is enough.
        """
        check_flags(ends=ends)
        check_function("tokenize", tokenize, _TOKENIZE)
        check_count("min_count", min_count)
        special = _special(ends)
        if max_size is not None:
            check_count("max_size", max_size, special)
        counts = Counter(token for row in _tokens(texts, tokenize) for token in row)
        kept = [token for token, count in counts.items() if count >= min_count]
        kept.sort(key=lambda token: (-counts[token], token))  # the same for any order of texts
        if max_size is not None:
            kept = kept[: max_size - special]
        return cls((*NAMES[:special], *kept), tokenize, ends)

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(
        self,
        texts: Sequence[str],
        length: int | None = None,
        truncate: bool = False,
        side: str = "right",
    ) -> tuple[Array, Array]:
        """Return ids (B, T) int64 and mask (B, T) bool, True where there is a token.

        T is ``length``, or the number of tokens of the longest text, and at least 1. The
        row of a text without tokens is all padding and its mask all False. A text longer than
        ``length`` raises ShapeError, unless ``truncate`` allows to drop its end. The padding
        goes to the ``side`` "right" or "left".
        """
        rows = [
            [self._ids.get(token, UNKNOWN) for token in row]
            for row in _tokens(texts, self.tokenize)
        ]
        return pad(rows, length, truncate, side, self.ends)

    def decode(self, ids: Array) -> list[list[str]]:
        """Return the tokens of each row of ids (B, T), without the padding and the ends."""
        rows = unpad(ids, len(self), self.ends)
        return [[self.tokens[i] for i in row] for row in rows]

    def save(self, path: str | Path) -> None:
        """Write the vocabulary to a JSON file; its tokenizer by name."""
        write_json(path, self.to_json())

    @classmethod
    def load(cls, path: str | Path, tokenize: Callable[[str], Sequence[str]] | None = None) -> Self:
        """Read what ``save`` wrote. A tokenizer of your own cannot be read: pass it again."""
        if tokenize is not None:
            check_function("tokenize", tokenize, _TOKENIZE)
        return cls.from_json(read_json(path, _TYPES), tokenize, path)

    def to_json(self) -> dict[str, Any]:
        """What JSON can hold of it: the tokens, and its tokenizer by name."""
        own = "a function of your own"
        name = next((name for name, f in _TOKENIZERS.items() if f is self.tokenize), own)
        return {"tokens": list(self.tokens), "ends": self.ends, "tokenize": name}

    @classmethod
    def from_json(
        cls, content: object, tokenize: Callable | None = None, name: object = "vocabulary"
    ) -> Self:
        """The vocabulary of what ``to_json`` gave; ``name`` is what errors call it."""
        content = check_content(name, content, _TYPES)
        if tokenize is None:
            if content["tokenize"] not in _TOKENIZERS:
                raise ChoiceError("tokenize", content["tokenize"], _TOKENIZERS)
            tokenize = _TOKENIZERS[content["tokenize"]]
        try:
            return cls(content["tokens"], tokenize, content["ends"])
        except (TypeError, ValueError) as error:
            raise DataError(name, "unknown content", error) from None


def _tokens(texts, tokenize):
    """The tokens of each text; a function that gives one text back would have it spelled."""
    for text in text_list("texts", texts):
        yield text_list("tokenize(text)", tokenize(text))


def _special(ends):
    """How many tokens come first that no text can have."""
    return len(NAMES) if ends else 2
