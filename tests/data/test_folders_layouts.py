"""Folders as people have them: each is read, or answered with one line that says what to do."""

import json
import os
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("PIL.Image")

from mmref.data import folders  # noqa: E402
from tests.data.own_folder import told, write  # noqa: E402

TWO = ("a.png", "b.png")


# ---- tables ----

TABLES = {
    "captions.csv": "image,caption\na.png,one\nb.png,two\n",
    "captions.txt": "image,caption\na.png,one\nb.png,two\n",  # as Flickr8k is passed on today
    "captions.tsv": "image\tcaption\na.png\tone\nb.png\ttwo\n",
    "bom.csv": "\ufeffimage,caption\na.png,one\nb.png,two\n",
    "crlf.csv": "image,caption\r\na.png,one\r\n\r\nb.png,two\r\n",
    "all.TXT": "\ufeffimage,caption\r\na.png,one\r\nb.png,two",
    "keys.jsonl": '{"image": "a.png", "caption": "one"}\r\n{"image": "b.png", "caption": "two"}',
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_by_their_suffixes(tmp_path, name):
    data = folders.load(write(tmp_path, TABLES[name], name), name)
    assert data.images == TWO and data.texts == ("one", "two")


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_another_delimiter_is_passed_and_never_guessed(tmp_path, delimiter):
    table = TABLES["captions.csv"].replace(",", delimiter)
    write(tmp_path, table, "a.csv")
    write(tmp_path, table, "a.txt")
    for name in ("a.csv", "a.txt"):
        data = folders.load(tmp_path, name, delimiter=delimiter)
        assert data.images == TWO and data.texts == ("one", "two")
        if delimiter != ",":
            message = told(folders.load, tmp_path, name)
            assert message.startswith(f"{name}: malformed header: expected ['image', 'caption']")
            assert message.endswith(f"pass delimiter={delimiter!r}")


@pytest.mark.parametrize(
    ("name", "delimiter", "error", "message"),
    [
        ("a.csv", "", ValueError, "expected one character, got ''"),
        ("a.csv", ", ", ValueError, "expected one character, got ', '"),
        ("a.csv", '"', ValueError, "expected one character, got '\"'"),
        ("a.csv", 3, TypeError, "expected one character, got 3"),
        ("keys.jsonl", ";", ValueError, "expected None for JSON Lines, got ';'"),
    ],
)
def test_delimiters_that_are_none(tmp_path, name, delimiter, error, message):
    write(tmp_path, TABLES.get(name, "image,caption\n"), name)
    said = told(folders.load, tmp_path, name, delimiter=delimiter, error=error)
    assert said == f"delimiter: {message}"


def test_a_comma_without_quotes_is_told_by_row_and_remedy(tmp_path):
    write(tmp_path, "image,caption\na.png,one, or two\n", "captions.txt")
    said = told(folders.load, tmp_path, "captions.txt")
    assert said == (
        "captions.txt, line 2: too many cells: expected 2 fields, got 3; "
        "a cell with ',' in it needs quotes"
    )


def test_the_backslashes_of_windows(tmp_path):
    write(tmp_path, "image,caption\r\npictures\\a.png,one\r\n", pictures=["pictures/a.png"])
    data = folders.load(tmp_path)
    assert data.images == ("pictures/a.png",) and data.image(0).shape == (4, 6, 3)
    for name in ("..\\secret.png", "C:\\secret.png", "\\\\host\\secret.png", "\\secret.png"):
        write(tmp_path, f"image,caption\n{name},one\n")
        assert name.replace("\\", "/") in told(folders.load, tmp_path)


def test_utf16_says_how_to_save_it(tmp_path):
    write(tmp_path, TABLES["captions.csv"].encode("utf-16"))
    said = told(folders.load, tmp_path)
    assert said.endswith("undecodable text: expected UTF-8, got UTF-16: save it as CSV UTF-8")


def test_other_names_of_columns_are_shown_and_passed(tmp_path):
    write(tmp_path, "file_name,text\na.png,one\n", "metadata.csv")
    said = told(folders.load, tmp_path, "metadata.csv")
    assert said == (
        "metadata.csv: malformed header: expected ['image', 'caption'] once each, "
        "got ['file_name', 'text']; name the columns, such as image='file_name'"
    )
    data = folders.load(tmp_path, "metadata.csv", image="file_name", text="text")
    assert data.images == ("a.png",) and data.texts == ("one",)


def test_metadata_of_an_image_folder_in_a_folder_of_its_split(tmp_path):
    """As hubs keep it: metadata.jsonl beside the images, names relative to where it lies."""
    record = {"file_name": "a.png", "text": "one", "label": 2, "objects": {"bbox": [[1, 2]]}}
    write(tmp_path, json.dumps(record), "train/metadata.jsonl", ["train/a.png"])
    options = {"image": "file_name", "text": "text", "label": "label"}
    data = folders.load(tmp_path, "train/metadata.jsonl", images="train", **options)
    assert data.images == ("train/a.png",) and data.classes == ("2",)
    assert folders.load(tmp_path / "train", "metadata.jsonl", **options).images == ("a.png",)


def test_names_without_a_suffix(tmp_path):
    write(tmp_path, "image,caption\na,one\nb,two\n", pictures=["a.png", "b.png"])
    said = told(folders.load, tmp_path)
    assert "where a.png is: pass suffix='.png'" in said and "captions.csv, line 2" in said
    assert folders.load(tmp_path, suffix=".png").images == TWO


def test_files_without_a_suffix(tmp_path):
    write(tmp_path, "image,caption\na,one\n", pictures=["a"])
    assert folders.load(tmp_path).image(0, 2).shape == (2, 2, 3)


def test_no_table_says_what_there_is(tmp_path):
    write(tmp_path)
    assert "load_class_folders and load_pairs" in told(folders.load, tmp_path)
    write(tmp_path, TABLES["captions.txt"], "captions.txt")
    said = told(folders.load, tmp_path)
    assert said.endswith("which has captions.txt: pass captions='captions.txt'")
    assert told(folders.load, tmp_path, "../captions.csv").startswith("../captions.csv: out")


# ---- data frames ----


def frame(**columns):
    """As little as the loader asks of a frame."""

    class Frame:
        def __getitem__(self, name):
            return columns[name]

    made = Frame()
    made.columns = list(columns)
    return made


def test_a_frame_is_read_as_its_file_is(tmp_path):
    pd = pytest.importorskip("pandas")
    write(tmp_path, "image,caption,label\na.png,one,7\nb.png,two,10\n")
    table = pd.read_csv(tmp_path / "captions.csv")
    shuffled = table.iloc[::-1]
    for given, rows in ((table, [0, 1]), (shuffled, [1, 0])):
        data = folders.load(tmp_path, given, label="label")
        assert data.images == tuple(TWO[i] for i in rows)
        assert data.classes == ("7", "10") and data.labels.tolist() == rows


def test_integers_that_a_gap_made_floats_are_integers_again(tmp_path):
    pd = pytest.importorskip("pandas")
    write(tmp_path)
    table = pd.DataFrame({"image": ["a.png", "b.png"], "caption": ["x", "y"], "kind": [3.0, None]})
    said = told(folders.load, tmp_path, table, label="kind")
    assert said == "the data frame, row 1: empty cell: kind: expected something, got none"
    with pytest.warns(UserWarning, match=r"1 of 2 rows \(50 %\) are left out"):
        data = folders.load(tmp_path, table, label="kind", on_error="skip")
    assert data.classes == ("3",)


def test_absent_cells_of_frames(tmp_path):
    pd = pytest.importorskip("pandas")
    write(tmp_path)
    for nothing in (None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, "", " "):
        table = frame(image=["a.png", "b.png"], caption=["x", nothing])
        said = told(folders.load, tmp_path, table)
        assert said == (
            "the data frame, row 1: empty cell: caption: expected something, got none; "
            "missing='keep' keeps such rows"
        )
        data = folders.load(tmp_path, table, missing="keep")
        assert data.texts == ("x", "") and data.present["text"].tolist() == [True, False]


def test_cells_of_another_kind(tmp_path):
    write(tmp_path)
    table = frame(image=["a.png", "b.png"], caption=["x", 3], flag=[True, False])
    said = told(folders.load, tmp_path, table)
    assert said == "the data frame, row 1: malformed row: caption: expected text, got 3"
    table = frame(image=["a.png"], caption=["x"], flag=[True])
    said = told(folders.load, tmp_path, table, label="flag")
    assert said == "the data frame, row 0: malformed row: flag: expected text, got True"


def test_what_is_no_frame_or_has_not_its_columns(tmp_path):
    write(tmp_path)
    assert told(folders.load, tmp_path, frame(image=["a.png"])) == (
        "the data frame: malformed header: expected ['caption'] once each, got ['image']; "
        "name the columns, here by text="
    )
    for captions in (3, {"image": ["a.png"]}, SimpleNamespace(columns=[])):
        said = told(folders.load, tmp_path, captions, error=TypeError)
        assert said.startswith("captions: expected a text or a data frame, got ")


# ---- class folders ----

CLASSES = ("cats/1.png", "cats/deep/2.jpg", "dogs/1.PNG", "Öl bild/größe 2.webp")


def test_class_folders_without_a_table(tmp_path):
    data = folders.load_class_folders(write(tmp_path, pictures=CLASSES))
    assert data.images == tuple(sorted(CLASSES, key=lambda name: name.rpartition("/")[0]))
    assert data.classes == ("cats", "dogs", "Öl bild") and data.labels.tolist() == [0, 0, 1, 2]
    assert data.texts is None and data.task == "classification"
    assert set(data.present) == {"image"} and data.present["image"].all()
    assert len(data.split(0.5, 0.25, 0.25).part("train")) == 2


def test_class_folders_below_a_folder_and_with_classes(tmp_path):
    write(tmp_path, pictures=[f"pictures/{name}" for name in CLASSES])
    data = folders.load_class_folders(
        tmp_path, images="pictures", classes=["Öl bild", "dogs", "cats", "mice"]
    )
    assert data.images[0] == "pictures/cats/1.png" and data.labels.tolist() == [2, 2, 1, 0]
    said = told(folders.load_class_folders, tmp_path, images="pictures", classes=["cats"])
    assert said.startswith("pictures/dogs/1.PNG: unknown label: expected one of ('cats',), got 'd")
    assert len(folders.load_class_folders(tmp_path).classes) == 1  # the folder of them all


def test_class_folders_of_splits(tmp_path):
    names = ("train/cats/1.png", "train/dogs/1.png", "val/cats/1.png", "test/dogs/deep/1.png")
    write(tmp_path, pictures=names)
    said = told(folders.load_class_folders, tmp_path)
    assert "splits, no classes: got ['test', 'train', 'val']" in said
    data = folders.load_class_folders(tmp_path, splits=True)
    assert data.classes == ("cats", "dogs")
    assert data.splits == ("test", "train", "train", "validation")
    assert data.labels.tolist() == [1, 0, 1, 0]
    write(tmp_path, pictures=["more/cats/1.png"])
    said = told(folders.load_class_folders, tmp_path, splits=True)
    assert "expected folders of ('train'," in said and "got 'more/cats/1.png'" in said


def test_what_is_no_image_in_class_folders_is_counted(tmp_path):
    write(tmp_path, pictures=["cats/1.png", "cats/2.png", "dogs/.hidden.png", ".cache/1.png"])
    write(tmp_path, "notes", "cats/readme.md", [])
    write(tmp_path, "notes", "dogs/Thumbs.db", [])
    os.symlink(tmp_path / "cats", tmp_path / "felines")
    data = folders.load_class_folders(tmp_path)
    assert data.images == ("cats/1.png", "cats/2.png")
    assert data.report.skipped == {
        "link to a folder": ["felines"],
        "not called an image": ["cats/readme.md", "dogs/Thumbs.db"],
        "class folder without images": ["dogs"],
    }


def test_an_image_in_no_class_folder_and_links_that_lead_out(tmp_path):
    root = write(tmp_path / "photos", pictures=["cats/1.png", "cats/2.png", "loose.png"])
    said = told(folders.load_class_folders, root)
    assert said == "loose.png: empty cell: the class's folder: expected something, got none"
    (root / "loose.png").unlink()
    write(tmp_path, pictures=["secret.png"])
    (root / "cats" / "link.png").symlink_to("../../secret.png")
    assert "outside the folder" in told(folders.load_class_folders, root)
    (root / "up").symlink_to("..")
    assert "outside the folder" in told(folders.load_class_folders, root, images="up")
    for images in ("..", "/etc", "../photos"):
        assert "outside the folder" in told(folders.load_class_folders, root, images=images)
    said = told(folders.load_class_folders, root, images="no")
    assert said == "no: missing file: expected a folder in photos"


def test_class_folders_with_a_table(tmp_path):
    table = "image,caption\ncats\\1.png,a cat\ndogs/1.PNG,a dog\n"
    write(tmp_path, table, pictures=[f"pictures/{name}" for name in CLASSES])
    data = folders.load(tmp_path, images="pictures", class_folders=True)
    assert data.classes == ("cats", "dogs") and data.texts == ("a cat", "a dog")
    assert data.images == ("pictures/cats/1.png", "pictures/dogs/1.PNG")
    for options in ({"label": "caption"}, {"target": "caption"}, {"image": None}):
        said = told(folders.load, tmp_path, class_folders=True, **options, error=ValueError)
        assert said.startswith("class_folders: expected an image and no other label, got {")
    write(tmp_path, "image,caption\nloose.png,x\n", pictures=["loose.png"])
    said = told(folders.load, tmp_path, class_folders=True)
    assert (
        said == "captions.csv, line 2: empty cell: the class's folder: expected something, got none"
    )


# ---- pairs ----


def test_pairs_of_an_image_and_a_text(tmp_path):
    write(tmp_path, "\ufeff a cat,\r\nblack \r\n", "cats/1.txt", CLASSES)
    write(tmp_path, "一只狗", "dogs/1.TXT", [])
    write(tmp_path, "oil", "Öl bild/größe 2.txt", [])
    write(tmp_path, "kittens", "cats/deep/2.txt", [])
    data = folders.load_pairs(tmp_path, class_folders=True)
    assert dict(zip(data.images, data.texts)) == {
        "cats/1.png": "a cat,\r\nblack",
        "cats/deep/2.jpg": "kittens",
        "dogs/1.PNG": "一只狗",
        "Öl bild/größe 2.webp": "oil",
    }
    assert data.classes == ("cats", "dogs", "Öl bild")
    assert folders.load_pairs(tmp_path, images="dogs").images == ("dogs/1.PNG",)


def test_a_half_of_a_pair(tmp_path):
    write(tmp_path, "one", "a.txt", ["a.png", "b.png"])
    write(tmp_path, "three", "c.txt", [])
    said = told(folders.load_pairs, tmp_path)
    assert said.startswith("b.png: empty cell: the text beside it: expected something, got none")
    data = folders.load_pairs(tmp_path, missing="keep")
    assert data.images == ("a.png", "b.png", "") and data.texts == ("one", "", "three")
    assert data.report.absent == {"text": ["b.png"], "image": ["c.txt"]}
    with pytest.warns(UserWarning, match="2 of 3 rows"):
        assert folders.load_pairs(tmp_path, on_error="skip").images == ("a.png",)


def test_other_suffixes_of_texts_and_two_images_of_one_name(tmp_path):
    write(tmp_path, "one", "a.caption", ["a.png"])
    assert folders.load_pairs(tmp_path, suffix=".caption").texts == ("one",)
    write(tmp_path, "notes", "notes.md", ["a.jpg"])
    said = told(folders.load_pairs, tmp_path, suffix=".caption")
    assert said == "a.jpg: two images with one text: a.png has that name, too"
    (tmp_path / "a.jpg").unlink()
    data = folders.load_pairs(tmp_path, suffix=".caption")
    assert data.report.skipped == {"not called an image": ["notes.md"]}
    write(tmp_path, "one".encode("utf-16"), "a.caption", [])
    assert "got UTF-16" in told(folders.load_pairs, tmp_path, suffix=".caption")
    write(tmp_path, b"caf\xe9", "a.caption", [])
    said = told(folders.load_pairs, tmp_path, suffix=".caption")
    assert said.startswith("a.png: undecodable text: the text beside it: not UTF-8")


def test_texts_are_read_within_the_root_alone(tmp_path):
    write(tmp_path, "secret", "secret.txt", [])
    root = write(tmp_path / "photos", pictures=["a.png"])
    (root / "a.txt").symlink_to("../secret.txt")
    assert "a.txt: outside the folder" in told(folders.load_pairs, root)


# ---- one image ----


def test_an_absolute_path_is_told_to_be_relative(tmp_path):
    root = write(tmp_path / "photos")
    said = told(folders.read_image, root, str(root / "a.png"))
    assert said.endswith("expected a name relative to photos, without \"..\", here 'a.png'")
    said = told(folders.read_image, root, "/etc/hostname")
    assert said.endswith('expected a name relative to photos, without ".."')
