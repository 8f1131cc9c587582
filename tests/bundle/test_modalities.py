"""Tables, further images, other tasks and a network of one's own, through a bundle."""

import json

import numpy as np
import pytest

pytest.importorskip("PIL.Image")
Table = pytest.importorskip("mmref.data.table").Table

from mmref.bundle import predict, read  # noqa: E402
from mmref.bundle.__main__ import main  # noqa: E402
from mmref.data import folders  # noqa: E402
from mmref.data.text import Vocabulary  # noqa: E402
from mmref.errors import DataError, ModalityError, ShapeError  # noqa: E402
from tests.bundle import photos  # noqa: E402
from tests.wings import WINGS, wing_of  # noqa: E402

BOTH = pytest.mark.parametrize("name", WINGS)
OTHER = dict(zip(WINGS, reversed(WINGS)))
ROWS = [  # back, caption, price, brand, tags, weight
    ("photo 1 猫.png", "a red cat", "3.5", "acme", "red|soft", "1.5"),
    ("", "the dog", "", "牛", "soft", "2.5"),
    ("photo 0 猫.png", "", "9", "", "", "-1"),
    ("photo 2 猫.png", "red dog", "", "", "red", "0"),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("folder") / "things"
    photos.write(root, len(ROWS))
    lines = ["image,back,caption,price,brand,tags,weight"]
    lines += [",".join([f"photo {i} 猫.png", *row]) for i, row in enumerate(ROWS)]
    (root / "things.csv").write_text("\n".join(lines), encoding="utf-8")
    return root


def things(root, **columns):
    return folders.load(
        root,
        "things.csv",
        numbers=["price"],
        categories=["brand"],
        more_images={"back": "back"},
        missing="keep",
        **columns,
    )


def reader(root, **columns):
    data = things(root, **columns)
    vocabulary = Vocabulary.build([text for text in data.texts if text])
    return folders.Reader(data, vocabulary, photos.SIZE, table=Table.fit(data))


def model(name, reader, regressor=False, outputs=2, backbone=None):
    wing = wing_of(name)
    parts = {
        "image": backbone or wing.ImageEncoder(photos.SIZE, (5,), dim=7),
        "back": wing.ImageEncoder(photos.SIZE, (4,), dim=3),
        "text": wing.TextEncoder(len(reader.vocabulary), 4, dim=6, cell="bag"),
        "table": wing.TableEncoder(reader.table.width, dim=5, hidden=4),
    }
    fuse = wing.AdaptiveFusion({m: part.output_dim for m, part in parts.items()}, 4)
    kind = wing.FusionRegressor if regressor else wing.FusionClassifier
    made = kind(parts, fuse, outputs)
    if backbone is not None and name == "keras":
        made(reader.batch(0, 0)[0])  # its own layers have weights from here on
    photos.draw(made)
    return made


def outputs(name, model, reader):
    """Of the reader's rows, which tell by themselves what they lack."""
    if name == "torch":
        inputs, _ = wing_of(name).FolderBatches(reader)[0]
        return wing_of(name).predict(model, inputs).numpy()
    return model.predict(reader.batch(0, 0)[0], verbose=0)


def asked(root, **options):
    """The same rows in the words of ``predict``."""
    names = {"image": [f"photo {i} 猫.png" for i in range(len(ROWS))]}
    names["back"] = [row[0] for row in ROWS]
    return {
        "images": {m: [str(root / x) if x else None for x in xs] for m, xs in names.items()},
        "texts": [row[1] for row in ROWS],
        "table": {
            "price": [float(row[2]) if row[2] else None for row in ROWS],
            "brand": [row[3] or None for row in ROWS],
        },
    } | options


@BOTH
def test_a_model_of_several_tags_comes_back_in_either_framework(name, root, tmp_path):
    given = reader(root, labels="tags")
    made = model(name, given)
    wing_of(name).save(tmp_path / "model", made, given)
    assert read(tmp_path / "model").task == "multilabel"
    assert read(tmp_path / "model").classes == ("red", "soft")
    expected = 1 / (1 + np.exp(-outputs(name, made, given)))
    for framework in WINGS:
        wing_of(framework)
        options = {"framework": framework, "weights": True}
        found = predict(tmp_path / "model", **asked(root), **options)
        np.testing.assert_allclose(found.probabilities, expected, atol=1e-5)
        for row, labels in zip(expected, found.labels):
            assert labels == tuple(c for c, p in zip(("red", "soft"), row) if p >= 0.5)
        # What each row lacks has no weight.
        there = np.array([[m > 0 for m in share] for share in found.weights.values()])
        lacking = {"back": 1, "text": 2, "table": 3}
        for i, m in enumerate(found.weights):
            missing = [lacking[m]] if m in lacking else []
            np.testing.assert_array_equal(np.flatnonzero(~there[i]), missing)


@BOTH
def test_a_model_of_numbers_comes_back_in_either_framework(name, root, tmp_path):
    given = reader(root, target="weight")
    made = model(name, given, regressor=True, outputs=1)
    wing_of(name).save(tmp_path / "model", made, given)
    assert read(tmp_path / "model").classes == ("weight",)
    for framework in WINGS:
        wing_of(framework)
        found = predict(tmp_path / "model", **asked(root), framework=framework)
        assert found.labels is None and found.probabilities is None
        np.testing.assert_allclose(found.values, outputs(name, made, given), atol=1e-5)


@pytest.fixture(scope="module")
def weighed(root, tmp_path_factory):
    """A bundle of PyTorch that predicts a number."""
    path = tmp_path_factory.mktemp("bundles") / "model"
    given = reader(root, target="weight")
    wing_of("torch").save(path, model("torch", given, True, 1), given)
    return path


def test_a_data_frame_is_a_table(root, weighed):
    pd = pytest.importorskip("pandas")
    row = asked(root, weights=True)
    expected = predict(weighed, **row)
    found = predict(weighed, **row | {"table": pd.DataFrame(row["table"])})
    np.testing.assert_array_equal(found.values, expected.values)
    texts = pd.Series(row["texts"]).replace("", None)
    found = predict(weighed, **row | {"texts": texts})
    np.testing.assert_array_equal(found.values, expected.values)


def test_a_row_of_unknown_categories_alone_has_no_table(root, weighed):
    """Beside a known cell, such as a price that is the mean, an unknown one takes nothing away."""
    mean = read(weighed).table.numbers["price"][0]
    table = {"price": [None, None, mean], "brand": ["new", None, "new"]}
    found = predict(weighed, texts=["red"] * 3, table=table, weights=True)
    np.testing.assert_array_equal(found.weights["table"] > 0, [False, False, True])
    np.testing.assert_array_equal(found.values[0], found.values[1])
    told = "^row 1: expected one of .* at least, got only brand='new', which the training had not$"
    with pytest.raises(ValueError, match=told):
        predict(weighed, table={"price": [3.0, None], "brand": ["new", "new"]})
    with pytest.raises(ValueError, match="^row 0: expected one of .* at least, got none$"):
        predict(weighed, table={"price": [None], "brand": [""]})


def test_the_command_says_what_it_cannot_be_given(weighed, capsys):
    assert main([str(weighed), "--text", "red"]) == 0
    said = capsys.readouterr()
    assert said.err == (
        "absent in every row: back, table (--table takes them, and mmref.bundle.predict)\n"
    )
    assert len(said.out.splitlines()) == 2


def test_the_command_predicts_every_row_of_a_table(root, weighed, capsys):
    """Of the very file it was trained from: as Python predicts; what is not read is told."""
    assert main([str(weighed), "--table", str(root / "things.csv"), "--weights"]) == 0
    said = capsys.readouterr()
    assert said.err == "columns not read: tags, weight\n"
    head, *lines = said.out.splitlines()
    assert head.split()[:5] == ["row", "image", "back", "text", "value"]
    expected = predict(weighed, **asked(root, weights=True))
    assert len(lines) == len(ROWS)
    for i, line in enumerate(lines):
        value, *shares = line.split()[-1 - len(expected.weights) :]
        assert line.split()[0] == str(i + 1) and value == f"{expected.values[i, 0]:.4g}"
        assert shares == [f"{share[i]:.3f}" for share in expected.weights.values()]


def test_a_table_of_the_tables_columns_alone_is_enough(weighed, tmp_path, capsys):
    """With the marks of a file from elsewhere: a byte order mark, semicolons, CRLF."""
    path = tmp_path / "new rows.csv"
    path.write_bytes("\ufeffbrand;price\r\n牛;3\r\n;4.5\r\n".encode())
    assert main([str(weighed), "--table", str(path), "--delimiter", ";"]) == 0
    said = capsys.readouterr()
    assert said.err.startswith("absent in every row: back (--table")
    table = {"brand": ["牛", None], "price": [3, 4.5]}
    for line, value in zip(said.out.splitlines()[1:], predict(weighed, table=table).values):
        assert line.split()[-1] == f"{value[0]:.4g}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("price\n3\n", "rows.csv: malformed header: expected ['brand'] once each, got ['price']"),
        ("price,brand\n3,a\nx,b\n", "rows.csv, line 3: not a number: price: expected"),
        ("price,brand\n3\n", "rows.csv, line 2: too few cells: expected 2 fields, got 1"),
        ("price,brand\n", "rows.csv: no rows: expected some below the header"),
        ("price,brand\n,\n", "row 1: expected one of "),
        ("image,price,brand\nno.png,3,a\n", "no.png: missing file: not found in"),
    ],
)
def test_a_table_that_cannot_be_predicted_is_one_line(content, message, weighed, tmp_path, capsys):
    (tmp_path / "rows.csv").write_text(content, encoding="utf-8")
    assert main([str(weighed), "--table", str(tmp_path / "rows.csv")]) == 1
    said = capsys.readouterr()
    last = said.err.splitlines()[-1]
    assert last.startswith(message) and said.out == "", said.err


