"""Published sets, each in a miniature copy of its original files."""

import json

import pytest

Image = pytest.importorskip("PIL.Image")

from mmref.data import folders  # noqa: E402
from mmref.errors import ChoiceError, DataError  # noqa: E402

# That much is gone is said by a warning, of which test_folders_trust has the tests.
pytestmark = pytest.mark.filterwarnings("ignore:.* rows .* are left out:UserWarning")


def save(path, color=(1, 2, 3)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), color).save(path)


def dump(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    dump(path, content)


# ---- Flickr8k ----


@pytest.fixture
def flickr8k(tmp_path):
    names = [f"{i}_ab{i}.jpg" for i in range(5)]  # the last one is in no list
    for name in names:
        save(tmp_path / "Flicker8k_Dataset" / name)
    lines = [f"{name}#{i}\tA dog , number {i} .\n" for name in names for i in range(5)]
    lines += [f"2258277193_586949ec62.jpg.1#{i}\tA flawed line .\n" for i in range(5)]
    (tmp_path / "Flickr8k.token.txt").write_text("".join(lines))
    for part, members in {"train": names[:2], "dev": names[2:3], "test": names[3:4]}.items():
        (tmp_path / f"Flickr_8k.{part}Images.txt").write_text("\n".join(members) + "\n")
    return tmp_path


def test_flickr8k_is_read_as_published(flickr8k):
    data = folders.flickr8k(flickr8k)
    assert len(data) == 20 and data.labels is None
    assert data.images[0] == "Flicker8k_Dataset/0_ab0.jpg" and data.ids[1] == "0_ab0.jpg#1"
    assert data.texts[1] == "A dog , number 1 ."
    assert [len(data.part(s)) for s in ("train", "validation", "test")] == [10, 5, 5]
    assert set(data.part("test").images) == {"Flicker8k_Dataset/3_ab3.jpg"}
    # Known flaws are no errors, and are not silent.
    assert data.report.counts == {"in no split list": 5, "known flaw of the set": 5}
    assert data.image(0).shape == (8, 8, 3)


def test_flickr8k_with_the_texts_elsewhere(flickr8k):
    (flickr8k / "text").mkdir()
    for path in flickr8k.glob("*.txt"):
        path.rename(flickr8k / "text" / path.name)
    assert len(folders.flickr8k(flickr8k, text="text")) == 20
    with pytest.raises(DataError, match="Flickr_8k.trainImages.txt: missing file"):
        folders.flickr8k(flickr8k)


def test_problems_of_flickr8k_are_counted(flickr8k):
    (flickr8k / "Flicker8k_Dataset" / "0_ab0.jpg").unlink()
    with open(flickr8k / "Flickr8k.token.txt", "a") as file:
        file.write("no tab\n1_ab1.jpg#0\tA dog again .\n")
    with open(flickr8k / "Flickr_8k.testImages.txt", "a") as file:
        file.write("9_ab9.jpg\n")
    with pytest.raises(DataError, match="Flicker8k_Dataset/0_ab0.jpg: missing file"):
        folders.flickr8k(flickr8k)
    data = folders.flickr8k(flickr8k, on_error="skip")
    assert data.report.counts == {
        "missing file": 5,
        "in no split list": 5,
        "known flaw of the set": 5,
        "malformed row": 1,
        "duplicate id": 1,
        "image without caption": 1,
    }
    with open(flickr8k / "Flickr_8k.testImages.txt", "a") as file:
        file.write("1_ab1.jpg\n")
    with pytest.raises(DataError, match="image in two splits: 1_ab1.jpg"):
        folders.flickr8k(flickr8k, on_error="skip")


# ---- COCO captions ----


@pytest.fixture
def coco(tmp_path):
    for part, numbers in {"train2017": (9, 25), "val2017": (139,)}.items():
        images = [{"id": n, "file_name": f"{n:012d}.jpg", "height": 8} for n in numbers]
        annotations = [
            {"image_id": n, "id": 1000 * n + k, "caption": f"Caption {k} of {n}."}
            for k in range(2)
            for n in numbers
        ]
        content = {"info": {}, "licenses": [], "images": images, "annotations": annotations}
        dump(tmp_path / "annotations" / f"captions_{part}.json", content)
        for image in images:
            save(tmp_path / part / image["file_name"])
    return tmp_path


def test_coco_is_read_as_published(coco):
    data = folders.coco(coco)
    assert len(data) == 6 and data.splits == ("train",) * 4 + ("validation",) * 2
    assert data.images[:2] == ("train2017/000000000009.jpg", "train2017/000000000025.jpg")
    assert data.texts[2] == "Caption 1 of 9." and data.ids[2] == "9001"
    assert data.report.counts == {}
    assert len(folders.coco(coco, train=None)) == 2
    with pytest.raises(ChoiceError, match="at least one"):
        folders.coco(coco, train=None, validation=None)


def test_problems_of_coco_are_counted(coco):
    def spoil(content):
        content["annotations"] += [
            {"image_id": 77, "id": 1, "caption": "Of no image."},
            {"image_id": [9], "id": 2, "caption": "Of no image."},
            {"image_id": 9, "id": 9000, "caption": "An id for the second time."},
            {"image_id": 9, "id": 3},
            {"image_id": 9, "caption": "No id."},
            {"image_id": 9, "id": 4, "caption": "A lone surrogate \ud800."},
            "no object",
        ]
        content["images"] += [
            {"id": 9, "file_name": "000000000025.jpg"},
            {"id": 26, "file_name": "../../secret.jpg"},
            {"id": "x"},
        ]
        content["annotations"].append({"image_id": 26, "id": 5, "caption": "Outside."})

    edit(coco / "annotations" / "captions_train2017.json", spoil)
    with pytest.raises(DataError, match=r"captions_train2017.json \[2\]: duplicate id: id 9"):
        folders.coco(coco)
    data = folders.coco(coco, on_error="skip")
    assert len(data) == 6
    assert data.report.counts == {
        "duplicate id": 2,
        "malformed row": 2,
        "empty cell": 2,
        "caption without image": 2,
        "undecodable text": 1,
        "outside the folder": 1,
    }


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"images": []}', '{"images": {}, "annotations": []}']
)
@pytest.mark.parametrize("on_error", ["error", "skip"])
def test_coco_without_its_lists(coco, content, on_error):
    (coco / "annotations" / "captions_train2017.json").write_text(content)
    with pytest.raises(DataError, match="annotations/captions_train2017.json: malformed JSON"):
        folders.coco(coco, on_error=on_error)


