"""Batches of a folder: the same in every framework, whoever reads them, in constant memory."""

import importlib
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")

from mmref.data import folders  # noqa: E402
from mmref.data.text import Vocabulary  # noqa: E402
from mmref.errors import ChoiceError, DataError, ModalityError, ShapeError  # noqa: E402

N, SIZE, BATCH = 11, 8, 4


def write(root, n):
    """n images of random noise with captions of one to five words and two labels."""
    rng = np.random.default_rng(0)
    root.mkdir(exist_ok=True)
    lines = ["image,caption,label"]
    for i in range(n):
        Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).save(root / f"{i}.png")
        lines.append(f"{i}.png,{' '.join(['word'] * (1 + i % 5))} n{i},{'ab'[i % 2]}")
    (root / "captions.csv").write_text("\n".join(lines))
    return folders.load(root, label="label")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write(tmp_path_factory.mktemp("folder") / "photos", N)


def noise(inputs, rng):
    """Changes pixels and words; its result depends on the generator alone."""
    images = inputs["image"] + rng.normal(size=inputs["image"].shape).astype("float32")
    texts = [" ".join(text.split()[rng.integers(2) :]) for text in inputs["text"]]
    return {"image": images, "text": texts}


def reader(data, **options):
    vocabulary = Vocabulary.build(data.texts)
    options = {"shuffle": True, "augment": noise, "seed": 3, "mask": True} | options
    return folders.Reader(data, vocabulary, SIZE, BATCH, **options)


def expected(reader, epochs=1):
    return [reader.batch(epoch, i) for epoch in range(epochs) for i in range(len(reader))]


def assert_same(batches, others, channels_first=False):
    assert len(batches) == len(others)
    for (inputs, labels), (other, other_labels) in zip(batches, others):
        assert set(inputs) == set(other)
        for m, x in inputs.items():
            y = np.asarray(other[m])
            assert y.dtype == x.dtype
            if channels_first and m == "image":
                y = y.transpose(0, 2, 3, 1)
            np.testing.assert_array_equal(y, x)
        assert np.asarray(other_labels).dtype == np.int64
        np.testing.assert_array_equal(other_labels, labels)


def test_a_batch_holds_images_ids_and_labels_of_one_kind(data):
    plain = reader(data, shuffle=False, augment=None)
    assert len(plain) == 3
    inputs, labels = plain.batch(0, 1)
    assert inputs["image"].shape == (BATCH, SIZE, SIZE, 3) and inputs["image"].dtype == np.float32
    assert labels.tolist() == [0, 1, 0, 1] and labels.dtype == np.int64
    for row, image, ids, mask in zip(range(4, 8), inputs["image"], inputs["text"], inputs["mask"]):
        np.testing.assert_allclose(image * 255, data.image(row, SIZE), atol=1e-4)
        tokens = data.texts[row].split()
        assert plain.vocabulary.decode(ids[None]) == [tokens]
        assert mask.tolist() == [True] * len(tokens) + [False] * (len(ids) - len(tokens))
    assert inputs["text"].shape == (BATCH, 6)  # as long as its longest text
    assert len(plain.batch(0, 2)[1]) == 3 and len(plain.batch(0, 0)[1]) == BATCH
    for index in (-1, 3):
        with pytest.raises(IndexError, match="expected 0 to 2"):
            plain.batch(0, index)


def test_a_fixed_length_and_no_mask(data):
    for inputs, _ in expected(reader(data, length=3, mask=False)):
        assert set(inputs) == {"image", "text"} and inputs["text"].shape[1] == 3


def test_data_without_labels(data):
    unlabelled = folders.load(data.root)
    inputs = reader(unlabelled).batch(0, 0)
    assert set(inputs) == {"image", "text", "mask"}


def test_order_and_seeds(data):
    def order(epoch, **options):
        read = reader(data, **options)
        return np.concatenate([read.rows(epoch, i) for i in range(3)]).tolist()

    assert order(0, shuffle=False) == order(5, shuffle=False) == list(range(N))
    assert sorted(order(0)) == list(range(N)) != order(0)
    assert order(0) == order(0) and order(0) != order(1) and order(0) != order(0, seed=4)


def test_the_order_of_an_epoch_is_one_permutation_of_all_rows(data):
    """Whoever asks for its batches, in whatever order and however often."""
    for epoch in (2, 0, 2):
        drawn = np.random.default_rng([3, epoch, 0]).permutation(np.arange(N))
        read = reader(data)
        for index in (2, 0, 1, 0):
            rows = read.rows(epoch, index)
            assert rows.tolist() == drawn[index * BATCH : (index + 1) * BATCH].tolist()
            rows[:] = -1  # what a caller does to its rows is nobody else's business
            read.rows(epoch + 1, index)  # as a thread does that reads ahead


