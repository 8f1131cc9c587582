"""The adversarial family beyond its registry entries: extreme logits, second derivatives, mutants,
and the frameworks' own spectral normalization."""

import dataclasses
import functools

import numpy as np
import pytest

from mmref.concordance import FORMULAS, compare
from mmref.concordance.formulas import penalty as entries
from mmref.data.adversarial import AdversarialBatches, ring
from mmref.reference import adversarial, spectral
from tests.wings import numpy, tensor, wing_of

pytestmark = pytest.mark.each_backend

torch = pytest.importorskip("torch")

LOSSES = [name for name in FORMULAS if name.endswith("_loss")]


def extreme(formula):
    """The formula with logits of +-1e4, 0 and one between."""
    (first, *_) = formula.samples.values()

    def draw(rng):
        sides = {"real_logits": [1e4, -1e4, 0.0, 3.0], "fake_logits": [-1e4, 1e4, 0.0, -2.0]}
        arguments = first(rng)
        return arguments | {n: np.array(v) for n, v in sides.items() if n in arguments}

    return dataclasses.replace(formula, samples={"extreme": draw}, peers=())


@pytest.mark.parametrize("framework", ["torch", "keras"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", LOSSES)
def test_extreme_logits_stay_finite_and_right(name, dtype, framework):
    for row in compare(extreme(FORMULAS[name]), framework, dtype):
        assert np.isfinite(row.absolute), row
        # Numbers of 1e4 (of 1e8 when squared) have an absolute error of their size.
        assert row.relative <= row.bound, row


def naive_discriminator(real_logits, fake_logits, smoothing=0.0):
    """Probabilities first: log 0."""
    d, e = torch.sigmoid(real_logits), torch.sigmoid(fake_logits)
    real = (1 - smoothing) * d.log() + smoothing * (1 - d).log()
    return -real.mean() - (1 - e).log().mean()


def test_a_loss_of_probabilities_is_refused_far_out():
    """Correct at moderate logits, infinite beyond: what the samples "far out" are for."""
    formula = FORMULAS["minimax_discriminator_loss"]
    moderate = {"near zero": formula.samples["near zero"]}
    mutant = dataclasses.replace(
        formula,
        layer=lambda _, a: functools.partial(naive_discriminator, smoothing=a["smoothing"]),
        peers=(),
    )
    assert all(r.ok for r in compare(dataclasses.replace(mutant, samples=moderate), "torch"))
    assert not all(r.ok for r in compare(mutant, "torch", "float32"))
    assert not all(np.isfinite(r.absolute) for r in compare(extreme(mutant), "torch"))


# ---- second derivatives ----


def second_derivatives(wing, name, loss, arrays, along):
    """d/ds of sum(along * dloss/ds), for each of the logits s."""
    if name == "torch":
        leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
        first = torch.autograd.grad(loss(*leaves), leaves, create_graph=True)
        total = sum((torch.tensor(v) * g).sum() for v, g in zip(along, first))
        if not total.requires_grad:  # a loss that is linear
            return [np.zeros(a.shape) for a in arrays]
        found = torch.autograd.grad(total, leaves, materialize_grads=True)
        return [g.numpy() for g in found]
    import keras

    if keras.backend.backend() == "torch":
        return second_derivatives(wing, "torch", loss, arrays, along)
    import tensorflow as tf

    leaves = [tf.constant(a) for a in arrays]
    with tf.GradientTape() as outer:
        outer.watch(leaves)
        with tf.GradientTape() as inner:
            inner.watch(leaves)
            value = loss(*leaves)
        first = inner.gradient(value, leaves)
        total = sum(tf.reduce_sum(v * g) for v, g in zip(along, first))
    found = outer.gradient(total, leaves, unconnected_gradients="zero")
    return [g.numpy() for g in found]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["torch", "keras"])
@pytest.mark.parametrize("loss", LOSSES)
def test_second_derivatives_of_losses(loss, name, dtype):
    """Against differences of the reference's gradient: losses are sums over logits."""
    rng = np.random.default_rng(3)
    count = 2 if "real_logits" in next(iter(FORMULAS[loss].samples.values()))(rng) else 1
    arrays = [rng.normal(size=(4, 2)).astype(dtype) for _ in range(count)]
    along = [rng.normal(size=(4, 2)).astype(dtype) for _ in range(count)]
    gradient = getattr(adversarial, f"{loss}_gradient")
    exact, step = [a.astype(float) for a in arrays], 1e-6
    up = gradient(1.0, *(a + step for a in exact))
    down = gradient(1.0, *(a - step for a in exact))
    expected = [v * (u - d) / (2 * step) for v, u, d in zip(along, up, down)]
    wing = wing_of(name)
    found = second_derivatives(wing, name, getattr(wing, loss), arrays, along)
    for ours, theirs in zip(expected, found):
        np.testing.assert_allclose(theirs, ours, atol=1e-5 if dtype == "float32" else 1e-7)


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_the_penalty_of_an_image_critic(name):
    """Any critic, any shape, on the way of a training step: against differences of the value."""
    wing, rng = wing_of(name), np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 3, 2, 2, 2))
    mix, weight = rng.random(3), rng.normal(size=(2, 2, 2))

    def value(w):
        x = mix[:, None, None, None] * real + (1 - mix[:, None, None, None]) * fake
        slopes = 2 * np.einsum("bijk,ijk->b", x, w)[:, None, None, None] * w  # of (x . w)^2
        return np.mean((np.sqrt((slopes**2).sum(axis=(1, 2, 3))) - 1) ** 2)

    def penalized(w):
        if name == "torch":
            critic = lambda x: (x * w).sum(dim=(1, 2, 3)) ** 2  # noqa: E731
        else:
            from keras import ops

            critic = lambda x: ops.sum(x * w, axis=(1, 2, 3)) ** 2  # noqa: E731
        return wing.gradient_penalty(*(tensor(name, a) for a in (real, fake, mix)), critic)

    found = float(numpy(penalized(tensor(name, weight))))
    assert found == pytest.approx(value(weight), rel=1e-5)