# ---- VQA v2 ----


@pytest.fixture
def vqa(tmp_path):
    for part, asked in {
        "train2014": [(9, "yes"), (9, "red"), (25, "yes"), (25, "2")],
        "val2014": [(42, "yes"), (42, "blue")],
    }.items():
        questions, annotations = [], []
        for k, (image, answer) in enumerate(asked):
            number = image * 1000 + k
            question = {"image_id": image, "question": f"Question {k}?", "question_id": number}
            questions.append(question)
            answers = [
                {"answer": answer, "answer_confidence": "yes", "answer_id": 1 + i} for i in range(9)
            ]
            answers.append({"answer": "no", "answer_confidence": "maybe", "answer_id": 10})
            annotation = {
                "question_id": number,
                "image_id": image,
                "question_type": "is",
                "answer_type": "other",
                "multiple_choice_answer": answer,
                "answers": answers,
            }
            annotations.insert(0, annotation)  # not in the order of the questions
            save(tmp_path / part / f"COCO_{part}_{image:012d}.jpg")
        dump(tmp_path / f"v2_OpenEnded_mscoco_{part}_questions.json", {"questions": questions})
        dump(tmp_path / f"v2_mscoco_{part}_annotations.json", {"annotations": annotations})
    return tmp_path


def test_vqa_is_read_as_published(vqa):
    data = folders.vqa(vqa)
    assert len(data) == 6 and data.classes == ("yes", "2", "red")
    row = data.ids.index("9001")
    assert data.texts[row] == "Question 1?" and data.classes[data.labels[row]] == "red"
    assert data.images[row] == "train2014/COCO_train2014_000000000009.jpg"
    assert data.answers[row] == ("red",) * 9 + ("no",)
    validation = data.part("validation")
    assert sorted(validation.labels.tolist()) == [-1, 0]  # "blue" is no answer of the training part
    assert data.take(data.labels >= 0).ids == tuple(i for i in data.ids if i != "42001")


def test_vqa_keeps_the_most_frequent_answers(vqa):
    data = folders.vqa(vqa, answers=1)
    assert data.classes == ("yes",) and sorted(data.labels.tolist()) == [-1] * 3 + [0] * 3
    assert folders.vqa(vqa, train=None).classes == ("blue", "yes")
    for answers, error in ((0, ValueError), (1.5, TypeError), (True, TypeError)):
        with pytest.raises(error, match="^answers: expected an integer, at least 1, got"):
            folders.vqa(vqa, answers=answers)


