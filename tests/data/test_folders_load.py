"""Captions files: what is read, what is refused or skipped and counted, and the splits."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

Image = pytest.importorskip("PIL.Image")

from mmref.data import folders  # noqa: E402
from mmref.data.folders.splits import draw  # noqa: E402
from mmref.errors import ChoiceError, DataError, ShapeError  # noqa: E402

# That much is gone is said by a warning, of which test_folders_trust has the tests.
pytestmark = pytest.mark.filterwarnings("ignore:.* rows .* are left out:UserWarning")

COLORS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}


@pytest.fixture
def root(tmp_path):
    """Three images, two captions each, in all columns; and a secret beside the folder."""
    root = tmp_path / "photos"
    (root / "images").mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(tmp_path / "secret.png")
    lines = ["key,image,caption,label,split"]
    for i, (name, color) in enumerate(COLORS.items()):
        Image.new("RGB", (8, 8), color).save(root / "images" / f"{name}.png")
        split = ("train", "val", "test")[i]
        lines += [f'{2 * i},images/{name}.png,"a {name} square, plain",{name},{split}']
        lines += [f"{2 * i + 1},images/{name}.png,一个方块 {name},{name},{split}"]
    (root / "captions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


ALL = {"label": "label", "split": "split", "id": "key"}


def append(root, line, name="captions.csv"):
    with open(root / name, "ab") as file:
        file.write(line if isinstance(line, bytes) else line.encode())


def test_a_csv_file_becomes_images_texts_and_labels(root):
    data = folders.load(root, **ALL)
    assert len(data) == 6 and data.root == root
    assert data.images[:3] == ("images/red.png", "images/red.png", "images/green.png")
    assert data.texts[:2] == ("a red square, plain", "一个方块 red")
    assert data.classes == ("blue", "green", "red") and data.labels.tolist() == [2, 2, 1, 1, 0, 0]
    assert data.labels.dtype == np.int64 and data.ids == tuple("012345")
    assert data.splits == ("train",) * 2 + ("validation",) * 2 + ("test",) * 2
    assert data.report.counts == {}
    assert data.image(2, 4).tolist() == np.full((4, 4, 3), COLORS["green"]).tolist()


def test_a_text_stays_as_it_is_written(root):
    append(root, '6,images/red.png,"  two  words ",red,train\n')
    assert folders.load(root, **ALL).texts[-1] == "  two  words "


def test_columns_are_optional(root):
    data = folders.load(root)
    assert data.labels is None and data.splits is None and data.ids is None and not data.classes


def test_other_formats_say_the_same(root):
    data = folders.load(root, **ALL)
    header, *lines = (root / "captions.csv").read_text("utf-8").splitlines()
    tabs = "\n".join(line.replace('"', "").replace(",", "\t", 2) for line in [header, *lines])
    tabs = "\n".join(
        "\t".join([*line.split("\t")[:2], *line.split("\t")[2].rsplit(",", 2)])
        for line in tabs.splitlines()
    )
    (root / "captions.tsv").write_text("\ufeff" + tabs + "\r\n\r\n", encoding="utf-8")
    records = [
        {
            "key": int(data.ids[i]),
            "image": data.images[i],
            "caption": data.texts[i],
            "label": data.classes[data.labels[i]],
            "split": data.splits[i],
            "more": [None],
        }
        for i in range(6)
    ]
    text = "\n\n".join(json.dumps(record) for record in records)
    (root / "captions.jsonl").write_text(text, encoding="utf-8")
    for name in ("captions.tsv", "captions.jsonl"):
        other = folders.load(root, name, **ALL)
        for field in ("images", "texts", "classes", "splits", "ids"):
            assert getattr(other, field) == getattr(data, field), (name, field)
        assert other.labels.tolist() == data.labels.tolist()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("C.CSV", "image,caption\nimages/red.png,a square\n"),
        ("C.TSV", "image\tcaption\nimages/red.png\ta square\n"),
        ("C.JsonL", '{"image": "images/red.png", "caption": "a square"}\n'),
    ],
)
def test_suffixes_in_capitals(root, name, text):
    (root / name).write_text(text)
    assert folders.load(root, name).texts == ("a square",)


def test_a_comma_without_quotes_never_shortens_a_caption(root):
    (root / "c.csv").write_text("image,caption\nimages/red.png,a square, red\n")
    with pytest.raises(
        DataError, match="^c.csv, line 2: too many cells: expected 2 fields, got 3;"
    ):
        folders.load(root, "c.csv")


def test_quoted_line_breaks_and_quotes(root):
    append(root, '9,images/red.png,"two\nlines, ""quoted""",red,train\n')
    append(root, b'8,images/red.png,"as\r\nwritten",red,train\r\n')
    assert folders.load(root, **ALL).texts[-2:] == ('two\nlines, "quoted"', "as\r\nwritten")


