"""Reading chapters: the text that people edit and the notebook stored beside it."""

import hashlib
import os
from pathlib import Path

import jupytext
import nbformat

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
# What tells the libraries beneath the frameworks how many threads to use.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")


def chapters(folder: Path = FOLDER) -> list[Path]:
    """The chapters' texts, in order of their paths."""
    return sorted(p for p in folder.rglob("*.md") if ".ipynb_checkpoints" not in p.parts)


def stored(text: Path) -> Path:
    """The notebook stored beside a chapter's text."""
    return text.with_suffix(".ipynb")


def read_text(path: Path) -> nbformat.NotebookNode:
    """The notebook that a chapter's text describes, without outputs.

    The text holds no cell ids, so they are derived from the cells: running a chapter again
    leaves them as they were, and a changed cell changes its own id only.
    """
    notebook = jupytext.read(path, fmt="md:myst")
    notebook.nbformat_minor = 5  # the first with cell ids
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        name = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
    # How the text is written is a matter of the text; the notebook only names its pair.
    notebook.metadata.get("jupytext", {}).pop("text_representation", None)
    return notebook


def read_stored(path: Path) -> nbformat.NotebookNode:
    """A stored notebook."""
    return nbformat.read(path, as_version=4)


def cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
