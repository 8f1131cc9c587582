"""One partition by family: the reference's file names hold in every folder of the package.

A family is a file or folder of ``mmref/reference``, and a file or folder of the same name in the
others. A system is a module of the two framework wings that is built from families. What is
neither is named here, with its reason. The tests have a folder for each, and a few others.
"""

import ast
from pathlib import Path

import pytest

from mmref.concordance import FORMULAS
from scripts.selection import files_of, operations

PACKAGE = Path(__file__).parents[2] / "mmref"
FOLDERS = (
    "reference",
    "torch",
    "keras",
    "contract",
    "convert/tables",
    "concordance/formulas",
    "check",
)

SYSTEMS = {
    "bundle": "a trained model in a folder, saved and loaded",
    "captioner": "an encoder of places and a decoder that looks at them",
    "data": "batches of a folder for each framework",
    "dcgan": "a generator and a discriminator of convolutions",
    "decoders": "one vector to one modality",
    "encoders": "one modality to one vector",
    "gan": "two networks trained against each other",
    "lookup": "a classifier whose text looks into the image",
    "models": "encoders, a fusion and a head",
    "pipeline": "a generator and a discriminator that are told by fused modalities",
    "pretrained": "two networks for which others publish trained weights",
    "retrieval": "two encoders into one space",
    "training": "fit, evaluate, predict, and what Keras's own need",
    "vqa": "a map of an image's places, and a fusion at each of them",
}

SHARED = {
    "reference/_shared": "reads arguments; the logistic function",
    "torch/_batches": "what ``fit`` is given, checked",
    "torch/_evaluation": "``evaluate`` and ``predict``",
    "torch/_tasks": "what a loss wants of labels, and the metrics that go with it",
    "torch/_dtype": "which number type a layer needs, under autocast too",
    "torch/_progress": "the bar of ``fit``, with its pace",
    "torch/_resume": "a training in a file",
    "torch/_values": "looks at a tensor's numbers, where there are any to look at",
    "keras/_values": "likewise",
    "keras/_looking": "what Keras's ``fit`` is given, looked at first",
    "keras/_export": "how a layer is written to ONNX",
    "keras/_quiet": "what the backends say at import, and of float64",
    "keras/differentiate": "gradients on the current backend",
    "contract/arrays": "kinds, shapes and number types of arrays, which every family asks of",
    "contract/settings": "numbers, flags, names and functions, likewise",
    "check/exercise": "what an exercise is",
    "check/layer_exercise": "what an exercise on a layer is",
    "convert/tables/array": "what a table says about one array",
    "convert/tables/dense": "the frameworks' own dense layer, which stands in most families",
}

TESTS = Path(__file__).parents[1]
OTHER_TESTS = {
    "book": "the chapters and the pages",
    "check": "the exercises, and what judges them",
    "concordance": "the comparison itself; every formula is a parameter of it",
    "contract": "the errors that all raise",
    "convert": "weights of whole models, and what is asked of every table",
    "differences": "where PyTorch and Keras differ",
    "house": "the project's tools and this partition",
    "layers": "what is asked of every layer and model",
    "metrics": "verdicts on sets of pictures, on what was found, on answers",
    "serving": "the service that the chapter on deployment writes",
    "studies": "studies and scripts, which repeat from their seeds",
}

NO_WEIGHTS = "functions hold no weights to convert"
MISSING = {
    "adversarial": {"convert/tables": NO_WEIGHTS},
    "attribution": {"convert/tables": NO_WEIGHTS},
    "audio": {"convert/tables": NO_WEIGHTS},
    "captioning": {"convert/tables": NO_WEIGHTS},
    "compression": {"convert/tables": NO_WEIGHTS},
    "contrastive": {"convert/tables": NO_WEIGHTS},
    "detection": {"convert/tables": NO_WEIGHTS},
    "estimation": {"convert/tables": NO_WEIGHTS},
    "geometry": {
        folder: "whole numbers, to be counted before a network is built: nothing to differentiate"
        for folder in FOLDERS[1:-1]
    },
    "image_quality": {"convert/tables": NO_WEIGHTS},
    "monitoring": {"convert/tables": NO_WEIGHTS},
    "optimization": {"convert/tables": NO_WEIGHTS},
    "parallel": {"convert/tables": NO_WEIGHTS},
    "penalty": {"convert/tables": NO_WEIGHTS},
    "positions": {
        "convert/tables": NO_WEIGHTS,
        "concordance/formulas": "constants: no gradient to compare",
    },
    "softmax": {"convert/tables": NO_WEIGHTS},
    "spectral": {"convert/tables": NO_WEIGHTS},
}

# Names that only one wing exports, by module.
OWN_NAMES = {
    ("keras", "diffusion"): {"Diffusion"},  # for Keras's fit; PyTorch's loop needs the loss alone
    ("torch", "training"): {"History", "device", "evaluate", "fit", "predict"},  # Keras has its own
    ("keras", "training"): {"Batches"},  # what Keras's fit takes; PyTorch's fit takes arrays
}