# ---- ties and flat places ----


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_the_kink_of_the_hinge_has_slope_0_everywhere(name):
    real, fake = np.array([1.0, 0.0]), np.array([-1.0, 0.0])
    expected = adversarial.hinge_discriminator_loss_gradient(1.0, real, fake)
    assert [g.tolist() for g in expected] == [[0, -0.5], [0, 0.5]]
    formula = dataclasses.replace(
        FORMULAS["hinge_discriminator_loss"],
        samples={"kink": lambda rng: {"real_logits": real, "fake_logits": fake}},
        peers=(),
    )
    assert all(row.ok for row in compare(formula, name))


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_a_weight_of_zeros(name):
    wing, weight = wing_of(name), np.zeros((3, 2))
    u, v = spectral.power_iteration(weight, np.ones(3))
    assert not u.any() and not v.any()
    assert not spectral.spectral_normalization(weight, u, v).any()
    w = tensor(name, weight)
    vectors = wing.power_iteration(w, tensor(name, np.ones(3)))
    assert not numpy(wing.spectral_normalization(w, *vectors)).any()


# ---- spectral normalization: ours, the exact value, and the frameworks' own ----


def a_weight(shape, axis, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape), rng.normal(size=shape[axis])


@pytest.mark.parametrize(("shape", "axis"), [((4, 6), 0), ((4, 3, 2, 2), 1), ((2, 3, 5), -1)])
def test_power_iteration_finds_the_largest_singular_value(shape, axis):
    weight, start = a_weight(shape, axis)
    exact = spectral.spectral_norm(weight, axis)
    assert exact == pytest.approx(
        np.linalg.svd(np.moveaxis(weight, axis, 0).reshape(shape[axis], -1))[1][0]
    )
    matrix = np.moveaxis(weight, axis, 0).reshape(shape[axis], -1)
    estimates = []
    for steps in (1, 2, 4, 8, 200):
        u, v = spectral.power_iteration(weight, start, steps, axis)
        estimates.append(u @ matrix @ v)
    assert estimates == sorted(estimates) and estimates[0] < exact
    assert estimates[-1] == pytest.approx(exact, rel=1e-10)
    normalized = spectral.spectral_normalization(weight, u, v, axis)
    assert spectral.spectral_norm(normalized, axis) == pytest.approx(1)


@pytest.mark.parametrize("name", ["torch", "keras"])
@pytest.mark.parametrize("steps", [1, 3])
def test_power_iteration_is_the_same_in_the_wings(name, steps):
    for shape, axis in (((4, 6), 0), ((4, 3, 2, 2), 1), ((2, 3, 5), -1)):
        weight, start = a_weight(shape, axis)
        expected = spectral.power_iteration(weight, start, steps, axis)
        found = wing_of(name).power_iteration(
            tensor(name, weight), tensor(name, start), steps, axis
        )
        for ours, theirs in zip(expected, found):
            np.testing.assert_allclose(numpy(theirs), ours, atol=1e-12)


