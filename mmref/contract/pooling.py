"""What pooling asks of its arguments, in one place for all three wings.

Its images are those of a convolution: ``mmref.contract.convolution.check_maps``.
"""

from mmref.contract.convolution import Window
from mmref.types import Padding, Size


class PoolWindow(Window):
    """The window of a pooling: its stride is its size unless told otherwise, no dilation.

    Errors
        As :class:`Window`; ValueError also for a padding as large as the window, which would
        pool places without a single pixel.
    """

    def __init__(self, size: Size, stride: Size | None = None, padding: Padding = 0) -> None:
        super().__init__(size, size if stride is None else stride, padding)
        if isinstance(self.padding, str):
            return
        for n, amounts in zip(self.size, self.padding, strict=True):
            if max(amounts) >= n:
                expected = f"less than the window {self.size}"
                raise ValueError(f"padding: expected {expected}, got {self.padding}")
