"""Every layer owns what it learns: nothing is missing, and one step moves all of it."""

import numpy as np
import pytest

from mmref import convert
from tests.layers.cases import FIRST, LEARNING, ONE_EACH
from tests.layers.running import BOTH, arguments, each, made, ready, step
from tests.wings import WINGS, wing_of

# Arrays without a gradient, by the beginning of the case and a part of the path.
UNMOVED = (
    ("", "key_bias"),  # adds one number to all scores of a query, which a softmax does not see
    ("ImageEncoder", "conv.bias"),  # batch norm takes it away again
    ("FusionClassifier", "conv.bias"),
    ("DualEncoder", "conv.bias"),
    ("MapEncoder", "conv.bias"),
    ("Captioner", "conv.bias"),
    ("EfficientNetLite", "narrow.norm.shift"),  # so does the norm of the next convolution
    ("DualEncoder", "log_scale"),  # the loss has it: tests/retrieval
    # The other modality's only vector is all there is to look at.
    ("FusionClassifier", "fusion.query_"),
    ("FusionClassifier", "fusion.key_"),
)


@BOTH
@each([case for case in FIRST if case.held])
def test_a_layer_holds_the_arrays_of_its_formula_and_no_others(name, case):
    shapes = {path: array.shape for path, array in convert.arrays(ready(name, case)).items()}
    assert shapes == {path: array.shape for path, array in case.held.items()}


@BOTH
@each(LEARNING)
def test_every_parameter_is_registered_and_moved_by_one_step(name, case):
    # In a system some numbers rest: embeddings of words that did not occur, units below a ReLU.
    least = np.min if case.held and "relu" not in case.name else np.max
    layer = made(name, case)
    before = convert.arrays(layer)
    step(name, layer, arguments(name, case))
    for path, array in convert.arrays(layer).items():
        if not any(case.of.startswith(a) and b in path for a, b in UNMOVED):
            assert least(np.abs(array - before[path])) > 0, path


@each([case for case in LEARNING if case.held])
def test_what_begins_with_one_number_everywhere_begins_so_in_both_frameworks(case):
    """Logits, stand-ins and shifts with 0, scales with 1."""
    for name in WINGS:
        pytest.importorskip(name)
    new = {name: convert.arrays(case.make(wing_of(name))) for name in WINGS}
    for path, array in new["torch"].items():
        numbers = [set(map(float, new[name][path].flat)) for name in WINGS]
        begins = [len(found) == 1 < array.size for found in numbers]
        # The biases of PyTorch's own layers are drawn; those of Keras's begin with 0.
        if any(begins) and (begins[0] or "bias" not in path):
            assert numbers[0] == numbers[1], path


def drawn_by_itself(case):
    """The arrays that layers of ours draw, and none of the framework's own: path, size."""
    for path, part in case.make(wing_of("torch")).named_modules():
        if type(part).__module__.startswith("mmref."):
            for name, array in part.named_parameters(path, recurse=False):
                if len(set(array.ravel().tolist())) > 2:
                    yield name, array.numel()


# The parts of a model stand for themselves.
PARTS = [case for case in ONE_EACH if case.held != {} and "FusionClassifier" not in case.name]


@each(PARTS)
def test_what_a_layer_draws_itself_begins_as_large_in_both_frameworks(case):
    """Kernels, weights of scores, learned positions: their mean square over many layers."""
    for name in WINGS:
        pytest.importorskip(name)
    drawn = dict(drawn_by_itself(case))
    sizes = {path: [] for path in drawn}
    for name in WINGS if drawn else ():
        count = -(-500 // min(drawn.values()))  # of layers
        new = [convert.arrays(case.make(wing_of(name))) for _ in range(count)]
        for path, found in sizes.items():
            found.append(np.mean([np.square(arrays[path]) for arrays in new]))
    for path, (ours, theirs) in sizes.items():
        assert ours == pytest.approx(theirs, rel=0.35), path
