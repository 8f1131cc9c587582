"""The API reference: complete, true to the package, and linked from wherever a name stands."""

import collections
import importlib
import inspect
import re
import subprocess
import sys

import pytest
from docutils import nodes

from mmref.concordance import FORMULAS
from mmref.concordance.where import where
from tests.book import reference

# What two or more classes of a family are derived from, and nobody imports.
BASES = {
    f"mmref.{wing}.{name}"
    for wing in ("torch", "keras")
    for name in (
        *("fusion.base.Fusion", "fusion.decisions.Deciding", "fusion.sums.WeightedSum"),
        *("fusion.tokens.TokenFusion", "models.FusionModel"),
    )
}


@pytest.fixture(scope="module", autouse=True)
def extensions(root):
    """The book's extensions can be imported."""
    sys.path.insert(0, str(root / "book" / "_ext"))
    yield
    sys.path.remove(str(root / "book" / "_ext"))


@pytest.fixture(scope="module")
def rendered(root, extensions, tmp_path_factory):
    return reference.render(root, tmp_path_factory.mktemp("reference"))


def of_name(full):
    """The module and the name of "mmref.torch.GRU"."""
    module, _, name = full.rpartition(".")
    return importlib.import_module(module), name


def test_it_renders_without_a_warning(rendered):
    assert not rendered.warnings


def test_every_public_name_is_shown_once(rendered):
    """And nothing else but bases; `Table`, which two modules offer, is one name."""
    wanted = {reference.identity(m, n) for m in reference.modules() for n in reference.public(m)}
    # The names of types stand for other things, such as `numpy.ndarray`.
    full = [name for name in rendered.names if not name.startswith("mmref.types.")]
    full = [name for name in full if name not in BASES]
    shown = collections.Counter(reference.identity(*of_name(name)) for name in full)
    assert len(wanted) > 250 and len(rendered.names) - len(full) > 5
    assert {i for i in wanted if i[0] != "mmref.types"} == shown.keys()
    assert [identity for identity, count in shown.items() if count > 1] == []
    assert BASES <= rendered.names.keys()
    anchors = "".join(rendered.pages.values())
    assert [full for full in rendered.names if anchors.count(f'id="{full}"') != 1] == []


@pytest.mark.parametrize("wing", ["torch", "keras"])
def test_what_classes_inherit_is_shown_at_their_base_alone(rendered, wing):
    page, package = rendered.pages["fusion"], importlib.import_module(f"mmref.{wing}")
    base = f"mmref.{wing}.fusion.base.Fusion"
    for member in ("present_features", "forward" if wing == "torch" else "call"):
        assert page.count(f'id="{base}.{member}"') == 1
        assert not re.search(rf'id="mmref\.{wing}\.\w+\.{member}"', page)
    own = f"mmref.{wing}.fusion"  # another system's stands on that one's page
    fusions = [
        name
        for name in package.__all__
        if name.endswith("Fusion") and getattr(package, name).__module__.startswith(own)
    ]
    assert len(fusions) == 13
    for name in fusions:
        entry = page[page.index(f'id="mmref.{wing}.{name}"') :]
        links = re.findall(r'href="#([^"]+)"', entry[: entry.index("framework-label")])
        assert f"{base}.present_features" in links, name
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#(mmref[^"]+)"', page)) <= anchors


def test_every_family_and_both_frameworks_are_there(rendered):
    for wing in ("torch", "keras"):
        module = importlib.import_module(f"mmref.{wing}")
        assert {f"mmref.{wing}.{name}" for name in module.__all__} <= rendered.names.keys()


def test_signatures_are_those_of_the_package(rendered, root):
    """They are read from the source, and must be what Python sees."""
    from sources import module

    tried = 0
    for full in rendered.names:
        home, name = of_name(full)
        value, found = getattr(home, name), module(root, home.__name__).find(name)
        if not callable(value) or inspect.isclass(value) and issubclass(value, Exception):
            continue
        if home.__name__ == "mmref.types":
            continue
        # Keras wraps the making of a layer, and shows (*args, **kwargs).
        real = list(
            inspect.signature(value.__init__ if inspect.isclass(value) else value).parameters
        )
        said = re.findall(r"(?:^\(|, )\**(\w+)(?=: )", drop_brackets(found.signature()))
        real = [parameter for parameter in real if parameter != "self"]
        if (
            inspect.isclass(value)
            and "NamedTuple" in str(value.__mro__)
            or hasattr(value, "_fields")
        ):
            real = list(value._fields)
        assert said == real, full
        tried += 1
    assert tried > 250


