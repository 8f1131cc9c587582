"""Additive attention: two dense layers without a bias, and a vector."""

MODELS = {"AdditiveAttention": ("query_projection", "key_projection", "score_weight")}
ARGUMENTS = {
    "AdditiveAttention": {
        "query_projection": {"weight": "query_weight"},
        "key_projection": {"weight": "key_weight"},
    }
}