def test_problems_of_vqa_are_counted(vqa):
    def spoil(content):
        first = content["annotations"][0]
        content["annotations"] += [
            first | {"question_id": 1},
            first | {"image_id": 9},
            first | {"question_id": "x"},
            first,
        ]
        content["annotations"][1]["answers"][3] = {"answer": 7}
        content["annotations"][2]["multiple_choice_answer"] = None

    edit(vqa / "v2_mscoco_train2014_annotations.json", spoil)
    with pytest.raises(DataError, match="answer without question"):
        folders.vqa(vqa)
    data = folders.vqa(vqa, on_error="skip")
    assert data.report.counts == {
        "answer without question": 3,
        "malformed row": 1,
        "empty cell": 1,
        "duplicate id": 1,
    }
    assert len(data) == 4


# ---- the splits of Karpathy and Fei-Fei ----


def sentences(*numbers):
    return [
        {"tokens": ["a", "dog"], "raw": f"A dog {n}.", "imgid": n // 10, "sentid": n}
        for n in numbers
    ]


@pytest.fixture
def karpathy(tmp_path):
    images = [
        {"filename": "a.jpg", "split": "train", "imgid": 0, "sentences": sentences(0, 1)},
        {"filename": "b.jpg", "split": "val", "imgid": 1, "sentences": sentences(10)},
        {"filename": "c.jpg", "split": "test", "imgid": 2, "sentences": sentences(20)},
    ]
    dump(tmp_path / "dataset_flickr8k.json", {"images": images, "dataset": "flickr8k"})
    images = [image | {"filepath": "val2014"} for image in images]
    images.append(
        {
            "filename": "d.jpg",
            "filepath": "train2014",
            "split": "restval",
            "imgid": 3,
            "sentences": sentences(30, 31),
        }
    )
    dump(tmp_path / "dataset_coco.json", {"images": images, "dataset": "coco"})
    for name in (
        "photos/a.jpg",
        "photos/b.jpg",
        "photos/c.jpg",
        "val2014/a.jpg",
        "val2014/b.jpg",
        "val2014/c.jpg",
        "train2014/d.jpg",
    ):
        save(tmp_path / name)
    return tmp_path


def test_karpathys_splits_of_flickr8k_are_read_as_published(karpathy):
    data = folders.karpathy(karpathy, images="photos")
    assert data.images == ("photos/a.jpg", "photos/a.jpg", "photos/b.jpg", "photos/c.jpg")
    assert data.splits == ("train", "train", "validation", "test")
    assert data.texts[2] == "A dog 10." and data.ids == ("0", "1", "10", "20")


def test_karpathy_coco_and_restval(karpathy):
    data = folders.karpathy(karpathy, "dataset_coco.json")
    assert data.images[-1] == "train2014/d.jpg" and data.images[0] == "val2014/a.jpg"
    assert data.splits.count("train") == 4 and data.report.counts == {}
    data = folders.karpathy(karpathy, "dataset_coco.json", restval="skip")
    assert data.splits.count("train") == 2
    assert data.report.skipped == {"restval": ["train2014/d.jpg"] * 2}
    with pytest.raises(ChoiceError, match="restval"):
        folders.karpathy(karpathy, "dataset_coco.json", restval="test")


def test_problems_of_karpathys_splits_are_counted(karpathy):
    def spoil(content):
        first = content["images"][0]
        content["images"] += [
            first | {"sentences": sentences(1)},
            first | {"sentences": []},
            first | {"sentences": ["A dog."]},
            first | {"sentences": sentences(40), "split": None},
            first | {"sentences": sentences(50), "filename": None},
            {"filename": "/etc/hostname", "split": "train", "sentences": sentences(60)},
        ]

    edit(karpathy / "dataset_flickr8k.json", spoil)
    with pytest.raises(DataError, match="duplicate id"):
        folders.karpathy(karpathy, images="photos")
    data = folders.karpathy(karpathy, images="photos", on_error="skip")
    assert len(data) == 4
    assert data.report.counts == {
        "duplicate id": 1,
        "malformed row": 2,
        "empty cell": 1,
        "missing file": 1,
        "outside the folder": 1,
    }
