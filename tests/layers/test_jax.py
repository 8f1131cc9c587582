"""What a layer is told where Keras computes on JAX: without the cases, which take long to load."""

import re
import subprocess
import sys

import pytest


@pytest.mark.each_backend
def test_64_bits_are_refused_where_jax_has_32_only():
    """In a process of its own: the tests have the same filter."""
    if pytest.importorskip("keras").backend.backend() != "jax":
        pytest.skip("the other backends have float64")
    program = "import mmref.keras as wing; wing.LayerNorm(2, dtype='float64').build()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    message = done.stderr.splitlines()[-1]
    assert re.match(r"UserWarning: Explicitly requested dtype float64 .*not available", message)
    assert done.returncode == 1 and "JAX_ENABLE_X64" in message