def test_images_below_a_folder(root):
    (root / "short.csv").write_text("image,caption\nred.png,a square\n")
    assert folders.load(root, "short.csv", images="images").images == ("images/red.png",)
    (root / "bad.csv").write_text(f"image,caption\n{root}/images/red.png,a square\n")
    for images in ("images", "..", "../photos/images", str(root / "images")):
        with pytest.raises(DataError, match="outside the folder"):
            folders.load(root, "bad.csv", images=images)


def test_one_file_under_several_names_is_one_image(root):
    (root / "alias.png").symlink_to("images/red.png")
    append(root, "7,alias.png,again,red,train\n8,./images//red.png,and again,red,train\n")
    assert folders.load(root, **ALL).images[-2:] == ("images/red.png",) * 2


def test_classes_in_a_given_order(root):
    data = folders.load(root, label="label", classes=["red", "green", "blue", "gray"])
    assert data.classes == ("red", "green", "blue", "gray")
    assert data.labels.tolist() == [0, 0, 1, 1, 2, 2]


# What is appended, its kind, and what the message has to name.
BAD = {
    "absent": ("9,images/no.png,x,red,train\n", "missing file", "images/no.png"),
    "folder": ("9,images,x,red,train\n", "missing file", "images"),
    "outside": ("9,../secret.png,x,red,train\n", "outside the folder", "../secret.png"),
    "absolute": ("9,/etc/hostname,x,red,train\n", "outside the folder", "/etc/hostname"),
    "link": ("9,link.png,x,red,train\n", "outside the folder", "link.png"),
    "id": ("3,images/red.png,x,red,train\n", "duplicate id", "captions.csv, line 8"),
    "bytes": (b"9,images/red.png,caf\xe9,red,train\n", "undecodable text", "captions.csv, line 8"),
    "name": (b"9,images/r\xe9d.png,x,red,train\n", "undecodable text", "captions.csv, line 8"),
    "label": ("9,images/red.png,x,,train\n", "empty cell", "captions.csv, line 8"),
    "split": ("9,images/red.png,x,red,exam\n", "unknown split", "captions.csv, line 8"),
    "caption": ("9,images/red.png,  ,red,train\n", "empty cell", "captions.csv, line 8"),
    "image": ("9,,x,red,train\n", "empty cell", "captions.csv, line 8"),
    "comma": ("9,images/red.png,x, y,red,train\n", "too many cells", "captions.csv, line 8"),
    "short": ("9,images/red.png\n", "too few cells", "captions.csv, line 8"),
}

# Where one cell is to blame, its column, and what stands there.
CELLS = {"label": "label", "split": "split 'exam'", "caption": "caption", "image": "image"}


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_are_named_by_their_lines(root, case):
    line, kind, name = BAD[case]
    (root / "link.png").symlink_to("../secret.png")
    append(root, line)
    append(root, "10,images/red.png,after it,red,train\n")
    with pytest.raises(DataError, match=kind) as caught:
        folders.load(root, **ALL)
    assert str(caught.value).startswith(name)
    assert str(root.parent) not in str(caught.value)  # where the folder lies is nobody's business
    data = folders.load(root, **ALL, on_error="skip")
    assert len(data) == 7 and data.texts[-1] == "after it"
    noted = f"{name}: {CELLS[case]}" if case in CELLS else name
    assert data.report.skipped == {kind: [noted]}
    assert f"1 left out\n  {kind}: 1 ({noted})" == str(data.report)