def test_an_epoch_draws_its_order_once(data, monkeypatch):
    drawn = []
    default_rng = np.random.default_rng
    monkeypatch.setattr(np.random, "default_rng", lambda key: drawn.append(key) or default_rng(key))
    read = reader(data)
    for epoch in (0, 1):
        for index in range(3):
            read.rows(epoch, index)
    assert drawn == [[3, 0, 0], [3, 1, 0]]


def test_shuffled_rows_keep_their_parts_together(data):
    read = reader(data, augment=None)
    rows = read.rows(1, 0)
    inputs, labels = read.batch(1, 0)
    assert labels.tolist() == data.labels[rows].tolist() != data.labels[:BATCH].tolist()
    tokens = read.vocabulary.decode(inputs["text"])
    assert tokens == [data.texts[row].split() for row in rows]
    for row, image in zip(rows, inputs["image"]):
        np.testing.assert_allclose(image * 255, data.image(row, SIZE), atol=1e-4)


def test_augmentation_follows_the_seed_alone(data):
    one = reader(data)
    np.random.seed(0)
    first = expected(one, 2)
    np.random.seed(1)
    assert_same(first, expected(reader(data), 2))
    still = reader(data, shuffle=False)
    images = [still.batch(epoch, 0)[0]["image"] for epoch in (0, 1)]
    assert (images[0] != images[1]).any()  # new noise each epoch
    other = reader(data, shuffle=False, seed=4).batch(0, 0)[0]["image"]
    assert (images[0] != other).any()  # and with another seed


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size: expected an integer, at least 1, got 0"),
        ({"size": None}, TypeError, "size: expected an integer, at least 1, got None"),
        ({"data": None}, TypeError, "data: expected a mmref.data.folders.FolderData, got NoneType"),
        ({"vocabulary": ["a"]}, TypeError, "vocabulary: expected a Vocabulary or Subwords, got li"),
        ({"shuffle": "no"}, ChoiceError, "shuffle: expected one of True, False; got 'no'"),
        ({"mask": "no"}, ChoiceError, "mask: expected one of True, False; got 'no'"),
        ({"seed": None}, TypeError, "seed: expected an integer, at least 0, got None"),
        ({"length": "3"}, TypeError, "length: expected an integer, at least 1, got '3'"),
        ({"augment": "x"}, TypeError, "augment: expected a function or None, got 'x'"),
        ({"fit": "squeeze"}, ChoiceError, "fit: expected one of 'crop', 'pad', 'stretch'; got"),
    ],
)
def test_settings_that_no_reader_can_have_are_refused(data, options, error, message):
    given = {"data": data, "vocabulary": Vocabulary.build([]), "size": SIZE} | options
    with pytest.raises(error, match=f"^{message}"):
        folders.Reader(**given)


def test_places_that_are_none_are_refused(data):
    with pytest.raises(TypeError, match="^index: expected an integer, got float"):
        reader(data).batch(0, 0.5)
    with pytest.raises(ValueError, match="^epoch: expected an integer, at least 0, got -1"):
        reader(data).batch(-1, 0)


ONE_IMAGE = r"augment\(inputs\)\['image'\]"
ONE_TEXT = r"augment\(inputs\)\['text'\]"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            lambda x: x | {"image": x["image"][:2]},
            ShapeError,
            f"{ONE_IMAGE}: expected 4 rows as it",
        ),
        (lambda x: x | {"image": x["image"].repeat(2, 0)}, ShapeError, f"{ONE_IMAGE}: .* got 8"),
        (
            lambda x: x | {"text": x["text"][:2]},
            ShapeError,
            f"{ONE_TEXT}: expected 4 rows as it was",
        ),
        (lambda x: x | {"text": x["text"] * 2}, ShapeError, f"{ONE_TEXT}: .* got 8"),
        (
            lambda x: x | {"text": [1, 2, 3, 4]},
            TypeError,
            f"{ONE_TEXT}: expected a sequence of text",
        ),
        (
            lambda x: x | {"image": list(x["image"])},
            TypeError,
            f"{ONE_IMAGE}: expected a numpy.nda",
        ),
        (
            lambda x: x | {"image": (255 * x["image"]).astype("uint8")},
            ShapeError,
            f"{ONE_IMAGE}: expected floating-point numbers, got uint8",
        ),
        (
            lambda x: x | {"image": x["image"][..., :1]},
            ShapeError,
            rf"{ONE_IMAGE}: expected \(B, H, W, 3\), got \(4, 8, 8, 1\)",
        ),
        (
            lambda x: {"image": x["image"]},
            ModalityError,
            r"augment\(inputs\): expected the modalities \['image', 'text'\], got \['image'\]",
        ),
        (lambda x: None, TypeError, r"augment\(inputs\): expected a mapping from name to array"),
    ],
)
def test_augmentation_gives_back_as_many_images_and_texts(data, change, error, message):
    with pytest.raises(error, match=f"^{message}"):
        reader(data, augment=lambda inputs, rng: change(inputs)).batch(0, 0)


