"""Networks on graphs: a club that splits, deeper and deeper, and scenes beside their pictures.

Karate club (Zachary 1977): 34 people, 2 of them labelled; ``accuracy`` is that of the other 32.
Every node's features are its own number, as 34 zeros and ones. A ``run`` is

plain k, residual k   k graph convolutions, 16 wide between them, without and with h + relu(f(h))
                      from the second on: of 2 layers there is no such
attention 2           two graph attentions
no edges              plain 2, told of no edge: features alone

``apart``: the share of what comes into the last layer that is neither along the square roots of
the degrees, to which repeated smoothing leads, nor the same at all nodes, as a bias is: what tells
the nodes of a connected graph apart beyond their degrees; before and after training.

Scenes: three objects in a row, one of them red, never the leftmost. Which shape stands directly
left of the red one? The picture shows all shapes and no color; the graph of the objects shows
colors and who stands directly left of whom, and half of the shapes. The best possible accuracies:
picture 0.6, nodes without edges 0.5, graph 0.6, both 1.

nodes, convolution, attention   two layers on the graph, of this kind; nodes: attention, no edges
convolution, 40 epochs          the same five times as long
convolution, own weight         W S x + W' x: a second weight for the node's own vector
picture                         two convolutions
both: fusion, kind              the two encoders, joined by a fusion of ``mmref``

    make study NAME=graphs
"""

import json
import time
from functools import cache
from pathlib import Path

import networkx as nx
import numpy as np

from benchmarks.studies._record import append, is_done, machine
from mmref.data import scenes
from mmref.seeding import seed_everything

RESULTS = Path(__file__).parents[1] / "results" / "graphs.csv"
KEY = ["framework", "run", "seed"]
FIELDS = [*KEY, "accuracy", "apart at first", "apart", "seconds"]
DEPTHS = (2, 4, 8, 16)
CLUB = [f"plain {k}" for k in DEPTHS] + [f"residual {k}" for k in DEPTHS[1:]]
CLUB += ["attention 2", "no edges"]
# Keras compiles each depth anew for each seed: the least and the largest tell enough.
CLUBS = {"torch": CLUB, "keras": [run for run in CLUB if not run.endswith((" 4", " 8"))]}
LONGER, OWN = "convolution, 40 epochs", "convolution, own weight"
GRAPH = ("nodes", "convolution", LONGER, OWN, "attention")
SCENES = [*GRAPH, "picture", "both: ConcatFusion, attention", "both: LowRankFusion, attention"]
CLUB_SEEDS, SCENE_SEEDS, CLUB_STEPS = {"torch": 6, "keras": 3}, 3, 200
ROWS, TESTS, EPOCHS, BATCH, RATE, DIM, RANK = 4000, 2000, 8, 50, 3e-3, 32, 8
MANY_EPOCHS = 40
RED, FEATURES = scenes.COLORS.index("red"), len(scenes.COLORS) + len(scenes.SHAPES)


# ---- the data ----


def club():
    """Features (1, 34, 34), adjacency (1, 34, 34) boolean, labels (34,); 0 and 33 are labelled."""
    graph = nx.karate_club_graph()
    adjacency = nx.to_numpy_array(graph, weight=None) > 0
    labels = np.array([graph.nodes[i]["club"] == "Officer" for i in graph]).astype(int)
    return np.eye(34, dtype="float32")[None], adjacency[None], labels


@cache
def data(n, seed):
    """Pictures (N, 12, 32, 1), graphs (N, 3, F + 3): features and adjacency, and the answers."""
    rng = np.random.default_rng(seed)
    shapes = rng.integers(len(scenes.SHAPES), size=(n, 3))  # from left to right
    others = [c for c in range(len(scenes.COLORS)) if c != RED]
    colors = rng.permuted(np.tile(others, (n, 1)), axis=1)[:, :3]
    each, column = np.arange(n), rng.integers(1, 3, size=n)
    colors[each, column] = RED
    places = ("left", "center", "right")
    rows = [
        [("large", "black", scenes.SHAPES[s], at) for s, at in zip(row, places)] for row in shapes
    ]
    pictures = 1 - scenes.compose(rows, seed).images[:, 10:22, :, :1] / np.float32(255)
    told = rng.random((n, 3, 1)) < 0.5  # whether the graph tells the shape
    x = np.concatenate([np.eye(6)[colors], told * np.eye(5)[shapes]], axis=2)
    order = rng.permuted(np.tile(np.arange(3), (n, 1)), axis=1)  # of the nodes: it tells nothing
    after = order[:, :, None] == order[:, None, :] + 1  # the row's receives from its left neighbor
    x = np.take_along_axis(x, order[..., None], axis=1)
    graphs = np.concatenate([x, after], axis=2).astype("float32")
    return pictures, graphs, shapes[each, column - 1]


def inputs(run, pictures, graphs):
    """What a run sees, by modality; without edges for "nodes"."""
    if run == "nodes":
        graphs = np.concatenate([graphs[..., :FEATURES], 0 * graphs[..., FEATURES:]], axis=2)
    seen = {"picture": pictures, "graph": graphs}
    return seen if run.startswith("both") else {one_of(run): seen[one_of(run)]}


