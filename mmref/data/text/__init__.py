"""From text to numbers: tokenizers, vocabularies with padding and masks, bags of words.

``words``, ``characters``, ``character_ngrams``  from a text to its tokens
``Vocabulary``                 from tokens to ids and back, padded, with a mask
``Subwords``                   the same from pieces of words, learned from texts; nothing is unknown
``pad``                        rows of ids of any length, as one array with a mask
``next_words``                 a caption, and the same shifted by one: what is read, what is said
``bag_of_words``, ``tf_idf``   scikit-learn's vectorizers, reading with our tokenizers
"""

from mmref.data.text._bags import bag_of_words, tf_idf
from mmref.data.text._padding import BEGIN, END, PAD, UNKNOWN, next_words, pad
from mmref.data.text._subwords import Subwords
from mmref.data.text._tokens import character_ngrams, characters, words
from mmref.data.text._vocabulary import Vocabulary

__all__ = [
    "BEGIN",
    "END",
    "PAD",
    "UNKNOWN",
    "Subwords",
    "Vocabulary",
    "bag_of_words",
    "character_ngrams",
    "characters",
    "next_words",
    "pad",
    "tf_idf",
    "words",
]
