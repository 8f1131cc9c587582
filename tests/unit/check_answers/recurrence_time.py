"""Answers to rnn_gradient, last_states and clip_by_global_norm."""

import numpy as np

from tests.unit.check_answers.recurrence import unrolled
from tests.unit.check_answers.tables import right, wrong


@right("rnn_gradient")
def through_time(
    grad, x, W, U, b, slope=lambda h: 1 - h**2, carry=1, back=None, before=0, part=None
):
    h = np.concatenate([np.zeros_like(grad[:, :1]), unrolled(x, W, U, b)], axis=1)
    back = U if back is None else back
    da, arriving = np.zeros_like(grad), np.zeros_like(grad[:, 0])
    for t in range(x.shape[1] - 1, -1, -1):
        da[:, t] = slope(h[:, t + 1]) * (grad[:, t] + carry * arriving)
        arriving = da[:, t] @ back
    d_x = da @ W
    if part is not None:
        da = part(da)
    flat = da.reshape(-1, len(b))
    states = h[:, before : before + x.shape[1]].reshape(-1, len(b))
    return d_x, flat.T @ x.reshape(-1, x.shape[2]), flat.T @ states, flat.sum(axis=0)


@right("rnn_gradient")
def through_time_by_jacobians(grad, x, W, U, b):
    """Every path from h_t to every later step, multiplied out."""
    states = unrolled(x, W, U, b)
    d_x, d_w, d_u, d_b = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
    for row in range(len(x)):
        slopes = [np.diag(1 - h**2) for h in states[row]]
        for t in range(x.shape[1]):
            reaching = np.zeros(len(b))
            for s in range(t, x.shape[1]):
                path = np.eye(len(b))
                for k in range(t + 1, s + 1):
                    path = slopes[k] @ U @ path
                reaching += grad[row, s] @ path
            da = slopes[t] @ reaching
            old = states[row, t - 1] if t else np.zeros(len(b))
            d_x[row, t] = W.T @ da
            d_w, d_u, d_b = d_w + np.outer(da, x[row, t]), d_u + np.outer(da, old), d_b + da
    return d_x, d_w, d_u, d_b


@wrong("rnn_gradient", "Nothing comes back from the next step")
def truncated(*a):
    return through_time(*a, carry=0)


@wrong("rnn_gradient", "nine steps", "as many steps as there are")
def truncated_after_four_steps(grad, x, W, U, b):
    """What reaches a state from more than four steps ahead is left out."""
    h = np.concatenate([np.zeros_like(grad[:, :1]), unrolled(x, W, U, b)], axis=1)
    da = np.zeros_like(grad)
    for s in range(x.shape[1]):
        arriving = grad[:, s]
        for t in range(s, max(s - 5, -1), -1):
            arriving = (1 - h[:, t + 1] ** 2) * arriving
            da[:, t] += arriving
            arriving = arriving @ U
    flat, before = da.reshape(-1, len(b)), h[:, :-1].reshape(-1, len(b))
    return da @ W, flat.T @ x.reshape(-1, x.shape[2]), flat.T @ before, flat.sum(axis=0)


@wrong("rnn_gradient", "index of -1 is the last")
def with_the_last_state_before_the_first(grad, x, W, U, b):
    """states[:, t - 1] at t = 0."""
    states = unrolled(x, W, U, b)
    d_x, d_w, d_u, d_b = through_time(grad, x, W, U, b)
    h = np.concatenate([np.zeros_like(grad[:, :1]), states], axis=1)
    da, arriving = np.zeros_like(grad), np.zeros_like(grad[:, 0])
    for t in range(x.shape[1] - 1, -1, -1):
        da[:, t] = (1 - h[:, t + 1] ** 2) * (grad[:, t] + arriving)
        arriving = da[:, t] @ U
    d_u = sum(da[:, t].T @ states[:, t - 1] for t in range(x.shape[1]))
    return d_x, d_w, d_u, d_b


@wrong("rnn_gradient", "1 - h_t^2")
def no_slope(*a):
    return through_time(*a, slope=lambda h: 1)


@wrong("rnn_gradient", "1 - h_t^2")
def slope_of_the_state_again(*a):
    return through_time(*a, slope=lambda h: 1 - np.tanh(h) ** 2)


