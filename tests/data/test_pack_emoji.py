"""The script that packs the emoji, without the archives it packs."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from mmref.data import emoji

SCRIPTS = Path(__file__).parents[2] / "scripts"


@pytest.fixture(scope="module")
def scripts():
    pytest.importorskip("PIL")
    sys.path.insert(0, str(SCRIPTS))
    try:
        names = ("pack_emoji", "emoji_concepts")
        yield tuple(importlib.import_module(name) for name in names)
    finally:
        sys.path.remove(str(SCRIPTS))


def test_published_folds_are_the_scripts_folds(scripts):
    _, concepts = scripts
    data = emoji.load(groups=emoji.ALL_GROUPS)
    groups = [data.groups[label] for label in data.labels]
    pictures = [data.images, emoji.load("google").images]
    found = concepts.find_concepts(data.codes, data.names, groups, pictures)
    assert tuple(found) == data.concepts
    assert concepts.assign_folds(found, groups, data.subgroups) == list(data.folds)


@pytest.mark.parametrize(
    "name, base",
    [
        ("woman running", "running"),
        ("man running: facing right", "running"),
        ("deaf woman", "deaf"),
        ("couple with heart: man, man", "couple with heart"),
        ("women wrestling", "wrestling"),
        ("woman’s hat", "woman s hat"),  # the hat's owner is no variant of the hat
        ("woman", "woman"),  # nothing would be left
        ("flag: Japan", "flag Japan"),
        ("light blue heart", "light blue heart"),
        ("leftwards pushing hand", "leftwards pushing hand"),
        ("books", "books"),
    ],
)
def test_variants_of_a_name_have_one_base(scripts, name, base):
    assert scripts[1].name_base(name) == base


def test_variants_of_a_code_have_one_base(scripts):
    base = scripts[1].code_base
    assert base("1F469-200D-1F52C") == base("1F9D1-200D-1F52C")  # woman scientist, scientist
    assert base("1F3C3-200D-2640-200D-27A1") == base("1F3C3")  # woman running: facing right
    assert base("1F3C3-200D-2642") == base("1F3C3-200D-2640")  # man running, woman running
    assert base("2640") == "2640"  # the female sign itself


def test_same_bytes_twice(scripts, tmp_path):
    pack, _ = scripts
    arrays = {"a": np.arange(12, dtype=np.uint8), "b": np.eye(3, dtype=np.uint8)}
    for name in ("one", "two"):
        pack.write_npz(tmp_path / name, arrays)
    data = (tmp_path / "one").read_bytes()
    assert data == (tmp_path / "two").read_bytes()
    with np.load(tmp_path / "one", allow_pickle=False) as packed:
        np.testing.assert_array_equal(packed["b"], arrays["b"])
    # The times in the archive are fixed, so that another day gives the same bytes.
    with pack.zipfile.ZipFile(tmp_path / "one") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_wrong_checksum_is_refused(scripts, tmp_path):
    pack, _ = scripts
    package = next(iter(pack.PACKAGES))
    (tmp_path / f"{package}.tgz").write_bytes(b"something else")
    with pytest.raises(SystemExit) as caught:
        pack.fetch(package, tmp_path)
    message = str(caught.value)
    assert package in message and pack.PACKAGES[package] in message
    assert pack.sha256(tmp_path / f"{package}.tgz") in message


def test_missing_npm_is_said(scripts, tmp_path, monkeypatch):
    pack, _ = scripts
    monkeypatch.setattr(pack.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="npm"):
        pack.fetch(next(iter(pack.PACKAGES)), tmp_path)
