"""A training in a process of its own, killed while it draws a batch:

    python -m tests.training.programs.stopped FILE WEIGHTS BATCH

Batch -1 lets it come to its end, and its weights are written.
"""

import os
import signal
import sys

from safetensors.torch import save_file

from tests.training.test_resume import train

path, weights, last = sys.argv[1], sys.argv[2], int(sys.argv[3])


def kill(batch):
    if batch == last:
        os.kill(os.getpid(), signal.SIGKILL)


model, _ = train(resume=path, at=kill)
save_file(model.state_dict(), weights)
