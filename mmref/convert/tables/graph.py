"""Layers on graphs: a dense layer, and attention's vectors, a row for each head."""

MODELS = {
    "GraphConvolution": ("projection",),
    "GraphAttention": ("projection", "receiver_weight", "sender_weight", "bias"),
}
ARGUMENTS = {
    "GraphConvolution": {"projection": {"weight": "weight", "bias": "bias"}},
    "GraphAttention": {"projection": {"weight": "weight"}},
}
