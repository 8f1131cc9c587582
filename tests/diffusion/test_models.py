"""The denoiser: what it hears of captions and steps, in both wings alike; what is drawn with it."""

import numpy as np
import pytest

from mmref import convert
from tests.wings import WINGS, numpy, tensor, wing_of

NAMES = pytest.mark.parametrize("name", WINGS)
pytestmark = pytest.mark.each_backend
ROWS, SIZE, IDS = 3, 8, 11


def inputs(dtype="float32"):
    rng = np.random.default_rng(0)
    ids = np.array([[3, 4, 0, 0], [5, 0, 7, 2], [6, 6, 1, 0]])
    return {
        "images": rng.normal(size=(ROWS, 3, SIZE, SIZE)).astype(dtype),
        "steps": np.array([1, 77, 200]),
        "ids": ids,
        "drop": np.array([False, True, False]),
    }


def denoiser(name, dtype="float32", blocks=1):
    """The same weights in both wings, none of them 0 everywhere."""
    wing = wing_of(name)
    options = {"dtype": dtype} if name == "keras" else {}
    model = wing.Denoiser(IDS, SIZE, width=8, blocks=blocks, heads=2, **options)
    if name == "torch" and dtype == "float64":
        model = model.double()
    rng = np.random.default_rng(1)
    arrays = convert.arrays(model)
    convert.set_arrays(model, {n: rng.normal(0, 0.3, a.shape) for n, a in arrays.items()})
    return model


def moved(name, array):
    """Pictures between the reference's layout and the wing's."""
    last = name == "keras" and array.ndim == 4
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)) if last else array


def answer(name, model, **given):
    """Of pictures (B, 3, S, S), as in the reference."""
    found = numpy(model(**{n: tensor(name, moved(name, a)) for n, a in given.items()}))
    return found.transpose(0, 3, 1, 2) if name == "keras" else found


@pytest.mark.parametrize(("dtype", "bound"), [("float32", 1e-5), ("float64", 1e-10)])
def test_both_wings_answer_alike(dtype, bound):
    keras = pytest.importorskip("keras")
    if dtype == "float64" and keras.backend.backend() != "tensorflow":
        pytest.skip(
            "JAX has no float64; Keras's Dense and group norm compute in float32 on PyTorch"
        )
    given = inputs(dtype)
    one, other = (answer(name, denoiser(name, dtype, blocks=2), **given) for name in WINGS)
    assert one.shape == given["images"].shape and one.dtype == dtype
    scale = np.abs(one).max()
    np.testing.assert_allclose(one / scale, other / scale, rtol=0, atol=bound)


@pytest.mark.parametrize("source", WINGS)
def test_copied_weights_answer_alike(source):
    """Of a new model, whose last layer is 0 and is made something else."""
    first = wing_of(source).Denoiser(IDS, SIZE, width=16, blocks=2, heads=4)
    arrays = convert.arrays(first)
    assert not arrays["paint.weight"].any()
    rng = np.random.default_rng(0)
    arrays["paint.weight"] = rng.normal(size=arrays["paint.weight"].shape)
    convert.set_arrays(first, arrays)
    other = WINGS[1 - WINGS.index(source)]
    second = wing_of(other).Denoiser(IDS, SIZE, width=16, blocks=2, heads=4)
    convert.copy(first, second)
    one, two = (answer(n, m, **inputs()) for n, m in ((source, first), (other, second)))
    scale = np.abs(one).max()
    np.testing.assert_allclose(one / scale, two / scale, rtol=0, atol=1e-5)


@NAMES
def test_an_untrained_one_answers_0_and_has_half_a_million_weights(name):
    model = wing_of(name).Denoiser(28)
    count = sum(array.size for array in convert.arrays(model).values())
    assert 500_000 < count < 550_000
    small = wing_of(name).Denoiser(IDS, SIZE, width=8, blocks=1)
    assert not answer(name, small, **inputs()).any()