@pytest.mark.parametrize(("shape", "axis"), [((4, 6), 0), ((4, 3, 2, 2), 0), ((4, 3, 2, 2), 1)])
def test_the_parametrization_of_torch(shape, axis):
    """The same weight and the same gradient, u and v taken from it."""
    from torch.nn.utils.parametrizations import spectral_norm

    weight, _ = a_weight(shape, axis)
    holder = torch.nn.Module()
    holder.weight = torch.nn.Parameter(torch.tensor(weight))
    (parametrized,) = spectral_norm(holder, dim=axis).parametrizations.weight
    theirs = torch.tensor(weight, requires_grad=True)
    value = parametrized(theirs)
    u, v = parametrized._u.numpy(), parametrized._v.numpy()
    expected = spectral.spectral_normalization(weight, u, v, axis)
    np.testing.assert_allclose(value.detach().numpy(), expected, atol=1e-12)
    grad = np.random.default_rng(1).normal(size=shape)
    value.backward(torch.tensor(grad))
    d_weight, *_ = spectral.spectral_normalization_gradient(grad, weight, u, v, axis)
    np.testing.assert_allclose(theirs.grad.numpy(), d_weight, atol=1e-12)


def test_the_layer_of_keras_overwrites_its_kernel():
    """Its value is ours, from one step of the same start; but the kernel itself is replaced."""
    keras = pytest.importorskip("keras")
    layer = keras.layers.SpectralNormalization(keras.layers.Dense(4, use_bias=False))
    layer.build((None, 6))
    rng = np.random.default_rng(0)
    kernel, start = (rng.normal(size=s).astype("float32") for s in ((6, 4), (4,)))
    layer.layer.kernel.assign(kernel)
    layer.vector_u.assign(start[None])
    layer(keras.ops.ones((2, 6)), training=True)
    expected = spectral.spectral_normalization(
        kernel, *spectral.power_iteration(kernel, start, 1, -1), -1
    )
    after = keras.ops.convert_to_numpy(layer.layer.kernel)
    np.testing.assert_allclose(after, expected, atol=1e-6)
    assert np.abs(after - kernel).max() > 0.1


def test_a_transposed_convolution_is_the_gradient_of_a_convolution():
    from mmref.reference import convolution, transposed

    rng = np.random.default_rng(0)
    g, weight = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(3, 6, 3, 2))  # (O, I, h, w)
    for stride, padding, extra in (((1, 1), (1, 0), (0, 0)), ((3, 2), (1, 1), (2, 1))):
        up = transposed.conv_transpose2d(g, weight, None, stride, padding, extra)
        d_images, _ = convolution.conv2d_gradient(g, up, weight, None, stride, padding)
        np.testing.assert_allclose(up, d_images, atol=1e-12)


# ---- mutants: plausible mistakes, each of which the comparison must catch ----


def sides(function):
    """A mutated discriminator loss; smoothing, if the sample has it, is passed on."""

    def layer(_, arguments):
        options = {n: a for n, a in arguments.items() if not isinstance(a, np.ndarray)}
        return functools.partial(function, **options)

    return layer


softplus, sigmoid = torch.nn.functional.softplus, torch.sigmoid


def wrong_sign(real_logits, fake_logits, smoothing):
    return softplus(real_logits).mean() + softplus(-fake_logits).mean()


def half_missing(real_logits, fake_logits, smoothing):
    return softplus(-real_logits).mean()


def averaged(real_logits, fake_logits, smoothing):
    """The mean over both halves at once: half the loss."""
    return torch.cat([softplus(-real_logits), softplus(fake_logits)]).mean()


def smoothing_on_both_sides(real_logits, fake_logits, smoothing):
    def side(s, target):
        return (target * softplus(-s) + (1 - target) * softplus(s)).mean()

    return side(real_logits, 1 - smoothing) + side(fake_logits, smoothing)


def smoothing_ignored(real_logits, fake_logits, smoothing):
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def summed(real_logits, fake_logits, smoothing):
    return (softplus(-real_logits) + softplus(fake_logits)).sum()


def log_of_the_mean(fake_logits):
    return -sigmoid(fake_logits).mean().log()


def mean_of_the_logits(fake_logits):
    return -torch.nn.functional.logsigmoid(fake_logits.mean())


def saturating(fake_logits):
    return -softplus(fake_logits).mean()


def cut_off(fake_logits):
    """PyTorch's softplus is linear beyond 20: 2e-9 too small there."""
    return softplus(-fake_logits).mean()


def targets_swapped(real_logits, fake_logits, real_target, fake_target):
    return ((real_logits - fake_target) ** 2).mean() / 2 + (
        (fake_logits - real_target) ** 2
    ).mean() / 2


