"""``make mirror`` shows the package's code, and changes nothing else in a chapter."""

import pytest

from scripts import mirror

MODULE = '''\
"""A module."""

import numpy as np


@final
class Fusion(Base):
    """Fuse features.

    z = sum a h
    """

    def call(self, x):
        r"""Fuse them.

        Shapes: (B, D).
        """
        text = """not
a docstring"""
        return x  # (B, D)


def helper():
    """One line."""
    return 1
'''

MIRRORED = '''\
@final
class Fusion(Base):
    """Fuse features."""

    def call(self, x):
        r"""Fuse them."""
        text = """not
a docstring"""
        return x  # (B, D)'''


@pytest.fixture
def package(tmp_path):
    """A folder with a small package."""
    (tmp_path / "pack" / "sub").mkdir(parents=True)
    (tmp_path / "pack" / "fusion.py").write_text(MODULE)
    (tmp_path / "pack" / "sub" / "__init__.py").write_text("def inside():\n    return 2\n")
    return tmp_path


def test_mirror_shortens_docstrings(package):
    assert mirror.source_of("pack.fusion.Fusion", package) == MIRRORED


def test_mirror_reads_packages_too(package):
    assert mirror.source_of("pack.sub.inside", package) == "def inside():\n    return 2"


def test_mirror_takes_a_list(package):
    both = mirror.mirrored_source(["pack.fusion.Fusion", "pack.fusion.helper"], package)
    assert both == f'{MIRRORED}\n\n\ndef helper():\n    """One line."""\n    return 1'


@pytest.mark.parametrize("wrong", ["pack.none.Fusion", "pack.fusion.None_", "pack.fusion.np"])
def test_mirror_names_what_is_not_there(package, wrong):
    with pytest.raises(mirror.MirrorError, match=wrong):
        mirror.source_of(wrong, package)


BLOCK = "---\nmirrors: pack.fusion.helper\ntags: [pytorch]\n---\n"
SHORT = ":mirrors: pack.fusion.helper\n:tags: [pytorch]\n\n"
SHORT_LIST = ":mirrors: [pack.fusion.helper, pack.sub.inside]\n\n"


@pytest.mark.parametrize("options", [BLOCK, SHORT, SHORT_LIST], ids=["block", "short", "list"])
@pytest.mark.parametrize("old", ["", "x = 1\n", 'print("```")\ny = 2\n'])
@pytest.mark.parametrize("fence", ["```", "````"])
def test_mirror_rewrites_the_cell_and_nothing_else(package, options, old, fence):
    def text(source):
        cells = [f"{fence}{{code-cell}} ipython3\n{options}{source}{fence}"]
        cells += ["```{code-cell}\n:tags: [keras]\n\nz = 1\n```", "```python\nmirrors: no\n```"]
        return "\n\nProse.\n\n".join(["---\ntitle: x\n---", *cells, ""])

    def source(names):
        return mirror.mirrored_source(names, package)

    names = ["pack.fusion.helper", *(["pack.sub.inside"] if options == SHORT_LIST else [])]
    wanted = text(source(names) + "\n")
    assert mirror.rewrite(text(old), source) == wanted
    assert mirror.rewrite(wanted, source) == wanted


def test_mirror_notices_an_edit(package):
    def source(names):
        return mirror.mirrored_source(names, package)

    text = f"```{{code-cell}}\n{BLOCK}{source('pack.fusion.helper')}\n```\n"
    edited = text.replace("return 1", "return 2")
    assert mirror.rewrite(text, source) == text
    assert mirror.rewrite(edited, source) == text
