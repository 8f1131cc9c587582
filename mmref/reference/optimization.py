"""What an optimizer makes of gradients, step by step; a schedule; cross-entropy with labels
smoothed."""

from collections.abc import Sequence

import numpy as np

from mmref.contract.arrays import check_range
from mmref.contract.optimization import check_momentum, check_smoothed, check_squares, rates_of
from mmref.contract.settings import check_count, check_number, check_scale
from mmref.reference._shared import as_array, as_gradient
from mmref.reference.softmax import masked_softmax
from mmref.types import Array

Rates = float | Sequence[float]


def sgd_steps(
    weights: Array,
    gradients: Array,
    rate: Rates,
    momentum: float = 0.0,
    nesterov: bool = False,
    l2: float = 0.0,
    decay: float = 0.0,
    rate_inside: bool = False,
) -> Array:
    """Where gradient descent, with momentum or without, takes weights.

    Formula
        h_t = g_t + l w_(t-1)
        v_t = mu v_(t-1) + h_t,  v_0 = 0;  d_t = v_t, or h_t + mu v_t with Nesterov's look ahead
        w_t = (1 - eta_t lambda) w_(t-1) - eta_t d_t
        With the rate inside, v_t = mu v_(t-1) + eta_t h_t, and d_t is not multiplied by eta_t
        again: the same at a constant rate.

    Args
        weights: w_0, floats of any shape.
        gradients: g (T, ...), T at least 1, then the shape of the weights: those of each step,
            which are given; nothing is differentiated here.
        rate: eta, a number, or one for each step.
        momentum: mu in [0, 1). nesterov: see the formula.
        l2: l, added to the gradient as l w: the penalty l/2 w^2.
        decay: lambda, decoupled: the weights shrink beside the step.
        rate_inside: whether the velocity holds steps (Keras) or gradients (PyTorch).

    Returns
        w_1, ..., w_T (T, ...).

    Errors
        ShapeError: arrays that are no floats, other shapes, no step. ValueError: a negative number,
        a momentum of 1 or more.

    Source
        Polyak 1964; Nesterov 1983, in the form of Sutskever, Martens, Dahl and Hinton, ICML 2013;
        decoupled decay: Loshchilov and Hutter, ICLR 2019, arXiv 1711.05101, algorithm 1.

    >>> sgd_steps(np.array([1.0]), np.array([[4.0], [1.0]]), rate=0.1, momentum=0.9)
    array([[0.6 ],
           [0.14]])
    """
    walk = _of_sgd(weights, gradients, rate, momentum, nesterov, l2, decay, rate_inside)
    return np.stack(walk.path)


def sgd_steps_gradient(
    grad: Array,
    weights: Array,
    gradients: Array,
    rate: Rates,
    momentum: float = 0.0,
    nesterov: bool = False,
    l2: float = 0.0,
    decay: float = 0.0,
    rate_inside: bool = False,
) -> tuple[Array, Array]:
    """Gradients with respect to the first weights and to the gradients.

    Formula
        Backward in t, with D_t that of w_t:  D_(t-1) = (1 - eta_t lambda) D_t + l dh_t + grad_(t-1)
        Of the step: dd_t = -eta_t D_t;  dv_t = dd_t + mu dv_(t+1);  dg_t = dh_t = dv_t
    """
    walk = _of_sgd(weights, gradients, rate, momentum, nesterov, l2, decay, rate_inside)
    return walk.back(grad)


