"""What the concordance knows about one formula."""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

# The largest difference that counts as agreement, absolute and relative.
BOUNDS = {"float64": 1e-10, "float32": 1e-5}


@dataclass(frozen=True)
class Exemption:
    """A wider bound where somebody else's code cannot do better, and why."""

    backend: str
    dtype: str
    bound: float
    reason: str


@dataclass(frozen=True)
class Peer:
    """The same formula from somebody else: a framework's own layer or function.

    function takes the reference's arguments as the framework's tensors, in the reference's
    layout, images in the framework's. samples are those it can be asked for: other people's
    layers need not survive NaN in an absent modality, or a row with nothing in it. exemptions: its
    own, beside those of the formula. package: what must be installed, beside the framework.
    """

    name: str
    framework: str  # "torch" or "keras"
    function: Callable
    samples: tuple[str, ...]
    exemptions: tuple[Exemption, ...] = ()
    package: str | None = None


@dataclass(frozen=True)
class Vectors:
    """Published inputs and outputs; ``load`` yields pairs (arguments, expected).

    part: what of the reference's value they tell, such as its last step. package: what must be
    installed to load them.
    """

    name: str
    load: Callable[[], Iterable]
    part: Callable = lambda value: value
    package: str | None = "onnx"


@dataclass(frozen=True)
class Formula:
    """One entry of the registry.

    Args
        name: the operation's one name.
        reference, gradient: the NumPy functions; the gradient returns one entry for each
            argument of floats, in argument order.
        samples: name -> function of a generator, giving the reference's arguments in order.
            What is no array and no mapping of arrays is an option (a stride, a padding).
        layer: function (wing, arguments) -> the layer or function of that wing, which is
            ``mmref.torch`` or ``mmref.keras``, options applied; it is called with the remaining
            arrays by name. None: only the peers are compared.
        weights: the arguments that the layer holds as weights, put there by ``mmref.convert``.
        images: the arguments, or "value", that are images (B, C, ...) and have their channels
            last in Keras.
        peers, vectors: judges that nobody here wrote.
        exemptions: where the bound is wider than in ``BOUNDS``.
    """

    name: str
    reference: Callable
    gradient: Callable
    samples: Mapping[str, Callable]
    layer: Callable | None = None
    weights: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    peers: tuple[Peer, ...] = ()
    vectors: tuple[Vectors, ...] = ()
    exemptions: tuple[Exemption, ...] = ()

    def bound(self, backend: str, dtype: str, peer: Peer | None = None) -> float:
        """The bound on a backend, for the wing or for a peer, exemptions considered."""
        for exemption in (*self.exemptions, *(peer.exemptions if peer else ())):
            if (exemption.backend, exemption.dtype) == (backend, dtype):
                return exemption.bound
        return BOUNDS[dtype]


def is_option(value: object) -> bool:
    """No array and no mapping of arrays: a stride, a padding, a mask that is not there."""
    return not isinstance(value, np.ndarray | dict)


def function_of(name: str) -> Callable:
    """The ``layer`` of an entry: the wing's function of this name, the sample's options applied."""

    def layer(wing, arguments):
        options = {n: value for n, value in arguments.items() if is_option(value)}
        return functools.partial(getattr(wing, name), **options)

    return layer
