"""Subwords: byte-pair encoding, learned and applied by the library ``tokenizers``.

The library is loaded by the first call.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from mmref.contract.settings import check_count, check_flags, check_kind, text_list
from mmref.data.text._files import check_content, read_json, write_json
from mmref.data.text._padding import NAMES, pad, unpad
from mmref.errors import DataError
from mmref.types import Array

_BYTES = 256
_TYPES = {"tokenizer": dict, "ends": bool}  # of what a file holds


class Subwords:
    """Pieces of words and their ids, by byte-pair encoding; any text comes back as it was.

    It starts from the 256 bytes of UTF-8 and, again and again, joins the pair of neighbors that
    is most frequent in the texts. Frequent words become one piece; what is rare stays in several,
    and nothing is unknown. Upper case, spaces and signs are kept.

    Padding, masks and special ids are those of ``Vocabulary``. Id 1 stays unused, so that models
    of either kind of ids agree on what is special.

    Source: Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword
    Units", ACL 2016. They start from characters; bytes leave nothing unknown.

    >>> subwords = Subwords.build(["a red circle", "a red square", "red circles"], size=270)
    >>> ids, mask = subwords.encode(["red circles", "Red"])
    >>> subwords.pieces("red circles")
    ['red', ' circle', 's']
    >>> mask.sum(1)
    array([3, 3])
    >>> subwords.decode(ids)
    ['red circles', 'Red']
    """

    def __init__(self, tokenizer: Any, ends: bool = False) -> None:
        self._tokenizer = tokenizer
        self.ends = ends
        # The library never hears of the special ids: a text that spells "[PAD]" must not
        # become padding. Its own ids start at 0; ours come after the special ones.
        self._first = len(NAMES) if ends else 2

    @classmethod
    def build(
        cls, texts: Sequence[str], size: int = 1000, min_count: int = 2, ends: bool = False
    ) -> Self:
        """Learn at most ``size`` pieces, the bytes and the special ones counted.

        min_count: join a pair only if it was seen this often. The result does not depend on the
        order of the texts.
        """
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

        lowest = _BYTES + (len(NAMES) if ends else 2)  # the bytes and the special ids
        check_count("size", size, lowest)
        check_count("min_count", min_count)
        check_flags(ends=ends)
        texts = [_utf8(text) for text in text_list("texts", texts)]
        tokenizer = Tokenizer(models.BPE())
        # Joins stay within a word and the space before it, or within a run of signs.
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size - lowest + _BYTES,
            min_frequency=min_count,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(texts, trainer)
        return cls(tokenizer, ends)

    def __len__(self) -> int:
        return self._first + self._tokenizer.get_vocab_size()

    def pieces(self, text: str) -> list[str]:
        """Return the pieces of one text; one that ends within a character shows "�" there."""
        return [self._tokenizer.decode([i]) for i in self._encode(text)]

    def encode(
        self,
        texts: Sequence[str],
        length: int | None = None,
        truncate: bool = False,
        side: str = "right",
    ) -> tuple[Array, Array]:
        """Return ids (B, T) int64 and mask (B, T) bool, as ``Vocabulary.encode`` does."""
        rows = [[i + self._first for i in self._encode(text)] for text in text_list("texts", texts)]
        return pad(rows, length, truncate, side, self.ends)

    def decode(self, ids: Array) -> list[str]:
        """Return the text of each row of ids (B, T), without the padding and the ends.

        Other than with words, joining the pieces gives the text itself. Where a row was cut in
        the middle of a character, what is left of it shows as "�". Id 1 is left out.
        """
        rows = unpad(ids, len(self), self.ends)
        rows = [[i - self._first for i in row if i >= self._first] for row in rows]
        return [self._tokenizer.decode(row) for row in rows]

    def save(self, path: str | Path) -> None:
        """Write the pieces to a JSON file: the library's own format, and whether there are ends."""
        write_json(path, self.to_json())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what ``save`` wrote."""
        return cls.from_json(read_json(path, _TYPES), path)

    def to_json(self) -> dict[str, Any]:
        """What JSON can hold of it: the library's own format, and whether there are ends."""
        return {"tokenizer": json.loads(self._tokenizer.to_str()), "ends": self.ends}

    @classmethod
    def from_json(cls, content: object, name: object = "subwords") -> Self:
        """The subwords of what ``to_json`` gave; ``name`` is what errors call it."""
        from tokenizers import Tokenizer

        content = check_content(name, content, _TYPES)
        try:
            tokenizer = Tokenizer.from_str(json.dumps(content["tokenizer"]))
        except Exception as error:  # the library raises no narrower one
            raise DataError(name, "not a tokenizer", error) from None
        return cls(tokenizer, content["ends"])

    def _encode(self, text):
        return self._tokenizer.encode(_utf8(text)).ids


def _utf8(text):
    """Half a surrogate pair is no character, and has no bytes."""
    check_kind("text", text, str, "a text")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"text: expected characters that UTF-8 can write, got {text!r}") from None
    return text
