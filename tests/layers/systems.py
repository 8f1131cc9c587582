"""How to make each model that is no formula, and what it is called with."""

import numpy as np

from tests.wings import CELLS, FUSIONS

RNG = np.random.default_rng(0)
BATCH, STEPS, WIDTH, IDS, SIZE = 6, 5, 3, 11, (8, 4)


def floats(*shape):
    return RNG.normal(size=(BATCH, *shape)).astype("float32")


def texts():
    """Ids with padding at the end, in the middle, and of padding alone."""
    ids = RNG.integers(1, IDS, size=(BATCH, STEPS))
    ids[1, 3:] = ids[2, 2] = ids[3] = 0
    return ids


def there():
    """Which modalities are: all, the text, the image, none."""
    present = np.ones((BATCH, 2), dtype=bool)
    present[1, 0] = present[2, 1] = present[3] = False
    return present


IMAGES, TEXTS, LABELS = {"images": floats(3, *SIZE)}, {"ids": texts()}, np.arange(BATCH) % 4
BOTH = {"inputs.image": floats(3, *SIZE), "inputs.text": texts()}
READ = {"inputs.text": texts(), "inputs.table": floats(4)}
FEATURES = {"features.image": floats(3), "features.text": floats(2), "present": there()}
STATES = {"inputs": floats(STEPS, WIDTH), "mask": RNG.random((BATCH, STEPS)) < 0.7}
NOISE = {"noise": floats(5), "labels": LABELS}
TOLD = {"inputs.text": texts(), "inputs.table": floats(4), "present": there()}
PICTURES = {"images": floats(3, 8, 8), "labels": LABELS}
NOISY = {"images": floats(3, 8, 8), "steps": 7 * np.arange(BATCH), "ids": texts()}
NOISY |= {"drop": np.arange(BATCH) % 3 == 1}


def image_encoder(wing):
    return wing.ImageEncoder(SIZE, (5, 10), dim=7)


def text_encoder(wing, cell="bag"):
    return wing.TextEncoder(IDS, embedding=9, hidden=5, dim=6, cell=cell)


def vision_transformer(wing):
    return wing.VisionTransformer(SIZE, 2, dim=12, blocks=1, heads=3)


def lite(wing):
    """With a block of each kind."""
    return wing.EfficientNetLite(((1, 3, 1, 4, 1), (2, 5, 2, 6, 2)), dim=7, classes=4)


def mini(wing):
    return wing.MiniLM(IDS, dim=12, blocks=1, heads=3, hidden=8, longest=STEPS)


def classifier(wing, fusion, cell):
    encoders = {"image": image_encoder(wing), "text": text_encoder(wing, cell)}
    fuse = getattr(wing, fusion)({m: f.output_dim for m, f in encoders.items()}, 4)
    return wing.FusionClassifier(encoders, fuse, fuse.dim)  # one that decides has no choice


def stand_ins(wing):
    """Of the features themselves."""
    return wing.StandInFusion(wing.ConcatFusion({"image": 3, "text": 2}, 4))


def substituting(wing):
    """A model whose fusion has stand-ins."""
    encoders = {"image": image_encoder(wing), "text": text_encoder(wing, "bag")}
    fuse = wing.WeightedFusion({m: f.output_dim for m, f in encoders.items()}, 4)
    return wing.FusionClassifier(encoders, wing.StandInFusion(fuse), 3)


def map_encoder(wing):
    return wing.MapEncoder(SIZE, (5, 10))


def local(wing, fusion="FiLMFusion"):
    """A fusion at each place of a map."""
    encoders = {"image": map_encoder(wing), "text": text_encoder(wing, "gru")}
    fuse = getattr(wing, fusion)({m: f.output_dim for m, f in encoders.items()}, 4)
    return wing.FusionClassifier(encoders, wing.LocalFusion(fuse), 3)


def regressor(wing):
    """Of a text and a table."""
    encoders = {"text": text_encoder(wing), "table": wing.TableEncoder(4, dim=7, hidden=5)}
    fuse = wing.AdaptiveFusion({m: f.output_dim for m, f in encoders.items()}, 4)
    return wing.FusionRegressor(encoders, fuse, 2)


def lookup(wing):
    encoders = {"image": vision_transformer(wing), "text": text_encoder(wing)}
    return wing.LookupClassifier(encoders, 3, heads=2)


def dual(wing):
    return wing.DualEncoder({"image": image_encoder(wing), "text": text_encoder(wing)}, dim=4)


def captioner(wing, decoder, **options):
    encoder = wing.MapEncoder(SIZE, (5,), dim=7)
    sizes = {"RecurrentDecoder": (9, 5), "CausalDecoder": (6, 2, 1, STEPS)}[decoder]
    return wing.Captioner(encoder, getattr(wing, decoder)(IDS, 7, *sizes, **options))


def autoencoder(wing):
    return wing.Autoencoder(wing.TableEncoder(4, 7, hidden=5), wing.TableDecoder(7, 4, hidden=6))


