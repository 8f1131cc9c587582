"""Entries of diffusion: into noise, back out of it, and what a denoiser is told to predict."""

from mmref.concordance.formula import Formula, function_of
from mmref.reference import diffusion

BATCH, SHAPE = 4, (2, 2, 3)  # and C, H, W


def _pictures(rng, names, scale=1.0):
    return {name: scale * rng.normal(size=(BATCH, *SHAPE)) for name in names}


def _mixed(rng, names, low, high):
    """Two pictures and the share of the first one's variance, in [low, high]."""
    return _pictures(rng, names) | {"alpha_bar": rng.uniform(low, high, size=BATCH)}


def _shares(rng, low=0.1, high=0.9):
    """alpha-bar of a step, and the larger one of an earlier step."""
    middle = (low + high) / 2
    return {
        "alpha_bar": rng.uniform(low, middle, size=BATCH),
        "alpha_bar_previous": rng.uniform(middle + 0.02, high, size=BATCH),
    }


def _step(rng, **shares):
    return _pictures(rng, ("noisy", "clean")) | _shares(rng, **shares)


def _ddim(rng, eta, **shares):
    noise = _pictures(rng, ("noise",)) if eta else {"noise": None}
    return _step(rng, **shares) | noise | {"eta": eta}


def _guided(rng, scale):
    return _pictures(rng, ("conditional", "unconditional")) | {"scale": scale}


def _two(name, first, second):
    """The entry of a function of two pictures and their shares."""
    names = (first, second)
    return Formula(
        name=name,
        reference=getattr(diffusion, name),
        gradient=getattr(diffusion, f"{name}_gradient"),
        samples={
            "half way": lambda rng: _mixed(rng, names, 0.3, 0.7),
            "early": lambda rng: _mixed(rng, names, 0.8, 0.95),
            "late": lambda rng: _mixed(rng, names, 0.15, 0.3),
        },
        layer=function_of(name),
        images=(*names, "value"),
    )


FORMULAS = (
    _two(name="diffused", first="clean", second="noise"),
    _two(name="velocity", first="clean", second="noise"),
    _two(name="denoised", first="noisy", second="predicted"),
    _two(name="denoised_from_noise", first="noisy", second="noise"),
    _two(name="noise_from_velocity", first="noisy", second="predicted"),
    Formula(
        name="ddim_step",
        reference=diffusion.ddim_step,
        gradient=diffusion.ddim_step_gradient,
        samples={
            "some noise": lambda rng: _ddim(rng, 0.7),
            "no noise": lambda rng: _ddim(rng, 0.0),
            "the step of Ho et al.": lambda rng: _ddim(rng, 1.0, low=0.3),
        },
        layer=function_of("ddim_step"),
        images=("noisy", "clean", "noise", "value"),
    ),
    Formula(
        name="posterior_mean",
        reference=diffusion.posterior_mean,
        gradient=diffusion.posterior_mean_gradient,
        samples={
            "half way": lambda rng: _step(rng, low=0.3, high=0.7),
            "anywhere": lambda rng: _step(rng),
        },
        layer=function_of("posterior_mean"),
        images=("noisy", "clean", "value"),
    ),
    Formula(
        name="posterior_variance",
        reference=diffusion.posterior_variance,
        gradient=diffusion.posterior_variance_gradient,
        samples={
            "half way": lambda rng: _shares(rng, 0.3, 0.7),
            "anywhere": _shares,
        },
        layer=function_of("posterior_variance"),
    ),
    Formula(
        name="guided",
        reference=diffusion.guided,
        gradient=diffusion.guided_gradient,
        samples={
            "exaggerated": lambda rng: _guided(rng, 2.5),
            "less than the caption says": lambda rng: _guided(rng, 0.4),
        },
        layer=function_of("guided"),
        images=("conditional", "unconditional", "value"),
    ),
)
