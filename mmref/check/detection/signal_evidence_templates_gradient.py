"""grad (B,); images (B, N); templates (P, N); noise, a positive number. The evidence of an image x
is E = log mean_i exp((s_i . x - |s_i|^2 / 2) / noise^2), and a loss has the gradient grad by the
evidence of each image. Returns (P, N), its gradient by the templates s_i."""

import numpy as np

from mmref.check.exercise import Exercise, Wrong, case, normal, times

WEIGHTS = "Each template counts by how likely it is, given the image and that there is a signal."
LESS = "|s|^2 / 2 has a slope, too: each template is drawn to the images less itself."
NOISE = "What stands over noise^2 in E stands over it in the slope."
GRAD = "Over the images it is a sum, each with its own grad."
LARGE = "exp of a large number overflows: subtract the largest of each row first."


def draw(rng, B=4, N=5, P=3):
    return *normal(rng, (B,), (B, N), (P, N)), 0.8


def gradient(grad, images, templates, noise, weigh=None, less=1.0, power=2):
    """The gradient, or a wrong one."""
    e = (images @ templates.T - (templates**2).sum(axis=1) / 2) / noise**2  # (B, P)
    w = np.exp(e - e.max(axis=1, keepdims=True)) if weigh is None else weigh(e)
    w = w / w.sum(axis=1, keepdims=True) * grad[:, None] / noise**power
    return w.T @ images - less * w.sum(axis=0)[:, None] * templates


wrong = Wrong(gradient)
CASES = (
    case("four images, three templates", WEIGHTS),
    case("one template", LESS, P=1),
    case("one image", GRAD, B=1),
    case("little noise", NOISE, {"noise": times(0.5)}),
    case("bright images", LARGE, {"images": times(500), "templates": times(3)}),
)  # fmt: skip
MISTAKES = (
    (WEIGHTS, wrong(weigh=lambda e: np.ones_like(e)),
     wrong(weigh=lambda e: (e == e.max(axis=1, keepdims=True)).astype(float)),
     wrong(weigh=lambda e: np.exp(e - e.max(axis=0)))),
    (LESS, wrong(less=0.0), wrong(less=0.5), wrong(less=2.0)),
    (NOISE, wrong(power=1), wrong(power=0)),
    (GRAD, wrong.of(grad=lambda g: g / len(g))),
    (LARGE, wrong(weigh=np.exp)),
)  # fmt: skip
EXERCISE = Exercise(gradient, __doc__, CASES, MISTAKES, draw, axis="template",
                    outputs=("templates",))  # fmt: skip
