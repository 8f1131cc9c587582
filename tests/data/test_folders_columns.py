"""More than an image and its caption: numbers, categories, further images, and what to predict."""

import json
import math

import numpy as np
import pytest

pytest.importorskip("PIL.Image")

from mmref.data import folders  # noqa: E402
from mmref.errors import ChoiceError  # noqa: E402
from tests.data.own_folder import told, write  # noqa: E402

SHOP = """image,back,caption,price,weight,brand,color
a.png,b.png,one,1.5,10,acme,red
b.png,c.png,two,,+2e1,acme,
c.png,,three,4,30,,blue
"""
SHOPPED = {
    "numbers": ["price", "weight"],
    "categories": ["brand", "color"],
    "more_images": {"back": "back"},
    "missing": "keep",
}


@pytest.fixture
def shop(tmp_path):
    return folders.load(write(tmp_path, SHOP), **SHOPPED)


def test_numbers_categories_and_a_second_image(shop):
    np.testing.assert_array_equal(shop.columns["price"], [1.5, math.nan, 4])
    assert shop.columns["price"].dtype == np.float64
    assert shop.columns["weight"].tolist() == [10, 20, 30]
    assert shop.columns["brand"] == ("acme", "acme", None)
    assert shop.columns["color"] == ("red", None, "blue")
    assert list(shop.columns) == ["price", "weight", "brand", "color"]
    assert shop.more_images == {"back": ("b.png", "c.png", "")}
    assert shop.report.absent == {
        "price": ["captions.csv, line 3"],
        "color": ["captions.csv, line 3"],
        "back": ["captions.csv, line 4"],
        "brand": ["captions.csv, line 4"],
    }
    np.testing.assert_array_equal(shop.image(0, modality="back"), shop.image(1))
    assert told(shop.image, 2, modality="back").endswith("absent image: row 2 has no 'back'")
    said = told(shop.image, 2, modality="side", error=ChoiceError)
    assert said == "modality: expected one of 'image', 'back'; got 'side'"


def test_all_columns_are_taken_together(shop):
    taken = shop.take([2, 0, 0])  # oversampling: a row comes as often as it is asked for
    np.testing.assert_array_equal(taken.columns["price"], [4, 1.5, 1.5])
    assert taken.columns["brand"] == (None, "acme", "acme")
    assert taken.more_images == {"back": ("", "b.png", "b.png")} and len(taken) == 3
    assert taken.present["back"].tolist() == [False, True, True]


def test_other_formats_say_the_same(tmp_path, shop):
    rows = [line.split(",") for line in SHOP.splitlines()]
    records = [dict(zip(rows[0], row)) for row in rows[1:]]
    for record in records:
        for key in ("price", "weight"):
            record[key] = float(record[key]) if record[key] else None
    records[2].pop("back")  # kept with something absent, as null is
    write(tmp_path, "\n".join(map(json.dumps, records)), "c.jsonl")
    data = folders.load(tmp_path, "c.jsonl", **SHOPPED)
    assert data.more_images == shop.more_images
    for name, column in shop.columns.items():
        np.testing.assert_array_equal(data.columns[name], column)
    for record in records:
        record.pop("color")
    write(tmp_path, "\n".join(map(json.dumps, records)), "c.jsonl")
    said = told(folders.load, tmp_path, "c.jsonl", **SHOPPED)
    assert said == "c.jsonl: malformed header: expected the keys ['color'], which no line has"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("1,5", "a number, with a point before its decimals, got '1,5'"),
        ("1.500,0", "a number, with a point before its decimals, got '1.500,0'"),
        ("1_000", "a number, with a point before its decimals, got '1_000'"),
        ("inf", "a number, with a point before its decimals, got 'inf'"),
        ("1e999", "a number, with a point before its decimals, got inf"),
        ("12 EUR", "a number, with a point before its decimals, got '12 EUR'"),
        ("", "something, got none; missing='keep' keeps such rows"),
        ("nan", "something, got none; missing='keep' keeps such rows"),
    ],
)
def test_cells_that_are_no_number_name_row_and_column(tmp_path, cell, message):
    write(tmp_path, f"image;caption;price\na.png;one;1\nb.png;two;{cell}\n")
    said = told(folders.load, tmp_path, numbers=["price"], delimiter=";")
    kind = "empty cell" if message.startswith("something") else "not a number"
    assert said == f"captions.csv, line 3: {kind}: price: expected {message}"


