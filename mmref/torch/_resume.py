"""A training in a file, to go on with it as if it had never been stopped.

Numbers, texts and the structure are JSON, tensors are arrays beside it: ``mmref.data.checkpoints``
writes both, as a whole, and notices every changed byte. No pickle.
"""

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmref.contract.settings import check_kind
from mmref.data import checkpoints
from mmref.errors import DataError
from mmref.types import Array

TENSOR, TUPLE, PAIRS, FLOAT = "@tensor", "@tuple", "@pairs", "@float"


class Resumable:
    """All that the next epoch depends on, kept in a file; without a path nothing is.

    settings: what must be the same when training goes on.
    batches: of the training and the validation; where a sampler counts epochs, as that of
        ``FolderBatches.loader`` does, it goes on counting.
    """

    def __init__(
        self,
        path: str | Path | None,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        scheduler: torch.optim.lr_scheduler.LRScheduler | None,
        rng: np.random.Generator,
        batches: list,
        settings: dict[str, Any],
    ) -> None:
        if path is not None:
            check_kind("resume", path, (str, Path), "a path or None")
        self.path = None if path is None else Path(path)
        self.rng, self.samplers = rng, [_sampler(b) for b in batches]
        self.parts: dict[str, Any] = {"model": model, "optimizer": optimizer}
        if scheduler is not None:
            self.parts["scheduler"] = scheduler
        kinds = {name: type(part).__name__ for name, part in self.parts.items()}
        self.settings = kinds | settings

    def save(self, **kept: Any) -> None:
        """Write the state of everything, and what ``fit`` itself keeps."""
        if self.path is None:
            return
        state = {
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
            "numpy": self.rng.bit_generator.state,
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "epochs": [getattr(sampler, "epoch", None) for sampler in self.samplers],
            "kept": kept,
        }
        arrays: dict[str, Array] = {}
        packed = pack(state, arrays)
        checkpoints.save(self.path, arrays, {"settings": self.settings, "state": packed})

    def load(self) -> dict[str, Any]:
        """Put everything into its state, and return what ``fit`` kept; {} where there is no file.

        Errors
            DataError: the file is damaged, or of a training with another model, optimizer,
            scheduler, seed or monitor.
        """
        if self.path is None or not self.path.exists():
            return {}
        checkpoint = checkpoints.load(self.path)
        was = checkpoint.config.get("settings")
        if was != self.settings:
            detail = f"expected {self.settings}, got {was}"
            raise DataError(self.path.name, "another training", detail)
        state = unpack(checkpoint.config["state"], checkpoint.arrays)
        try:
            for name, part in self.parts.items():
                part.load_state_dict(state["parts"][name])
        except (RuntimeError, ValueError, KeyError) as error:
            raise DataError(self.path.name, "another training", error) from error
        self.rng.bit_generator.state = state["numpy"]
        torch.set_rng_state(state["torch"])
        if torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(state["cuda"])
        for sampler, epoch in zip(self.samplers, state["epochs"], strict=True):
            if epoch is not None:
                sampler.epoch = epoch
        return state["kept"]


def _sampler(batches):
    """The sampler of a DataLoader, None where there is none."""
    return getattr(getattr(batches, "batches", None), "sampler", None)


def pack(value: Any, arrays: dict[str, Array]) -> Any:
    """What JSON can hold of a nested value; its tensors go to ``arrays``.

    Errors
        TypeError: what is neither a number, a text, a tensor, nor made of them.
    """
    if isinstance(value, torch.Tensor):
        name, dtype = str(len(arrays)), str(value.dtype).removeprefix("torch.")
        value = value.detach().cpu().contiguous()
        # NumPy has no bfloat16: its bits as integers.
        arrays[name] = (value.view(torch.int16) if dtype == "bfloat16" else value).numpy()
        return {TENSOR: [name, dtype]}
    if isinstance(value, Mapping):  # keys may be numbers
        return {PAIRS: [[pack(k, arrays), pack(v, arrays)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        items = [pack(item, arrays) for item in value]
        return {TUPLE: items} if isinstance(value, tuple) else items
    if isinstance(value, float) and not isfinite(value):
        return {FLOAT: repr(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    expected = "resume: expected a state of numbers, texts and tensors"
    raise TypeError(f"{expected}, got a {type(value).__name__} in it")


def unpack(value: Any, arrays: Mapping[str, Array]) -> Any:
    """What ``pack`` was given."""
    if isinstance(value, list):
        return [unpack(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, inside),) = value.items()
    if kind == TENSOR:
        name, dtype = inside
        return torch.from_numpy(arrays[name].copy()).view(getattr(torch, dtype))
    if kind == FLOAT:
        return float(inside)
    items = [unpack(item, arrays) for item in inside]
    return tuple(items) if kind == TUPLE else dict(items)