def not_halved(real_logits, fake_logits, real_target, fake_target):
    return ((real_logits - real_target) ** 2).mean() + ((fake_logits - fake_target) ** 2).mean()


def targets_fixed(real_logits, fake_logits, real_target, fake_target):
    return ((real_logits - 1) ** 2).mean() / 2 + (fake_logits**2).mean() / 2


def hinge_turned(real_logits, fake_logits):
    return torch.relu(1 + real_logits).mean() + torch.relu(1 - fake_logits).mean()


def hinge_without_margin(real_logits, fake_logits):
    return torch.relu(-real_logits).mean() + torch.relu(fake_logits).mean()


def hinge_of_the_mean(real_logits, fake_logits):
    return torch.relu(1 - real_logits.mean()) + torch.relu(1 + fake_logits.mean())


def critic_turned(real_logits, fake_logits):
    return real_logits.mean() - fake_logits.mean()


def critic_of_probabilities(real_logits, fake_logits):
    return sigmoid(fake_logits).mean() - sigmoid(real_logits).mean()


MUTANTS = [
    ("minimax_discriminator_loss", wrong_sign),
    ("minimax_discriminator_loss", half_missing),
    ("minimax_discriminator_loss", averaged),
    ("minimax_discriminator_loss", smoothing_on_both_sides),
    ("minimax_discriminator_loss", smoothing_ignored),
    ("minimax_discriminator_loss", summed),
    ("minimax_discriminator_loss", naive_discriminator),
    ("non_saturating_generator_loss", log_of_the_mean),
    ("non_saturating_generator_loss", mean_of_the_logits),
    ("non_saturating_generator_loss", saturating),
    ("non_saturating_generator_loss", cut_off),
    ("minimax_generator_loss", lambda fake_logits: softplus(fake_logits).mean()),
    ("minimax_generator_loss", lambda fake_logits: softplus(-fake_logits).mean()),
    ("least_squares_discriminator_loss", targets_swapped),
    ("least_squares_discriminator_loss", not_halved),
    ("least_squares_discriminator_loss", targets_fixed),
    ("hinge_discriminator_loss", hinge_turned),
    ("hinge_discriminator_loss", hinge_without_margin),
    ("hinge_discriminator_loss", hinge_of_the_mean),
    ("wasserstein_critic_loss", critic_turned),
    ("wasserstein_critic_loss", critic_of_probabilities),
    ("wasserstein_generator_loss", lambda fake_logits: fake_logits.mean()),
]


@pytest.mark.parametrize(("name", "mutant"), MUTANTS)
def test_a_mutated_loss_is_caught(name, mutant):
    formula = dataclasses.replace(FORMULAS[name], layer=sides(mutant), peers=())
    with np.errstate(all="ignore"):
        assert not all(row.ok for row in compare(formula, "torch", "float64"))


def penalty_mutant(
    norm_over_the_batch=False,
    without_root=False,
    one_mix=False,
    detached=False,
    absolute=False,
    mix_turned=False,
    on_real=False,
    one_sided_always=False,
    sum_for_mean=False,
    nan_when_flat=False,
):
    """The gradient penalty with one mistake."""

    def layer(wing, arguments):
        center, one_sided = arguments["center"], arguments["one_sided"]

        def penalized(real, fake, mix, weight, bias, output):
            share = (mix[:1] if one_mix else mix)[:, None]
            share = 1 - share if mix_turned else share
            x = real if on_real else share * real + (1 - share) * fake
            score = entries._critic(wing, weight, bias, output)(x).sum()
            (slope,) = torch.autograd.grad(score, x, create_graph=True)
            slope = slope.detach() + 0 * x if detached else slope
            squares = slope.square().sum() if norm_over_the_batch else slope.square().sum(dim=1)
            flat = squares == 0
            if nan_when_flat:
                flat = torch.zeros_like(flat)
            norms = squares.masked_fill(flat, 1).sqrt().masked_fill(flat, 0)
            excess = (squares if without_root else norms) - center
            if one_sided or one_sided_always:
                excess = torch.relu(excess)
            excess = excess.abs() if absolute else excess**2
            return excess.sum() if sum_for_mean else excess.mean()

        return penalized

    return layer


@pytest.mark.parametrize(
    "mistake",
    [
        "norm_over_the_batch",
        "without_root",
        "one_mix",
        "detached",
        "absolute",
        "mix_turned",
        "on_real",
        "one_sided_always",
        "sum_for_mean",
        "nan_when_flat",
    ],
)
def test_a_mutated_penalty_is_caught(mistake):
    formula = FORMULAS["gradient_penalty"]
    mutated = dataclasses.replace(formula, layer=penalty_mutant(**{mistake: True}))
    assert not all(row.ok for row in compare(mutated, "torch", "float64"))