@wrong("rnn_gradient", "1 - h_t^2")
def slope_of_a_logistic(*a):
    return through_time(*a, slope=lambda h: h * (1 - h))


@wrong("rnn_gradient", "1 - h_t^2")
def slope_not_squared(*a):
    return through_time(*a, slope=lambda h: 1 - h)


@wrong("rnn_gradient", "leads back")
def back_by_the_transpose(grad, x, W, U, b):
    return through_time(grad, x, W, U, b, back=U.T)


@wrong("rnn_gradient", "d_hidden_weight[0, 0]", "state before it")
def with_the_new_state(*a):
    return through_time(*a, before=1)


@wrong("rnn_gradient", "sum over the steps")
def of_the_last_step(*a):
    return through_time(
        *a, part=lambda da: da * (np.arange(da.shape[1]) + 1 == da.shape[1])[:, None]
    )


@wrong("rnn_gradient", "sum over the steps")
def averaged_over_time(*a):
    return through_time(*a, part=lambda da: da / da.shape[1])


@wrong("rnn_gradient", "not averaged")
def averaged_over_rows(*a):
    return through_time(*a, part=lambda da: da / len(da))


@wrong("rnn_gradient", "sign")
def negative(*a):
    return tuple(-g for g in through_time(*a))


@wrong("rnn_gradient", "which index of the product is the row")
def hidden_weight_gradient_transposed(*a):
    d_x, d_w, d_u, d_b = through_time(*a)
    return d_x, d_w, d_u.T.copy(), d_b


@wrong("rnn_gradient", "d_input_weight", "axes are swapped")
def input_weight_gradient_transposed(*a):
    d_x, d_w, d_u, d_b = through_time(*a)
    return d_x, d_w.T, d_u, d_b


@wrong("rnn_gradient", "expected 4 arrays, got 3 values")
def without_the_inputs(*a):
    return through_time(*a)[1:]


@wrong("rnn_gradient", "d_bias: expected the shape (2,), got (5, 2)")
def bias_not_summed(grad, x, W, U, b):
    *rest, _ = through_time(grad, x, W, U, b)
    return (*rest, grad.sum(axis=1))


@right("last_states")
def last_by_index(states, mask):
    steps = np.where(mask, np.arange(mask.shape[1]), -1).max(axis=1)
    return np.where((steps >= 0)[:, None], states[np.arange(len(states)), steps], 0)


@right("last_states")
def last_by_loops(states, mask):
    found = np.zeros((len(states), states.shape[2]))
    for row in range(len(states)):
        for t in range(states.shape[1]):
            if mask[row, t]:
                found[row] = states[row, t]
    return found


@wrong("last_states", "of length 2", "longest rows only")
def last_column(states, mask):
    return states[:, -1] + 0


@wrong("last_states", "raised IndexError")
def one_too_far(states, mask):
    return states[np.arange(len(states)), mask.sum(axis=1)]


@wrong("last_states", "Counting starts at 0")
def one_too_far_clipped(states, mask):
    return states[np.arange(len(states)), np.minimum(mask.sum(1), mask.shape[1] - 1)]


@wrong("last_states", "first kept step")
def first_kept(states, mask):
    return states[np.arange(len(states)), mask.argmax(axis=1)]


@wrong("last_states", "mean over the kept steps")
def mean_of_the_kept(states, mask):
    return (states * mask[..., None]).sum(1) / np.maximum(mask.sum(1), 1)[:, None]


@wrong("last_states", "sum over the kept steps")
def sum_of_the_kept(states, mask):
    return (states * mask[..., None]).sum(1)


@wrong("last_states", "largest number of each component")
def largest_of_the_kept(states, mask):
    return np.where(mask[..., None], states, -np.inf).max(axis=1)


@wrong("last_states", "True means keep")
def mask_reversed(states, mask):
    return last_by_index(states, ~mask)


@wrong("last_states", "where nothing is kept", "index of -1")
def length_minus_one(states, mask):
    return states[np.arange(len(states)), mask.sum(axis=1) - 1]


@wrong("last_states", "padding in front", "not where the last one stands")
def right_padding_only(states, mask):
    found = states[np.arange(len(states)), mask.sum(axis=1) - 1]
    return np.where(mask.any(axis=1, keepdims=True), found, 0)


