"""Rows with something absent: kept, counted, told as ``present``, alike for every framework."""

import numpy as np
import pytest

pytest.importorskip("PIL.Image")

from mmref.data import folders  # noqa: E402
from mmref.data.table import Table  # noqa: E402
from mmref.data.text import Vocabulary  # noqa: E402
from mmref.errors import DataError, ModalityError, ShapeError  # noqa: E402
from tests.data.own_folder import told, write  # noqa: E402

ROWS = """image,caption,price,label
a.png,one,1,x
,two,2,y
b.png,,3,x
gone.png,three,,y
c.png, ,,x
"""
SIZE = 4


@pytest.fixture
def root(tmp_path):
    return write(tmp_path, ROWS)


@pytest.fixture
def data(root):
    return folders.load(root, label="label", numbers=["price"], missing="keep")


def reader(data, **options):
    if "table" not in options:
        options["table"] = Table.fit(data)
    return folders.Reader(data, Vocabulary.build(data.texts), SIZE, 8, **options)


def test_a_row_is_kept_for_each_row_of_the_file(data):
    assert data.images == ("a.png", "", "b.png", "", "c.png")
    assert data.texts == ("one", "two", "", "three", "")
    assert {m: there.tolist() for m, there in data.present.items()} == {
        "image": [True, False, True, False, True],
        "text": [True, True, False, True, False],
        "table": [True, True, True, False, False],
    }
    lines = [f"captions.csv, line {n}" for n in range(7)]
    assert data.report.absent == {
        "image": [lines[3], f"{lines[5]}: gone.png not found"],
        "text": [lines[4], lines[6]],
        "price": [lines[5], lines[6]],
    }
    assert data.report.counts == {}
    assert str(data.report) == (
        "0 left out\nkept without\n"
        f"  image: 2 ({lines[3]}, {lines[5]}: gone.png not found)\n"
        f"  text: 2 ({lines[4]}, {lines[6]})\n"
        f"  price: 2 ({lines[5]}, {lines[6]})"
    )


def test_by_default_nothing_may_be_absent(root):
    assert told(folders.load, root) == (
        "captions.csv, line 3: empty cell: image: expected something, got none; "
        "missing='keep' keeps such rows"
    )
    with pytest.warns(UserWarning, match=r"4 of 5 rows \(80 %\) are left out: empty cell: 3"):
        data = folders.load(root, on_error="skip")
    assert data.images == ("a.png",) and data.present["text"].all() and data.missing == "error"


def test_a_row_of_nothing_is_bad(root):
    write(root, "image,caption,price\na.png,one,1\n,,\n")
    said = told(folders.load, root, numbers=["price"], missing="keep")
    assert said == (
        "captions.csv, line 3: empty cell: expected one of ['image', 'text', 'price'], got none"
    )
    with pytest.warns(UserWarning, match="1 of 2 rows"):
        kept = folders.load(root, numbers=["price"], missing="keep", on_error="skip")
    assert len(kept) == 1


def test_where_no_file_is_found_the_names_are_wrong(root):
    write(root, "image,caption\nx/a.png,one\nx/b.png,two\n,three\n")
    said = told(folders.load, root, missing="keep")
    assert said == (
        f"{root.name}: missing file: none of the 2 files that 'image' names is there: "
        "expected other images= or suffix="
    )


def test_the_names_of_sounds_are_told_by_their_own_columns(root):
    sounds = {"voice": "cry"}
    write(root, "image,cry,caption\nx/a.png,x/1.wav,one\n")
    for columns, files in (
        ({"image": None, "sounds": sounds}, "1 files that 'cry' names is there"),
        ({"sounds": sounds}, "2 files that 'image', 'cry' name is there"),
    ):
        said = told(folders.load, root, **columns, missing="keep")
        expected = "expected other sounds=, images= or suffix="
        assert said == f"{root.name}: missing file: none of the {files}: {expected}"