def test_a_table_that_is_not_there_is_one_line(weighed, tmp_path, capsys):
    for name, message in [
        ("none.csv", "none.csv: missing file"),
        ("rows.xlsx", "rows (by their file's suffix): expected one of '.csv'"),
    ]:
        (tmp_path / "rows.xlsx").write_bytes(b"PK")
        assert main([str(weighed), "--table", str(tmp_path / name)]) == 1
        assert capsys.readouterr().err.startswith(message)


@BOTH
def test_another_model_is_refused_in_one_sentence(name, root, tmp_path):
    """A lookup has no fusion: it is told what can be saved, and how its weights can."""
    wing, given = wing_of(name), reader(root, labels="tags")
    lookup = wing.LookupClassifier(
        {
            "image": wing.VisionTransformer((8, 8), 4, 6, blocks=1, heads=1),
            "text": wing.TextEncoder(len(given.vocabulary), 4, dim=6, cell="bag"),
        },
        2,
    )
    with pytest.raises(TypeError) as caught:
        wing.save(tmp_path / "model", lookup, given)
    assert str(caught.value) == (
        "model: expected a FusionClassifier or a FusionRegressor, got LookupClassifier "
        "(mmref.data.checkpoints saves the weights of any layer)"
    )
    assert not (tmp_path / "model").exists()