def rmsprop_steps(
    weights: Array,
    gradients: Array,
    rate: Rates,
    rho: float = 0.9,
    epsilon: float = 1e-8,
    l2: float = 0.0,
    decay: float = 0.0,
    epsilon_inside: bool = False,
) -> Array:
    """Where RMSprop takes weights: each step is divided by the root of a mean of squares.

    Formula
        h_t = g_t + l w_(t-1)
        q_t = rho q_(t-1) + (1 - rho) h_t^2,  q_0 = 0
        w_t = (1 - eta_t lambda) w_(t-1) - eta_t h_t / (sqrt(q_t) + epsilon), or with the epsilon
        inside, h_t / sqrt(q_t + epsilon)

    Args
        weights, gradients, rate, l2, decay: as for ``sgd_steps``.
        rho: in [0, 1): the share of the old mean.
        epsilon: at least 0. epsilon_inside: whether it is added under the root (Keras) or behind
            it (PyTorch).

    Returns
        w_1, ..., w_T (T, ...). With an epsilon of 0, NaN where all gradients so far are 0.

    Errors
        ShapeError, ValueError: as for ``sgd_steps``.

    Source
        Tieleman and Hinton, lecture 6.5 of the Coursera course "Neural networks for machine
        learning", 2012.

    >>> rmsprop_steps(np.array([1.0]), np.array([[4.0], [1.0]]), rate=0.1).round(3)
    array([[0.684],
           [0.603]])
    """
    walk = _of_rmsprop(weights, gradients, rate, rho, epsilon, l2, decay, epsilon_inside)
    return np.stack(walk.path)


def rmsprop_steps_gradient(
    grad: Array,
    weights: Array,
    gradients: Array,
    rate: Rates,
    rho: float = 0.9,
    epsilon: float = 1e-8,
    l2: float = 0.0,
    decay: float = 0.0,
    epsilon_inside: bool = False,
) -> tuple[Array, Array]:
    """Gradients with respect to the first weights and to the gradients.

    Formula
        Of the step h / s, s = sqrt(q) + epsilon:  dh = du / s + 2 (1 - rho) h dq,
        ds = -du h / s^2,  dq_t = ds / (2 sqrt(q_t)) + rho dq_(t+1);  backward as in ``sgd_steps``.
        Where q is 0, so is h, and dq is taken to be 0.
    """
    walk = _of_rmsprop(weights, gradients, rate, rho, epsilon, l2, decay, epsilon_inside)
    return walk.back(grad)


def adam_steps(
    weights: Array,
    gradients: Array,
    rate: Rates,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    l2: float = 0.0,
    decay: float = 0.0,
    epsilon_inside: bool = False,
) -> Array:
    """Where Adam takes weights, or AdamW with a decoupled decay.

    Formula
        h_t = g_t + l w_(t-1)
        m_t = beta1 m_(t-1) + (1 - beta1) h_t,  q_t = beta2 q_(t-1) + (1 - beta2) h_t^2
        a_t = 1 - beta1^t,  b_t = 1 - beta2^t
        w_t = (1 - eta_t lambda) w_(t-1) - eta_t (m_t / a_t) / (sqrt(q_t / b_t) + epsilon)
        With the epsilon inside, it is added to sqrt(q_t) before the correction by b_t: as if it
        were epsilon / sqrt(b_t) above.

    Args
        weights, gradients, rate: as for ``sgd_steps``.
        beta1, beta2: in [0, 1): the shares of the old means.
        epsilon: at least 0. epsilon_inside: whether it comes before the correction (Keras) or
            behind it (PyTorch).
        l2: l, added to the gradient (PyTorch's Adam with weight_decay).
        decay: lambda, decoupled (AdamW in both; Keras's Adam with weight_decay).

    Returns
        w_1, ..., w_T (T, ...). With an epsilon of 0, NaN where all gradients so far are 0.

    Errors
        ShapeError, ValueError: as for ``sgd_steps``.

    Source
        Kingma and Ba, ICLR 2015, arXiv 1412.6980, algorithm 1; the epsilon inside is the form at
        the end of their section 2. AdamW: Loshchilov and Hutter, ICLR 2019, arXiv 1711.05101,
        algorithm 2, whose decay is our eta lambda.

    >>> adam_steps(np.array([1.0]), np.array([[4.0], [1.0]]), rate=0.1).round(3)
    array([[0.9  ],
           [0.817]])
    """
    walk = _of_adam(weights, gradients, rate, beta1, beta2, epsilon, l2, decay, epsilon_inside)
    return np.stack(walk.path)


