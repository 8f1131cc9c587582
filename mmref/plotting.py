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


def show_steps(
    images: Iterable[Array], steps: dict[str, list[str]], shares: list[float], beside: str, end: str
) -> None:
    """Draw a worked example: under each image a column with one text for each named step.

    shares: a number for each image, drawn as bars behind the step whose name starts with
    "weight =". beside: what stands left of the images. end: what stands right of the last step.
    """
    _, ax = plt.subplots(figsize=(7.2, 3.2))
    ax.set(xlim=(-2.3, len(shares) + 0.4), ylim=(-0.5 - len(steps), 1.1))
    ax.axis("off")
    ax.text(-2.3, 0.5, beside, weight="bold", va="center")
    ax.text(len(shares) - 0.5, -len(steps), end, weight="bold", va="center")
    for row, (name, cells) in enumerate(steps.items(), start=1):
        ax.text(-2.3, -row, name, va="center")
        for column, cell in enumerate(cells):
            ax.text(column, -row, cell, ha="center", va="center")
        if name.startswith("weight ="):
            heights = [0.9 * share for share in shares]
            ax.bar(range(len(shares)), heights, 0.6, -row - 0.4, color=COLORS["image"], alpha=0.3)
    for column, image in enumerate(images):
        box = (column - 0.28, column + 0.28, 0.05, 1.05)
        ax.imshow(image, extent=box, aspect="auto", interpolation="nearest")


def show_weights(matrices: dict[str, Array], names: list[str]) -> None:
    """Draw tables of weights (T, T) as shades and numbers: a query in a row, a key in a column."""
    _, axes = plt.subplots(1, len(matrices), figsize=(7.2, 2.6), sharey=True)
    ticks = range(len(names))
    for ax, (title, weights) in zip(np.ravel(axes), matrices.items(), strict=True):
        ax.imshow(weights, vmin=0, vmax=1.6, cmap="Blues")  # pale enough for dark numbers
        for row, column in np.ndindex(weights.shape):
            text = f"{weights[row, column]:.2f}" if weights[row, column] else "–"
            ax.text(column, row, text, ha="center", va="center", color="black")
        ax.set(title=title, xlabel="key", xticks=ticks, xticklabels=names)
        ax.grid(False)
    np.ravel(axes)[0].set(ylabel="query", yticks=ticks, yticklabels=names)
