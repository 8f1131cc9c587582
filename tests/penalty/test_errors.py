"""Bad input to penalties on gradients: the same error in all three."""

import pytest

from mmref.errors import ChoiceError, ShapeError
from mmref.reference import penalty
from tests.adversarial.everywhere import everywhere, ones
from tests.messages import assert_raises
from tests.wings import WINGS, tensor, wing_of

CRITIC = {"weight": ones(4, 3), "bias": ones(4), "output": ones(4)}


def penalized(wing):
    if wing is None:
        return lambda *points, **options: penalty.gradient_penalty(
            *points, *CRITIC.values(), **options
        )

    def run(*points, **options):
        return wing.gradient_penalty(*points, lambda x: x[:, 0] ** 2, **options)

    return run


@pytest.mark.parametrize(
    ("points", "options", "error", "message"),
    [
        (
            (ones(5, 3), ones(4, 3), ones(5)),
            {},
            ShapeError,
            "fake: expected (5, 3) as real, got (4, 3)",
        ),
        (
            (ones(5, 3), ones(5, 3), ones(5, 1)),
            {},
            ShapeError,
            "mix: expected (5,), got (5, 1)",
        ),
        (
            (ones(5, 3), ones(5, 3), ones(3)),
            {},
            ShapeError,
            "mix: expected (5,), got (3,)",
        ),
        (
            (ones(0, 3), ones(0, 3), ones(0)),
            {},
            ShapeError,
            "real: expected at least one number, got (0, 3)",
        ),
        (
            (ones(5, 3, dtype="int32"), ones(5, 3), ones(5)),
            {},
            ShapeError,
            "real: expected floating-point numbers, got int32",
        ),
        (
            (ones(5, 3), ones(5, 3), ones(5)),
            {"center": float("nan")},
            ValueError,
            "center: expected a finite number, got nan",
        ),
        (
            (ones(5, 3), ones(5, 3, dtype="float16"), ones(5)),
            {},
            ShapeError,
            "fake: expected float32 as real, got float16",
        ),
        (
            (ones(5, 3), ones(5, 3), ones(5, dtype="float16")),
            {},
            ShapeError,
            "mix: expected float32 as real, got float16",
        ),
        (
            (ones(5, 3), ones(5, 3), ones(5)),
            {"one_sided": "no"},
            ChoiceError,
            "one_sided: expected one of True, False; got 'no'",
        ),
    ],
)
def test_points_and_options_that_do_not_fit_are_refused(points, options, error, message):
    everywhere(penalized, points, error, message, options)


def test_two_dtypes_under_autocast():
    """There a generator's float32 weights give bfloat16, and PyTorch promotes what meets."""
    wing, torch = wing_of("torch"), pytest.importorskip("torch")
    real, mix = torch.ones(5, 3), torch.ones(5)
    weight, vectors = torch.ones(4, 3), (torch.ones(4), torch.ones(3).bfloat16())
    with torch.autocast("cpu", torch.bfloat16):
        assert wing.gradient_penalty(real, real.bfloat16(), mix, lambda x: 3 * x[:, 0]) == 4
        assert wing.spectral_normalization(weight, *vectors)[0, 0] == 1 / 12


@pytest.mark.parametrize("name", [None, *WINGS])
def test_shares_are_asked_for(name):
    wing = name and wing_of(name)
    real = ones(5, 3) if wing is None else tensor(name, ones(5, 3))
    kind = "a torch.Tensor" if name == "torch" else "an array"
    message = f"mix: expected {kind}, got NoneType"
    assert_raises(TypeError, message, lambda: penalized(wing)(real, real, None))


@pytest.mark.parametrize("name", WINGS)
def test_a_critic_gives_one_number_for_each_example(name):
    wing, real = wing_of(name), tensor(name, ones(5, 3))
    message = "critic(x): expected (5,) or (5, 1), got (5, 3)"
    assert_raises(ShapeError, message, lambda: wing.r1_penalty(real, lambda x: 2 * x))
    message = "critic(x): expected (5,) or (5, 1), got (1,)"
    assert_raises(ShapeError, message, lambda: wing.r1_penalty(real, lambda x: x[:1, 0]))
    message = "critic(x): expected (5,) or (5, 1), got ()"  # that of the batch as a whole
    assert_raises(ShapeError, message, lambda: wing.r1_penalty(real, lambda x: (x * x)[0, 0]))
    message = "critic(x): expected (5,) or (5, 1), got (5, 1, 1)"
    assert_raises(ShapeError, message, lambda: wing.r1_penalty(real, lambda x: x[:, :1, None]))


def test_critic_of_the_reference():
    points = ones(5, 3), ones(5, 3), ones(5)
    message = "weight: expected (H, 3), got (4, 2)"
    bad = CRITIC | {"weight": ones(4, 2)}
    assert_raises(ShapeError, message, lambda: penalty.gradient_penalty(*points, **bad))
    bad = CRITIC | {"output": ones(3)}
    message = "output: expected (4,), got (3,)"
    assert_raises(ShapeError, message, lambda: penalty.r1_penalty(points[0], **bad))
    message = "real: expected (B, D), got (5, 3, 1)"
    assert_raises(ShapeError, message, lambda: penalty.r1_penalty(ones(5, 3, 1), **CRITIC))