@NAMES
def test_padding_says_nothing_wherever_and_how_long_it_is(name):
    model, given = denoiser(name), inputs()
    expected = answer(name, model, **given)
    longer = np.pad(given["ids"], ((0, 0), (0, 3)))
    np.testing.assert_allclose(answer(name, model, **given | {"ids": longer}), expected, atol=1e-4)


@NAMES
def test_each_word_its_place_and_the_step_matter(name):
    model, given = denoiser(name), inputs() | {"drop": np.zeros(ROWS, bool)}
    expected = answer(name, model, **given)
    swapped = given["ids"].copy()
    swapped[0, :2] = swapped[0, 1::-1]
    for change in ({"ids": swapped}, {"steps": np.array([2, 77, 200])}):
        found = answer(name, model, **given | change)
        assert np.abs(found[0] - expected[0]).max() > 1e-3
        np.testing.assert_allclose(found[1:], expected[1:], atol=1e-5)


@NAMES
def test_a_dropped_caption_is_not_read(name):
    model, given = denoiser(name), inputs()
    given["drop"][:] = True
    expected = answer(name, model, **given)
    other = given | {"ids": np.array([[1, 1], [0, 0], [9, 0]])}
    np.testing.assert_allclose(answer(name, model, **other), expected, atol=1e-5)
    read = answer(name, model, **given | {"drop": np.zeros(ROWS, bool)})
    assert (np.abs(read - expected).max(axis=(1, 2, 3)) > 1e-3).all()
    given.pop("drop")
    np.testing.assert_array_equal(answer(name, model, **given), read)


@NAMES
def test_a_caption_of_padding_alone_is_no_error(name):
    given = inputs() | {"ids": np.zeros((ROWS, 2), int), "drop": np.zeros(ROWS, bool)}
    assert np.isfinite(answer(name, denoiser(name), **given)).all()


# ---- the loss ----


def loss_of(name, model, given, noise):
    wing = wing_of(name)
    arrays = {n: tensor(name, moved(name, a)) for n, a in (given | {"noise": noise}).items()}
    return float(numpy(wing.diffusion_loss(model, schedule=wing.noise_schedule(200), **arrays)))


@NAMES
def test_the_loss_of_an_untrained_one_is_the_mean_square_of_the_velocity(name):
    from mmref.reference import diffusion

    given, noise = inputs(), np.random.default_rng(2).normal(size=(ROWS, 3, SIZE, SIZE))
    model = wing_of(name).Denoiser(IDS, SIZE, width=8, blocks=1)
    alpha_bar = diffusion.noise_schedule(200)[given["steps"]]
    v = diffusion.velocity(given["images"].astype(float), noise, alpha_bar)
    found = loss_of(name, model, given, noise.astype("float32"))
    assert found == pytest.approx(np.mean(v**2), rel=1e-5)


def test_both_wings_have_the_same_loss():
    noise = np.random.default_rng(2).normal(size=(ROWS, 3, SIZE, SIZE)).astype("float32")
    one, other = (loss_of(name, denoiser(name), inputs(), noise) for name in WINGS)
    assert one == pytest.approx(other, rel=1e-4)


# ---- samples ----