def test_a_table_alone_and_a_table_with_texts(tmp_path):
    write(tmp_path, "price,brand,caption\n1,acme,one\n1,acme,one\n")
    alone = folders.load(tmp_path, image=None, text=None, numbers=["price"], categories=["brand"])
    assert alone.images is alone.texts is None and len(alone) == 2
    assert set(alone.present) == {"table"}
    told_of = folders.load(tmp_path, image=None, numbers=["price"])
    assert told_of.texts == ("one", "one") and set(told_of.present) == {"text", "table"}


# ---- what is to be predicted ----


MANY = "image,caption,tags\na.png,one,red|round\nb.png,two, round |\nc.png,three,\n"


def test_several_classes_in_a_cell(tmp_path):
    data = folders.load(write(tmp_path, MANY), labels="tags")
    assert data.task == "multilabel" and data.classes == ("red", "round")
    assert data.labels.dtype == np.float32
    assert data.labels.tolist() == [[1, 1], [0, 1], [0, 0]]
    assert data.report.absent == {"labels": ["captions.csv, line 4"]}
    assert data.take([1]).labels.tolist() == [[0, 1]]
    data = folders.load(tmp_path, labels="tags", classes=["round", "red", "blue"])
    assert data.labels[0].tolist() == [1, 1, 0]
    said = told(folders.load, tmp_path, labels="tags", classes=["red"])
    assert said.startswith(
        "captions.csv, line 2: unknown label: expected one of ('red',), got 'rou"
    )


def test_several_classes_in_json(tmp_path):
    lines = '{"image": "a.png", "caption": "x", "tags": ["red", 3]}\n'
    lines += '{"image": "b.png", "caption": "x", "tags": []}\n'
    data = folders.load(write(tmp_path, lines, "c.jsonl"), "c.jsonl", labels="tags")
    assert data.classes == ("3", "red") and data.labels.tolist() == [[1, 1], [0, 0]]
    write(tmp_path, '{"image": "a.png", "caption": "x", "tags": null}', "c.jsonl")
    said = told(folders.load, tmp_path, "c.jsonl", labels="tags")
    assert said == (
        "c.jsonl, line 1: malformed row: tags: expected names with '|' between them, or a list, "
        "got None"
    )


def test_columns_of_zeros_and_ones(tmp_path):
    table = "image,caption,red,round\na.png,x,1,1\nb.png,x,0,1.0\nc.png,x,0,0\n"
    data = folders.load(write(tmp_path, table), labels=["red", "round"])
    assert data.classes == ("red", "round") and data.task == "multilabel"
    assert data.labels.tolist() == [[1, 1], [0, 1], [0, 0]]
    for cell, got in (("2", "'2'"), ("", "''"), ("-1", "'-1'")):
        write(tmp_path, table + f"a.png,y,{cell},0\n")
        said = told(folders.load, tmp_path, labels=["red", "round"])
        assert said == f"captions.csv, line 5: malformed row: red: expected 0 or 1, got {got}"


