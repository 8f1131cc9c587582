"""Models of our own: what they consist of, and where a framework reads a map in another order."""

# Models of our own have the same attributes in both wings: layers, mappings or lists of layers,
# and arrays.
MODELS = {
    "WeightedFusion": ("projections", "logits"),
    "AdaptiveFusion": ("projections", "gates", "gate_bias"),
    "ConcatFusion": ("projection",),
    "RNN": ("input_weight", "hidden_weight", "bias"),
    "LSTM": ("input_weight", "hidden_weight", "bias"),
    "GRU": ("input_weight", "hidden_weight", "bias"),
    "Bidirectional": ("forward_layer", "backward_layer"),
    "Stacked": ("layers",),
    "AdditiveAttention": ("query_projection", "key_projection", "score_weight"),
    "MultiHeadAttention": tuple(f"{x}_projection" for x in ("query", "key", "value", "output")),
    "LayerNorm": ("scale", "shift"),
    "TransformerBlock": ("attention", "attention_norm", "widen", "narrow", "feed_forward_norm"),
    "PatchEmbedding": ("projection",),
    "VisionTransformer": ("embedding", "positions", "blocks", "norm"),
    "ConvBlock": ("conv", "norm"),
    "ImageEncoder": ("blocks", "dense"),
    "TextEncoder": ("embedding", "recurrence", "dense"),
    "MaxPool2d": (),
    "AvgPool2d": (),
    "BatchNorm2d": ("scale", "shift", "mean", "variance"),
    "UpBlock": ("conv", "norm"),
    "DownBlock": ("conv", "norm"),
    "Generator": ("embedding", "blocks", "paint"),
    "Discriminator": ("blocks", "judge", "embedding"),
    "LookupClassifier": ("encoders", "query", "attention", "head"),
    "FusionClassifier": ("encoders", "fusion", "head"),
}

# Attribute paths whose canonical name is an argument of the reference instead.
ARGUMENTS = (
    (r"\bprojections\.([^.]+)\.weight$", r"weights.\1"),
    (r"\bprojections\.([^.]+)\.bias$", r"biases.\1"),
    (r"\bgates\.([^.]+)\.weight$", r"gate_weights.\1"),
    (r"\bprojection\.(weight|bias)$", r"\1"),
    (r"\b(query|key|value|output)_projection\.(weight|bias)$", r"\1_\2"),
)

# The dense layer that follows a flattened map reads it in the order C, H, W in PyTorch and
# H, W, C in Keras; the function gives the map's (C, H, W) from a Keras model.
FLATTENED = {
    "ImageEncoder": (
        "dense",
        lambda encoder: (
            encoder.blocks[-1].conv.filters if encoder.blocks else encoder.image_shape[2],
            *(n // 2 ** len(encoder.blocks) for n in encoder.image_shape[:2]),
        ),
    )
}