JSON = {
    "not JSON": "{'image': 'a.png'}",
    "a list": '["images/red.png", "x"]',
    "no key": '{"image": "images/red.png", "label": "red"}',
    "a number": '{"image": "images/red.png", "caption": 3, "label": "red"}',
    "null": '{"image": "images/red.png", "caption": null, "label": "red"}',
    "true": '{"image": "images/red.png", "caption": "x", "label": true}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("case", JSON)
def test_bad_json_lines(root, case):
    good = '{"image": "images/red.png", "caption": "x", "label": 3}\n'
    (root / "c.jsonl").write_text(good + JSON[case] + "\n")
    kind = "empty cell" if case == "null" else "malformed row"
    with pytest.raises(DataError, match=f"^c.jsonl, line 2: {kind}"):
        folders.load(root, "c.jsonl", label="label")
    data = folders.load(root, "c.jsonl", label="label", on_error="skip")
    assert data.classes == ("3",) and data.report.counts == {kind: 1}


def test_a_lone_surrogate_in_json_is_undecodable(root):
    (root / "c.jsonl").write_text('{"image": "images/red.png", "caption": "\\ud800"}\n')
    with pytest.raises(DataError, match="^c.jsonl, line 1: undecodable text"):
        folders.load(root, "c.jsonl")


def test_the_same_row_twice_without_ids(root):
    append(root, "9,images/red.png,一个方块 red,red,train\n")
    with pytest.raises(DataError, match="^captions.csv, line 8: duplicate id"):
        folders.load(root)
    assert len(folders.load(root, on_error="skip")) == 6
    assert len(folders.load(root, id="key")) == 7


def test_unknown_labels_are_refused_or_skipped_and_counted(root):
    with pytest.raises(DataError, match="line 6: unknown label: .*'red', 'green'.*'blue'"):
        folders.load(root, label="label", classes=["red", "green"])
    data = folders.load(root, label="label", classes=["red", "green"], on_error="skip")
    assert len(data) == 4 and data.report.counts == {"unknown label": 2}


def test_broken_images_are_found_when_they_are_read(root):
    content = (root / "images" / "green.png").read_bytes()
    (root / "images" / "green.png").write_bytes(content[:-30])
    data = folders.load(root, **ALL)  # the index alone: pixels are not looked at
    with pytest.raises(DataError, match="^images/green.png: unreadable image"):
        data.image(2)
    with pytest.raises(DataError, match="^images/green.png: unreadable image"):
        data.check()
    append(root, "9,images/no.png,x,red,train\n")
    data = folders.load(root, **ALL, on_error="skip")
    assert len(data) == 4 and set(data.images) == {"images/red.png", "images/blue.png"}
    assert data.labels.tolist() == [2, 2, 0, 0]
    assert data.report.skipped == {
        "missing file": ["images/no.png"],
        "unreadable image": ["images/green.png"] * 2,  # a row for each of its captions
    }
    assert data.part("train").report is data.report


def test_a_second_look_adds_to_the_report(root):
    picture = root / "images" / "green.png"
    picture.write_bytes(picture.read_bytes()[:-30])
    data = folders.load(root, **ALL, on_error="skip")
    picture = root / "images" / "blue.png"
    picture.write_bytes(picture.read_bytes()[:-30])
    again = data.check("skip")
    assert len(data) == 4 and len(again) == 2
    assert data.report.counts == {"unreadable image": 2}
    assert again.report.counts == {"unreadable image": 4}
    with pytest.raises(DataError, match="^images/blue.png: unreadable image"):
        data.check()


MISLEADING = {
    "no file": ({"captions": "no.csv"}, "", "no.csv: missing file"),
    "outside": ({"captions": "../captions.csv"}, "", "outside the folder"),
    "two columns": ({"captions": "two.csv"}, "", r"malformed header: expected \['caption'\] once"),
    "no column": ({"label": "class"}, "", r"malformed header: expected \['class'\]"),
    "open quote": ({}, '9,images/red.png,"open,red,train\n' * 2, "line .*: malformed table"),
    "two splits": (ALL, "9,images/red.png,x,red,test\n", "images/red.png: image in two splits"),
    "classes": ({"label": "label", "classes": ["red", "red"]}, "", "classes: .* each once"),
}


@pytest.mark.parametrize("on_error", ["error", "skip"])
@pytest.mark.parametrize("case", MISLEADING)
def test_what_would_mislead_is_never_skipped(root, case, on_error):
    arguments, line, message = MISLEADING[case]
    (root / "two.csv").write_text("image,caption,caption\nimages/red.png,one,two\n")
    append(root, line)
    with pytest.raises(DataError, match=message):
        folders.load(root, **arguments, on_error=on_error)


@pytest.mark.parametrize("on_error", ["error", "skip"])
def test_nothing_to_read(root, tmp_path, on_error):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty: empty folder"):
        folders.load(tmp_path / "empty", on_error=on_error)
    with pytest.raises(DataError, match="absent: missing file: expected a folder"):
        folders.load(tmp_path / "absent", on_error=on_error)
    with pytest.raises(DataError, match="missing file: expected a folder"):
        folders.load(root / "captions.csv", on_error=on_error)
    for content in ("", "image,caption\n"):
        (root / "none.csv").write_text(content)
        with pytest.raises(
            DataError, match="malformed header" if not content else "no usable rows"
        ):
            folders.load(root, "none.csv", on_error=on_error)


def test_nothing_is_left(root):
    (root / "c.csv").write_text("image,caption\nno.png,x\n")
    with pytest.raises(DataError, match="^photos: no usable rows: 1 left out\n  missing file: 1"):
        folders.load(root, "c.csv", on_error="skip")
    (root / "images" / "bad.png").write_bytes(b"")
    (root / "c.csv").write_text("image,caption\nimages/bad.png,x\n")
    with pytest.raises(DataError, match="^photos: no usable rows: 1 left out\n  unreadable imag"):
        folders.load(root, "c.csv", on_error="skip")


def test_unknown_choices_list_the_known_ones(root):
    with pytest.raises(ChoiceError, match="on_error: expected one of 'error', 'skip'; got 'warn'"):
        folders.load(root, on_error="warn")
    with pytest.raises(ChoiceError, match=r"captions .*'.csv', '.txt', '.tsv', '.jsonl'; got"):
        folders.load(root, "a.xlsx")
    with pytest.raises(ChoiceError, match="split: expected one of 'train', 'validation', 'test'"):
        folders.load(root, **ALL).part("val")
    with pytest.raises(DataError, match="^photos: no splits: name their column"):
        folders.load(root).part("train")


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ([4, 0, 0], [4, 0, 0]),
        (np.array([False, True, False, False, True, False]), [1, 4]),
        (np.zeros(6, bool), []),
        ([], []),
        (np.array([5]), [5]),
    ],
)
def test_rows_are_taken_from_every_field(root, rows, chosen):
    data = replace(folders.load(root, **ALL), answers=tuple((f"{i}", "yes") for i in range(6)))
    part = data.take(rows)
    assert len(part) == len(chosen)
    for field in ("images", "texts", "splits", "ids", "answers"):
        assert getattr(part, field) == tuple(getattr(data, field)[i] for i in chosen), field
    assert part.labels.tolist() == [data.labels[i] for i in chosen] and part.classes == data.classes
    bare = folders.load(root).take(rows)
    assert bare.labels is None and bare.splits is None and len(bare) == len(chosen)


