"""Published test cases: inputs and outputs that nobody here wrote."""

import functools
import warnings

import numpy as np


@functools.cache
def onnx_node_cases():
    """The ONNX standard's cases of single operations, made once: making them takes seconds."""
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # cases of other operations divide by zero on purpose
        return load_model_tests(kind="node")
