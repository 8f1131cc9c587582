"""Entry of patches."""

from mmref.concordance.exemptions import MATMUL
from mmref.concordance.formula import Formula, Peer
from mmref.reference import vision

BATCH, WIDTH = 2, 6
PATCH, COLOR, GRID = 2, 5, (2, 3)  # rows and columns of patches


def _patches(rng, patch=PATCH):
    size = (patch * GRID[0], patch * GRID[1])
    return {
        "images": rng.normal(size=(BATCH, COLOR, *size)),
        "weight": rng.normal(size=(WIDTH, patch * patch * COLOR)),
        "bias": rng.normal(size=WIDTH),
        "patch": patch,
    }


def _patch_layer(wing, arguments):
    size, patch = arguments["images"].shape[2:], arguments["patch"]
    return wing.PatchEmbedding(size, patch, len(arguments["bias"]), COLOR)


def _torch_patches(images, weight, bias, patch):
    import torch

    kernel = weight.unflatten(1, (patch, patch, -1)).permute(0, 3, 1, 2)  # (D, C, P, P)
    found = torch.nn.functional.conv2d(images, kernel, bias, stride=patch)
    return found.flatten(2).transpose(1, 2)


def _keras_patches(images, weight, bias, patch):
    from keras import ops

    kernel = ops.reshape(ops.transpose(weight), (patch, patch, -1, weight.shape[0]))
    found = ops.conv(images, kernel, strides=patch, data_format="channels_last") + bias
    return ops.reshape(found, (images.shape[0], -1, weight.shape[0]))


FORMULAS = (
    Formula(
        name="patch_embedding",
        reference=vision.patch_embedding,
        gradient=vision.patch_embedding_gradient,
        samples={"2 x 2": _patches, "3 x 3": lambda rng: _patches(rng, 3)},
        layer=_patch_layer,
        weights=("weight", "bias"),
        images=("images",),
        peers=(
            Peer("torch.nn.functional.conv2d", "torch", _torch_patches, ("2 x 2", "3 x 3")),
            Peer("keras.ops.conv", "keras", _keras_patches, ("2 x 2", "3 x 3")),
        ),
        exemptions=MATMUL,
    ),
)