@wrong("last_states", "NaN in the masked steps", "got nan", "select, do not multiply")
def last_by_multiplying(states, mask):
    steps = np.where(mask, np.arange(mask.shape[1]), -1).max(axis=1)
    chosen = np.arange(mask.shape[1]) == steps[:, None]
    return (states * chosen[..., None]).sum(axis=1)


@wrong("last_states", "a row of NaN without a step", "got nan", "select, do not multiply")
def emptied_by_multiplying(states, mask):
    steps = mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)
    return states[np.arange(len(states)), steps] * mask.any(axis=1)[:, None]


@wrong("last_states", "one row of one step", "got (3,)")
def last_squeezed(states, mask):
    return last_by_index(states, mask).squeeze()


def norm(*arrays):
    return np.sqrt(sum((a**2).sum() for a in arrays))


@right("clip_by_global_norm")
def clip(d_weight, d_bias, limit):
    scale = min(1.0, limit / max(norm(d_weight, d_bias), 1e-300))
    return scale * d_weight, scale * d_bias


@right("clip_by_global_norm")
def clip_joined(d_weight, d_bias, limit):
    together = np.concatenate([d_weight.ravel(), d_bias.ravel()])
    length = np.linalg.norm(together)
    if length > limit:
        together = together * (limit / length)
    return together[: d_weight.size].reshape(d_weight.shape), together[d_weight.size :].copy()


@wrong("clip_by_global_norm", "direction changes")
def clip_each(d_weight, d_bias, limit):
    return tuple(limit / max(limit, norm(g)) * g for g in (d_weight, d_bias))


@wrong("clip_by_global_norm", "each number by itself")
def clip_numbers(d_weight, d_bias, limit):
    return np.clip(d_weight, -limit, limit), np.clip(d_bias, -limit, limit)


@wrong("clip_by_global_norm", "below the limit", "not made longer")
def always_scaled(d_weight, d_bias, limit):
    scale = limit / norm(d_weight, d_bias)
    return scale * d_weight, scale * d_bias


@wrong("clip_by_global_norm", "square root")
def square_of_the_norm(d_weight, d_bias, limit):
    scale = limit / max(limit, norm(d_weight, d_bias) ** 2)
    return scale * d_weight, scale * d_bias


@wrong("clip_by_global_norm", "Lengths are not added")
def norms_added(d_weight, d_bias, limit):
    scale = limit / max(limit, norm(d_weight) + norm(d_bias))
    return scale * d_weight, scale * d_bias


@wrong("clip_by_global_norm", "not the largest of them")
def largest_number(d_weight, d_bias, limit):
    scale = limit / max(limit, np.abs(d_weight).max(), np.abs(d_bias).max())
    return scale * d_weight, scale * d_bias


@wrong("clip_by_global_norm", "each alone below the limit", "the norm is the limit, not 1")
def to_unit_length(d_weight, d_bias, limit):
    scale = 1 / norm(d_weight, d_bias) if norm(d_weight, d_bias) > limit else 1.0
    return scale * d_weight, scale * d_bias


@wrong("clip_by_global_norm", "not set to zero")
def dropped(d_weight, d_bias, limit):
    keep = float(norm(d_weight, d_bias) <= limit)
    return keep * d_weight, keep * d_bias


@wrong("clip_by_global_norm", "Nothing is clipped yet")
def not_clipped(d_weight, d_bias, limit):
    return d_weight.copy(), d_bias.copy()


@wrong("clip_by_global_norm", "The bias counts, and is clipped, too")
def weight_alone(d_weight, d_bias, limit):
    return limit / max(limit, norm(d_weight)) * d_weight, d_bias.copy()


@wrong("clip_by_global_norm", "The bias is clipped, too")
def bias_left_alone(d_weight, d_bias, limit):
    return limit / max(limit, norm(d_weight, d_bias)) * d_weight, d_bias.copy()


@wrong("clip_by_global_norm", "gradients of zero", "got nan", "0 / 0")
def divided_by_zero(d_weight, d_bias, limit):
    length = norm(d_weight, d_bias)
    return tuple(g / length * np.minimum(length, limit) for g in (d_weight, d_bias))


@wrong("clip_by_global_norm", "changes its argument d_weight")
def clipped_in_place(d_weight, d_bias, limit):
    scale = limit / max(limit, norm(d_weight, d_bias))
    d_weight *= scale
    return d_weight.copy(), scale * d_bias
