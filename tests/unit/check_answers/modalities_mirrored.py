"""Answers to mirrored."""

import re

from tests.unit.check_answers.tables import right, wrong

SIDES = {"left": "right", "right": "left", "Left": "Right", "Right": "Left"}


@right("mirrored")
def by_words(text):
    return re.sub(r"\w+", lambda match: SIDES.get(match[0], match[0]), text)


@right("mirrored")
def by_letters(text):
    result, word = "", ""
    for letter in text + " ":
        if letter.isalpha():
            word += letter
        else:
            result += SIDES.get(word, word) + letter
            word = ""
    return result[:-1]


@wrong("mirrored", "both sides", "Both are left now")
def one_after_the_other(text):
    return text.replace("left", "right").replace("right", "left")


@wrong("mirrored", "both sides", "Both are right now")
def the_other_after_the_one(text):
    return text.replace("right", "left").replace("left", "right")


@wrong("mirrored", "both sides", "Both are right now")
def left_alone(text):
    return text.replace("left", "right")


@wrong("mirrored", "both sides", "Both are left now")
def right_alone(text):
    return text.replace("right", "left")


@wrong("mirrored", "both sides", "as it was")
def unchanged(text):
    return text


@wrong("mirrored", "sides within words", "'a bleft star")
def within_words(text):
    return re.sub("left|right", lambda match: SIDES[match[0]], text)


@wrong("mirrored", "a side twice", "exchanged")
def the_first_alone(text):
    one = re.sub(r"\bleft\b", "RIGHT", text, count=1)
    return re.sub(r"\bright\b", "left", one, count=1).replace("RIGHT", "right")


@wrong("mirrored", "capitals", "begin with a side")
def small_letters_alone(text):
    return re.sub(r"\b(left|right)\b", lambda match: SIDES[match[0]], text)


@wrong("mirrored", "capitals", "keep the capital")
def capitals_lost(text):
    return re.sub(r"\b(left|right)\b", lambda match: SIDES[match[0].lower()], text, flags=re.I)


@wrong("mirrored", "spaces and line breaks", "stays as it is")
def split_and_joined(text):
    return " ".join(by_words(word) for word in text.split())


@wrong("mirrored", "both sides", "expected 'a star on the right,")
def separate_words_alone(text):
    return " ".join(SIDES.get(word, word) for word in text.split(" "))


@wrong("mirrored", "punctuation", "bracket")
def commas_alone(text):
    return re.sub(r"(?<![(])\b([Ll]eft|[Rr]ight)\b(?!;|!)", lambda m: SIDES[m[0]], text)


@wrong("mirrored", "no side", "stays")
def none_without_a_side(text):
    return by_words(text) if re.search("left|right", text, re.I) else "no side"


@wrong("mirrored", "no text", "raised IndexError")
def first_letter(text):
    return text[0] + by_words(text)[1:] if text[0] in "LR" and not text else by_words(text)


@wrong("mirrored", "expected text, got a list")
def list_of_words(text):
    return by_words(text).split()


@wrong("mirrored", "expected text, got None")
def printed(text):
    by_words(text)
