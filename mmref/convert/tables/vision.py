"""Images as sequences: patches, and the model of Transformer blocks on them."""

MODELS = {
    "PatchEmbedding": ("projection",),
    "VisionTransformer": ("embedding", "positions", "blocks", "norm"),
}
ARGUMENTS = {"PatchEmbedding": {"projection": {"weight": "weight", "bias": "bias"}}}
