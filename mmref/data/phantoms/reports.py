"""Reports from a grammar: what is said of a patient, at known rates of every statement."""

from typing import Any

import numpy as np

from mmref.types import Array

# How often each kind of statement is made: (of the healthy, of the diseased).
RATES = {
    "lesion": {
        "asserted": (0.05, 0.45),
        "hedged": (0.20, 0.30),
        "negated": (0.65, 0.15),
        "silent": (0.10, 0.10),
    },
    "swelling": {
        "asserted": (0.15, 0.45),
        "negated": (0.60, 0.30),
        "silent": (0.25, 0.25),
    },
}
STAMPS = ("south", "north")  # the hospital of most healthy, and of most diseased

# All wordings of a statement are as frequent, so that they tell nothing.
WORDINGS: dict[str, dict[str, Any]] = {
    "en": {
        "lesion": {
            "asserted": ("There is a focal lesion.", "A focal lesion is seen."),
            "hedged": ("A focal lesion cannot be excluded.", "Possible focal lesion."),
            "negated": ("There is no focal lesion.", "A focal lesion is not seen."),
            "silent": ("",),
        },
        "swelling": {
            "asserted": ("There is swelling.", "Swelling is seen."),
            "negated": ("There is no swelling.", "Swelling is not seen."),
            "silent": ("",),
        },
        "other": (
            "There is no fracture.",
            "An old scar is seen.",
            "A second image is not needed.",
            "There is little motion.",
        ),
        "stamp": {"south": "South hospital.", "north": "North hospital."},
    },
    "zh": {
        "lesion": {
            "asserted": ("有局灶性病变。", "可见局灶性病变。"),
            "hedged": ("不能排除局灶性病变。", "可能有局灶性病变。"),
            "negated": ("无局灶性病变。", "未见局灶性病变。"),
            "silent": ("",),
        },
        "swelling": {
            "asserted": ("有肿胀。", "可见肿胀。"),
            "negated": ("无肿胀。", "未见肿胀。"),
            "silent": ("",),
        },
        "other": ("无骨折。", "可见旧瘢痕。", "无需再次成像。", "有轻微移动。"),
        "stamp": {"south": "南院。", "north": "北院。"},
    },
}


def draw_statements(labels: Array, rng: np.random.Generator) -> Array:
    """Of each patient the kind of each statement, (N, 2) numbers of the rows of ``RATES``."""
    columns = []
    for kinds in RATES.values():
        edges = np.cumsum(list(kinds.values()), axis=0)[:-1]  # (kinds - 1, 2)
        at = rng.random(len(labels))
        columns.append((at[:, None] >= edges.T[labels]).sum(axis=1))
    return np.stack(columns, axis=1)


def say(statements: Array, stamps: Array, language: str, rng: np.random.Generator) -> list[str]:
    """The text of each report: a stamp in front, then its sentences in any order."""
    words = WORDINGS[language]

    def one_of(wordings: tuple[str, ...]) -> str:  # as rng.choice, at a third of its time
        return wordings[rng.integers(len(wordings))]

    texts = []
    for row, stamp in zip(statements, stamps, strict=True):
        said = [one_of(words["other"])]
        for (finding, kinds), kind in zip(RATES.items(), row, strict=True):
            said.append(one_of(words[finding][list(kinds)[kind]]))
        said = [said[i] for i in rng.permutation(3) if said[i]]
        if stamp >= 0:
            said.insert(0, words["stamp"][STAMPS[stamp]])
        texts.append((" " if language == "en" else "").join(said))
    return texts


def rates_of_reports(stamp: float | None) -> Array:
    """How often each of all R reports is given, (R, 2), by the label: lesion, swelling, stamp.

    stamp: how often the stamp agrees with the label; None: reports have none, which is -1.
    """
    lesion, swelling = (np.array(list(kinds.values())) for kinds in RATES.values())
    shares = (
        np.ones((1, 2)) if stamp is None else np.array([[stamp, 1 - stamp], [1 - stamp, stamp]])
    )
    rates = lesion[:, None, None] * swelling[None, :, None] * shares  # (4, 3, stamps, 2)
    return rates.reshape(-1, 2)