WHOLE = "a part of another function"
CONSTANT = "its result counts as a constant"
SCALE = "another scale for settings, which are no arrays to train"
VERDICT = "a verdict on a set of pictures; nobody descends on it"
# Public functions of the reference that have no gradient.
UNDIFFERENTIATED = {
    "adversarial.optimal_discriminator": "what training is compared with; nobody descends on it",
    "adversarial.jensen_shannon_divergence": "what training is compared with",
    "attention.causal_mask": "true and false",
    "attribution.coalitions": "true and false",
    "audio.hertz_from_mel": SCALE,
    "audio.mel_filters": CONSTANT,
    "audio.mel_from_hertz": SCALE,
    "audio.spectral_window": CONSTANT,
    "compression.low_rank_factors": CONSTANT,
    "compression.magnitude_mask": "true and false",
    "compression.quantization_grid": CONSTANT,
    "convolution.padded": WHOLE,
    "convolution.windows": WHOLE,
    "diffusion.noise_schedule": CONSTANT,
    "diffusion.timestep_embedding": "of whole numbers",
    "geometry.output_size": "whole numbers",
    "geometry.same_padding": "whole numbers",
    "geometry.receptive_field": "whole numbers",
    "geometry.conv2d_parameters": "whole numbers",
    "geometry.conv2d_multiply_adds": "whole numbers",
    "image_quality.classifier_score": VERDICT,
    "image_quality.frechet_distance": VERDICT,
    "image_quality.precision_recall": VERDICT,
    "multi_head.cached_attention": "multi_head_attention a step at a time, which tests compare",
    "multi_head.split_heads": WHOLE,
    "multi_head.merge_heads": WHOLE,
    "normalization.running_statistics": CONSTANT,
    "optimization.warmup_cosine": CONSTANT,
    "positions.sinusoidal_positions": CONSTANT,
    "recurrence.clip_by_global_norm": "what is done to gradients",
    "spectral.power_iteration": CONSTANT,
    "spectral.spectral_norm": "the exact value that power_iteration approaches",
    "vision.image_patches": WHOLE,
    "vision.touched_patches": "true and false",
}


def modules(folder: str, package: Path = PACKAGE) -> set[str]:
    """The names of a folder's files and folders of Python."""
    here = package / folder
    files = {path.stem for path in here.glob("*.py")} - {"__init__", "__main__"}
    private = {name for name in files if name.startswith("_")} if folder == "check" else set()
    return files - private | {path.parent.name for path in here.glob("*/__init__.py")}


FAMILIES = sorted(modules("reference") - {"_shared"})


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_module_is_a_family_a_system_or_named(folder):
    named = {name.rpartition("/")[2] for name in SHARED if name.rpartition("/")[0] == folder}
    known = {*FAMILIES, *(SYSTEMS if folder != "reference" else ()), *named}
    assert modules(folder) - known == set()
    assert named <= modules(folder), "named here, and gone"


@pytest.mark.parametrize("folder", FOLDERS[1:])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_in_every_folder(family, folder):
    excused = folder in MISSING.get(family, {})
    assert (family in modules(folder)) != excused


def test_tests_have_a_folder_for_every_family_and_system_and_the_named_others():
    folders = {path.relative_to(TESTS).parts[0] for path in TESTS.rglob("test_*.py")}
    assert folders == {*FAMILIES, *SYSTEMS, *OTHER_TESTS}


@pytest.mark.parametrize("system", SYSTEMS)
def test_both_wings_have_every_system(system):
    assert system in modules("torch") and system in modules("keras")


def exported(wing: str) -> dict[str, set[str]]:
    """What a wing's ``__init__`` takes from each of its modules."""
    tree = ast.parse((PACKAGE / wing / "__init__.py").read_text(encoding="utf-8"))
    found = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module.startswith(f"mmref.{wing}."):
            module = node.module.rpartition(".")[2]
            if not module.startswith("_"):
                found[module] = {alias.name for alias in node.names}
    return found


def listed(wing: str) -> list[str]:
    """A wing's ``__all__``."""
    tree = ast.parse((PACKAGE / wing / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "__all__":
            return ast.literal_eval(node.value)
    raise AssertionError(f"mmref.{wing} has no __all__")


def test_both_wings_export_the_same_names():
    torch, keras = exported("torch"), exported("keras")
    for wing, names in (("torch", torch), ("keras", keras)):
        for module in names:
            names[module] -= OWN_NAMES.get((wing, module), set())
    assert torch == keras


@pytest.mark.parametrize("wing", ["torch", "keras"])
def test_what_a_wing_exports_is_listed(wing):
    names = {name for names in exported(wing).values() for name in names}
    assert len(listed(wing)) == len(set(listed(wing)))
    assert set(listed(wing)) == names
    own = {name for (where, _), some in OWN_NAMES.items() if where == wing for name in some}
    assert own <= names, "an exception for a name that is gone"


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_of_the_reference_is_without_an_entry(family):
    names = operations(family)
    entries = {(f.reference.__name__, f.gradient.__name__) for f in FORMULAS.values()}
    for name in names:
        if name.endswith("_gradient"):
            assert name.removesuffix("_gradient") in names
            continue
        excused = f"{family}.{name}" in UNDIFFERENTIATED
        assert (f"{name}_gradient" in names) != excused, f"{name}: a gradient, or a reason"
        assert ((name, f"{name}_gradient") in entries) != excused, f"{name}: an entry, or a reason"


def test_no_reason_is_left_over():
    known = {f"{family}.{name}" for family in FAMILIES for name in operations(family)}
    assert set(UNDIFFERENTIATED) <= known
    assert set(MISSING) <= set(FAMILIES)


@pytest.mark.parametrize("name", FORMULAS)
def test_an_entry_stands_in_the_file_of_its_family(name):
    """The family of the function that it is about."""
    family = FORMULAS[name].reference.__module__.split(".")[2]
    here = PACKAGE / "concordance" / "formulas"
    files = [*files_of(family, here), here / family / "__init__.py"]
    texts = [path.read_text(encoding="utf-8") for path in files if path.is_file()]
    assert any(f'name="{name}"' in text for text in texts)
