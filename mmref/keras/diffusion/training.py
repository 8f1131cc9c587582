"""What a denoiser is trained on, and how it draws."""

from typing import Any, Self

import keras
from keras import ops

from mmref.contract.diffusion import (
    check_batch,
    check_noised,
    check_sampling,
    check_schedule,
    sampled_steps,
)
from mmref.contract.settings import check_kind
from mmref.keras._values import check_indices
from mmref.keras.autoencoder import reconstruction_loss
from mmref.keras.diffusion.denoiser import Denoiser
from mmref.keras.diffusion.formulas import (
    ddim_step,
    denoised,
    diffused,
    guided,
    noise_schedule,
    velocity,
)
from mmref.types import Tensor


def diffusion_loss(
    model: keras.Layer,
    images: Tensor,
    ids: Tensor,
    steps: Tensor,
    noise: Tensor,
    schedule: Tensor,
    drop: Tensor | None = None,
) -> Tensor:
    """What a denoiser is trained on: how far it is from the velocity.

    Formula
        L = reconstruction_loss(model(x_t, t, ids, drop), v), x_t and v of x_0 and n at step t

    Args
        model: such as a :class:`Denoiser`. images: x_0 (B, ...). ids, steps, drop: as it takes
        them. noise: n, drawn from N(0, 1), like the images. schedule: (T + 1,), floats.

    Returns
        A number.

    Errors
        As those of :func:`diffused` and of the model; ValueError: a step that the schedule has not;
        TypeError: no layer.

    Source
        Ho, Jain and Abbeel, NeurIPS 2020, algorithm 1; on the velocity: Salimans and Ho, 2022.

    >>> model, images = Denoiser(5, size=8, width=8, blocks=1), ops.ones((1, 8, 8, 3))
    >>> given = ops.array([[3]]), ops.array([2]), ops.zeros_like(images)
    >>> float(diffusion_loss(model, images, *given, ops.array([1.0, 0.5, 0.25])))  # v = -sqrt(0.75)
    0.75
    """
    check_kind("model", model, keras.Layer, "a keras.Layer")
    check_noised(steps, schedule)
    check_indices("steps", steps, schedule.shape[0], "")
    alpha_bar = ops.take(schedule, steps, axis=0)
    predicted = model(diffused(images, noise, alpha_bar), steps, ids, drop)
    return reconstruction_loss(predicted, velocity(images, noise, alpha_bar))


def sample(
    model: keras.Layer,
    ids: Tensor,
    noise: Tensor,
    schedule: Tensor,
    steps: int = 25,
    scale: float = 1.0,
) -> Tensor:
    """Draw pictures of captions, by :func:`ddim_step` from noise to none.

    At every step the model is asked for the velocity, with and without the caption where the scale
    is not 1; the picture it speaks of is cut to [-1, 1].

    Args
        model: such as a :class:`Denoiser`. ids: (B, T). noise: (B, S, S, C), drawn from N(0, 1).
        schedule: (T + 1,), floats. steps: how many, at most T. scale: of :func:`guided`.

    Returns
        Pictures like the noise, in [-1, 1], a function of the noise.

    Errors
        ShapeError: arrays that do not go together, more steps than the schedule has. ValueError:
        no step, a scale below 0. TypeError: no layer, no array.

    Source
        Song, Meng and Ermon, ICLR 2021, arXiv 2010.02502, with eta = 0.

    >>> model = Denoiser(5, size=8, width=8, blocks=1)
    >>> noise = keras.random.normal((2, 8, 8, 3))
    >>> tuple(sample(model, ops.array([[3], [4]]), noise, noise_schedule(10), steps=5).shape)
    (2, 8, 8, 3)
    """
    check_kind("model", model, keras.Layer, "a keras.Layer")
    check_sampling(ids, noise, schedule, steps, scale)
    ones, x = ops.ones(noise.shape[:1], dtype="int32"), noise
    given = ones == 0
    times = sampled_steps(schedule.shape[0] - 1, steps).tolist()
    for t, earlier in zip(times[:-1], times[1:], strict=True):
        now = t * ones
        if scale == 1:
            predicted = model(x, now, ids, given)
        else:
            twice = [ops.concatenate([a, a]) for a in (x, now, ids)]
            both = model(*twice, ops.concatenate([given, ops.logical_not(given)]))
            told, untold = ops.split(both, 2)
            predicted = guided(told, untold, scale)
        predicted = ops.stop_gradient(predicted)  # or PyTorch would keep all steps
        alpha_bar, previous = (ops.take(schedule, a, axis=0) for a in (now, earlier * ones))
        clean = ops.clip(denoised(x, predicted, alpha_bar), -1, 1)
        x = ddim_step(x, clean, alpha_bar, previous)
    return x


