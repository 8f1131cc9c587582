"""The one place that silences TensorFlow's start-up messages."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send the process's stderr to nowhere for a while.

    TensorFlow's C++ side writes lines with the time in them while it is imported, before any
    log level is read, so only the file descriptor stops them. Python exceptions still arrive.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # for what it logs later
    sys.stderr.flush()
    saved = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
