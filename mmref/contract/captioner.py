"""What a model that says what it sees asks, in one place for both frameworks."""

from mmref.contract.arrays import check_rows
from mmref.contract.attention import check_sequence
from mmref.contract.encoders import check_ids
from mmref.contract.settings import check_kind, check_number
from mmref.errors import ShapeError
from mmref.types import DType, Layer, Tensor


def check_captioner(encoder: Layer, decoder: Layer, penalty: float, kind: type, what: str) -> None:
    """Raise unless the encoder gives places as wide as the decoder looks at."""
    for name, part, needed, example in (
        ("encoder", encoder, "tokens", "a MapEncoder or VisionTransformer"),
        ("decoder", decoder, "look", "a RecurrentDecoder or CausalDecoder"),
    ):
        check_kind(name, part, kind, what)
        if not hasattr(part, needed):
            raise TypeError(f"{name}: expected {example}, got {type(part).__name__}")
    if encoder.output_dim != decoder.width:
        raise ValueError(
            f"decoder: expected a width of {encoder.output_dim}, the encoder's, got {decoder.width}"
        )
    check_number("penalty", penalty, 0)


def check_looking(
    tokens: Tensor,
    ids: Tensor,
    width: int,
    kind: type | None = None,
    dtype: DType | None = None,
    length: int | None = None,
) -> None:
    """Raise unless tokens are floats (B, N, width), ids integers (B, T), T at most ``length``."""
    check_sequence("tokens", tokens, width, kind, dtype, batched=True)
    check_ids(ids, kind)
    check_rows("ids", ids.shape[0], tokens.shape[0], "tokens")
    if length is not None and ids.shape[1] > length:
        raise ShapeError("ids", f"at most {length} steps", tuple(ids.shape))