def test_a_suffix_is_of_the_images_and_without_images_of_the_sounds(root):
    write(root, "image,back,cry\na,b,a.wav\n")
    (root / "a.wav").write_bytes(b"a sound")
    options = {"text": None, "sounds": {"voice": "cry"}, "suffix": ".png"}
    data = folders.load(root, more_images={"back": "back"}, **options)
    files = {"image": ("a.png",), "back": ("b.png",), "voice": ("a.wav",)}
    assert data.files == files
    data = folders.load(root, image=None, more_images={"back": "back"}, **options)
    assert data.files == {"back": ("b.png",), "voice": ("a.wav",)}
    write(root, "cry\na\n")
    data = folders.load(root, image=None, **options | {"suffix": ".wav"})
    assert data.files == {"voice": ("a.wav",)}


def test_only_what_is_not_there_counts_as_absent(root):
    for name, kind in (("../secret.png", "outside the folder"), (".", "outside the folder")):
        write(root, f"image,caption\na.png,one\n{name},two\n")
        assert kind in told(folders.load, root, missing="keep")
    write(root, "image,caption\na.png,one\nc.png,two\n")
    (root / "c.png").write_bytes(b"broken")
    assert "c.png: unreadable image" in told(folders.load(root, missing="keep").check)


def test_an_image_that_is_cut_short_is_absent_where_the_row_has_more(root):
    write(root, "image,caption,back\na.png,one,\nc.png,two,b.png\nc.png,,\n,three,c.png\n")
    (root / "c.png").write_bytes((root / "c.png").read_bytes()[:40])
    more = {"more_images": {"back": "back"}, "missing": "keep", "on_error": "skip"}
    with pytest.warns(UserWarning, match=r"1 of 4 rows \(25 %\) are left out: unreadable image: 1"):
        data = folders.load(root, **more)
    assert data.texts == ("one", "two", "three") and data.images == ("a.png", "", "")
    assert data.more_images == {"back": ("", "b.png", "")}
    assert data.report.counts == {"unreadable image": 1}
    assert data.report.absent["image (unreadable image)"] == ["c.png"]
    assert data.report.absent["back (unreadable image)"] == ["c.png"]
    assert data.present["image"].tolist() == [True, False, False]
    assert "unreadable image" in told(folders.load(root, missing="keep").check)


def test_parts_know_what_is_absent(data):
    part = data.take([1, 0, 1])
    assert part.present["image"].tolist() == [False, True, False] and part.missing == "keep"
    assert data.check() is not data and data.check().images == data.images


def test_rows_without_an_image_are_drawn_into_all_splits(root):
    lines = [f",text {i},{i}" for i in range(40)] + [",same,1"] * 9
    write(root, "\n".join(["image,caption,id", "a.png,one,a", *lines[:40]]))
    data = folders.load(root, missing="keep").split(0.5, 0.25, 0.25)
    assert set(data.splits[1:]) == {"train", "validation", "test"}
    write(root, "\n".join(["image,caption,n", "a.png,one,a", *lines]))
    splits = folders.load(root, missing="keep").split(0.5, 0.25, 0.25).splits
    assert len(set(splits[-9:])) == 1  # what is the same text belongs together


def test_an_absent_image_is_in_no_split_twice(root):
    write(root, "image,caption,split\n,one,train\n,two,test\na.png,three,val\n")
    data = folders.load(root, split="split", missing="keep")
    assert data.splits == ("train", "test", "validation")
    assert len(data.check()) == 3


# ---- batches ----


def test_what_is_absent_is_black_padding_and_zeros(data):
    inputs, labels = reader(data, mask=True).batch(0, 0)
    assert set(inputs) == {"image", "text", "mask", "table", "present"}
    present = inputs["present"]
    assert set(present) == {"image", "text", "table"}
    assert all(there.dtype == bool and there.shape == (5,) for there in present.values())
    for modality in ("image", "text", "table"):
        given = inputs[modality]
        np.testing.assert_array_equal(present[modality], data.present[modality])
        assert not given[~present[modality]].any()
    assert inputs["image"][present["image"]].reshape(3, -1).any(axis=1).all()
    assert inputs["text"][present["text"]].any(axis=1).all()
    assert not inputs["mask"][~present["text"]].any()
    assert inputs["table"].shape == (5, 2) and labels.tolist() == [0, 1, 0, 1, 0]


