"""Entries of adapters of low rank."""

from mmref.concordance.exemptions import MATMUL
from mmref.concordance.formula import BOUNDS, Exemption, Formula, Peer, function_of
from mmref.reference import adaptation

BATCH, STEPS, INSIDE, OUTSIDE = 5, 3, 6, 4


def _factors(rng, rank, alpha):
    return {
        "weight": rng.normal(size=(OUTSIDE, INSIDE)),
        "down": rng.normal(size=(rank, INSIDE)),
        "up": rng.normal(size=(OUTSIDE, rank)),
        "alpha": alpha,
    }


def _adapted(rng, rank=2, alpha=4.0, steps=()):
    return {"x": rng.normal(size=(BATCH, *steps, INSIDE))} | _factors(rng, rank, alpha)


def _layer(wing, arguments):
    """Around the framework's own layer, whose weight learns too, so that there is a gradient."""
    outside, inside = arguments["weight"].shape
    rank, alpha = len(arguments["down"]), arguments["alpha"]
    if wing.__name__ == "mmref.torch":
        from torch import nn

        base = nn.Linear(inside, outside, bias=False)
    else:
        import keras

        base = keras.layers.Dense(outside, use_bias=False)
        base.build((None, inside))
    return wing.LowRankAdapter(base, rank, alpha, trainable=True)


def _torch_linear(x, weight, down, up, alpha):
    """Two dense layers, one after the other, beside a third."""
    from torch.nn.functional import linear

    return linear(x, weight) + linear(linear(x, down), alpha / len(down) * up)


def _keras_enable_lora(x, weight, down, up, alpha):
    """Keras's own layer, with A and B transposed."""
    import keras
    from keras import ops

    layer = keras.layers.Dense(weight.shape[0], use_bias=False)
    layer.build((None, weight.shape[1]))
    layer.enable_lora(down.shape[0], lora_alpha=alpha)
    kernel, a, b = (ops.transpose(each) for each in (weight, down, up))
    return layer.stateless_call([a, b], [kernel], x)[0]


# Keras makes these two float32 whatever the layer's own precision, and says why in its source.
SINGLE = tuple(
    Exemption(f"keras on {backend}", "float64", BOUNDS["float32"], "it keeps A and B in float32")
    for backend in ("tensorflow", "torch", "jax")
)
EVERY = ("rank 2 of 4", "rank 1", "steps", "rank above both widths")
FORMULAS = (
    Formula(
        name="low_rank_adapter",
        reference=adaptation.low_rank_adapter,
        gradient=adaptation.low_rank_adapter_gradient,
        samples={
            "rank 2 of 4": _adapted,
            "rank 1": lambda rng: _adapted(rng, rank=1, alpha=0.5),
            "steps": lambda rng: _adapted(rng, steps=(STEPS,)),
            "rank above both widths": lambda rng: _adapted(rng, rank=7),
        },
        layer=_layer,
        weights=("weight", "down", "up"),
        peers=(
            Peer("torch.nn.functional.linear", "torch", _torch_linear, EVERY),
            Peer(
                "keras.layers.Dense.enable_lora",
                "keras",
                _keras_enable_lora,
                EVERY,
                exemptions=SINGLE,
            ),
        ),
        exemptions=MATMUL,
    ),
    Formula(
        name="merge_low_rank",
        reference=adaptation.merge_low_rank,
        gradient=adaptation.merge_low_rank_gradient,
        samples={
            "rank 2 of 4": lambda rng: _factors(rng, 2, 4.0),
            "rank 1": lambda rng: _factors(rng, 1, 0.5),
        },
        layer=function_of("merge_low_rank"),
    ),
)
