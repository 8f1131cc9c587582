"""A process that writes a bundle and is gone at one of its steps: killed.py PATH STEP NUMBER.

Prints the steps it took, if it lived to the end.
"""

import os
import sys

import numpy as np

from mmref.bundle import files
from mmref.data import checkpoints  # noqa: F401  loaded before steps are counted

path, last, number = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
folder = os.path.dirname(path)
files.write(folder + "-before", {"number": 0}, {"x": np.zeros(1)})  # all that is loaded late is
steps = 0


def step(event, arguments):
    """Whatever Python does to the folder, its neighbors and their files."""
    global steps
    touched = event.startswith(("os.", "shutil.")) or event == "open"
    paths = (os.fsdecode(a) for a in arguments if isinstance(a, str | bytes | os.PathLike))
    if touched and any(folder in path for path in paths):
        steps += 1
        if steps == last:
            os._exit(9)


sys.addaudithook(step)
files.write(path, {"number": number}, {"x": np.full(3, number)})
print(steps)
