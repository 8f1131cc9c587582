"""The one place that decides what the backends say: TensorFlow too much, JAX too little."""

import contextlib
import os
import sys
import warnings
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


def refuse_float64_in_32_bits() -> None:
    """Make an error of what JAX warns of: float64 is asked for, and float32 would be computed.

    JAX has numbers of 64 bits only where ``JAX_ENABLE_X64=1`` or ``jax.enable_x64`` allows them,
    as the message says. What is float64 and not asked to stay so, as NumPy's arrays are, becomes
    float32 without a word, as everywhere in JAX.
    """
    warnings.filterwarnings("error", "Explicitly requested dtype float64", UserWarning)