def test_a_batch_of_what_is_no_reader():
    for wing in ("torch", "keras"):
        pytest.importorskip(wing)
        folder_batches = importlib.import_module(f"mmref.{wing}.data").FolderBatches
        with pytest.raises(
            TypeError, match="^reader: expected a mmref.data.folders.Reader, got Non"
        ):
            folder_batches(None)
    pytest.importorskip("tensorflow")
    from mmref.data.folders.tf_data import dataset

    with pytest.raises(TypeError, match="^reader: expected a mmref.data.folders.Reader, got None"):
        dataset(None)


# ---- the frameworks ----


@pytest.mark.parametrize("workers", [0, 2])
def test_pytorch_gets_the_same_batches(data, workers):
    torch = pytest.importorskip("torch")
    from mmref.torch import FolderBatches

    read = reader(data)
    batches = FolderBatches(read)
    options = {"num_workers": workers, "persistent_workers": bool(workers)}
    loader = batches.loader(**options)
    assert len(loader) == len(batches) == 3
    passes = [batch for _ in range(2) for batch in loader]
    assert_same(expected(read, 2), passes, channels_first=True)
    assert all(torch.is_tensor(x) for x in [*passes[0][0].values(), passes[0][1]])
    assert passes[0][0]["image"].is_contiguous()
    assert_same(expected(read), [batches[i] for i in range(3)], channels_first=True)


def test_torch_without_labels(data):
    pytest.importorskip("torch")
    from mmref.torch import FolderBatches

    (first, *_) = FolderBatches(reader(folders.load(data.root))).loader()
    assert first["image"].shape == (BATCH, 3, SIZE, SIZE)


def test_keras_gets_the_same_batches(data):
    pytest.importorskip("keras")
    from mmref.keras import FolderBatches

    read = reader(data)
    batches = FolderBatches(read)
    assert len(batches) == 3
    assert_same(expected(read), [batches[i] for i in range(3)])