def one_of(run):
    return "picture" if run == "picture" else "graph"


def kind_of(run):
    return "convolution" if "convolution" in run else "attention"


def epochs(run):
    return MANY_EPOCHS if run == LONGER else EPOCHS


def fused(wing, run):
    dims = dict.fromkeys(("picture", "graph") if run.startswith("both") else [one_of(run)], DIM)
    if "LowRank" in run:
        return wing.LowRankFusion(dims, DIM, RANK)
    return wing.ConcatFusion(dims, DIM)


def apart(h, adjacency):
    """The share of h (N, H) beside the square roots of the degrees and rows that are all equal."""
    u = np.sqrt(adjacency.sum(axis=1) + 1.0)
    common = np.stack([u, np.ones_like(u)], axis=1)
    rest = h - common @ np.linalg.lstsq(common, h, rcond=None)[0]
    return float(np.linalg.norm(rest) / max(np.linalg.norm(h), 1e-30))


# ---- PyTorch ----


def torch_club(run, seed):
    import torch
    from torch import nn

    import mmref.torch as wing

    torch.set_num_threads(1)
    seed_everything(seed)
    x, adjacency, labels = club()
    if run == "no edges":
        adjacency = adjacency & False
    kind, layer = run.split(), wing.GraphConvolution
    depth = int(kind[1]) if kind[1].isdigit() else 2
    if kind[0] == "attention":
        layer = wing.GraphAttention
    widths = [34, *[16] * (depth - 1), 2]
    layers = nn.ModuleList(layer(a, b) for a, b in zip(widths, widths[1:]))
    for p in layers.parameters():  # as the paper and Keras do
        nn.init.xavier_uniform_(p) if p.ndim > 1 else nn.init.zeros_(p)
    given, asked = (torch.tensor(x), torch.tensor(adjacency)), torch.tensor(labels[[0, 33]])

    def forward():
        h, adjacency = given
        for i, f in enumerate(layers[:-1]):
            new = f(h, adjacency).relu()
            h = h + new if kind[0] == "residual" and i > 0 else new
        return h[0], layers[-1](h, adjacency)[0]

    at_first = forward()[0].detach().numpy()
    optimizer = torch.optim.Adam(layers.parameters(), 0.01)
    for _ in range(CLUB_STEPS):
        loss = nn.functional.cross_entropy(forward()[1][[0, 33]], asked)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return at_first, *(one.numpy() for one in forward())


def torch_scenes(run, seed):
    import torch
    from torch import nn

    import mmref.torch as wing

    class Own(wing.GraphConvolution):
        def __init__(self, width, dim):
            super().__init__(width, dim)
            self.own = nn.Linear(width, dim, bias=False)

        def forward(self, nodes, adjacency):
            return super().forward(nodes, adjacency) + self.own(nodes)

    class Graph(nn.Module):
        def __init__(self):
            super().__init__()
            if kind_of(run) == "attention":
                self.one = wing.GraphAttention(FEATURES, DIM, heads=4)
                self.two = wing.GraphAttention(FEATURES + DIM, DIM, heads=4)
            else:
                layer = Own if run == OWN else wing.GraphConvolution
                self.one, self.two = layer(FEATURES, DIM), layer(FEATURES + DIM, DIM)

        def forward(self, graph):
            x, adjacency = graph[..., :FEATURES], graph[..., FEATURES:] > 0
            h = torch.cat([x, self.one(x, adjacency).relu()], dim=-1)
            return wing.graph_readout(self.two(h, adjacency).relu())

    class Picture(nn.Sequential):
        def __init__(self):
            super().__init__(
                *(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU()),
                *(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU(), nn.Flatten()),
                *(nn.Linear(16 * 3 * 8, DIM), nn.ReLU()),
            )

        def forward(self, pictures):
            return super().forward(pictures.permute(0, 3, 1, 2))

    torch.set_num_threads(1)
    seed_everything(seed)
    pictures, graphs, y = data(ROWS, seed)
    x, fusion = inputs(run, pictures, graphs), fused(wing, run)
    encoders = {m: wing.Backbone({"picture": Picture, "graph": Graph}[m](), DIM) for m in x}
    model = wing.FusionClassifier(encoders, fusion, len(scenes.SHAPES))
    optimizer = torch.optim.Adam(model.parameters(), RATE)
    options = {"epochs": epochs(run), "batch_size": BATCH, "progress": False, "seed": seed}
    wing.fit(model, optimizer, (x, y), **options)

    def says(pictures, graphs):
        return wing.predict(model, inputs(run, pictures, graphs)).numpy()

    return says


# ---- Keras ----