def drop_brackets(text):
    """A signature without what stands in brackets within it, where commas mean other things."""
    while text != (text := re.sub(r"\[[^\[\]]*\]|(?<=.)\([^()]*\)(?!$| ->)", "", text)):
        pass
    return text


def test_an_operation_leads_to_its_equations(rendered):
    """To those that `--where` finds, and from nowhere else."""
    text, count = "".join(rendered.pages.values()), 0
    for name, formula in FORMULAS.items():
        if name != formula.reference.__name__:
            continue
        labels = re.findall(r"\{eq\}`([\w-]+)`", where(name))
        family = formula.reference.__module__.split(".")[2]
        anchor = f'id="mmref.reference.{family}.{name}"'
        before = text[: text.index(anchor)]
        section = before[before.rindex("<section") :]
        assert set(labels) == set(re.findall(r"#equation-([\w-]+)", section)), name
        count += len(labels)
    assert count > 30


def test_the_list_names_every_operation_and_what_it_does(rendered):
    index = rendered.pages["index"]
    for name, page in [
        ("WeightedFusion", "fusion.html#WeightedFusion"),
        ("fit", "training.html#fit"),
        ("load", "folders.html#folders.load"),
        ("load", "bundles.html#load"),
        ("predict", "bundles.html#bundle.predict"),
        ("check", "checks.html#check.check"),
    ]:
        assert re.search(rf'href="{re.escape(page)}"><code[^>]*><span class="pre">{name}<', index)
    assert "Weighted sum of projected modalities, with one learned weight each." in index


def test_both_frameworks_share_a_set_of_tabs(rendered):
    page = rendered.pages["fusion"]
    section = page[page.index('<section id="WeightedFusion">') :]
    section = section[: section.index('<section id="family-estimation">')]
    order = [
        'class="framework-panel pytorch"',
        'id="mmref.torch.WeightedFusion"',
        'href="#mmref.torch.fusion.sums.WeightedSum.modality_weights"',
        'class="framework-panel keras"',
        'id="mmref.keras.WeightedFusion"',
        'id="mmref.reference.fusion.weighted_fusion"',
        'id="mmref.reference.fusion.weighted_fusion_gradient"',
    ]
    places = [section.index(mark) for mark in order]
    assert places == sorted(places)
    # What one framework has alone is seen by those who chose the other one.
    training = rendered.pages["training"]
    fit = training[: training.index('id="mmref.torch.fit"')]
    assert "framework-panel" not in fit[fit.rindex("<section") :]


