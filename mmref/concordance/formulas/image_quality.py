"""Entries of a picture beside the one that it should be."""

from mmref.concordance.exemptions import MATMUL, MEAN
from mmref.concordance.formula import BOUNDS, Exemption, Formula, Peer, function_of
from mmref.reference import image_quality

SHAPE = (3, 2, 7, 6)  # B, C, H, W
# torchmetrics makes the window that goes with a deviation: 2 int(3.5 deviation + 1/2) + 1 pixels.
GAUSSIAN = {"size": 5, "deviation": 0.6}
BOTH = ("near", "far")


def _pictures(rng, noise, data_range=1.0, **options):
    """Pictures in [0, data_range], and targets that differ by so much noise."""
    images = rng.uniform(size=SHAPE)
    targets = (1 - noise) * images + noise * rng.uniform(size=SHAPE)
    pair = {"images": data_range * images, "targets": data_range * targets}
    return pair | {"data_range": data_range} | options


def _torch_psnr(images, targets, data_range):
    from torchmetrics.functional.image import peak_signal_noise_ratio

    # Of the whole batch unless it is told which axes to take together.
    return peak_signal_noise_ratio(
        images, targets, data_range, reduction="none", dim=tuple(range(1, images.ndim))
    )


def _torch_ssim(images, targets, data_range, size, deviation):
    from torchmetrics.functional.image import structural_similarity_index_measure

    # Its own mean counts windows that reach over the border too, into reflected pixels.
    _, windows = structural_similarity_index_measure(
        images,
        targets,
        sigma=deviation,
        data_range=data_range,
        reduction="none",
        return_full_image=True,
    )
    whole = slice(size // 2, -(size // 2))
    return windows[..., whole, whole].mean(dim=(1, 2, 3))


LOGARITHM = Exemption(
    "torch", "float64", BOUNDS["float32"], "torchmetrics takes the logarithm of 10 in float32"
)
FORMULAS = (
    Formula(
        name="peak_signal_to_noise_ratio",
        reference=image_quality.peak_signal_to_noise_ratio,
        gradient=image_quality.peak_signal_to_noise_ratio_gradient,
        samples={
            "near": lambda rng: _pictures(rng, 0.3),
            "far": lambda rng: _pictures(rng, 1.0, data_range=2.0),
        },
        layer=function_of("peak_signal_to_noise_ratio"),
        images=("images", "targets"),
        peers=(
            Peer(
                "torchmetrics' peak_signal_noise_ratio",
                "torch",
                _torch_psnr,
                BOTH,
                (LOGARITHM,),
                package="torchmetrics",
            ),
        ),
        exemptions=MEAN,
    ),
    Formula(
        name="structural_similarity",
        reference=image_quality.structural_similarity,
        gradient=image_quality.structural_similarity_gradient,
        samples={
            "near": lambda rng: _pictures(rng, 0.3, **GAUSSIAN),
            "far": lambda rng: _pictures(rng, 1.0, data_range=2.0, **GAUSSIAN),
            "a window of even size": lambda rng: _pictures(rng, 0.5, size=4, deviation=1.5),
            "one window": lambda rng: _pictures(rng, 0.5, size=6, deviation=2.0),
        },
        layer=function_of("structural_similarity"),
        images=("images", "targets"),
        peers=(
            Peer(
                "torchmetrics' structural_similarity_index_measure, whole windows",
                "torch",
                _torch_ssim,
                BOTH,
                package="torchmetrics",
            ),
        ),
        exemptions=(*MATMUL, *MEAN),
    ),
)