def variational(wing):
    coders = wing.TableEncoder(4, 7, hidden=5), wing.TableDecoder(2, 4, hidden=6)
    return wing.VariationalAutoencoder(*coders, latent=2)


def denoiser(wing):
    return wing.Denoiser(IDS, size=8, width=16, blocks=1, heads=2)


def readers(wing):
    """What a generator and a discriminator are told with."""
    encoders = {"text": text_encoder(wing, "gru"), "table": wing.TableEncoder(4, dim=7, hidden=5)}
    return encoders, wing.WeightedFusion({m: f.output_dim for m, f in encoders.items()}, 4)


def fusion_generator(wing):
    sizes = {"latent": 4, "condition": 3, "size": 16, "width": 2, "heads": 2}
    return wing.FusionGenerator(*readers(wing), **sizes)


def fusion_discriminator(wing):
    return wing.FusionDiscriminator(*readers(wing), size=16, width=4)


def bidirectional(wing):
    return wing.Bidirectional(wing.GRU(WIDTH, 4), wing.LSTM(WIDTH, 2))


def stacked(wing):
    return wing.Stacked([bidirectional(wing), wing.RNN(6, 5)])


# (name, wing -> model, arguments by dotted name, those of them that are images)
TABLE = [
    ("BatchNorm2d", lambda wing: wing.BatchNorm2d(3, 0.01, 0.3, False), IMAGES, ("images",)),
    ("ImageEncoder", image_encoder, IMAGES, ("images",)),
    ("VisionTransformer", vision_transformer, IMAGES, ("images",)),
    (
        "MapEncoder",
        lambda wing: wing.MapEncoder(SIZE, (5, 10), dim=7),
        IMAGES,
        ("images",),
    ),
    ("EfficientNetLite", lite, {"images": floats(3, *SIZE)}, ("images",)),
    ("MiniLM", mini, {"ids": texts()}, ()),
    ("Bidirectional", bidirectional, STATES, ()),
    ("Stacked", stacked, STATES, ()),
    ("TableEncoder", lambda wing: wing.TableEncoder(4, dim=7, hidden=5), {"table": floats(4)}, ()),
    ("StandInFusion", stand_ins, FEATURES, ()),
    (
        "FusionClassifier: StandInFusion",
        substituting,
        BOTH | {"present": there()},
        ("inputs.image",),
    ),
    ("MapEncoder: the last block", map_encoder, IMAGES, ("images",)),
    (
        "FusionClassifier: LocalFusion",
        local,
        BOTH | {"present": there()},
        ("inputs.image",),
    ),
    ("FusionRegressor", regressor, READ | {"present": there()}, ()),
    ("LookupClassifier", lookup, BOTH, ("inputs.image",)),
    ("DualEncoder", dual, BOTH, ("inputs.image",)),
    (
        "Captioner: lstm",
        lambda wing: captioner(wing, "RecurrentDecoder"),
        BOTH,
        ("inputs.image",),
    ),
    (
        "Captioner: lstm, the mean",
        lambda wing: captioner(wing, "RecurrentDecoder", attend=False),
        BOTH,
        ("inputs.image",),
    ),
    (
        "Captioner: causal",
        lambda wing: captioner(wing, "CausalDecoder"),
        BOTH,
        ("inputs.image",),
    ),
    ("ImageDecoder", lambda wing: wing.ImageDecoder(5, 8, width=4), {"code": floats(5)}, ()),
    ("TableDecoder", lambda wing: wing.TableDecoder(5, 4, hidden=6), {"code": floats(5)}, ()),
    ("Autoencoder", autoencoder, {"inputs": floats(4)}, ()),
    ("VariationalAutoencoder", variational, {"inputs": floats(4), "noise": floats(2)}, ()),
    ("Denoiser", denoiser, NOISY, ("images",)),
    (
        "FusionGenerator",
        fusion_generator,
        TOLD | {"noise": floats(4) / 4, "augment": floats(3) / 4},
        (),
    ),
    (
        "FusionDiscriminator",
        fusion_discriminator,
        TOLD | {"images": floats(3, 16, 16)},
        ("images",),
    ),
    ("Generator", lambda wing: wing.Generator(4, 8, 5, 3, width=4), NOISE, ()),
    ("Discriminator", lambda wing: wing.Discriminator(4, 8, width=4), PICTURES, ("images",)),
]
TABLE += [
    (f"TextEncoder: {cell}", lambda wing, cell=cell: text_encoder(wing, cell), TEXTS, ())
    for cell in CELLS
]
TABLE += [
    (
        f"FusionClassifier: {fusion}, {cell}",
        lambda wing, fusion=fusion, cell=cell: classifier(wing, fusion, cell),
        BOTH | {"present": there()},
        ("inputs.image",),
    )
    # each fusion and each cell at least once
    for fusion, cell in [(f, "bag") for f in FUSIONS] + [(FUSIONS[0], c) for c in CELLS[1:]]
]