def adam_steps_gradient(
    grad: Array,
    weights: Array,
    gradients: Array,
    rate: Rates,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    l2: float = 0.0,
    decay: float = 0.0,
    epsilon_inside: bool = False,
) -> tuple[Array, Array]:
    """Gradients with respect to the first weights and to the gradients.

    Formula
        Of the step c m / s, c = sqrt(b) / a, s = sqrt(q) + sqrt(b) epsilon:
        dm_t = c du / s + beta1 dm_(t+1),  ds = -c du m / s^2,
        dq_t = ds / (2 sqrt(q_t)) + beta2 dq_(t+1),
        dh = (1 - beta1) dm + 2 (1 - beta2) h dq;  backward as in ``sgd_steps``.
        Where q is 0, so is h, and dq is taken to be 0.
    """
    walk = _of_adam(weights, gradients, rate, beta1, beta2, epsilon, l2, decay, epsilon_inside)
    return walk.back(grad)


def warmup_cosine(steps: int, peak: float, warmup: int = 0, floor: float = 0.0) -> Array:
    """The rate of each step: up in a line, then down along half a cosine.

    Formula
        eta_t = peak (t + 1) / (W + 1)  for t < W,  t = 0, ..., T - 1
        eta_t = floor + (peak - floor) (1 + cos(pi (t - W) / (T - W))) / 2  for t >= W

    Args
        steps: T. warmup: W, fewer than T. peak: a positive number. floor: at least 0.

    Returns
        eta (T,). Step W has the peak; the step after the last one would have the floor.

    Errors
        ValueError, TypeError: settings that are none of these.

    Source
        The cosine: Loshchilov and Hutter, ICLR 2017, arXiv 1608.03983, equation 5, without
        restarts. The line: Goyal et al. 2017, arXiv 1706.02677, section 2.2; that it reaches the
        peak at step W is our choice.

    >>> warmup_cosine(6, 1.0, warmup=2).round(2)
    array([0.33, 0.67, 1.  , 0.85, 0.5 , 0.15])
    """
    check_count("steps", steps)
    check_scale(peak=peak)
    check_count("warmup", warmup, 0)
    if warmup >= steps:
        raise ValueError(f"warmup: expected fewer than the {steps} steps, got {warmup}")
    check_number("floor", floor, 0)
    t = np.arange(steps)
    down = (1 + np.cos(np.pi * (t - warmup) / (steps - warmup))) / 2
    return np.where(t < warmup, peak * (t + 1) / (warmup + 1), floor + (peak - floor) * down)


def smoothed_cross_entropy(logits: Array, labels: Array, smoothing: float = 0.0) -> np.floating:
    """Mean cross-entropy with a target that is a little less than sure.

    Formula
        y_ik = (1 - s) [k = label_i] + s / K,  L = -1/B sum_i sum_k y_ik log softmax(logits_i)_k

    Args
        logits: (B, K), floats, B and K at least 1.
        labels: (B,), integers from 0 to K - 1.
        smoothing: s in [0, 1].

    Returns
        L, a number. With s above 0 it cannot reach 0.

    Errors
        ShapeError: other shapes or kinds. ValueError: a label or a smoothing out of range.

    Source
        Szegedy et al., CVPR 2016, arXiv 1512.00567, section 7.

    >>> smoothed_cross_entropy(np.array([[2.0, 0.0]]), np.array([0]), 0.1).round(3)
    np.float64(0.227)
    """
    z, target = _smoothed(logits, labels, smoothing)
    shifted = z - z.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(target * logs) / len(z)


def smoothed_cross_entropy_gradient(
    grad: Array, logits: Array, labels: Array, smoothing: float = 0.0
) -> tuple[Array]:
    """Gradient with respect to the logits.

    Formula
        dlogits = g (softmax(logits) - y) / B
    """
    z, target = _smoothed(logits, labels, smoothing)
    grad = as_gradient(grad, ())
    return (grad * (masked_softmax(z) - target) / len(z),)


