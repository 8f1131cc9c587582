"""The tally of exercises: what counts, what is kept, and what is no tally."""

import json

import pytest

from mmref.check import Tally, exercises
from mmref.check._registry import NAMES
from mmref.errors import ChoiceError, DataError

NAME = "inverse_variance_weights"


def right(variances):
    return 1 / variances / (1 / variances).sum()


def wrong(variances):
    return 1 / variances


def test_only_what_is_passed_counts():
    tally = Tally()
    assert not tally.check(wrong, NAME) and tally.passed == []
    assert tally.check(right, NAME) and tally.passed == [NAME]
    assert not tally.check(wrong, NAME)
    assert tally.passed == [NAME]  # once passed, it stays so


def test_it_is_kept_in_a_file_and_read_again(tmp_path):
    path = tmp_path / "mine" / "tally.json"
    tally = Tally(path)
    tally.check(wrong, NAME)
    assert not path.exists()
    tally.check(right, NAME)
    assert json.loads(path.read_text("utf-8")) == {"passed": [NAME]}
    assert Tally(str(path)).passed == [NAME]


def test_without_a_path_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    Tally().check(right, NAME)
    assert list(tmp_path.iterdir()) == []


def test_the_home_folder_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    Tally("~/tally.json").check(right, NAME)
    assert (tmp_path / "tally.json").is_file()


def test_names_of_another_version_are_kept_and_not_counted(tmp_path):
    path = tmp_path / "tally.json"
    path.write_text('{"passed": ["of_old"]}')
    tally = Tally(path)
    assert tally.passed == []
    tally.check(right, NAME)
    assert json.loads(path.read_text("utf-8")) == {"passed": [NAME, "of_old"]}


def test_the_next_is_the_first_that_is_left():
    tally = Tally()
    first, second = (name for name in NAMES if NAMES[name] == "estimation")
    assert tally.next("estimation") == exercises()[first]
    tally.check(right, first)
    assert tally.next("estimation") == exercises()[second]
    assert tally.next() == next(iter(exercises().values()))


def test_in_the_end_nothing_is_left(tmp_path):
    path = tmp_path / "tally.json"
    path.write_text(json.dumps({"passed": list(NAMES)}))
    tally = Tally(path)
    assert tally.next() == tally.next("fusion") == "All passed."
    assert repr(tally).splitlines()[0] == f"{len(NAMES)} of {len(NAMES)} passed"


def test_it_is_shown_by_family():
    tally = Tally()
    tally.check(right, NAME)
    lines = repr(tally).splitlines()
    assert lines[0] == f"1 of {len(NAMES)} passed"
    assert [line.split()[0] for line in lines[1:]] == list(dict.fromkeys(NAMES.values()))
    assert [line.split()[1] for line in lines[1:] if line.startswith("estimation")] == ["#."]


@pytest.mark.parametrize("text", ["[]", "{}", '{"passed": "all"}', "no JSON"])
def test_a_file_that_is_no_tally_is_refused(tmp_path, text):
    path = tmp_path / "tally.json"
    path.write_text(text)
    with pytest.raises(DataError, match="tally.json"):
        Tally(path)
    assert path.read_text() == text


def test_wrong_names_are_told():
    with pytest.raises(ChoiceError, match="family: expected one of"):
        Tally().next("poetry")
    with pytest.raises(ChoiceError, match="exercise: expected one of"):
        Tally().check(right, "no_such_exercise")
    with pytest.raises(TypeError, match="path: expected a path"):
        Tally(3)