def test_size_and_fit_reach_the_picture(root):
    Image.new("RGB", (16, 8), "black").save(root / "wide.png")
    append(root, "9,wide.png,wide,red,train\n")
    data = folders.load(root, **ALL)
    assert data.image(6).shape == (8, 16, 3) and data.image(6, (4, 6)).shape == (4, 6, 3)
    assert data.image(6, 8).max() == 0 and data.image(6, 8, "pad").max() == 255


# ---- splits ----


@given(
    st.lists(st.integers(1, 5), min_size=30, max_size=60),
    st.integers(0, 5),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_drawn_splits_keep_an_images_captions_together_and_the_shares(
    captions, seed, stratify, random
):
    """All captions of an image in one split; of each class its share, rounded up or down."""
    images = [f"{i}.png" for i, count in enumerate(captions) for _ in range(count)]
    random.shuffle(images)
    kinds = [int(image[:-4]) % 3 for image in images] if stratify else None
    shares = (0.5, 0.25, 0.25)
    splits = draw(images, shares, seed, kinds)
    split_of = {}
    for image, split in zip(images, splits):
        assert split_of.setdefault(image, split) == split
    for kind in range(3) if stratify else [None]:
        members = [i for i in split_of if kind is None or int(i[:-4]) % 3 == kind]
        for split, share in zip(("train", "validation", "test"), shares):
            count = sum(split_of[i] == split for i in members)
            assert abs(count - share * len(members)) < 1
    # Neither the order of the rows nor the number of captions matters.
    again = dict(
        zip(
            sorted(images),
            draw(
                sorted(images),
                shares,
                seed,
                None if not stratify else [int(image[:-4]) % 3 for image in sorted(images)],
            ),
        )
    )
    assert again == split_of


def test_splits_follow_the_seed():
    images = [f"{i}.png" for i in range(100)]
    one, other = (draw(images, (0.6, 0.2, 0.2), seed) for seed in (0, 1))
    assert one != other and one == draw(images, (0.6, 0.2, 0.2), 0)
    counts = [one.count(split) for split in ("train", "validation", "test")]
    assert counts == [60, 20, 20]
    assert set(draw(images, (0.8, 0, 0.2), 0)) == {"train", "test"}


def test_split_of_data(root):
    data = folders.load(root, label="label").split(1 / 3, 1 / 3, 1 / 3, seed=1)
    parts = [data.part(split) for split in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [2, 2, 2]
    assert len({part.images[0] for part in parts}) == 3
    for part in parts:
        assert part.images[0] == part.images[1] and part.labels[0] == part.labels[1]
        assert part.classes[part.labels[0]] in part.images[0] and len(part.texts) == 2


@pytest.fixture
def many(root):
    """40 images of two classes, 10 of the one and 30 of the other."""
    lines = ["image,caption,label"]
    for i in range(40):
        Image.new("RGB", (1, 1)).save(root / f"{i:02d}.png")
        lines.append(f"{i:02d}.png,caption {i},{'rare' if i < 10 else 'common'}")
    (root / "many.csv").write_text("\n".join(lines) + "\n")
    return folders.load(root, "many.csv", label="label")


def test_shares_seed_and_strata_reach_the_draw(many):
    data = many.split(0.5, 0.3, 0.2, seed=1)
    sizes = [len(data.part(split)) for split in ("train", "validation", "test")]
    assert sizes == [20, 12, 8]
    assert data.splits == many.split(0.5, 0.3, 0.2, seed=1).splits
    assert data.splits != many.split(0.5, 0.3, 0.2, seed=2).splits
    data = many.split(0.5, 0.3, 0.2, seed=1, stratify=True)
    for split, counts in {"train": [15, 5], "validation": [9, 3], "test": [6, 2]}.items():
        assert np.bincount(data.part(split).labels).tolist() == counts  # common, rare


def test_shares_are_three_and_sum_to_one():
    with pytest.raises(ValueError, match="shares that sum to 1, got"):
        draw(["0.png", "1.png"], (0.5, 0.5), 0)


def test_no_split_is_favored_by_rounding():
    """Three images in halves: one or two of them, as often."""
    images = ["0.png", "1.png", "2.png"]
    counts = [draw(images, (0.5, 0, 0.5), seed).count("train") for seed in range(300)]
    assert set(counts) == {1, 2} and abs(np.mean(counts) - 1.5) < 0.15


@pytest.mark.parametrize("name", ["training", "train", "validation", "valid", "val", "dev", "test"])
def test_what_files_call_the_splits(root, name):
    (root / "c.csv").write_text(f"image,caption,split\nimages/red.png,a square,{name}\n")
    expected = {"tr": "train", "te": "test"}.get(name[:2], "validation")
    data = folders.load(root, "c.csv", split="split")
    assert data.splits == (expected,)
    empty = "test" if expected == "train" else "train"
    with pytest.raises(DataError, match=f"^photos: empty split: no row is of the split '{empty}'"):
        data.part(empty)


def test_splits_that_cannot_be_drawn(root):
    data = folders.load(root, label="label")
    for shares in ((0.5, 0.5, 0.5), (0.5, 0.2, 0.2)):
        with pytest.raises(ValueError, match="shares that sum to 1"):
            data.split(*shares)
    with pytest.raises(ValueError, match=r"^train: expected a number in \[0, 1\], got 1.2"):
        data.split(1.2, -0.1, -0.1)
    with pytest.raises(DataError, match="empty split: 3 groups of rows cannot fill it"):
        data.split(0.9, 0.05, 0.05)
    with pytest.raises(DataError, match="^photos: no labels: stratify.* name their column by lab"):
        folders.load(root).split(stratify=True)
    append(root, "9,images/red.png,x,blue,train\n")
    said = (
        "images/red.png: two labels: stratify=True needs one label for all rows that share a file"
    )
    with pytest.raises(DataError, match=said):
        folders.load(root, label="label").split(stratify=True)


def test_take_keeps_the_rows_asked_for_in_their_order(root):
    data = folders.load(root, **ALL)
    for rows in ([4, 0], np.array([4, 0])):
        taken = data.take(rows)
        assert taken.ids == ("4", "0") and taken.labels.tolist() == [0, 2]
        assert taken.splits == ("test", "train") and taken.images[1] == "images/red.png"
    assert data.take(data.labels == 1).ids == ("2", "3")
    assert len(data.take([])) == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda d: d.image(True), TypeError, "row: expected an integer, at least 0, got True"),
        (lambda d: d.image(6), ValueError, "row: expected 0 to 5, got 6 to 6"),
        (lambda d: d.take([True, False]), ShapeError, r"rows: expected \(6,\), got \(2,\)"),
        (lambda d: d.take([True] * 9), ShapeError, r"rows: expected \(6,\), got \(9,\)"),
        (lambda d: d.take([0.0, 1.0]), ShapeError, "rows: expected integers, got float64"),
        (lambda d: d.take([99]), ValueError, "rows: expected 0 to 5, got 99 to 99"),
        (lambda d: d.take([-1]), ValueError, "rows: expected 0 to 5, got -1 to -1"),
        (lambda d: d.take(None), ShapeError, "rows: expected integers, got object"),
        (lambda d: d.take(1), ShapeError, r"rows: expected \(R,\), got \(\)"),
        (
            lambda d: d.split(seed=None),
            TypeError,
            "seed: expected an integer, at least 0, got None",
        ),
        (lambda d: d.split(seed=1.5), TypeError, "seed: expected an integer, at least 0, got 1.5"),
        (lambda d: d.split("x"), TypeError, r"train: expected a number in \[0, 1\], got 'x'"),
        (
            lambda d: d.split(stratify="no"),
            ChoiceError,
            "stratify: expected one of True, False; got",
        ),
        (lambda d: folders.load(3), TypeError, "root: expected a path, got int"),
        (
            lambda d: folders.load(d.root, None),
            TypeError,
            "captions: expected a text or a data frame, got N",
        ),
        (
            lambda d: folders.load(d.root, images=None),
            TypeError,
            "images: expected a text, got None",
        ),
        (lambda d: folders.load(d.root, text=""), ValueError, "text: expected a text, got ''"),
        (
            lambda d: folders.load(d.root, label="label", classes="red"),
            TypeError,
            "classes: expected a sequence of texts, got the text 'red'",
        ),
        (
            lambda d: folders.read_image(d.root, d.root / "images/red.png"),
            TypeError,
            "name: expected a text, got PosixPath",
        ),
        (
            lambda d: folders.read_image(d.root, "images/red.png", (10**7, 10**7)),
            ValueError,
            "size: expected at most .*, got 100000000000000, which need .* bytes",
        ),
    ],
)
def test_rows_and_settings_of_no_folder_are_refused(root, call, error, message):
    data = folders.load(root, **ALL)
    with pytest.raises(error, match=f"^{message}") as caught:
        call(data)
    assert type(caught.value) is error


def test_a_copy_of_a_picture_in_another_split_is_found_by_check(root):
    data = folders.load(root, **ALL)
    assert len(data.check()) == 6
    (root / "images" / "blue.png").write_bytes((root / "images" / "red.png").read_bytes())
    message = "images/blue.png: image in two splits: 'test', and its copy images/red.png in 'train'"
    with pytest.raises(DataError, match=f"^{message}"):
        data.check()
    assert len(data.check("skip")) == 6  # as published sets have it
    assert len(replace(data, splits=("train",) * 6).check()) == 6
