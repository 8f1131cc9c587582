"""What the tests of notebooks are made of: a small chapter, cells, outputs, a run under nbval."""

import base64
import io
import subprocess
import sys

import numpy as np
from nbformat.v4 import new_code_cell, new_output
from PIL import Image

from scripts import notebooks

TEXT = """\
---
jupytext:
  formats: ipynb,md:myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A chapter

```{code-cell}
x = 2
print(x * 3)
```

```{code-cell}
:tags: [nbval-ignore-output]

import time
t = time.time()
assert t > 0
t
```
"""


def png(size, noise=False):
    """A square picture, base64."""
    pixels = np.zeros((size, size, 4), np.uint8)
    if noise:
        pixels[:] = np.random.default_rng(0).integers(0, 256, pixels.shape)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def stream(text, stream_name="stdout"):
    return new_output("stream", name=stream_name, text=text)


def picture(size=10, noise=False):
    return new_output("display_data", data={"image/png": png(size, noise)})


def cell(source, count, tags=(), outputs=(), **metadata):
    metadata |= {"tags": list(tags)} if tags else {}
    return new_code_cell(source, execution_count=count, outputs=list(outputs), metadata=metadata)


def nbval(folder, *options):
    """Run nbval over a folder as ``make notebooks`` does."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
        + ["--rootdir", folder, "--nbval", "--nbval-current-env", folder],
        cwd=notebooks.ROOT,
        capture_output=True,
        text=True,
    )