def test_nothing_is_imported_to_read_the_package(root):
    program = (
        f"import sys; from pathlib import Path; root = Path({str(root)!r})\n"
        "sys.path.insert(0, str(root / 'book' / '_ext'))\n"
        "from operations import of_family\n"
        "for operation in of_family(root, 'fusion'):\n"
        "    print(*(d.name + d.signature() for d in operation.definitions))\n"
        "assert not {'mmref', 'numpy', 'torch', 'keras'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "ConcatFusion(dims: Mapping[str, int], dim: int)" in done.stdout


# ---- docstrings ----


def shown(doc, *names):
    """A docstring's nodes, as one text in which each node's kind can be read."""
    from docstrings import render

    return nodes.section("", *render(doc, names, "mmref")).pformat()


def test_heads_items_and_examples_of_a_docstring():
    text = shown(
        "One line.\n\n"
        "Formula (s is a function)\n    h_t = s(W * x_t)\n      + b_\n\n"
        "Args\n    dim: D, the width\n        of z. hidden: H.\n    x, y: two. Note: no name.\n\n"
        "Errors\n    ShapeError: a wrong ``dim``.\n\n"
        '>>> f("a")\n1\n',
        *("dim", "hidden", "x", "y"),
    )
    assert "h_t = s(W * x_t)\n          + b_" in text  # as written, in a block
    assert text.count("<definition_list_item>") == 3 and "D, the width of z." in text
    assert "two. Note: no name." in text
    assert re.search(r"<literal>\s+ShapeError", text) and re.search(r"<literal>\s+dim", text)
    assert 'language="pycon"' in text and '>>> f("a")' in text


def test_what_a_call_returns_is_no_part_of_its_last_argument():
    text = shown("Call\n    x: (B, D). Returns z (B,);\n    zero where x is.", "x")
    assert re.search(r"<definition>\s+<paragraph>\s+\(B, D\)\.\s*\n", text)
    assert "Returns z (B,); zero where x is." in text


def test_values_of_an_argument_have_a_line_each():
    text = shown('loss: one of these:\n    "mse": squares.\n    "a", "b": other.', "loss")
    definition = text[text.index("<definition>") :]
    assert definition.count("<paragraph>") == 3


# ---- links from code in texts ----


@pytest.fixture(scope="module")
def names():
    from api import Entry
    from code_links import Names

    def spelled(*full):
        return {name: name for name in full}

    fusion = spelled("mmref.torch.GRU", "mmref.keras.GRU", "mmref.torch.GRU.cell")
    pages = {
        "api/a": [Entry("GRU", ("GRU",), "", fusion)],
        "api/b": [
            Entry("load", ("load",), "", spelled("mmref.torch.load", "mmref.keras.load")),
            Entry("folders.load", ("load",), "", spelled("mmref.data.folders.load")),
            Entry("Row", ("Row",), "", spelled("mmref.data.folders.Row")),
            Entry("Row2", ("Row",), "", spelled("mmref.concordance.Row")),
            Entry("types.Array", ("Array",), "", spelled("mmref.types.Array")),
            Entry("soft_max", ("soft_max",), "", spelled("mmref.data.text.soft_max")),
        ],
    }
    return Names(pages)


@pytest.mark.parametrize(
    ("text", "page", "anchor"),
    [
        ("GRU", "api/a", "GRU"),  # of both frameworks: their section
        ("mt.GRU", "api/a", "mmref.torch.GRU"),
        ("mmref.keras.GRU", "api/a", "mmref.keras.GRU"),
        ("GRU.cell", "api/a", "mmref.torch.GRU.cell"),
        ("folders.load", "api/b", "mmref.data.folders.load"),
        ("mk.load", "api/b", "mmref.keras.load"),
        ("soft_max()", "api/b", "mmref.data.text.soft_max"),
        ("concordance.Row", "api/b", "mmref.concordance.Row"),
    ],
)
def test_a_name_leads_to_its_place(names, text, page, anchor):
    found = names.find(text)
    assert (found.page, found.entry) == (page, anchor)


@pytest.mark.parametrize(
    "text",
    ["load", "cell", "nn.GRU", "keras.layers.GRU", "Row", "Array", "model.load", "", ".", "GRUs"],
)
def test_what_may_mean_something_else_is_no_link(names, text):
    assert names.find(text) is None


def test_names_that_frameworks_have_as_well_are_known(root):
    """In a text they may be the framework's, so they are no links without their module."""
    import keras
    import numpy
    import torch
    from code_links import SHARED

    theirs = (numpy, torch, torch.nn, torch.nn.functional, torch.optim, torch.utils.data)
    theirs += (keras, keras.layers, keras.ops, keras.losses, keras.activations)
    wings = [importlib.import_module(f"mmref.{wing}") for wing in ("torch", "keras")]
    ours = {name for module in reference.modules() + wings for name in reference.public(module)}
    linked = {name for name in ours if not name.islower() or "_" in name}
    assert {name for name in linked if any(hasattr(module, name) for module in theirs)} == SHARED


def test_a_chapter_links_what_it_names_once_a_section(root, tmp_path):
    """By name, by module; not what it defines, nor what a framework has, nor in a heading."""
    text = """
# `FusionRegressor`

`FusionClassifier`, `FusionClassifier` and `mt.fit`; `fit`, `Conv2d`, `mmref.torch.Conv2d`, and our
`TextEncoder`; [`TableEncoder`](https://example.org) leads elsewhere already.

```python
class TextEncoder:
    pass
```

## Again

`FusionClassifier` in `mmref.bundle`.
"""
    (tmp_path / "chapter.md").write_text(text)
    found = reference.render(root, tmp_path, "chapter")
    page = (tmp_path / "_build" / "chapter.html").read_text(encoding="utf-8")
    links = re.findall(
        r'internal" href="book/api/([^"]+)"><code[^>]*>(?:<span[^>]*>)?([^<]+)', page
    )
    assert not found.warnings
    assert links == [
        ("models.html#FusionClassifier", "FusionClassifier"),
        ("training.html#mmref.torch.fit", "mt.fit"),
        ("convolution.html#mmref.torch.Conv2d", "mmref.torch.Conv2d"),
        ("models.html#FusionClassifier", "FusionClassifier"),
        ("bundles.html#mmref.bundle", "mmref.bundle"),
    ]


def test_a_chapter_ends_with_what_it_derives(rendered):
    page = rendered.chapters["notebooks/fusion/weighted"]
    line = page[page.index("In the API reference: ") :]
    line = line[: line.index("</p>")]
    assert 'href="../../book/api/fusion.html#WeightedFusion"' in line
    assert "In the API reference" not in rendered.chapters["notebooks/practice/folders"]
