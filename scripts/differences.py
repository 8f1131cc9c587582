"""Write the page "Where PyTorch and Keras differ" from its registry.

``python -m scripts.differences`` writes the page's text; ``make execute NB=...`` then runs it. Each
difference shows the source of its two programs, so nothing stands on the page that is not tested.
"""

import argparse
import sys

from mmref.concordance.differences import GROUPS
from scripts.mirror import source_of
from scripts.notebooks import FOLDER, ROOT

PAGE = FOLDER / "reference" / "differences.md"

HEAD = """\
---
jupytext:
  formats: ipynb,md:myst
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
tocdepth: 2
---

% Written by `python -m scripts.differences` from `mmref.concordance.differences`. Do not edit.

# Where PyTorch and Keras differ

Two frameworks, one formula, different numbers: nearly always because of a default or a layout that
nobody thought of. This page lists {count} of them. For each it shows a program in both frameworks,
what the program printed, what follows, and what to do.

A test runs every program against the versions that are installed, Keras on TensorFlow and on
PyTorch, and fails when a framework does something else than the page says. Where both programs
compute the same thing from the same numbers, the value is called `result`; `remedied` is the value
after the advice was taken, and a test requires it to equal the other framework's `result`.

## All at a glance

{table}

## What the programs share

`draw` gives the same random arrays to both frameworks, `rounded` makes plain numbers of a tensor.
`run_torch` and `run_keras` call a function and return its value and its gradients, Keras on any
backend.

```{{code-cell}} ipython3
import inspect
import warnings
from types import SimpleNamespace

import numpy as np

from mmref.concordance.backends import run_keras, run_torch
from mmref.concordance.differences import draw, rounded
```

```{{code-cell}} ipython3
:tags: [pytorch]

import torch
from torch.nn import functional as F
```

```{{code-cell}} ipython3
:tags: [keras]

import mmref.keras  # before keras: it keeps TensorFlow's start-up messages quiet
import keras
from keras import ops
```
"""

TAIL = """
## One that is missing

A difference is one entry in `mmref/concordance/differences`: two programs, what they returned, what
follows, what to do. This page and its test are made from the entries.
"""


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or with ``--check`` only say whether it is out of date."""
    parser = argparse.ArgumentParser(description="Write the page of differences.")
    parser.add_argument("--check", action="store_true", help="change nothing, fail if outdated")
    check = parser.parse_args(arguments).check
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    if check:
        print("outdated, run python -m scripts.differences", file=sys.stderr)
        return 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"written, run make execute NB={PAGE.relative_to(ROOT)}")
    return 0


def page() -> str:
    """The page's text."""
    count = sum(len(group.differences) for group in GROUPS)
    parts = [HEAD.format(count=count, table=table())]
    for group in GROUPS:
        parts.append(f"\n## {group.title}\n\n{group.introduction}\n")
        if group.helpers:
            parts.append(cells(group.helpers, call=False))
        parts += [section(difference) for difference in group.differences]
    return "".join([*parts, TAIL])


def table() -> str:
    """All differences, a line each, linked to their sections."""
    lines = ["| | PyTorch | Keras |", "| --- | --- | --- |"]
    for group in GROUPS:
        lines.append(f"| **{group.title}** | | |")
        lines += [
            f"| [{d.title}](#{anchor(d)}) | {d.torch.fact} | {d.keras.fact} |"
            for d in group.differences
        ]
    return "\n".join(lines)


def section(difference) -> str:
    """One difference: the facts, the two programs, what follows, what to do."""
    d = difference
    follows = [d.consequence]
    if d.gap is not None:
        follows.append(f"The two results differ by up to **{number(d.gap)}**.")
    if d.gap_remedied is not None:
        follows.append(f"With the advice taken they differ by **{number(d.gap_remedied)}**.")
    elsewhere = [f"With {place}: `{found}`." for place, found in d.keras.elsewhere.items()]
    return "\n".join(
        [
            f"\n({anchor(d)})=\n### {d.title}\n",
            f"PyTorch\n: {d.torch.fact}\n\nKeras\n: {d.keras.fact}\n",
            cells((d.torch.program, d.keras.program)),
            " ".join([*follows, *elsewhere]) + "\n",
            f"**What to do.** {d.advice}\n",
        ]
    )


def anchor(difference) -> str:
    """What other pages link to."""
    return "differs-" + difference.name.replace("_", "-")


def cells(programs, call=True) -> str:
    """PyTorch's and Keras's program as twin cells."""
    text = ""
    for tag, program in zip(("pytorch", "keras"), programs, strict=True):
        source = source_of(f"{program.__module__}.{program.__name__}")
        if call:
            source += f"\n\n{program.__name__}()"
        text += f"\n```{{code-cell}} ipython3\n:tags: [{tag}]\n\n{source}\n```\n"
    return text.lstrip("\n") if call else text


def number(value: float) -> str:
    """Two digits, and no exponent for what is readable without."""
    return f"{value:.0f}" if value >= 10 or value == 0 else f"{value:.2g}"


if __name__ == "__main__":
    sys.exit(main())
