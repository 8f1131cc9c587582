"""Three tokenizers: from a text to its tokens."""

import re

from mmref.contract.settings import check_count, check_kind

# Chinese has no spaces: each ideograph is a word of its own. "_" is no letter.
_IDEOGRAPHS = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[^\W_{_IDEOGRAPHS}]+")
_RUN = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Lower-case words: runs of letters and digits; each Chinese character is a word.

    Made for English and Chinese. A combining mark is no letter and ends a word: compose text
    that has some with ``unicodedata.normalize("NFC", text)``, or use ``Subwords``.

    >>> words("Man’s shoe, T-Rex"), words("男鞋 2")
    (['man', 's', 'shoe', 't', 'rex'], ['男', '鞋', '2'])
    """
    check_kind("text", text, str, "a text")
    return _WORD.findall(text.lower())


def characters(text: str) -> list[str]:
    """Lower-case characters, spaces and signs included.

    >>> characters("T-Rex")
    ['t', '-', 'r', 'e', 'x']
    """
    check_kind("text", text, str, "a text")
    return list(text.lower())


def character_ngrams(text: str, low: int = 2, high: int = 4) -> list[str]:
    """The n-grams, low <= n <= high, of each run of letters and digits in "<" and ">".

    The signs tell a beginning or an end from a middle. Chinese runs are not split, so their
    bigrams are kept.

    >>> character_ngrams("Big ox", 2, 3)
    ['<b', 'bi', 'ig', 'g>', '<bi', 'big', 'ig>', '<o', 'ox', 'x>', '<ox', 'ox>']
    """
    check_kind("text", text, str, "a text")
    check_count("low", low)
    check_count("high", high, low)
    marked = [f"<{run}>" for run in _RUN.findall(text.lower())]
    return [
        run[start : start + n]
        for run in marked
        for n in range(low, high + 1)
        for start in range(len(run) - n + 1)
    ]
