"""The book's figures: one palette, one style, and emoji as marks."""

from collections.abc import Iterable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from mmref.types import Array

# Okabe and Ito's palette: told apart by color-blind readers, and on light and dark pages.
COLORS = {
    "image": "#0072B2",
    "text": "#D55E00",
    "fused": "#009E73",
    "torch": "#CC79A7",
    "keras": "#56B4E9",
    "numpy": "#E69F00",
    "neutral": "#7F7F7F",
}


def use_style() -> None:
    """Set Matplotlib's defaults for the book: small, plain, labeled figures."""
    plt.rcParams.update(
        {
            "figure.figsize": (7.2, 3.0),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "font.size": 9.5,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.25,
            "legend.frameon": False,
        }
    )


def show_images(
    axes: Any, images: Iterable[Array], titles: Iterable[str], frame: bool = False
) -> None:
    """Draw one image (H, W, 3) with its title in each of the axes; hide the rest.

    frame: draw a thin line around each, for images that are as white as the page.
    """
    for ax in np.ravel(axes):
        ax.axis("off")
    for ax, image, title in zip(np.ravel(axes), images, titles, strict=False):
        ax.imshow(image, interpolation="nearest")
        ax.set_title(title, fontsize=7.5)
        if frame:
            ax.axis("on")
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set(visible=True, color=COLORS["neutral"], linewidth=0.8)