def test_what_penalty_mutants_are_made_from_is_right():
    formula = dataclasses.replace(FORMULAS["gradient_penalty"], layer=penalty_mutant())
    assert all(row.ok for row in compare(formula, "torch", "float64"))


def test_samples_of_the_penalty_lie_on_both_sides_of_the_center():
    from mmref.reference import penalty

    arguments = FORMULAS["gradient_penalty"].samples["one-sided"](np.random.default_rng(0))
    mix = arguments["mix"][:, None]
    x = mix * arguments["real"] + (1 - mix) * arguments["fake"]
    slope, *_ = penalty._slope(x, *(arguments[n] for n in ("weight", "bias", "output")))
    norms = np.linalg.norm(slope, axis=1)
    assert norms.min() < 1 < norms.max()


def r1_of_norms(wing, arguments):
    def penalized(real, weight, bias, output):
        score = entries._critic(wing, weight, bias, output)(real).sum()
        (slope,) = torch.autograd.grad(score, real, create_graph=True)
        return slope.norm(dim=1).mean()

    return penalized


def test_a_mutated_r1_penalty_is_caught():
    formula = dataclasses.replace(FORMULAS["r1_penalty"], layer=r1_of_norms)
    assert not all(row.ok for row in compare(formula, "torch"))


def sigma_detached(weight, left, right, axis):
    sigma = (left @ weight.movedim(axis, 0).flatten(1) @ right).detach()
    return weight / sigma


def frobenius(weight, left, right, axis):
    return weight / weight.norm()


def axis_ignored(weight, left, right, axis):
    if len(left) != len(weight):
        return weight
    return weight / (left @ weight.flatten(1) @ right)


def sigma_squared(weight, left, right, axis):
    return weight / (left @ weight.movedim(axis, 0).flatten(1) @ right) ** 2


@pytest.mark.parametrize("mutant", [sigma_detached, frobenius, axis_ignored, sigma_squared])
def test_a_mutated_spectral_normalization_is_caught(mutant):
    formula = FORMULAS["spectral_normalization"]
    formula = dataclasses.replace(formula, layer=sides(mutant))
    assert not all(row.ok for row in compare(formula, "torch"))


def transposed_mutant(change):
    """PyTorch's own transposed convolution, its arguments or result changed."""
    from mmref.concordance.formulas.transposed import _torch_transposed

    def layer(_, arguments):
        options = {n: arguments[n] for n in ("stride", "padding", "output_padding")}
        return lambda images, weight, bias: change(
            _torch_transposed, images, weight, bias, **options
        )

    return layer


def cut_at_one_end(function, images, weight, bias, **options):
    """Twice the padding is cut off, but all of it at the end."""
    rows, columns = function(images, weight, bias, **options).shape[2:]
    return function(images, weight, bias, **options | {"padding": 0})[:, :, :rows, :columns]


@pytest.mark.parametrize(
    "change",
    [
        lambda f, x, w, b, **o: f(x, w.flip(2, 3), b, **o),
        lambda f, x, w, b, **o: f(x, w.transpose(0, 1).reshape(w.shape), b, **o),
        lambda f, x, w, b, **o: f(x, w, None, **o),
        cut_at_one_end,
        lambda f, x, w, b, **o: f(x, w, b, **o).roll(1, dims=3),
        lambda f, x, w, b, **o: f(x.flip(0), w, b, **o),
    ],
)
def test_a_mutated_transposed_convolution_is_caught(change):
    formula = FORMULAS["conv_transpose2d"]
    names = ("stride 2", "stride 1, padded", "all of it", "as in DCGAN")
    formula = dataclasses.replace(
        formula,
        layer=transposed_mutant(change),
        weights=(),
        peers=(),
        samples={n: formula.samples[n] for n in names},
    )
    assert not all(row.ok for row in compare(formula, "torch"))


def test_a_keras_gan_trains_on_this_backend():
    keras = pytest.importorskip("keras")
    from mmref.keras.gan import GAN

    dense = keras.layers.Dense
    gan = GAN(keras.Sequential([dense(2)]), keras.Sequential([dense(1)]), r1=1.0)
    gan.compile()
    history = gan.fit(AdversarialBatches(ring(16), None, 3, 8), 2, verbose=0).history
    assert len(history["g_loss"]) == 2 and np.isfinite(history["g_loss"]).all()