class Oracle:
    """What a denoiser would say that knows the picture: the velocity from x_t and x_0."""

    def __init__(self, name, clean, schedule, empty=0.0):
        self.name, self.clean, self.schedule, self.empty = name, clean, schedule, empty

    def made(self):
        """As a layer of the wing."""
        oracle = self
        if self.name == "torch":
            import torch

            base = torch.nn.Module
        else:
            import keras

            base = keras.layers.Layer

        class Layer(base):
            def forward(self, images, steps, ids, drop):
                return oracle.velocity(images, steps, drop)

            def call(self, images, steps, ids, drop):
                return oracle.velocity(images, steps, drop)

        return Layer()

    def velocity(self, images, steps, drop):
        """v = (sqrt(a) x_t - x_0) / sqrt(1 - a); without a caption, of another picture."""
        steps, drop = numpy(steps), numpy(drop)
        wide = self.schedule[steps].reshape(-1, 1, 1, 1)
        clean = np.concatenate([self.clean] * (len(steps) // len(self.clean)))
        clean = np.where(drop.reshape(-1, 1, 1, 1), self.empty, clean)
        found = (np.sqrt(wide) * numpy(images) - clean) / np.sqrt(1 - wide)
        return tensor(self.name, found.astype("float32"))


@NAMES
@pytest.mark.parametrize(("scale", "expected"), [(1.0, 0.5), (2.0, 0.9), (4.0, 1.0), (0.0, 0.1)])
def test_what_is_drawn_is_what_the_denoiser_sees_guided(name, scale, expected):
    """0.5 with the caption, 0.1 without: guided to 0.1 + w 0.4, cut at 1."""
    from mmref.reference.diffusion import noise_schedule

    clean, wing = np.full((2, 4, 4, 3), 0.5), wing_of(name)
    model = Oracle(name, clean, noise_schedule(50), empty=0.1).made()
    noise = tensor(name, np.random.default_rng(0).normal(size=clean.shape).astype("float32"))
    ids = tensor(name, np.ones((2, 1), int))
    drawn = wing.sample(model, ids, noise, wing.noise_schedule(50), steps=7, scale=scale)
    np.testing.assert_allclose(numpy(drawn), expected, atol=1e-3)


def test_both_wings_draw_the_same_pictures():
    noise = np.random.default_rng(0).normal(size=(ROWS, 3, SIZE, SIZE)).astype("float32")
    found = []
    for name in WINGS:
        wing, ids = wing_of(name), tensor(name, inputs()["ids"])
        arguments = (denoiser(name), ids, tensor(name, moved(name, noise)))
        drawn = numpy(wing.sample(*arguments, wing.noise_schedule(20), steps=3, scale=2.0))
        found.append(drawn.transpose(0, 3, 1, 2) if name == "keras" else drawn)
    np.testing.assert_allclose(*found, atol=1e-3)
    assert np.abs(found[0]).max() <= 1


def test_steps_are_spread_evenly_from_the_last_to_0():
    from mmref.contract.diffusion import sampled_steps

    for last, count in ((200, 25), (200, 200), (10, 3), (1, 1)):
        steps = sampled_steps(last, count)
        assert steps[0] == last and steps[-1] == 0 and len(steps) == count + 1
        gaps = -np.diff(steps)
        assert gaps.min() >= 1 and gaps.max() - gaps.min() <= 1


# ---- Keras's fit ----


def batch(rows=4):
    rng = np.random.default_rng(3)
    shape = (rows, SIZE, SIZE, 3)
    return {
        "images": rng.normal(size=shape).astype("float32"),
        "noise": rng.normal(size=shape).astype("float32"),
        "ids": rng.integers(1, IDS, size=(rows, 4)),
        "steps": rng.integers(1, 201, size=rows),
        "drop": np.arange(rows) % 2 == 0,
    }


def test_keras_fits_what_the_loss_says(tmp_path):
    keras = pytest.importorskip("keras")
    wing = wing_of("keras")
    inner = denoiser("keras")
    model, given = wing.Diffusion(inner), batch()
    tensors = {n: keras.ops.convert_to_tensor(a) for n, a in given.items()}
    loss = wing.diffusion_loss(inner, schedule=wing.noise_schedule(200), **tensors)
    expected = float(numpy(loss))
    model.compile(keras.optimizers.Adam(1e-3, use_ema=True))
    history = model.fit(given, batch_size=4, epochs=4, verbose=0).history["loss"]
    assert history[0] == pytest.approx(expected, rel=1e-4)
    assert history[-1] < history[0]
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert type(again) is wing.Diffusion and again.config == model.config
    np.testing.assert_allclose(numpy(again(given)), numpy(model(given)), rtol=1e-5, atol=1e-5)