def test_a_table_of_other_columns_is_refused(root, tmp_path):
    given = reader(root, target="weight")
    wing_of("torch").save(tmp_path / "model", model("torch", given, True, 1), given)
    row = asked(root)
    row["table"] = {"price": [1.0] * len(ROWS)}
    with pytest.raises(DataError, match="table: other columns"):
        predict(tmp_path / "model", **row)
    with pytest.raises(TypeError, match="table: expected a mapping from name to values"):
        predict(tmp_path / "model", table=[[1.0]])


def test_a_model_whose_reader_has_no_table_is_refused(root, tmp_path):
    given = reader(root, target="weight")
    made = model("torch", given, True, 1)
    without = folders.Reader(given.data, given.vocabulary, photos.SIZE)
    with pytest.raises(ValueError, match="reader.table: expected one for 'table', got None"):
        wing_of("torch").save(tmp_path / "model", made, without)


# ---- a network of one's own ----


def network(name, width=7, seed=0):
    """Images to vectors, with batch norm; of no class that this package knows."""
    wing_of(name)
    if name == "torch":
        import torch
        from torch import nn

        torch.manual_seed(seed)
        norm = nn.BatchNorm2d(3)
        norm.running_mean += 0.1 * (1 + seed)
        return nn.Sequential(norm, nn.Flatten(), nn.Linear(3 * 8 * 4, width))
    import keras

    layers = keras.layers
    made = keras.Sequential(
        [
            keras.Input((8, 4, 3)),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(width, kernel_initializer=keras.initializers.GlorotUniform(seed)),
        ]
    )
    made.layers[0].moving_mean.assign(made.layers[0].moving_mean + 0.1 * (1 + seed))
    return made


