"""Answers to the exercises on graphs, by other routes."""

import numpy as np
from scipy.special import softmax

CONVOLUTION, GRADIENT, ATTENTION = (
    "graph_convolution",
    "graph_convolution_gradient",
    "graph_attention",
)


def senders(adjacency, present, i):
    """Node i, and those that are there from which it receives."""
    return [j for j in range(len(present)) if present[j] and (j == i or adjacency[i, j])]


def by_node(nodes, adjacency, weight, bias, present, loops=True):
    out = np.zeros((*nodes.shape[:2], len(bias)))
    for b, (x, a, m) in enumerate(zip(nodes, adjacency, present, strict=True)):
        near = [senders(a, m, i) for i in range(len(x))]
        near = [n if loops else [j for j in n if j != i] for i, n in enumerate(near)]
        for i in np.flatnonzero(m):
            total = sum((x[j] / np.sqrt(len(near[i]) * len(near[j])) for j in near[i]), 0 * x[i])
            out[b, i] = weight @ total + bias
    return out


def by_edge(grad, nodes, adjacency, weight, bias, present):
    dx, dw, db = np.zeros(nodes.shape), np.zeros(weight.shape), np.zeros(bias.shape)
    for b, (x, a, m) in enumerate(zip(nodes, adjacency, present, strict=True)):
        near = {i: senders(a, m, i) for i in np.flatnonzero(m)}
        for i in near:
            db += grad[b, i]
            for j in near[i]:
                share = 1 / np.sqrt(len(near[i]) * len(near[j]))
                dx[b, j] += share * weight.T @ grad[b, i]
                dw += share * np.outer(grad[b, i], x[j])
    return dx, dw, db


def by_receiver(nodes, adjacency, weight, p, q, bias, present, slope=0.2):
    out, size = np.zeros((*nodes.shape[:2], len(bias))), p.shape[1]
    for b, (x, a, m) in enumerate(zip(nodes, adjacency, present, strict=True)):
        for i in np.flatnonzero(m):
            near = senders(a, m, i)
            for k in range(len(p)):
                rows = slice(k * size, (k + 1) * size)
                h = x[near] @ weight[rows].T
                s = p[k] @ weight[rows] @ x[i] + h @ q[k]
                out[b, i, rows] = softmax(np.maximum(s, slope * s)) @ h
            out[b, i] += bias
    return out


RIGHT = [(CONVOLUTION, by_node), (GRADIENT, by_edge), (ATTENTION, by_receiver)]
WRONG = [
    (CONVOLUTION, lambda x, a, w, b, m: by_node(x, a, w, b, m | True), "no effect"),
    (CONVOLUTION, lambda x, a, w, b, m: by_node(x, a, w.T, b, m), "raised"),
    (GRADIENT, lambda g, *rest: by_edge(g, *rest)[:2], "3"),
    (GRADIENT, lambda g, x, a, w, b, m: by_edge(g, x, a, w, b, m | True), "no effect"),
    (ATTENTION, lambda *args: by_receiver(*args, slope=0.5), "a fifth"),
]