def test_numbers_to_be_predicted(tmp_path):
    table = "image,caption,stars,price\na.png,x,3.5,1\nb.png,x,4,2\n"
    data = folders.load(write(tmp_path, table), target="stars")
    assert data.task == "regression" and data.target == ("stars",) and data.classes == ()
    assert data.labels.dtype == np.float32 and data.labels.tolist() == [3.5, 4]
    both = folders.load(tmp_path, target=["stars", "price"])
    assert both.labels.tolist() == [[3.5, 1], [4, 2]] and both.task == "regression"
    assert both.take([1]).task == "regression"
    write(tmp_path, table + "c.png,x,,3\n")
    for missing in ("error", "keep"):
        said = told(folders.load, tmp_path, target=["price", "stars"], missing=missing)
        assert said == (
            "captions.csv, line 4: empty cell: stars: expected a number to be predicted, got ''"
        )


def test_strata_are_of_classes(tmp_path):
    """Where rows have none, or something else to be predicted, the error says which."""
    write(tmp_path, MANY)
    needs = "stratify=True needs one class for each row, and these have"
    for columns, kind, have in [
        ({"labels": "tags"}, "several labels", "any number of classes;"),
        ({}, "no labels", "none: name their column by label=;"),
    ]:
        said = told(folders.load(tmp_path, **columns).split, stratify=True)
        assert f": {kind}: {needs} {have}" in said
        assert said.endswith("split() without stratify draws from all rows alike")
    write(tmp_path, "image,caption,price\na.png,x,3.5\nb.png,y,4\n")
    said = told(folders.load(tmp_path, target="price").split, stratify=True)
    assert f": numbers for labels: {needs} numbers to be predicted;" in said


def test_strata_of_rows_without_a_file_are_of_their_texts(tmp_path):
    write(tmp_path, "image,caption,kind\n,x,u\n,x,v\nb.png,y,u\n")
    data = folders.load(tmp_path, label="kind", missing="keep")
    said = told(data.split, stratify=True)
    assert said == (
        "x: two labels: stratify=True needs one label for the rows of one text without a file, "
        "which stay in one split"
    )


# ---- arguments ----


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"numbers": "price"}, TypeError, "numbers: expected a sequence of texts, got the text 'p"),
        ({"categories": 3}, TypeError, "categories: expected a sequence of texts, got int"),
        ({"numbers": ["price", "price"]}, ValueError, "numbers, categories: expected each once"),
        (
            {"numbers": ["price"], "categories": ["price"]},
            ValueError,
            "numbers, categories: expected each once, got ('price', 'price')",
        ),
        ({"more_images": ["back"]}, TypeError, "more_images: expected a mapping from name to col"),
        ({"more_images": {"back": 3}}, TypeError, "more_images['back']: expected a text, got 3"),
        (
            {"more_images": {"present": "back"}},
            ValueError,
            "more_images: expected names other than ('image', 'text', 'table', 'mask', 'present')",
        ),
        (
            {"label": "brand", "target": "price"},
            ValueError,
            "label, labels, target: expected one of them, got {'label': 'brand', 'target': ('price",
        ),
        (
            {"label": "brand", "categories": ["brand"]},
            ValueError,
            "numbers, categories: expected other columns than label='brand', got ['brand']",
        ),
        (
            {"target": ["price", "size"], "numbers": ["price"]},
            ValueError,
            "numbers, categories: expected other columns than target=('price', 'size'), got ['pri",
        ),
        (
            {"labels": ["brand"], "categories": ["brand"]},
            ValueError,
            "numbers, categories: expected other columns than labels=('brand',), got ['brand']",
        ),
        ({"labels": 3}, TypeError, "labels: expected a sequence of texts, got int"),
        ({"target": 3}, TypeError, "target: expected a sequence of texts, got int"),
        ({"separator": ""}, ValueError, "separator: expected a text, got ''"),
        ({"suffix": ""}, ValueError, "suffix: expected a text, got ''"),
        (
            {"image": None, "text": None},
            ValueError,
            "image, text, more_images, sounds, numbers, categ",
        ),
    ],
)
def test_arguments_that_are_none(tmp_path, options, error, message):
    write(tmp_path, SHOP)
    said = told(folders.load, tmp_path, error=error, **options)
    assert said.startswith(message)
