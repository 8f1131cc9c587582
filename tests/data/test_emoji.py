"""The packed emoji: numbers, checksums, folds, choices, cost."""

import hashlib
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from mmref.data import emoji
from mmref.errors import ChoiceError


@pytest.fixture(scope="module")
def everything():
    return emoji.load(groups=emoji.ALL_GROUPS)


def test_the_files_have_their_checksums():
    lines = (emoji.FOLDER / "SHA256SUMS").read_text().split("\n")[:-1]
    sums = dict(reversed(line.split("  ")) for line in lines)
    assert set(sums) == {"emoji.json", "images.npz"}
    for name, expected in sums.items():
        assert hashlib.sha256((emoji.FOLDER / name).read_bytes()).hexdigest() == expected


def test_there_are_as_many_emoji_as_stated(everything):
    assert len(everything) == 1906
    assert len(set(everything.codes)) == 1906
    assert set(everything.groups[i] for i in everything.labels) == set(emoji.ALL_GROUPS)
    assert len(set(everything.subgroups)) == 98


@pytest.mark.parametrize(
    "groups, n, majority", [(emoji.EIGHT_GROUPS, 1636, 0.236), (emoji.SIX_GROUPS, 1081, 0.244)]
)
def test_each_task_has_its_size_and_majority(groups, n, majority):
    data = emoji.load(groups=groups)
    assert len(data) == n
    assert np.bincount(data.labels).max() / n == pytest.approx(majority, abs=5e-4)


def test_types_and_shapes(everything):
    n = len(everything)
    assert everything.images.shape == (n, 64, 64, 3) and everything.images.dtype == np.uint8
    assert everything.labels.dtype == np.int64 and everything.folds.dtype == np.int64
    for array in (everything.images, everything.labels, everything.folds):
        assert len(array) == n and not array.flags.writeable
    for strings in ("names", "codes", "styles", "characters", "subgroups", "concepts"):
        column = getattr(everything, strings)
        assert len(column) == n and all(type(s) is str and s for s in column)
    assert all(tags and all(type(tag) is str for tag in tags) for tags in everything.tags)


def test_character_is_its_code(everything):
    for character, code in zip(everything.characters, everything.codes):
        points = [f"{ord(c):04X}" for c in character if c != "\ufe0f"]
        assert "-".join(points) == code


def test_pictures_show_what_the_names_say():
    data = emoji.load("both", groups=("Symbols",))
    means = {}
    for name, style, image in zip(data.names, data.styles, data.images):
        means[name, style] = image[24:40, 24:40].mean((0, 1))
    for style in emoji.STYLES:
        for channel, color in enumerate(("red", "green", "blue")):
            assert means[f"{color} square", style].argmax() == channel
    assert all((image[0, 0] == 255).all() for image in data.images[:5])


def test_languages_name_the_same_rows():
    english, chinese = emoji.load(language="en"), emoji.load(language="zh")
    assert english.codes == chinese.codes
    assert dict(zip(english.names, chinese.names))["red apple"] == "红苹果"
    assert sum(bool(re.search(r"[\u4e00-\u9fff]", name)) for name in chinese.names) > 1600


def test_both_is_twitter_then_google():
    both = emoji.load("both", split="test", fold=3)
    parts = [emoji.load(style, split="test", fold=3) for style in emoji.STYLES]
    np.testing.assert_array_equal(both.images, np.concatenate([p.images for p in parts]))
    np.testing.assert_array_equal(both.labels, np.concatenate([p.labels for p in parts]))
    assert both.names == parts[0].names * 2
    assert both.styles == parts[0].styles + parts[1].styles
    assert (parts[0].images != parts[1].images).any((1, 2, 3)).all()


def test_labels_follow_the_order_of_groups():
    one, other = ("Objects", "Symbols"), ("Symbols", "Objects")
    np.testing.assert_array_equal(
        emoji.load(groups=one).labels, 1 - emoji.load(groups=other).labels
    )
    assert emoji.load(groups=list(other)).groups == other


