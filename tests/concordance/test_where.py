"""``python -m mmref.concordance --where NAME``: every place of a formula."""

import shutil

import pytest

from mmref.concordance import FORMULAS
from mmref.concordance import __main__ as command
from mmref.concordance.where import where
from mmref.errors import ChoiceError


def places(name, root):
    """kind -> [(file, line's text, what the answer says stands there)]."""
    title, *lines = where(name, root).splitlines()
    assert title == name
    found = {}
    for line in lines:
        kind, place, *what = line.split(maxsplit=2)
        path, _, number = place.partition(":")
        text = (root / path).read_text(encoding="utf-8").splitlines()[int(number) - 1]
        found.setdefault(kind, []).append((path, text, "".join(what)))
    return found


def test_every_kind_of_place(root):
    found = places("weighted_fusion", root)
    pages = {f"notebooks/fusion/weighted{page}.md" for page in ("", "_in_depth")}
    assert {path for path, *_ in found["book"]} == pages
    told = [what for *_, what in found["book"]]
    assert told[0].startswith("{eq}`weighted-fusion`, in '")
    ((path, text, what),) = found["reference"]
    assert (path, what) == ("mmref/reference/fusion/sums.py", "weighted_fusion")
    assert text.startswith("def weighted_fusion(")
    assert "weighted_fusion_gradient" in found["gradient"][0][1]
    for wing in ("torch", "keras"):
        ((path, text, what),) = found[wing]
        assert path == f"mmref/{wing}/fusion/sums.py" and "class WeightedFusion" in text
        assert what == "WeightedFusion"
    assert [path for path, *_ in found["contract"]] == ["mmref/contract/fusion.py"]
    assert found["conversion"][0][0] == "mmref/convert/tables/fusion.py"
    ((path, text, _),) = found["entry"]
    assert path == "mmref/concordance/formulas/fusion/sums.py" and 'name="weighted_fusion"' in text
    assert found["tests"]
    for _, text, what in found["tests"]:
        assert what in text


@pytest.mark.parametrize("name", FORMULAS)
def test_every_formula_has_its_places(name, root):
    found = places(name, root)
    assert len(found["reference"]) == len(found["gradient"]) == len(found["entry"]) == 1
    assert found["contract"] and found["tests"]
    for wing in ("torch", "keras"):
        assert found[wing], wing
    held = FORMULAS[name].weights and "conversion"
    assert not held or found[held]


def test_a_function_and_its_layer(root):
    assert [what for *_, what in places("batch_norm", root)["torch"]] == [
        "BatchNorm2d",
        "batch_norm",
    ]


def test_exercises_are_found_by_their_names(tmp_path, root):
    shutil.copytree(root / "mmref", tmp_path / "mmref")
    folder = tmp_path / "mmref/check/fusion"
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.py"):
        path.unlink()
    for name in ("weighted_fusion", "weighted_fusion_gradient", "concat_fusion"):
        (folder / f"{name}.py").write_text('"""An exercise."""\n')
    found = places("weighted_fusion", tmp_path)
    assert [what for *_, what in found["exercise"]] == [
        "weighted_fusion",
        "weighted_fusion_gradient",
    ]
    assert "book" not in found and "tests" not in found  # no checkout: an installed package


def test_an_exercise_of_the_name_of_a_formula_stands_beside_it(root):
    """The exercise asks for the form with two modalities, under the operation's name."""
    found = places("gated_fusion", root)
    exercises = [what for *_, what in found["exercise"]]
    assert exercises == ["gated_fusion", "gated_fusion_scores_gradient"]
    assert [what for *_, what in found["torch"]] == ["GatedFusion"]
    assert "tests/fusion/test_products.py" in {path for path, *_ in found["tests"]}


def test_an_exercise_of_no_formula_is_found_too(root):
    found = places("early_stop", root)
    assert [path for path, *_ in found["exercise"]] == ["mmref/check/training/early_stop.py"]
    assert found["book"][0][0].startswith("notebooks/") and found["tests"]


def test_the_command_lists_places_and_refuses_unknown_names(capsys):
    assert command.main(["--where", "gelu"]) == 0
    assert "def" not in capsys.readouterr().out
    with pytest.raises(SystemExit):
        command.main(["--where", "sigmoid"])
    assert "name: expected one of 'masked_softmax', " in capsys.readouterr().err
    with pytest.raises(ChoiceError, match="got 'sigmoid'"):
        where("sigmoid")
