"""What an optimizer makes of gradients, step by step; cross-entropy with labels smoothed (contract:
``mmref.contract.optimization``).

Paths as formulas, both frameworks' conventions in either, to be compared and differentiated. To
train, take the framework's own optimizers.
"""

from collections.abc import Sequence

from keras import ops

from mmref.contract.optimization import check_momentum, check_smoothed, check_squares, rates_of
from mmref.keras._values import as_tensor, check_indices
from mmref.types import Tensor

Rates = float | Sequence[float]


def sgd_steps(
    weights: Tensor,
    gradients: Tensor,
    rate: Rates,
    momentum: float = 0.0,
    nesterov: bool = False,
    l2: float = 0.0,
    decay: float = 0.0,
    rate_inside: bool = False,
) -> Tensor:
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
        a momentum of 1 or more. TypeError: no array.

    Source
        Polyak 1964; Nesterov 1983, in the form of Sutskever, Martens, Dahl and Hinton, ICML 2013;
        decoupled decay: Loshchilov and Hutter, ICLR 2019, arXiv 1711.05101, algorithm 1.

    >>> weights, gradients = ops.array([1.0]), ops.array([[4.0], [1.0]])
    >>> ops.convert_to_numpy(sgd_steps(weights, gradients, rate=0.1, momentum=0.9)).round(3)
    array([[0.6 ],
           [0.14]], dtype=float32)
    """
    check_momentum(momentum, nesterov, rate_inside)
    v = 0.0

    def step(t, h, eta):
        nonlocal v
        own, outer = (eta, 1.0) if rate_inside else (1.0, eta)
        v = momentum * v + own * h
        return outer * (own * h + momentum * v if nesterov else v)

    return _walk(weights, gradients, rate, l2, decay, step)


def rmsprop_steps(
    weights: Tensor,
    gradients: Tensor,
    rate: Rates,
    rho: float = 0.9,
    epsilon: float = 1e-8,
    l2: float = 0.0,
    decay: float = 0.0,
    epsilon_inside: bool = False,
) -> Tensor:
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
        ShapeError, ValueError, TypeError: as for ``sgd_steps``.

    Source
        Tieleman and Hinton, lecture 6.5 of the Coursera course "Neural networks for machine
        learning", 2012.

    >>> path = rmsprop_steps(ops.array([1.0]), ops.array([[4.0], [1.0]]), rate=0.1)
    >>> ops.convert_to_numpy(path).round(3)
    array([[0.684],
           [0.603]], dtype=float32)
    """
    check_squares(epsilon, epsilon_inside, rho=rho)
    q = 0.0

    def step(t, h, eta):
        nonlocal q
        q = rho * q + (1 - rho) * h**2
        return eta * h / (_root(q + epsilon) if epsilon_inside else _root(q) + epsilon)

    return _walk(weights, gradients, rate, l2, decay, step)


def adam_steps(
    weights: Tensor,
    gradients: Tensor,
    rate: Rates,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    l2: float = 0.0,
    decay: float = 0.0,
    epsilon_inside: bool = False,
) -> Tensor:
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
        ShapeError, ValueError, TypeError: as for ``sgd_steps``.

    Source
        Kingma and Ba, ICLR 2015, arXiv 1412.6980, algorithm 1; the epsilon inside is the form at
        the end of their section 2. AdamW: Loshchilov and Hutter, ICLR 2019, arXiv 1711.05101,
        algorithm 2, whose decay is our eta lambda.

    >>> path = adam_steps(ops.array([1.0]), ops.array([[4.0], [1.0]]), rate=0.1)
    >>> ops.convert_to_numpy(path).round(3)
    array([[0.9  ],
           [0.817]], dtype=float32)
    """
    check_squares(epsilon, epsilon_inside, beta1=beta1, beta2=beta2)
    m, q = 0.0, 0.0

    def step(t, h, eta):
        nonlocal m, q
        m, q = beta1 * m + (1 - beta1) * h, beta2 * q + (1 - beta2) * h**2
        root_b = (1 - beta2 ** (t + 1)) ** 0.5
        c = eta * root_b / (1 - beta1 ** (t + 1))
        return c * m / (_root(q) + (epsilon if epsilon_inside else root_b * epsilon))

    return _walk(weights, gradients, rate, l2, decay, step)


def smoothed_cross_entropy(logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
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
        TypeError: no array.

    Source
        Szegedy et al., CVPR 2016, arXiv 1512.00567, section 7.

    >>> loss = smoothed_cross_entropy(ops.array([[2.0, 0.0]]), ops.array([0]), 0.1)
    >>> round(float(loss), 4)
    0.2269
    """
    check_smoothed(logits, labels, smoothing)
    check_indices("labels", labels, logits.shape[1], "K")
    logs = ops.log_softmax(logits, axis=1)
    right = ops.one_hot(labels, logits.shape[1], dtype=logits.dtype)
    target = (1 - smoothing) * right + smoothing / logits.shape[1]
    return -ops.sum(target * logs) / logits.shape[0]


def _walk(weights, gradients, rate, l2, decay, step):
    rates = rates_of(weights, gradients, rate, l2, decay)
    w, gradients, path = as_tensor(weights), as_tensor(gradients), []
    for t, eta in enumerate(rates):
        w = (1 - eta * decay) * w - step(t, gradients[t] + l2 * w, eta)
        path.append(w)
    return ops.stack(path)


def _root(q):
    """The root, with a slope of 0 where there is none."""
    some, one = q > 0, ops.ones_like(q)
    return ops.where(some, ops.sqrt(ops.where(some, q, one)), ops.zeros_like(q))