@pytest.mark.parametrize("fold", range(5))
def test_splits_partition_and_rotate(fold):
    codes = {s: emoji.load(split=s, fold=fold).codes for s in ("train", "validation", "test")}
    assert sorted(sum(codes.values(), ())) == sorted(emoji.load().codes)
    joined = emoji.load(split="train+validation", fold=fold)
    assert set(joined.codes) == {*codes["train"], *codes["validation"]}
    assert set(emoji.load(split="test", fold=fold).folds) == {fold}
    assert set(emoji.load(split="validation", fold=fold).folds) == {(fold + 1) % 5}


# Series by their code points: hours of a clock, phases of the moon.
SERIES = {"clock": range(0x1F550, 0x1F568), "moon": [0x1F319, *range(0x1F311, 0x1F31E)]}


GENDER = re.compile(r"\b(?:wo)?m[ae]n\b|\b(?:person|people|boy|girl)\b")


GENDER_OR_DIRECTION_CODES = {"200D", "2640", "2642", "27A1"}


HAIR_CODES = {"1F9B0", "1F9B1", "1F9B2", "1F9B3"}


def variant_keys(name, code, group):
    """What rows of one concept have in common, by rules that the packing does not use."""
    if name.startswith("flag: "):
        return
    head, colon, _ = name.partition(":")
    parts = code.split("-")
    if group == "People & Body":
        bare = [p for p in parts if p not in GENDER_OR_DIRECTION_CODES | HAIR_CODES]
        yield "code", *("1F9D1" if p in ("1F468", "1F469") else p for p in bare)
        yield "gender", " ".join(GENDER.sub("", head).split())
    if colon or head in ("kiss", "couple with heart"):  # whom the sign shows, what it counts
        yield "head", head
    if head.endswith("holding hands"):
        yield ("holding hands",)
    for series, points in SERIES.items():
        if int(parts[0], 16) in points:
            yield (series,)


def straddling(data, folds):
    """The keys whose rows are not all in one fold."""
    folds_of = {}
    for i, fold in enumerate(folds):
        group = data.groups[data.labels[i]]
        for key in variant_keys(data.names[i], data.codes[i], group):
            folds_of.setdefault(key, set()).add(fold)
    return {key for key, found in folds_of.items() if len(found) > 1}


def test_no_concept_straddles_folds(everything):
    """By the published concepts, and by rules of this test's own."""
    fold_of = {}
    for concept, fold in zip(everything.concepts, everything.folds):
        assert fold_of.setdefault(concept, fold) == fold, concept
    assert not straddling(everything, everything.folds)
    skins = {f"1F3F{c}" for c in "BCDEF"}
    assert not any(skins & set(code.split("-")) for code in everything.codes)


@pytest.mark.parametrize(
    "name, key",
    [
        ("woman firefighter", ("gender", "firefighter")),
        ("mermaid", ("code", "1F9DC")),
        ("man: curly hair", ("code", "1F9D1")),
        ("person running: facing right", ("code", "1F3C3")),
        ("family: man, woman, boy", ("head", "family")),
        ("kiss", ("head", "kiss")),
        ("men holding hands", ("holding hands",)),
        ("keycap: 7", ("head", "keycap")),
        ("three-thirty", ("clock",)),
        ("full moon face", ("moon",)),
    ],
)
def test_a_variant_in_another_fold_is_noticed(everything, name, key):
    folds = everything.folds.copy()
    folds[everything.names.index(name)] += 1
    assert key in straddling(everything, folds)


@pytest.mark.parametrize(
    "one, other",
    [
        ("red circle", "blue circle"),
        ("Leo", "Virgo"),
        ("left arrow", "right arrow"),
        ("file folder", "open file folder"),
        ("OK button", "NEW button"),
        ("grinning face", "grinning face with big eyes"),
        ("flag: Japan", "flag: China"),
    ],
)
def test_likeness_alone_makes_no_concept(everything, one, other):
    concept = dict(zip(everything.names, everything.concepts))
    assert concept[one] != concept[other]