def test_keras_takes_texts_of_any_length_whatever_the_first_batches_have(tmp_path):
    """Two batches of three words, then one of one: as chance has it where no length is set."""
    keras = pytest.importorskip("keras")
    import mmref.keras as mk

    captions = ["a b c,x", "d e f,y", "a b e,x", "d e b,y", "a,x", "d,y"]
    (tmp_path / "captions.csv").write_text("\n".join(["caption,label", *captions]))
    data = folders.load(tmp_path, image=None, text="caption", label="label")
    words = Vocabulary.build(data.texts)
    batches = mk.FolderBatches(folders.Reader(data, words, None, 2))
    model = mk.FusionClassifier(
        {"text": mk.TextEncoder(len(words), cell="bag")}, mk.WeightedFusion({"text": 128}, 8), 2
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(batches, shuffle=False, epochs=2, validation_data=batches, verbose=0)
    assert model.predict(batches, verbose=0).shape == (6, 2)
    assert_same(expected(batches.reader), [batches[i] for i in range(3)])
    if keras.backend.backend() == "tensorflow":
        masked = mk.FolderBatches(folders.Reader(data, words, None, 2, mask=True))
        assert masked.num_batches == 3  # what Keras asks before it looks
        (one, _), (two, _) = masked[0], masked[1]
        assert one["mask"].shape == one["text"].shape == (2, 4)
        assert two["mask"].shape == two["text"].shape == (2, 3)
        assert not one["mask"][:, 3].any() and not one["text"][:, 3].any()


@pytest.mark.parametrize("workers", [1, 2])
def test_tf_data_gives_the_same_batches(data, workers):
    pytest.importorskip("tensorflow")
    from mmref.data.folders import tf_data

    read = reader(data)
    dataset = tf_data.dataset(read, workers)
    assert int(dataset.cardinality()) == 3
    passes = [batch for _ in range(2) for batch in dataset]
    assert_same(expected(read, 2), passes)
    image = dataset.element_spec[0]["image"]
    assert image.shape.as_list() == [None, SIZE, SIZE, 3]
    unlabelled = tf_data.dataset(reader(folders.load(data.root)))
    assert set(unlabelled.element_spec) == {"image", "text", "mask"}


def fitted(data, kind, workers):
    """The labels that a model is trained on, step by step, and what it has learned."""
    import keras

    from mmref.keras import FolderBatches
    from mmref.seeding import seed_everything

    seed_everything(0)
    read = reader(data, mask=False, length=6)
    if kind == "PyDataset":
        batches = FolderBatches(read, workers=workers)
    else:
        from mmref.data.folders import tf_data

        batches = tf_data.dataset(read, workers)
    inputs = {"image": keras.Input((SIZE, SIZE, 3)), "text": keras.Input((6,), dtype="int64")}
    outputs = keras.layers.Dense(2)(keras.layers.Flatten()(inputs["image"]))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(batches, epochs=3, verbose=0, shuffle=False)
    return [keras.ops.convert_to_numpy(weight) for weight in model.weights]


def stepped(data):
    """The same three epochs by hand, on batches that the reader gives."""
    import keras

    from mmref.seeding import seed_everything

    seed_everything(0)
    read = reader(data, mask=False, length=6)
    inputs = {"image": keras.Input((SIZE, SIZE, 3)), "text": keras.Input((6,), dtype="int64")}
    outputs = keras.layers.Dense(2)(keras.layers.Flatten()(inputs["image"]))
    model = keras.Model(inputs, outputs)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    for batch, labels in expected(read, 3):
        model.train_on_batch(batch, labels)
    return [keras.ops.convert_to_numpy(weight) for weight in model.weights]


@pytest.mark.parametrize(("kind", "workers"), [("PyDataset", 1), ("PyDataset", 2), ("tf.data", 2)])
def test_fit_sees_the_epochs_from_the_first_on(data, kind, workers):
    """Though Keras draws some batches in advance."""
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow" and (kind, workers) != ("PyDataset", 1):
        pytest.skip(
            "Keras's PyTorch backend serves these from another epoch; the docstrings say so"
        )
    pytest.importorskip("tensorflow")
    for weight, other in zip(fitted(data, kind, workers), stepped(data)):
        np.testing.assert_allclose(weight, other, rtol=1e-5, atol=1e-6)


def test_a_broken_image_is_named_in_every_framework(tmp_path):
    torch = pytest.importorskip("torch")
    tf = pytest.importorskip("tensorflow")
    from mmref import keras as keras_wing
    from mmref import torch as torch_wing
    from mmref.data.folders import tf_data

    data = write(tmp_path / "photos", 6)
    (data.root / "5.png").write_bytes(b"broken")
    read = reader(data, shuffle=False)
    assert torch.is_tensor(torch_wing.FolderBatches(read)[0][1])
    for options in ({}, {"num_workers": 1}):
        with pytest.raises(DataError, match="5.png: unreadable image"):
            list(torch_wing.FolderBatches(read).loader(**options))
    with pytest.raises(DataError, match="5.png: unreadable image"):
        keras_wing.FolderBatches(read)[1]
    with pytest.raises(tf.errors.OpError, match="5.png: unreadable image"):
        list(tf_data.dataset(read))


# ---- memory and imports ----


def peak(data):
    """The largest memory that Python and NumPy held while an epoch was read, in bytes."""
    read = folders.Reader(data, Vocabulary.build(["word"]), 64, 16, shuffle=True)
    read.batch(0, 0)  # what is loaded at first use stays
    tracemalloc.start()
    try:
        for index in range(len(read)):
            read.batch(0, index)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_images(tmp_path):
    small, large = (write(tmp_path / str(n), n) for n in (100, 1000))
    few, many = peak(small), peak(large)
    images = 900 * 64 * 64 * 3  # what holding the other images would take, as bytes alone
    assert many - few < images / 100
    assert many < 4 * 16 * 64 * 64 * 3 * 4  # a few batches


def test_the_index_is_small(tmp_path):
    write(tmp_path / "photos", 500)
    tracemalloc.start()
    try:
        data = folders.load(tmp_path / "photos", label="label")
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert held / len(data) < 600


def test_reading_imports_no_framework():
    code = "import sys, mmref.data.folders; print([m for m in sys.argv[1:] if m in sys.modules])"
    heavy = ("torch", "keras", "tensorflow", "pooch", "pandas", "sklearn", "scipy")
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