def test_what_is_absent_stays_so_whatever_augment_does(data):
    def brighten(inputs, rng):
        assert set(inputs) == {"image", "text", "table"}
        return {
            "image": inputs["image"] + 1,
            "text": [f"{text} more" for text in inputs["text"]],
            "table": inputs["table"] + 1,
        }

    plain, changed = (reader(data, augment=a).batch(0, 0)[0] for a in (None, brighten))
    for modality, there in data.present.items():
        assert not changed[modality][~there].any()
        assert (changed[modality][there] != 0).any()
    np.testing.assert_allclose(changed["image"][0], plain["image"][0] + 1)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda x: x.pop("table"), ModalityError, "augment(inputs): expected the modalities ['im"),
        (
            lambda x: x.update(table=np.ones((5, 3), "float32")),
            ShapeError,
            "augment(inputs)['table']: expected (B, 2), got (5, 3)",
        ),
        (
            lambda x: x.update(table=np.ones((5, 2), int)),
            ShapeError,
            "augment(inputs)['table']: expected floating-point numbers, got int64",
        ),
    ],
)
def test_augmentation_gives_the_table_back(data, change, error, message):
    def changed(inputs, rng):
        change(inputs)
        return inputs

    said = told(reader(data, augment=changed).batch, 0, 0, error=error)
    assert said.startswith(message)


def test_complete_data_gives_the_batches_that_it_always_gave(root):
    write(root, "image,caption\na.png,one\nb.png,two\n")
    inputs = reader(folders.load(root), table=None).batch(0, 0)
    assert set(inputs) == {"image", "text"}
    # All parts of what was loaded so have the same inputs, whichever rows they hold.
    kept = folders.load(root, missing="keep")
    assert set(reader(kept, table=None).batch(0, 0)) == {"image", "text", "present"}


def test_a_row_of_nothing_that_the_batches_have_is_refused(root):
    write(root, "image,caption,price\na.png,one,1\n,,2\n")
    data = folders.load(root, numbers=["price"], missing="keep")
    said = told(reader, data, table=None, error=ValueError)
    assert said == "data: expected one of ['image', 'text'] in each row, got none in row 1"
    assert reader(data).batch(0, 0)["present"]["table"].tolist() == [True, True]


def test_images_texts_or_tables_alone(root):
    write(root, "image,caption,price,brand\na.png,one,1,x\nb.png,two,2,y\n")
    images = folders.load(root, text=None)
    assert set(folders.Reader(images, None, SIZE).batch(0, 0)) == {"image"}
    texts = folders.load(root, image=None)
    assert set(folders.Reader(texts, Vocabulary.build(texts.texts), None).batch(0, 0)) == {"text"}
    table = folders.load(root, image=None, text=None, numbers=["price"], categories=["brand"])
    made = folders.Reader(table, None, None, table=Table.fit(table)).batch(0, 0)
    assert set(made) == {"table", "present"} and made["table"].shape == (2, 5)
    said = told(folders.Reader, images, None, None, error=TypeError)
    assert said == "size: expected an integer, at least 1, got None"
    said = told(folders.Reader, texts, None, None, error=TypeError)
    assert said == "vocabulary: expected a Vocabulary or Subwords, got NoneType"


