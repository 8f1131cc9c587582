"""Entries of quantization, pruning and distillation."""

from mmref.concordance.exemptions import in_float32
from mmref.concordance.formula import BOUNDS, Exemption, Formula, Peer, function_of
from mmref.reference import compression

SHAPE, BATCH, CLASSES = (5, 4), 4, 3


def _grid(rng, scale=0.1, zero_point=0, bits=8, spread=1.0):
    x = spread * rng.normal(size=SHAPE)
    return {"x": x, "scale": scale, "zero_point": zero_point, "bits": bits}


def _pruned(rng, share):
    return {"weights": rng.normal(size=SHAPE), "share": share}


def _distilled(rng, temperature, scale=1.0):
    logits, teacher = (scale * rng.normal(size=(BATCH, CLASSES)) for _ in range(2))
    return {"logits": logits, "teacher": teacher, "temperature": temperature}


def _torch_fake_quantize(x, scale, zero_point, bits):
    import torch

    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return torch.fake_quantize_per_tensor_affine(x, scale, zero_point, low, high)


def _keras_fake_quant(x, scale, zero_point, bits):
    """By the ends of the grid."""
    import keras

    low, high = (scale * (q - zero_point) for q in (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    return keras.quantizers.fake_quant_with_min_max_vars(
        x, keras.ops.array(low, "float32"), keras.ops.array(high, "float32"), num_bits=bits
    )


def _torch_l1(weights, share):
    """Its mask is made outside of the gradient, as ours."""
    import torch
    from torch.nn.utils import prune

    part = torch.nn.Module()
    part.w = torch.nn.Parameter(weights.detach().clone())
    prune.l1_unstructured(part, "w", amount=share)
    return weights * part.w_mask


def _torch_kl(logits, teacher, temperature):
    from torch.nn import functional

    p, q = ((z / temperature).log_softmax(dim=1) for z in (logits, teacher))
    loss = functional.kl_div(p, q, log_target=True, reduction="batchmean")
    return temperature**2 * loss


def _keras_kl(logits, teacher, temperature):
    import keras

    p, q = (keras.ops.softmax(z / temperature, axis=1) for z in (logits, teacher))
    return temperature**2 * keras.losses.KLDivergence(dtype=p.dtype)(q, p)


# They divide by a scale in float32, whatever the numbers are.
SCALE = (Exemption("torch", "float64", BOUNDS["float32"], "it takes the scale in float32"),)
ENDS = tuple(
    Exemption(f"keras on {backend}", "float64", BOUNDS["float32"], "it takes the ends in float32")
    for backend in ("tensorflow", "torch", "jax")
)
# Keras clips the gradient half a step sooner, which does not show in these. (And it rounds a half
# up, of which none is drawn: tests/compression asks about halves.)
GRIDS = ("8 bits", "4 bits, a zero point", "clipped")
FORMULAS = (
    Formula(
        name="quantized",
        reference=compression.quantized,
        gradient=compression.quantized_gradient,
        samples={
            "8 bits": _grid,
            "4 bits, a zero point": lambda rng: _grid(rng, 0.3, 2, 4),
            "2 bits": lambda rng: _grid(rng, 0.7, -1, 2),
            "clipped": lambda rng: _grid(rng, spread=30.0),
        },
        layer=function_of("quantized"),
        peers=(
            Peer(
                "torch.fake_quantize_per_tensor_affine",
                "torch",
                _torch_fake_quantize,
                (*GRIDS, "2 bits"),
                exemptions=SCALE,
            ),
            Peer(
                "keras.quantizers.fake_quant_with_min_max_vars",
                "keras",
                _keras_fake_quant,
                GRIDS,
                exemptions=ENDS,
            ),
        ),
    ),
    Formula(
        name="pruned",
        reference=compression.pruned,
        gradient=compression.pruned_gradient,
        samples={
            "half": lambda rng: _pruned(rng, 0.5),
            "nine tenths": lambda rng: _pruned(rng, 0.9),
            "none": lambda rng: _pruned(rng, 0.0),
            "a third": lambda rng: _pruned(rng, 1 / 3),
        },
        layer=function_of("pruned"),
        peers=(
            Peer(
                "torch.nn.utils.prune.l1_unstructured",
                "torch",
                _torch_l1,
                ("half", "nine tenths", "none", "a third"),
            ),
        ),
    ),
    Formula(
        name="distillation_loss",
        reference=compression.distillation_loss,
        gradient=compression.distillation_loss_gradient,
        samples={
            "temperature 4": lambda rng: _distilled(rng, 4.0),
            "temperature 1": lambda rng: _distilled(rng, 1.0),
            "cold": lambda rng: _distilled(rng, 0.5),
            "large logits": lambda rng: _distilled(rng, 2.0, scale=8.0),
        },
        layer=function_of("distillation_loss"),
        peers=(
            Peer(
                "torch.nn.functional.kl_div",
                "torch",
                _torch_kl,
                ("temperature 4", "temperature 1", "cold", "large logits"),
            ),
            Peer(
                "keras.losses.KLDivergence",
                "keras",
                _keras_kl,
                ("temperature 4", "temperature 1", "cold"),
                exemptions=in_float32("mean", "torch"),
            ),
        ),
    ),
)
