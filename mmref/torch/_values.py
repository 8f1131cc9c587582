"""Looking at a tensor's numbers, where there are any to look at."""

import torch
from torch import nn

from mmref.contract.arrays import check_range
from mmref.types import Array


def values(tensor: torch.Tensor, wait: bool = True) -> Array | None:
    """The tensor in NumPy; None where it is none, or while code is compiled.

    wait: False gives None for a tensor on an accelerator too, which training should not wait for.
    """
    if not isinstance(tensor, torch.Tensor) or torch.compiler.is_compiling() or tensor.is_meta:
        return None
    if not wait and tensor.device.type != "cpu":
        return None
    value = tensor.detach().cpu()
    return (value.float() if value.dtype.itemsize < 4 else value).numpy()


def rows_of(table: nn.Embedding, name: str, ids: torch.Tensor, setting: str) -> torch.Tensor:
    """Rows ``ids`` of the table; raises ValueError for an index that is none.

    setting: what the number of its rows is called.

    On a GPU CUDA itself stops: to look first would mean to wait.
    """
    try:
        return table(ids.long())
    except IndexError:
        check_range(name, int(ids.min()), int(ids.max()), table.num_embeddings, setting)
        raise
