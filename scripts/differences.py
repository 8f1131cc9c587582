"""Write the page "Where PyTorch and Keras differ" from its registry.

``python -m scripts.differences`` writes the page's text; ``make execute NB=...`` then runs it. Each
difference shows the source of its two programs, so nothing stands on the page that is not tested.
"""

import inspect

from book.differences import GROUPS
from book.differences.shared import draw, rounded
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

% Written by `python -m scripts.differences` from `book/differences`. Do not edit.

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
```

```{{code-cell}} ipython3
{shared}
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
```"""

TAIL = """\
## One that is missing

A difference is one entry in `book/differences`: two programs, what they returned, what
follows, what to do. This page and its test are made from the entries."""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"written, run make execute NB={PAGE.relative_to(ROOT)}")


def page() -> str:
    """The page's text."""
    count = sum(len(group.differences) for group in GROUPS)
    shared = f"{source(draw)}\n\n\n{source(rounded)}"
    blocks = [HEAD.format(count=count, table=table(), shared=shared)]
    for group in GROUPS:
        blocks += [f"## {group.title}", group.introduction]
        if group.helpers:
            of_torch, of_keras = group.helpers
            blocks += [cell("pytorch", source(of_torch)), cell("keras", source(of_keras))]
        for difference in group.differences:
            blocks += section(difference)
    return "\n\n".join([*blocks, TAIL]) + "\n"


def table() -> str:
    """All differences, a line each, linked to their sections."""
    lines = ["| | PyTorch | Keras |", "| --- | --- | --- |"]
    for group in GROUPS:
        lines.append(f"| **{group.title}** | | |")
        for d in group.differences:
            lines.append(f"| [{d.title}](#{anchor(d)}) | {d.torch.fact} | {d.keras.fact} |")
    return "\n".join(lines)


def section(difference) -> list[str]:
    """The blocks of one difference: the facts, the two programs, what follows, what to do."""
    d = difference
    follows = [d.consequence]
    if d.gap is not None:
        follows.append(f"The two results differ by up to **{number(d.gap)}**.")
    if d.gap_remedied is not None:
        follows.append(f"With the advice taken they differ by **{number(d.gap_remedied)}**.")
    for place, found in d.keras.elsewhere.items():
        follows.append(f"With {place}: `{found}`.")
    return [
        f"({anchor(d)})=\n### {d.title}",
        f"PyTorch\n: {d.torch.fact}",
        f"Keras\n: {d.keras.fact}",
        cell("pytorch", called(d.torch.program)),
        cell("keras", called(d.keras.program)),
        " ".join(follows),
        f"**What to do.** {d.advice}",
    ]


def anchor(difference) -> str:
    """What other pages link to."""
    return "differs-" + difference.name.replace("_", "-")


def source(function) -> str:
    """The text of a function."""
    return inspect.getsource(function).rstrip()


def called(program) -> str:
    """A program and its call, whose value the notebook then shows."""
    return f"{source(program)}\n\n{program.__name__}()"


def cell(framework, code) -> str:
    """A code cell that stands in the framework's tab."""
    return f"```{{code-cell}} ipython3\n:tags: [{framework}]\n\n{code}\n```"


def number(value: float) -> str:
    """Two digits, and no exponent for what is readable without."""
    return f"{value:.0f}" if value >= 10 or value == 0 else f"{value:.2g}"


if __name__ == "__main__":
    main()
