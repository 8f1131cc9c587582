"""A folder of small photos with captions, some of them missing in what is to be predicted."""

import numpy as np

from mmref import convert
from mmref.data import folders
from mmref.data.text import Vocabulary
from tests.wings import wing_of

SIZE, CLASSES = (8, 4), ("猫", "dog", "sea star")
CAPTIONS = ("a red cat", "the dog", "a sea star", "red dog", "the sea", "a 猫 is a cat")


def write(root, count=6):
    """Photos, each of other colors, with captions and three classes; the folder's data."""
    from PIL import Image

    rng = np.random.default_rng(0)
    root.mkdir(exist_ok=True)
    lines = ["image,caption,label"]
    for i in range(count):
        pixels = rng.integers(0, 256, 3) * rng.uniform(0.2, 1, (12, 16, 1))
        Image.fromarray(pixels.astype(np.uint8)).save(root / f"photo {i} 猫.png")
        lines.append(f"photo {i} 猫.png,{CAPTIONS[i % 6]},{CLASSES[i % 3]}")
    (root / "captions.csv").write_text("\n".join(lines), encoding="utf-8")
    return folders.load(root, label="label", classes=CLASSES)


def paths(data):
    return [data.root / name for name in data.images]


def reader(data, **options):
    options = {"vocabulary": Vocabulary.build(data.texts), "size": SIZE, "batch_size": 4} | options
    return folders.Reader(data, **options)


def encoders(name, words, cell):
    wing = wing_of(name)
    return {
        "image": wing.ImageEncoder(SIZE, (5, 6), dim=7),
        "text": wing.TextEncoder(words, embedding=4, hidden=5, dim=6, cell=cell),
    }


def model(name, words, fusion="AdaptiveFusion", classes=3, seed=0, cell="gru"):
    """A classifier with weights that tell its parts apart, and that count rightly only in place."""
    wing = wing_of(name)
    parts = encoders(name, words, cell)
    kind, dims = getattr(wing, fusion), {m: part.output_dim for m, part in parts.items()}
    dim, dropout = (classes, 0.0) if getattr(kind, "decides", False) else (4, 0.3)
    made = wing.FusionClassifier(
        parts,
        kind(dims, dim),
        classes,
        dropout=dropout,
        modality_dropout={"image": 0.1, "text": 0.2},
    )
    draw(made, seed)
    return made


def draw(model, seed=0):
    """Weights at random; running statistics of batch norm too, whose variances are positive."""
    rng, arrays = np.random.default_rng(seed), {}
    for name, array in convert.arrays(model).items():
        drawn = rng.normal(scale=0.5, size=array.shape)
        arrays[name] = np.abs(drawn) + 0.1 if name.endswith("variance") else drawn
    convert.set_arrays(model, arrays)