@pytest.fixture
def owned(request, root, tmp_path):
    """(framework, bundle, model, reader) of a model with a network of one's own."""
    name = request.param
    given, wing = reader(root, labels="tags"), wing_of(name)
    made = model(name, given, backbone=wing.Backbone(network(name), 7, trainable=False))
    wing.save(tmp_path / "model", made, given)
    return name, tmp_path / "model", made, given


OWNED = pytest.mark.parametrize("owned", WINGS, indirect=True)


@OWNED
def test_a_network_of_ones_own_is_given_again_and_gets_its_weights(owned, root):
    name, path, made, given = owned
    assert json.loads((path / "bundle.json").read_text())["model"]["encoders"]["image"] == {
        "@class": "Backbone",
        "network": {"@own": "image"},
        "output_dim": 7,
        "trainable": False,
    }
    again = wing_of(name).load(path, {"image": network(name, seed=1)})
    expected = outputs(name, made, given)
    np.testing.assert_allclose(outputs(name, again, given), expected, atol=1e-6)
    backbones = {"image": network(name, seed=2)}
    found = predict(path, **asked(root), backbones=backbones)
    np.testing.assert_allclose(found.probabilities, 1 / (1 + np.exp(-expected)), atol=1e-5)


@OWNED
def test_a_network_that_is_missing_or_another_is_one_error(owned):
    name, path, _, _ = owned
    wing = wing_of(name)
    with pytest.raises(ModalityError, match=r"backbones: .* got \[\]; missing \['image'\]"):
        wing.load(path)
    both = {"image": network(name), "text": network(name)}
    with pytest.raises(ModalityError, match=r"backbones: .* unexpected \['text'\]"):
        wing.load(path, both)
    with pytest.raises((ShapeError, DataError), match=r"backbones\['image'\]|network"):
        wing.load(path, {"image": network(name, width=6)})
    with pytest.raises(TypeError, match=r"backbones\['image'\]: expected a .*, got str"):
        wing.load(path, {"image": "resnet"})
    other = wing_of(OTHER[name])
    with pytest.raises(DataError, match=rf"model: backbone of {name}: a backbone keeps the lay"):
        other.load(path, {"image": network(OTHER[name])})
    with pytest.raises(DataError, match=rf"model: backbone of {name}: "):
        other.load(path)
    deeper = network(name)
    if name == "torch":
        import torch

        deeper = torch.nn.Sequential(deeper, torch.nn.Linear(7, 7))
    else:
        import keras

        deeper = keras.Sequential([keras.Input((8, 4, 3)), deeper, keras.layers.Dense(7)])
    with pytest.raises(ShapeError, match=r"backbones\['image'\]\..*: expected .* as it was saved"):
        wing.load(path, {"image": deeper})
