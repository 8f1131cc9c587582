"""Two encoders into one space, where what belongs together is near."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from mmref.contract.arrays import check_array, check_shape
from mmref.contract.contrastive import TEMPERATURE
from mmref.contract.models import check_model_inputs
from mmref.contract.retrieval import LEAST, check_beside, check_dual, check_groups
from mmref.contract.settings import check_choice
from mmref.torch.contrastive import info_nce, unit_vectors

WHAT = "a torch.nn.Module"


class DualEncoder(nn.Module):
    """Encode two modalities, bring both to one width, and to length 1.

    Formula
        u_m = W_m x_m / |W_m x_m|,  x_m = encoder_m(input_m)
        temperature = max(e^-a, 0.01), a learned

    Args
        encoders: mapping of two modalities, m -> module with ``output_dim``.
        dim: D, width of the common space.
        temperature: where it begins, at least 0.01.

    Call
        inputs: mapping m -> input of encoder m. Returns (B, 2, D), in the encoders' order.
        ``encode(m, inputs)`` gives (B, D) of one modality alone: pictures to be found, or words to
        find them by. ``contrast(outputs, groups)`` is :func:`info_nce` at the model's temperature;
        groups: integers (B,), where rows of one group are right answers to each other; None: none.

    Errors
        ModalityError: not two modalities, or inputs of others. ChoiceError: a modality that is
        none. ShapeError: more rows of one modality than of the other, outputs that are not
        (B, 2, D), groups that are not integers (B,).
        ValueError: dim below 1, a temperature below 0.01. TypeError: what is no encoder.

    Source
        Radford et al., ICML 2021, arXiv 2103.00020, section 2.3 and figure 3; the bound on the
        temperature: section 2.5.

    >>> from mmref.torch import TableEncoder, TextEncoder
    >>> encoders = {"image": TableEncoder(12, 8), "text": TextEncoder(9, 6, 6, 8, "bag")}
    >>> model = DualEncoder(encoders, dim=4)
    >>> z = model({"image": torch.ones(2, 12), "text": torch.tensor([[3, 4], [5, 0]])})
    >>> z.shape, z.square().sum(dim=2).round(decimals=3).tolist()
    (torch.Size([2, 2, 4]), [[1.0, 1.0], [1.0, 1.0]])
    """

    def __init__(
        self, encoders: Mapping[str, nn.Module], dim: int, temperature: float = TEMPERATURE
    ) -> None:
        super().__init__()
        check_dual(encoders, dim, temperature, nn.Module, WHAT)
        self.encoders, self.dim = nn.ModuleDict(encoders), dim
        self.projections = nn.ModuleDict(
            {m: nn.Linear(f.output_dim, dim, bias=False) for m, f in encoders.items()}
        )
        self.log_scale = nn.Parameter(torch.tensor(-math.log(temperature)))

    @property
    def temperature(self) -> torch.Tensor:
        """A positive number, at least 0.01; its gradient reaches ``log_scale`` there, too."""
        at_most = -math.log(LEAST)
        over = torch.relu(self.log_scale - at_most).detach()  # else it could never come back
        return torch.exp(over - self.log_scale)

    def encode(self, modality: str, inputs: Any) -> torch.Tensor:
        """Vectors (B, D) of length 1."""
        check_choice("modality", modality, tuple(self.encoders))
        return unit_vectors(self.projections[modality](self.encoders[modality](inputs)))

    def contrast(self, outputs: torch.Tensor, groups: torch.Tensor | None = None) -> torch.Tensor:
        """The loss of what the model returned."""
        check_array("outputs", outputs, torch.Tensor)
        check_shape("outputs", outputs, "B", 2, self.dim)
        positives = None
        if groups is not None:
            check_groups(groups, len(outputs), torch.Tensor)
            positives = groups[:, None] == groups
        return info_nce(outputs[:, 0], outputs[:, 1], self.temperature, positives)

    def forward(self, inputs: Mapping[str, Any]) -> torch.Tensor:
        check_model_inputs(inputs, self.encoders)
        one, other = (self.encode(m, inputs[m]) for m in self.encoders)
        check_beside(self.encoders, one.shape[0], other.shape[0])
        return torch.stack([one, other], dim=1)
