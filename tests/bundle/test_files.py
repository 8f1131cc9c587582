"""The two files of a bundle: whole or refused, and never half written."""

import json
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SafetensorError = pytest.importorskip("safetensors").SafetensorError

from mmref.bundle import files  # noqa: E402
from mmref.errors import DataError  # noqa: E402

KILLED = Path(__file__).parent / "programs" / "killed.py"
CONTENT = {"classes": ["猫", "dog"], "rate": 0.1, "versions": {"mmref": "0.1.0"}}


def write(path, number=1.0):
    files.write(path, CONTENT | {"number": number}, {"x": np.full(3, number)})


def held(path):
    """The number that both files hold."""
    content = files.read(path)
    (array,) = files.read_weights(path, content).arrays.values()
    assert (array == content["number"]).all()
    return content["number"]


@pytest.fixture
def path(tmp_path):
    write(tmp_path / "model")
    return tmp_path / "model"


def refused(path, message):
    """The one clear error of reading."""
    with pytest.raises(DataError, match=message):
        held(path)


def test_what_was_written_is_read(path):
    content = files.read(path)
    assert {key: content[key] for key in CONTENT} == CONTENT
    assert held(path) == held(str(path)) == 1.0
    write(path, 2.0)
    assert held(path) == 2.0


def test_the_text_can_be_read_by_people(path):
    lines = (path / "bundle.json").read_text().splitlines()
    assert lines[1] == ' "format": "mmref bundle 1",' and len(lines) > 10


def test_a_folder_that_is_missing_or_no_bundle(path, tmp_path):
    refused(tmp_path / "none", "^none: missing bundle: not found in ")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "^empty: no bundle: no bundle.json that can be read in it")
    (tmp_path / "file").touch()
    refused(tmp_path / "file", "^file: no bundle: expected a folder, got a file")
    with pytest.raises(TypeError, match="path: expected a path, got int"):
        files.read(3)
    (path / "weights.safetensors").unlink()
    refused(path, "^model/weights.safetensors: missing file: a bundle has bundle.json and weights")


@pytest.mark.parametrize("name", ["bundle.json", "weights.safetensors"])
def test_a_file_cut_short_is_refused(name, path):
    whole = (path / name).read_bytes()
    for count in (0, 1, len(whole) // 2, len(whole) - 1):
        (path / name).write_bytes(whole[:count])
        refused(path, f"^model/{name}: damaged bundle: ")


@pytest.mark.parametrize("name", ["bundle.json", "weights.safetensors"])
def test_a_flipped_bit_is_noticed_wherever_it_is(name, path):
    whole = (path / name).read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 7
        (path / name).write_bytes(changed)
        try:
            held(path)
        except DataError as error:
            assert str(error).startswith(f"model/{name}: "), error
        else:  # another spelling of the same, as of a letter's code in hexadecimal
            (path / name).write_bytes(whole)
            same = json.loads(whole)
            assert json.loads(bytes(changed)) == same, (place, whole[place : place + 9])


def test_weights_of_another_bundle_are_refused(path, tmp_path):
    write(tmp_path / "other", 2.0)
    shutil.copy(tmp_path / "other" / "weights.safetensors", path)
    refused(path, "damaged bundle: not the bytes that were written with bundle.json")


@pytest.mark.parametrize("content", ["[]", "{}", '{"format": "their model 1"}', '{"format": 1}'])
def test_what_others_wrote_is_foreign(content, path):
    (path / "bundle.json").write_text(content)
    refused(path, "^model/bundle.json: foreign bundle: expected a bundle of mmref, got format ")


def test_a_newer_bundle_says_who_wrote_it(path):
    newer = {"format": "mmref bundle 2", "versions": {"mmref": "9.0.1"}, "what": "nobody knows"}
    (path / "bundle.json").write_text(json.dumps(newer))
    message = "newer bundle: mmref 9.0.1 wrote 'mmref bundle 2', and mmref .* reads up to 1$"
    refused(path, message)
    (path / "bundle.json").write_text('{"format": "mmref bundle 2", "versions": 3}')
    refused(path, "newer bundle: mmref None wrote")


def test_changed_by_hand_is_damaged(path):
    content = json.loads((path / "bundle.json").read_text())
    content["classes"].reverse()
    (path / "bundle.json").write_text(json.dumps(content))
    refused(path, "^model/bundle.json: damaged bundle: not the bytes that were written")


def test_nothing_but_a_bundle_is_replaced(path, tmp_path):
    (path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match=r"model: no bundle: .* got a folder with \['notes.txt'\]"):
        write(path, 2.0)
    assert held(path) == 1.0 and (path / "notes.txt").read_text() == "mine"
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DataError, match="file: no bundle: expected a folder, got a file"):
        write(tmp_path / "file")
    with pytest.raises(DataError, match="file: no folder: a file has its name"):
        write(tmp_path / "file" / "model")
    assert (tmp_path / "file").read_text() == "mine"
    assert {file.name for file in tmp_path.iterdir()} == {"model", "file"}
    (tmp_path / "empty").mkdir()
    write(tmp_path / "empty", 3.0)
    write(tmp_path / "new" / "folder" / "model", 4.0)
    assert held(tmp_path / "empty") == 3.0 and held(tmp_path / "new" / "folder" / "model") == 4.0


def test_a_link_stays_one(path, tmp_path):
    (tmp_path / "latest").symlink_to(path, target_is_directory=True)
    write(tmp_path / "latest", 2.0)
    assert (tmp_path / "latest").is_symlink() and held(path) == held(tmp_path / "latest") == 2.0


def test_a_full_disk_leaves_the_older_bundle_and_nothing_else(path, tmp_path):
    """Here: files of at most 200 bytes, and then of as many as the weights need."""
    room = (path / "weights.safetensors").stat().st_size
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        for most in (200, room):
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
            with pytest.raises((OSError, SafetensorError), match="File too large"):
                files.write(path, CONTENT | {"long": "x" * 1000}, {"x": np.ones(3)})
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert held(path) == 1.0
            assert [file.name for file in tmp_path.iterdir()] == ["model"]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_a_kill_at_any_step_leaves_a_whole_bundle(tmp_path):
    """The older one or the newer one; and the next save is as good as any."""
    found, step, status = [], 0, 9
    while status == 9:
        step += 1
        path = tmp_path / str(step) / "model"
        write(path)
        command = [sys.executable, KILLED, path, str(step), "2.0"]
        done = subprocess.run(command, capture_output=True, text=True)
        status = done.returncode
        assert status in (0, 9), done.stderr
        found.append(held(path))
        write(path, 3.0)
        assert held(path) == 3.0
    assert step == int(done.stdout) + 1 > 8
    assert found == sorted(found) and set(found) == {1.0, 2.0}
