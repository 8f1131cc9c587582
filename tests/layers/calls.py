"""Right calls of every public function and class, so that tests can spoil one argument."""

import functools
import importlib
import inspect
import pkgutil

import numpy as np

import mmref.reference
from mmref.concordance import FORMULAS
from tests.layers.cases import ONE_EACH, REGISTRY, SYSTEMS
from tests.layers.running import arguments
from tests.wings import WINGS, tensor, wing_of

RNG = np.random.default_rng(0)


class Listening:
    """A wing that writes down with what its functions and classes are called."""

    def __init__(self, name, heard):
        self.wing, self.heard = wing_of(name), heard
        self.__name__ = self.wing.__name__

    def __getattr__(self, called):
        function = getattr(self.wing, called)

        def listen(*given, **named):
            self.heard[called] = bound(function, *given, **named)
            return function(*given, **named)

        return listen


def bound(function, *given, **named):
    """(function, its arguments by name, defaults included)."""
    found = inspect.signature(function).bind(*given, **named)
    found.apply_defaults()
    return function, {n: a for n, a in found.arguments.items() if n != "kwargs"}


def drawing(wing, t, **more):
    """What a loss and a sampler of pictures take alike; these look the same in both layouts."""
    model = wing.Denoiser(5, size=8, width=8, blocks=1, channels=8)
    given = {"model": model, "ids": t(np.array([[3]])), "schedule": wing.noise_schedule(4)}
    return given | more


CUBES = np.ones((1, 8, 8, 8), "float32")
# What is no formula of the registry and no system: wing, and what makes a tensor -> a call.
OTHERS = [
    lambda wing, t: wing.causal_mask(3, past=1),
    lambda wing, t: wing.sinusoidal_positions(3, 4),
    lambda wing, t: wing.spectral_window(8),
    lambda wing, t: wing.mel_filters(8000, 64, 4),
    lambda wing, t: wing.power_iteration(t(np.eye(3, dtype="float32")), t(ones(3))),
    lambda wing, t: wing.conv_transpose2d(t(ones(2, 4, 4, 4)), t(ones(4, 4, 4, 4)), stride=2),
    lambda wing, t: wing.Backbone(wing.TableEncoder(3, dim=4), output_dim=4),
    lambda wing, t: wing.MultimodalAutoencoder(
        {"a": wing.TableEncoder(3, 4)},
        wing.ConcatFusion({"a": 4}, 5),
        {"a": wing.TableDecoder(5, 3)},
    ),
    lambda wing, t: wing.noise_schedule(4),
    lambda wing, t: wing.timestep_embedding(t(np.array([0, 2])), 4),
    lambda wing, t: wing.diffusion_loss(
        **drawing(wing, t, images=t(CUBES), steps=t(np.array([1]))), noise=t(CUBES)
    ),
    lambda wing, t: wing.sample(**drawing(wing, t, noise=t(CUBES), steps=2)),
    lambda wing, t: wing.low_rank_adapter(
        t(ones(2, 3)), t(ones(4, 3)), t(ones(2, 3)), t(ones(4, 2)), 1.0
    ),
    lambda wing, t: wing.quantization_grid(t(ones(3))),
    lambda wing, t: wing.magnitude_mask(t(ones(2, 3)), 0.5),
    lambda wing, t: wing.low_rank_factors(t(ones(4, 3)), 2),
    lambda wing, t: wing.GAN(wing.Generator(3, 8, width=2), wing.Discriminator(3, 8, width=2)),
]


def ones(*shape):
    return np.ones(shape, "float32")


@functools.cache
def calls_of(name):
    """Name -> (function or class, right arguments) of a wing, or of the reference."""
    return _of_reference() if name == "reference" else _of_wing(name)


def _of_wing(name):
    heard = {}
    wing = Listening(name, heard)
    functions = [case for case in REGISTRY if case.held == {}]
    for case in (*ONE_EACH, *SYSTEMS, *functions):
        made = case.make(wing)
        if case in functions:
            made(**arguments(name, case))
    for call in OTHERS:
        call(wing, lambda array: tensor(name, array))
    if name == "keras":  # for its own fit
        wing.Diffusion(wing.Denoiser(5, size=8, width=8, blocks=1))
    return heard


def _of_reference():
    found = {}
    for formula in FORMULAS.values():
        *_, draw = formula.samples.values()
        given = draw(np.random.default_rng(0))
        value = formula.reference(**given)
        found[formula.reference.__name__] = bound(formula.reference, **given)
        gradient = {"grad": np.ones_like(value)} | given
        found[formula.gradient.__name__] = bound(formula.gradient, **gradient)
    r, floats, one = reference_functions(), RNG.random((2, 3)), np.ones(1)
    further = {
        "cached_attention": (np.ones((1, 2, 1)), *4 * (np.ones((1, 1)), one), 1),
        "causal_mask": (3, 1),
        "classifier_score": (np.eye(3),),
        "clip_by_global_norm": ({"a": floats}, 1.0),
        "coalitions": (2,),
        "conv2d_multiply_adds": ((4, 4), 2, 3, 3),
        "conv2d_parameters": (2, 3, 3),
        "frechet_distance": (np.zeros(2), np.eye(2), np.zeros(2), np.eye(2)),
        "hertz_from_mel": (np.array([100.0, 1000.0]),),
        "image_patches": (np.ones((1, 2, 4, 4)), 2),
        "jensen_shannon_divergence": (np.array([0.5, 0.5]), np.array([1.0, 0.0])),
        "low_rank_factors": (floats, 1),
        "magnitude_mask": (floats, 0.5),
        "mel_filters": (8000, 64, 4),
        "mel_from_hertz": (np.array([100.0, 1000.0]),),
        "merge_heads": (np.ones((1, 2, 3, 4)),),
        "noise_schedule": (4,),
        "optimal_discriminator": (floats, floats),
        "output_size": ((8, 8), 3),
        "power_iteration": (np.eye(3), np.ones(3)),
        "quantization_grid": (floats,),
        "precision_recall": (RNG.random((5, 3)), RNG.random((6, 3))),
        "receptive_field": ([3, 3], [1, 2]),
        "running_statistics": (floats, np.zeros(3), np.ones(3)),
        "same_padding": ((8, 8), 3),
        "sinusoidal_positions": (3, 4),
        "spectral_norm": (floats,),
        "spectral_window": (8,),
        "split_heads": (np.ones((1, 2, 4)), 2),
        "timestep_embedding": (np.array([0, 2]), 4),
        "touched_patches": (np.array([[1, 0, 3, 2]]), (4, 4), 2),
        "warmup_cosine": (4, 0.1),
    }
    return found | {name: bound(r[name], *given) for name, given in further.items()}


def reference_functions():
    """Name -> function, of all that are public in the reference."""
    found = {}
    for module in pkgutil.iter_modules(mmref.reference.__path__):
        if not module.name.startswith("_"):
            module = importlib.import_module(f"mmref.reference.{module.name}")
            found |= {
                name: function
                for name, function in inspect.getmembers(module, inspect.isfunction)
                if is_of(function, module) and not name.startswith("_")
            }
    return found


def is_of(function, module):
    """Whether it stands in the module, or in a file of it where it is a folder."""
    return f"{function.__module__}.".startswith(f"{module.__name__}.")


ALL = ("reference", *WINGS)