class _Walk:
    """Weights along their way, and the way back."""

    def __init__(self, weights, gradients, rate, l2, decay, step):
        w, g = as_array("weights", weights), as_array("gradients", gradients)
        self.rates = rates_of(w, g, rate, l2, decay)
        self.l2, self.decay, self.path, self.pulls = l2, decay, [], []
        for t, eta in enumerate(self.rates):
            moved, pull = step(t, g[t] + l2 * w, eta)
            w = (1 - eta * decay) * w - moved
            self.path.append(w)
            self.pulls.append(pull)

    def back(self, grad):
        grad = as_gradient(grad, (len(self.path), *self.path[0].shape))
        D, dh, carried = np.zeros_like(grad[0]), np.zeros_like(grad), None
        for t in range(len(self.path) - 1, -1, -1):
            D = D + grad[t]
            dh[t], carried = self.pulls[t](-D, carried)
            D = (1 - self.rates[t] * self.decay) * D + self.l2 * dh[t]
        return D, dh


# A step: what is taken from the weights, and the way back, which takes the gradient of that and
# what the step behind it carried back, and gives the gradient of h and what it carries back itself.


def _of_sgd(weights, gradients, rate, momentum, nesterov, l2, decay, rate_inside):
    check_momentum(momentum, nesterov, rate_inside)
    v = 0.0

    def step(t, h, eta):
        nonlocal v
        own, outer = (eta, 1.0) if rate_inside else (1.0, eta)
        v = momentum * v + own * h

        def back(du, dv):
            du = outer * du
            dv = (momentum * du if nesterov else du) + (0.0 if dv is None else dv)
            return own * (du + dv if nesterov else dv), momentum * dv

        return outer * (own * h + momentum * v if nesterov else v), back

    return _Walk(weights, gradients, rate, l2, decay, step)


def _of_rmsprop(weights, gradients, rate, rho, epsilon, l2, decay, epsilon_inside):
    check_squares(epsilon, epsilon_inside, rho=rho)
    q = 0.0

    def step(t, h, eta):
        nonlocal q
        q = rho * q + (1 - rho) * h**2
        s, slope = (
            (np.sqrt(q + epsilon), _half_inverse(q + epsilon))
            if epsilon_inside
            else (np.sqrt(q) + epsilon, _half_inverse(q))
        )

        def back(du, dq):
            dq = -eta * du * h / s**2 * slope + (0.0 if dq is None else dq)
            return eta * du / s + 2 * (1 - rho) * h * dq, rho * dq

        return eta * h / s, back

    return _Walk(weights, gradients, rate, l2, decay, step)


def _of_adam(weights, gradients, rate, beta1, beta2, epsilon, l2, decay, epsilon_inside):
    check_squares(epsilon, epsilon_inside, beta1=beta1, beta2=beta2)
    m, q = 0.0, 0.0

    def step(t, h, eta):
        nonlocal m, q
        m, q = beta1 * m + (1 - beta1) * h, beta2 * q + (1 - beta2) * h**2
        root_b = np.sqrt(1 - beta2 ** (t + 1))
        c = eta * root_b / (1 - beta1 ** (t + 1))
        here, s, slope = (
            m,
            np.sqrt(q) + (epsilon if epsilon_inside else root_b * epsilon),
            _half_inverse(q),
        )

        def back(du, carried):
            dm, dq = (0.0, 0.0) if carried is None else carried
            dm = c * du / s + dm
            dq = -c * du * here / s**2 * slope + dq
            return (1 - beta1) * dm + 2 * (1 - beta2) * h * dq, (beta1 * dm, beta2 * dq)

        return c * m / s, back

    return _Walk(weights, gradients, rate, l2, decay, step)


def _half_inverse(q):
    """The slope of the root, 0 where there is none."""
    return np.where(q > 0, 0.5 / np.sqrt(np.where(q > 0, q, 1)), 0)


def _smoothed(logits, labels, smoothing):
    z, y = as_array("logits", logits), as_array("labels", labels)
    check_smoothed(z, y, smoothing)
    check_range("labels", int(y.min()), int(y.max()), z.shape[1], "K")
    return z, (1 - smoothing) * np.eye(z.shape[1])[y] + smoothing / z.shape[1]
