"""Models that consist of several families, and where a framework reads a map in another order."""

MODELS = {
    "ConvBlock": ("conv", "norm"),
    "ImageEncoder": ("blocks", "dense"),
    "MapEncoder": ("blocks", "widen", "positions"),
    "TextEncoder": ("embedding", "recurrence", "dense"),
    "TableEncoder": ("hidden", "dense"),
    "UpBlock": ("conv", "norm"),
    "DownBlock": ("conv", "norm"),
    "Generator": ("embedding", "blocks", "paint"),
    "Discriminator": ("blocks", "judge", "embedding"),
    "FusionGenerator": ("encoders", "fusion", "mean", "log_variance", "blocks", "look", "paint"),
    "LookAtWords": ("dense", "places", "attention"),
    "FusionDiscriminator": ("encoders", "fusion", "blocks", "join", "judge", "match"),
    "LookupClassifier": ("encoders", "query", "attention", "head"),
    "LocalFusion": ("fusion",),
    "StandInFusion": ("fusion", "stand_ins"),
    "ImageDecoder": ("blocks", "paint"),
    "TableDecoder": ("hidden", "dense"),
    "DualEncoder": ("encoders", "projections", "log_scale"),
    "RecurrentDecoder": (
        "embedding",
        "start",
        "attention",
        "recurrence",
        "head",
    ),
    "CausalDecoder": ("embedding", "positions", "blocks", "norms", "looks", "norm", "head"),
    "Captioner": ("encoder", "decoder"),
    "FusionModel": ("encoders", "fusion", "head"),
    "ConvNorm": ("conv", "norm"),
    "InvertedBlock": ("widen", "depthwise", "narrow"),
    "EfficientNetLite": ("stem", "blocks", "top", "head"),
    "MiniLM": ("embedding", "positions", "norm", "blocks"),
}

# Somebody else's layers: what they hold is not converted.
APART = ("Backbone",)

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