def test_a_second_image_is_a_modality_of_its_own(root):
    write(root, "image,back,caption\na.png,b.png,one\nb.png,,two\n")
    data = folders.load(root, more_images={"back": "back"}, missing="keep")
    inputs = reader(data, table=None).batch(0, 0)
    assert list(inputs["present"]) == ["image", "text", "back"]
    assert inputs["present"]["back"].tolist() == [True, False]
    np.testing.assert_array_equal(inputs["back"][0], inputs["image"][1])
    assert not inputs["back"][1].any()


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        ("price", TypeError, "table: expected a mmref.data.table.Table or None, got str"),
        (
            Table.fit({"weight": [1.0]}),
            DataError,
            "table: other columns: expected ('weight',), got ('price',)",
        ),
    ],
)
def test_a_table_of_other_columns(data, table, error, message):
    assert told(reader, data, table=table, error=error) == message


# ---- the frameworks ----


def expected(read):
    return [read.batch(epoch, i) for epoch in range(2) for i in range(len(read))]


@pytest.fixture
def read(data):
    many = data.take([0, 1, 2, 3, 4, 0, 1])
    return folders.Reader(
        many, Vocabulary.build(data.texts), SIZE, 3, table=Table.fit(data), shuffle=True, mask=True
    )


def assert_same(batches, others, first=False):
    assert len(batches) == len(others) > 0
    for (inputs, labels), (other, other_labels) in zip(batches, others, strict=True):
        assert set(inputs) == set(other) and set(inputs["present"]) == set(other["present"])
        for m, there in inputs["present"].items():
            assert np.asarray(other["present"][m]).dtype == bool
            np.testing.assert_array_equal(other["present"][m], there)
        for m in set(inputs) - {"present"}:
            given = np.asarray(other[m])
            assert given.dtype == inputs[m].dtype
            given = given.transpose(0, 2, 3, 1) if first and given.ndim == 4 else given
            np.testing.assert_array_equal(given, inputs[m])
        np.testing.assert_array_equal(other_labels, labels)


@pytest.mark.parametrize("workers", [0, 1])
def test_pytorch_carries_what_is_present(read, workers):
    torch = pytest.importorskip("torch")
    from mmref.torch import FolderBatches

    loader = FolderBatches(read).loader(num_workers=workers)
    passes = [batch for _ in range(2) for batch in loader]
    assert_same(expected(read), passes, first=True)
    assert passes[0][0]["present"]["text"].dtype == torch.bool


def test_keras_carries_what_is_present(read):
    pytest.importorskip("keras")
    from mmref.keras import FolderBatches

    batches = FolderBatches(read)
    assert_same(expected(read)[: len(read)], [batches[i] for i in range(len(read))])


def test_tf_data_carries_what_is_present(read):
    pytest.importorskip("tensorflow")
    from mmref.data.folders.tf_data import dataset

    given = dataset(read)
    assert_same(expected(read), [batch for _ in range(2) for batch in given])
    spec, labels = given.element_spec
    shapes = {m: spec[m].shape.as_list() for m in ("image", "text", "mask", "table")}
    assert shapes == {
        "image": [None, SIZE, SIZE, 3],
        "text": [None, None],
        "mask": [None, None],
        "table": [None, 2],  # what an encoder of tables has to know
    }
    assert spec["present"]["image"].shape.as_list() == labels.shape.as_list() == [None]


def test_targets_and_several_labels_reach_the_frameworks(root):
    pytest.importorskip("torch")
    pytest.importorskip("tensorflow")
    from mmref.data.folders.tf_data import dataset
    from mmref.torch import FolderBatches

    write(root, "image,caption,tags,stars\na.png,one,x|y,1.5\nb.png,two,y,2\n")
    for options, labels in (
        ({"labels": "tags"}, [[1, 1], [0, 1]]),
        ({"target": "stars"}, [1.5, 2]),
        ({"target": ["stars"]}, [1.5, 2]),
    ):
        read = reader(folders.load(root, **options), table=None)
        for _, given in (read.batch(0, 0), FolderBatches(read)[0], next(iter(dataset(read)))):
            assert np.asarray(given).dtype == np.float32
            assert np.asarray(given).tolist() == labels
    assert dataset(read).element_spec[1].shape.as_list() == [None]