@keras.saving.register_keras_serializable("mmref")
class Diffusion(keras.Model):
    """A denoiser and its schedule, for ``fit``: Keras's own, on :func:`diffusion_loss`.

    Args
        denoiser: such as a :class:`Denoiser`. steps, kind: of :func:`noise_schedule`.

    Call ``compile(optimizer)``, without a loss; a moving average of the weights is the optimizer's,
    ``use_ema=True``. ``fit`` takes a mapping, or batches of such: images, ids, steps, noise and
    perhaps drop, as :func:`diffusion_loss` names them, and nothing to predict. Called on one, it
    gives the predicted velocity. PyTorch's wing has no such class: its loop calls
    ``diffusion_loss``.

    Errors
        TypeError: a denoiser that is no layer, a batch that is no mapping. ChoiceError, ValueError:
        as :func:`noise_schedule`; ValueError: a batch without one of these. ShapeError: as
        :func:`diffusion_loss`.

    >>> import numpy as np
    >>> model = Diffusion(Denoiser(5, size=8, width=8, blocks=1), steps=10)
    >>> model.compile(keras.optimizers.Adam(1e-3, use_ema=True))
    >>> batch = {"images": np.ones((2, 8, 8, 3), "float32"), "ids": np.array([[3], [4]])}
    >>> batch |= {"noise": np.zeros((2, 8, 8, 3), "float32"), "steps": np.array([1, 10])}
    >>> history = model.fit(batch | {"drop": np.array([False, True])}, verbose=0).history
    >>> 0 < history["loss"][0] < 1  # of 0, the mean of v^2 = 1 - alpha-bar
    True
    """

    def __init__(
        self, denoiser: keras.Layer, steps: int = 200, kind: str = "cosine", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_kind("denoiser", denoiser, keras.Layer, "a keras.Layer")
        check_schedule(steps, kind)
        self.denoiser, self.config = denoiser, {"steps": steps, "kind": kind}
        if isinstance(denoiser, Denoiser):
            denoiser.build()  # it knows its sizes; another one is built by its first call

    def call(self, batch: dict[str, Tensor], training: bool | None = None) -> Tensor:
        check_batch(batch)
        noisy = diffused(batch["images"], batch["noise"], self._alpha_bar(batch))
        return self.denoiser(noisy, batch["steps"], batch["ids"], batch.get("drop"))

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, *_: Any, **__: Any
    ) -> Tensor:
        """:func:`diffusion_loss`, of what was predicted for the batch ``x``."""
        target = velocity(x["images"], x["noise"], self._alpha_bar(x))
        return reconstruction_loss(y_pred, target)

    def build_from_config(self, config: dict[str, Any]) -> None:
        """Nothing to do: the denoiser, made again before, has all weights."""

    def _alpha_bar(self, batch):
        images = batch["images"]
        schedule = noise_schedule(
            **self.config, dtype=keras.backend.standardize_dtype(images.dtype)
        )
        check_noised(batch["steps"], schedule)
        check_indices("steps", batch["steps"], schedule.shape[0], "")
        return ops.take(schedule, batch["steps"], axis=0)

    def get_config(self) -> dict[str, Any]:
        made = keras.saving.serialize_keras_object(self.denoiser)
        return super().get_config() | self.config | {"denoiser": made}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        made = keras.saving.deserialize_keras_object(config["denoiser"])
        return cls(**config | {"denoiser": made})