def test_equal_drawings_share_a_fold(everything):
    google = emoji.load("google")
    for data in (everything, google):
        fold_of = {}
        for image, fold in zip(data.images, data.folds):
            assert fold_of.setdefault(image.tobytes(), fold) == fold
        assert len(fold_of) < len(data)  # there are equal drawings to speak of


def test_folds_are_balanced_in_every_group(everything):
    for label, group in enumerate(everything.groups):
        counts = np.bincount(everything.folds[everything.labels == label], minlength=5)
        assert counts.max() - counts.min() <= 1, (group, counts)


@pytest.mark.parametrize(
    "arguments, listed",
    [
        ({"style": "apple"}, ["style", "'twitter', 'google', 'both'", "'apple'"]),
        ({"language": "fr"}, ["language", "'en', 'zh'", "'fr'"]),
        ({"groups": ("Objects", "Cars")}, ["groups", *emoji.ALL_GROUPS, "'Cars'"]),
        ({"groups": "Objects"}, ["groups", "not one string", *emoji.ALL_GROUPS]),
        ({"groups": ()}, ["groups", "at least one", *emoji.ALL_GROUPS]),
        ({"split": "dev"}, ["split", "'train', 'validation', 'test'", "'dev'"]),
        ({"fold": 5}, ["fold", "0, 1, 2, 3, 4", "got 5"]),
        ({"fold": -1}, ["fold", "0, 1, 2, 3, 4", "got -1"]),
        ({"style": "google", "groups": emoji.ALL_GROUPS}, ["terms", *emoji.EIGHT_GROUPS]),
        ({"style": "both", "groups": ("Flags",)}, ["terms", *emoji.EIGHT_GROUPS]),
    ],
)
def test_unknown_choices_are_refused_with_the_choices(arguments, listed):
    with pytest.raises(ChoiceError) as caught:
        emoji.load(**arguments)
    for part in listed:
        assert part in str(caught.value)


def test_a_group_twice_is_refused():
    with pytest.raises(ValueError, match="'Objects' twice"):
        emoji.load(groups=("Objects", "Symbols", "Objects"))


def test_the_images_load_without_pickle():
    with np.load(emoji.FOLDER / "images.npz", allow_pickle=False) as packed:
        assert {name: packed[name].shape[0] for name in packed} == {"twitter": 1906, "google": 1636}


def test_the_notices_name_every_source():
    notices = emoji.FOLDER / "NOTICES"
    readme = (notices / "README.md").read_text()
    for part in ("creativecommons.org/licenses/by/4.0", "Twemoji", "Noto Emoji", "resized"):
        assert part in readme
    for name in re.findall(r"`([\w-]+\.txt)`", readme):
        assert len((notices / name).read_text()) > 900
    assert "END OF TERMS AND CONDITIONS" in (notices / "noto-emoji-Apache-2.0.txt").read_text()


COST = """
import json, pathlib, resource, sys
from mmref.data import emoji
emoji.load("both")
status = pathlib.Path("/proc/self/status")
if status.exists():  # on Linux ru_maxrss would count what the parent process had in memory
    megabytes = int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
else:
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
frameworks = [name for name in ("torch", "keras", "tensorflow") if name in sys.modules]
print(json.dumps([megabytes, frameworks]))
"""


def test_loading_takes_little_memory_and_no_framework():
    """In a process of its own; that it is quick as well is for make bench to say."""
    pytest.importorskip("resource", reason="peak memory is read by the resource module of Unix")
    done = subprocess.run([sys.executable, "-c", COST], capture_output=True, check=True)
    megabytes, frameworks = json.loads(done.stdout)
    assert megabytes < 200
    assert frameworks == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": ["train"]}, r"^split: expected one of None, 'train', .* got \['train'\]$"),
        ({"groups": 8}, r"^groups \(a sequence of names, .*\): expected one of .*; got 8$"),
    ],
)
def test_choices_of_emoji_that_are_no_names(arguments, message):
    with pytest.raises(ChoiceError, match=message):
        emoji.load(**arguments)
