"""Sentences from a grammar, in English and Chinese: what something was, and the same denied.

Three sentences of ten deny: "not bad" is praise, and no adjective alone says which it is.
"""

import numpy as np

from mmref.types import Array

THINGS = {
    "en": ("the film", "this song", "the match", "our trip", "the book", "the party", "the play",
           "the talk"),
    "zh": ("这部电影", "这首歌", "这场比赛", "这次旅行", "这本书", "这次聚会", "这出戏",
           "这个讲座"),
}  # fmt: skip
GOOD = {
    "en": ("good", "great", "fun", "brilliant", "lovely", "perfect"),
    "zh": ("好", "棒", "精彩", "出色", "好玩", "完美"),
}
BAD = {
    "en": ("bad", "awful", "boring", "dull", "dreary", "terrible"),
    "zh": ("差", "糟糕", "无聊", "乏味", "平庸", "沉闷"),
}
PLAIN = {
    "en": ("{} was {}", "{} was really {}", "well, {} was {}", "{} was so {}"),
    "zh": ("{}很{}", "{}真{}", "{}非常{}", "{}太{}了"),
}
DENIED = {
    "en": ("{} was not {}", "{} was not {} at all", "well, {} was never {}"),
    "zh": ("{}不{}", "{}一点也不{}", "{}并不{}"),
}
NEGATED = 0.3  # the share of sentences that deny


def say(
    polarity: Array, languages: tuple[str, ...], test: bool, rng: np.random.Generator
) -> tuple[str, ...]:
    """A sentence for each polarity, -1 or 1 (N,): in one of the languages, drawn.

    A thing and an adjective whose numbers add up to a multiple of four stand in tests alone: no
    sentence of the tests is in a training.
    """
    texts = []
    for sign in polarity:
        language = languages[rng.integers(len(languages))]
        denied = rng.random() < NEGATED
        adjectives = (GOOD if (sign > 0) != denied else BAD)[language]
        pairs = [
            (thing, adjective)
            for i, thing in enumerate(THINGS[language])
            for j, adjective in enumerate(adjectives)
            if ((i + j) % 4 == 0) == test
        ]
        forms = (DENIED if denied else PLAIN)[language]
        texts.append(forms[rng.integers(len(forms))].format(*pairs[rng.integers(len(pairs))]))
    return tuple(texts)
