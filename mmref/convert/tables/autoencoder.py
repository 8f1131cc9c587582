"""Autoencoders: encoders and decoders, and of a variational one the layers of its Gaussian."""

MODELS = {
    "Autoencoder": ("encoder", "decoder"),
    "VariationalAutoencoder": ("encoder", "mean", "log_variance", "decoder"),
    "MultimodalAutoencoder": ("encoders", "fusion", "decoders"),
}
