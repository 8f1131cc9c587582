"""Never silently wrong: what would train well and mean something else is an error or a warning."""

import warnings

import pytest

pytest.importorskip("PIL.Image")

from mmref.data import folders  # noqa: E402
from tests.data.own_folder import told, write  # noqa: E402


def labelled(root, labels, header="label"):
    """One row for each label."""
    names = [f"{i}.png" for i in range(len(labels))]
    rows = [f"{name},text,{label}" for name, label in zip(names, labels)]
    return write(root, "\n".join([f"image,caption,{header}", *rows]), pictures=names)


# ---- labels ----


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["0", "1", "10", "11", "2"], ("0", "1", "2", "10", "11")),  # as text, 2 would come last
        (["-1", "1", "0"], ("-1", "0", "1")),
        (["1.0", "10.0", "2.0"], ("1.0", "2.0", "10.0")),
        (["b", "10", "2"], ("10", "2", "b")),  # not all are numbers
        (["nan", "1"], ("1", "nan")),
        (["1_0", "2"], ("1_0", "2")),
    ],
)
def test_whole_numbers_are_classes_in_their_own_order(tmp_path, labels, classes):
    data = folders.load(labelled(tmp_path, labels), label="label")
    assert data.classes == classes
    assert [classes[i] for i in data.labels] == labels


@pytest.mark.parametrize("label", [3.5, 4.25])
def test_fractions_are_no_classes(tmp_path, label):
    root = labelled(tmp_path, [3, 4, label], "stars")
    for on_error in ("error", "skip"):
        assert told(folders.load, root, label="stars", on_error=on_error) == (
            f"stars: numbers, no classes: got {label}; target='stars' predicts numbers, "
            "classes=[...] takes them for classes"
        )
    assert folders.load(root, target="stars").labels.tolist() == [3, 4, label]
    data = folders.load(root, label="stars", classes=["3", "4", str(label)])
    assert data.labels.tolist() == [0, 1, 2]


def test_fractions_are_no_classes_in_json_and_frames(tmp_path):
    pd = pytest.importorskip("pandas")
    lines = '{"image": "a.png", "caption": "x", "stars": 3.5}\n'
    write(tmp_path, lines, "c.jsonl")
    said = told(folders.load, tmp_path, "c.jsonl", label="stars")
    assert said.startswith("stars: numbers, no classes: got 3.5; target='stars'")
    table = pd.DataFrame({"image": ["a.png", "b.png"], "caption": "x", "stars": [4.5, 2]})
    said = told(folders.load, tmp_path, table, label="stars")
    assert said.startswith("stars: numbers, no classes: got 4.5; target='stars'")


def test_numbers_of_which_most_are_different_are_no_classes(tmp_path):
    root = labelled(tmp_path, range(100, 130), "price")
    said = told(folders.load, root, label="price")
    assert said.startswith("price: numbers, no classes: got 30 different ones in 30 rows; target=")
    root = labelled(tmp_path, [i // 3 for i in range(30)], "price")
    assert len(folders.load(root, label="price").classes) == 10
    root = labelled(tmp_path, [f"person {i}" for i in range(30)], "price")
    assert len(folders.load(root, label="price").classes) == 30


@pytest.mark.parametrize(
    ("one", "other"), [("cat", "Cat"), ("cat", "cat "), ("1", "1.0"), ("01", "1"), ("Ö", "ö")]
)
def test_one_class_in_two_spellings(tmp_path, one, other):
    root = labelled(tmp_path, [one, other, one])
    said = told(folders.load, root, label="label")
    assert said.startswith("label: one class written in two ways: ")
    assert repr(one) in said and repr(other) in said and "classes=[...]" in said
    data = folders.load(root, label="label", classes=[one, other])
    assert data.labels.tolist() == [0, 1, 0]


def test_splits_are_no_classes(tmp_path):
    root = labelled(tmp_path, ["train", "val", "test"])
    said = told(folders.load, root, label="label")
    assert said.startswith("label: splits, no classes: got ['test', 'train', 'val']; classes=[")
    root = labelled(tmp_path, ["train", "bus"])
    assert folders.load(root, label="label").classes == ("bus", "train")


def test_another_separator_of_several_classes(tmp_path):
    root = labelled(tmp_path, ["red;round", "round;flat", "flat"], "tags")
    said = told(folders.load, root, labels="tags")
    assert said == ("tags: another separator: none is split by '|', 2 hold ';': separator=';'?")
    data = folders.load(root, labels="tags", separator=";")
    assert data.classes == ("flat", "red", "round") and data.labels.sum() == 5
    said = told(folders.load, root, labels="tags", separator=",")
    assert said.endswith("2 hold ';': separator=';'?")
    root = labelled(tmp_path, ["3.5", "x"], "tags")
    assert folders.load(root, labels="tags").classes == ("3.5", "x")


# ---- rows that are gone ----


def gone(root, good, bad):
    rows = [f"{i}.png,text" for i in range(good)] + [f"{i}.png," for i in range(good, good + bad)]
    names = [f"{i}.png" for i in range(good + bad)]
    return write(root, "\n".join(["image,caption", *rows]), pictures=names)


def test_many_rows_that_are_gone_are_told_with_their_kinds(tmp_path):
    root = gone(tmp_path, 42, 8)
    with pytest.warns(UserWarning) as said:
        data = folders.load(root, on_error="skip")
    assert len(data) == 42 and data.report.problems == 8
    assert [str(w.message) for w in said] == [
        "8 of 50 rows (16 %) are left out: empty cell: 8 "
        "(captions.csv, line 44: caption, captions.csv, line 45: caption, "
        "captions.csv, line 46: caption, ...)"
    ]


def test_numbers_that_are_none_are_told_with_file_line_column_and_value(tmp_path):
    rows = [f"{i}.png,{'12,50' if i > 6 else i}" for i in range(10)]
    rows = [row if "," not in row[6:] else row.replace("12,50", '"12,50"') for row in rows]
    names = [f"{i}.png" for i in range(10)]
    root = write(tmp_path, "\n".join(["image,price", *rows]), pictures=names)
    with pytest.warns(UserWarning) as said:
        data = folders.load(root, text=None, numbers=["price"], on_error="skip")
    cells = [f"captions.csv, line {line}: price '12,50'" for line in (9, 10, 11)]
    assert data.report.skipped == {"not a number": cells}
    assert [str(w.message) for w in said] == [
        f"3 of 10 rows (30 %) are left out: not a number: 3 ({', '.join(cells)})"
    ]


def test_a_few_rows_that_are_gone_are_in_the_report(tmp_path):
    root = gone(tmp_path, 95, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert folders.load(root, on_error="skip").report.counts == {"empty cell": 5}


def test_what_check_leaves_out_is_told_as_well(tmp_path):
    root = gone(tmp_path, 10, 0)
    data = folders.load(root)
    for name in ("3.png", "4.png"):
        (root / name).write_bytes(b"broken")
    with pytest.warns(UserWarning, match=r"2 of 10 rows \(20 %\) are left out: unreadable image"):
        assert len(data.check("skip")) == 8
    pictures = [f"cats/{i}.png" for i in range(9)]
    write(tmp_path / "more", b"broken", "cats/broken.png", pictures)
    with pytest.warns(UserWarning, match=r"1 of 10 rows \(10 %\) are left out: unreadable image"):
        assert len(folders.load_class_folders(tmp_path / "more", on_error="skip")) == 9


def test_known_reasons_are_no_surprise():
    report = folders.Report("skip")
    for i in range(50):
        report.note("in no split list", f"{i}.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report.warn(10)