def keras_club(run, seed):
    import keras
    from keras import ops

    import mmref.keras as wing

    seed_everything(seed)
    x, adjacency, labels = club()
    if run == "no edges":
        adjacency = adjacency & False
    kind, layer = run.split(), wing.GraphConvolution
    depth = int(kind[1]) if kind[1].isdigit() else 2
    if kind[0] == "attention":
        layer = wing.GraphAttention
    widths = [34, *[16] * (depth - 1), 2]

    class Club(keras.Model):
        def __init__(self):
            super().__init__()
            self.stack = [layer(a, b) for a, b in zip(widths, widths[1:])]

        def hidden(self, inputs):
            h, adjacency = inputs
            for i, f in enumerate(self.stack[:-1]):
                new = ops.relu(f(h, adjacency))
                h = h + new if kind[0] == "residual" and i > 0 else new
            return h

        def call(self, inputs):
            return self.stack[-1](self.hidden(inputs), inputs[1])

    model, weight = Club(), np.isin(np.arange(34), (0, 33)).astype("float32")
    entropy = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True, reduction="mean_with_sample_weight"
    )
    model.compile(keras.optimizers.Adam(0.01), entropy)
    at_first = ops.convert_to_numpy(model.hidden((x, adjacency)))[0]
    many = [np.repeat(a, CLUB_STEPS, axis=0) for a in (x, adjacency, labels[None], weight[None])]
    model.fit(many[:2], many[2], sample_weight=many[3], batch_size=1, shuffle=False, verbose=0)
    last = model.hidden((x, adjacency)), model((x, adjacency))
    return at_first, *(ops.convert_to_numpy(one)[0] for one in last)


def keras_scenes(run, seed):
    import keras
    from keras import layers, ops

    import mmref.keras as wing

    class Own(wing.GraphConvolution):
        def __init__(self, width, dim):
            super().__init__(width, dim)
            self.own = layers.Dense(dim, use_bias=False)

        def build(self, *_):
            super().build()
            self.own.build((None, self.config["width"]))

        def call(self, nodes, adjacency):
            return super().call(nodes, adjacency) + self.own(nodes)

    class Graph(keras.Layer):
        def __init__(self):
            super().__init__()
            if kind_of(run) == "attention":
                self.one = wing.GraphAttention(FEATURES, DIM, heads=4)
                self.two = wing.GraphAttention(FEATURES + DIM, DIM, heads=4)
            else:
                layer = Own if run == OWN else wing.GraphConvolution
                self.one, self.two = layer(FEATURES, DIM), layer(FEATURES + DIM, DIM)

        def build(self, _):
            self.one.build()
            self.two.build()

        def call(self, graph):
            x, adjacency = graph[..., :FEATURES], graph[..., FEATURES:] > 0
            h = ops.concatenate([x, ops.relu(self.one(x, adjacency))], axis=-1)
            return wing.graph_readout(ops.relu(self.two(h, adjacency)))

    def picture():
        return keras.Sequential(
            [
                layers.Input((12, 32, 1)),
                layers.Conv2D(8, 3, 2, padding="same", activation="relu"),
                layers.Conv2D(16, 3, 2, padding="same", activation="relu"),
                layers.Flatten(),
                layers.Dense(DIM, activation="relu"),
            ]
        )

    seed_everything(seed)
    pictures, graphs, y = data(ROWS, seed)
    x, fusion = inputs(run, pictures, graphs), fused(wing, run)
    encoders = {m: wing.Backbone({"picture": picture, "graph": Graph}[m](), DIM) for m in x}
    model = wing.FusionClassifier(encoders, fusion, len(scenes.SHAPES))
    entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(RATE), entropy)
    model.fit(x, y, batch_size=BATCH, epochs=epochs(run), verbose=0)

    def says(pictures, graphs):
        return model.predict(inputs(run, pictures, graphs), verbose=0)

    return says


# ---- rows ----

RUN = {"torch": (torch_club, torch_scenes), "keras": (keras_club, keras_scenes)}


def row(framework, run, seed):
    start, (of_club, of_scenes) = time.process_time(), RUN[framework]
    if run in CLUB:
        *hidden, logits = of_club(run, seed)
        _, adjacency, labels = club()
        found = {"accuracy": float((logits.argmax(axis=1) == labels)[1:33].mean())}
        if run != "no edges":
            parts = zip(("apart at first", "apart"), hidden)
            found |= {name: apart(h, adjacency[0]) for name, h in parts}
    else:
        says = of_scenes(run, seed)
        pictures, graphs, y = data(TESTS, 1000 + seed)
        found = {"accuracy": float((says(pictures, graphs).argmax(axis=1) == y).mean())}
    return found | {"seconds": time.process_time() - start}


def main():
    for framework in RUN:
        club_of = CLUBS[framework], CLUB_SEEDS[framework]
        for runs, seeds in ((SCENES, SCENE_SEEDS), club_of):
            for seed in range(seeds):
                for run in runs:
                    key = {"framework": framework, "run": run, "seed": seed}
                    if not is_done(RESULTS, KEY, key):
                        append(RESULTS, FIELDS, key | row(framework, run, seed))
    about = machine("networkx") | {"rows": ROWS, "tests": TESTS, "epochs": EPOCHS, "batch": BATCH}
    RESULTS.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
