"""What a table says about one array of a layer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Array:
    """One array of a layer: what it is called, and what each framework does to it.

    torch: the attribute that holds it; or two, which ``joined`` by "sum" or "stack" make it.
    keras: the attribute that holds it, after gates were reordered and axes transposed.
    axes: the canonical axes in Keras's order.
    gates: the canonical and Keras's order of the gates, one letter each, and the axis they
    are stacked on.
    rows: (i, n): PyTorch's attribute holds n arrays, one below the other, and this is number i.
    split: the canonical axis that Keras splits into heads, before axes were transposed.
    """

    name: str
    torch: str | tuple[str, str] = ""
    keras: str = ""
    axes: tuple[int, ...] | None = None
    joined: str | None = None
    gates: tuple[str, str, int] | None = None
    rows: tuple[int, int] | None = None
    split: int | None = None
