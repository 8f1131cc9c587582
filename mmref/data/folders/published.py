"""Published sets in their original files, over a local copy: Flickr8k, COCO captions, VQA v2, and
the splits of Karpathy and Fei-Fei. ``mmref.data.download.where_to_get`` says what to place where.
"""

import json
from collections import Counter
from pathlib import Path, PurePosixPath

from mmref.contract.settings import check_choice, check_count, check_text
from mmref.data.folders.captions import finished
from mmref.data.folders.cells import BAD_ROW
from mmref.data.folders.columns import Columns, Row
from mmref.data.folders.gate import TWICE
from mmref.data.folders.index import FolderData
from mmref.data.folders.paths import folder
from mmref.data.folders.report import Report
from mmref.data.folders.rows import build
from mmref.data.folders.splits import TWO_SPLITS
from mmref.data.folders.tables import open_text
from mmref.errors import ChoiceError, DataError

NO_SPLIT = "in no split list"
NO_IMAGE = "caption without image"
KNOWN_FLAW = "known flaw of the set"
CAPTIONS = Columns(split="split", id="id")
QUESTIONS = Columns(text="question", label="answer", split="split", id="id", answers="answers")


def flickr8k(
    root: str | Path, *, images: str = "Flicker8k_Dataset", text: str = ".", on_error: str = "error"
) -> FolderData:
    """Flickr8k: five captions for each of 8,000 photographs, with its own split lists.

    root: the folder; images: the folder of photographs in it (the set's own spelling); text: the
        folder of Flickr8k.token.txt and Flickr_8k.trainImages.txt, .devImages.txt, .testImages.txt.

    Left out and counted in the report whatever ``on_error`` says: images in none of the lists
    (there are some), and images whose name ends in ".jpg.1", for which the set has captions and
    no file. Everything else that is wrong follows ``on_error``, as in :func:`load`.
    """
    check_text("images", images)
    check_text("text", text)
    root, report = folder(root), Report(on_error)
    split_of: dict[str, str] = {}
    for split, part in (("train", "train"), ("validation", "dev"), ("test", "test")):
        for where, image in _lines(root, f"{text}/Flickr_8k.{part}Images.txt"):
            if split_of.setdefault(image, split) != split:
                raise DataError(where, TWO_SPLITS["image"], image)

    captioned = set()

    def rows():
        for where, line in _lines(root, f"{text}/Flickr8k.token.txt"):
            key, tab, caption = line.partition("\t")
            image, sign, number = key.rpartition("#")
            if not (tab and sign and number.isdigit()):
                report.problem(
                    DataError(where, BAD_ROW, f"expected image#number, tab, text: {line!r}")
                )
            elif image.endswith(".jpg.1"):
                report.note(KNOWN_FLAW, image)
            elif image not in split_of:
                report.note(NO_SPLIT, image)
            else:
                captioned.add(image)
                yield Row(where, f"{images}/{image}", caption, key, split=split_of[image])
        for image in sorted(split_of.keys() - captioned):
            report.problem(DataError(image, "image without caption", split_of[image]))

    return finished(build(root, rows(), report, CAPTIONS))


def coco(
    root: str | Path,
    *,
    train: str | None = "train2017",
    validation: str | None = "val2017",
    on_error: str = "error",
) -> FolderData:
    """COCO captions: about five captions an image.

    root: holds annotations/captions_train2017.json and the folder train2017 of images, and the
        same for val2017. train, validation: these names; None leaves one out.

    The captions of COCO's test images are not published: keep a part of the training images for
    validation (``split``) and test on val2017, or take the splits of :func:`karpathy`.
    The JSON file is in memory while it is read.
    """
    root, report = folder(root), Report(on_error)

    def rows():
        for split, part in _parts(train=train, validation=validation):
            name = f"annotations/captions_{part}.json"
            content = _json(root, name, ("images", "annotations"))
            file_of = _by_id(name, content["images"], "id", report)
            for where, record in _records(name, content["annotations"], report):
                image = file_of.get(_number(record, "image_id"))
                if image is None:
                    report.problem(DataError(where, NO_IMAGE, f"image_id {record.get('image_id')}"))
                    continue
                place = f"{part}/{image.get('file_name')}"
                yield Row(where, place, record.get("caption"), _number(record, "id"), split=split)

    return finished(build(root, rows(), report, CAPTIONS))


def vqa(
    root: str | Path,
    *,
    train: str | None = "train2014",
    validation: str | None = "val2014",
    answers: int = 1000,
    on_error: str = "error",
) -> FolderData:
    """VQA v2: questions about COCO images, ten people's answers to each.

    root: holds v2_OpenEnded_mscoco_train2014_questions.json, v2_mscoco_train2014_annotations.json
        and the folder train2014 of images (COCO_train2014_000000000009.jpg), and the same for
        val2014. train, validation: these names; None leaves one out.
    answers: the classes are the most frequent ones of the training part (of what is read, where
        that is left out). The label of a rarer answer is -1: leave those rows out of training,
        ``data.take(data.labels >= 0)``, and count them as wrong in a test.

    ``texts`` are the questions, ``ids`` the question ids, ``labels`` the answer given most often,
    ``answers`` all of them. The JSON files are in memory while they are read.
    """
    check_count("answers", answers)
    root, report = folder(root), Report(on_error)
    counts: dict[str, Counter] = {}
    rows = []
    for split, part in _parts(train=train, validation=validation):
        name = f"v2_OpenEnded_mscoco_{part}_questions.json"
        asked = _by_id(name, _json(root, name, ("questions",))["questions"], "question_id", report)
        name = f"v2_mscoco_{part}_annotations.json"
        counts[split] = Counter()
        for where, record in _records(
            name, _json(root, name, ("annotations",))["annotations"], report
        ):
            number, image = _number(record, "question_id"), record.get("image_id")
            question = asked.get(number)
            if question is None or question.get("image_id") != image:
                report.problem(
                    DataError(where, "answer without question", f"question {number}, image {image}")
                )
            elif type(image) is not int:
                report.problem(DataError(where, BAD_ROW, f"expected a number, image_id {image!r}"))
            else:
                label = record.get("multiple_choice_answer") or ""  # None would mean no labels
                row = Row(
                    where,
                    f"{part}/COCO_{part}_{image:012d}.jpg",
                    question.get("question"),
                    number,
                    label,
                    split,
                    _answers(record),
                )
                rows.append(row)
                if isinstance(label, str):
                    counts[split][label] += 1
    frequent = counts["train" if train else "validation"]
    classes = sorted(frequent, key=lambda answer: (-frequent[answer], answer))[:answers]
    return finished(build(root, rows, report, QUESTIONS, classes, other=-1))


def karpathy(
    root: str | Path,
    file: str = "dataset_flickr8k.json",
    *,
    images: str = ".",
    restval: str = "train",
    on_error: str = "error",
) -> FolderData:
    """Flickr8k, Flickr30k or COCO captions in the splits of Karpathy and Fei-Fei.

    root: holds the file, dataset_flickr8k.json, dataset_flickr30k.json or dataset_coco.json.
    images: the folder of images below the root; COCO's records add the folders train2014 and
        val2014 by themselves.
    restval: what becomes of the COCO images of that split: "train", as most papers do, or "skip",
        which leaves them out and counts them.
    """
    check_choice("restval", restval, ("train", "skip"))
    check_text("file", file)
    check_text("images", images)
    root, report = folder(root), Report(on_error)

    def rows():
        content = _json(root, file, ("images",))
        for where, record in _records(file, content["images"], report):
            below, name = record.get("filepath") or "", record.get("filename")
            place = str(PurePosixPath(images, str(below), str(name)))
            split, sentences = record.get("split") or "", record.get("sentences")
            if not isinstance(sentences, list) or not sentences:
                report.problem(DataError(where, BAD_ROW, "no sentences"))
                continue
            for place_in_list, sentence in _records(f"{where}, sentences", sentences, report):
                if split == "restval" and restval == "skip":
                    report.note("restval", place)
                    continue
                yield Row(
                    place_in_list,
                    place,
                    sentence.get("raw"),
                    _number(sentence, "sentid"),
                    split="train" if split == "restval" else split,
                )

    return finished(build(root, rows(), report, CAPTIONS))


def _parts(**parts):
    """The (split, name) pairs that are wanted."""
    wanted = [(split, name) for split, name in parts.items() if name is not None]
    for split, name in wanted:
        check_text(split, name)
    if not wanted:
        raise ChoiceError("train, validation", None, ("a name for at least one of them",))
    return wanted


def _lines(root, name):
    with open_text(root, name) as file:
        for number, line in enumerate(file, 1):
            if line := line.strip():
                yield f"{name}, line {number}", line


def _json(root, name, keys):
    """The object in a JSON file, with a list under each key."""
    with open_text(root, name) as file:
        try:
            content = json.load(file)
        except (ValueError, RecursionError) as error:
            raise DataError(name, "malformed JSON", error) from error
    for key in keys:
        if not isinstance(content, dict) or not isinstance(content.get(key), list):
            raise DataError(name, "malformed JSON", f"expected an object with a list {key!r}")
    return content


def _records(name, records, report):
    """(where, record) for each object in a list."""
    for number, record in enumerate(records):
        where = f"{name} [{number}]"
        if isinstance(record, dict):
            yield where, record
        else:
            report.problem(DataError(where, BAD_ROW, f"expected an object, got {record!r:.60}"))


def _number(record, key):
    """A number that names a record, as text; "" where there is none."""
    return str(record[key]) if type(record.get(key)) is int else ""


def _answers(record):
    """What people answered, as far as it is there; anything but text is a problem later."""
    given = record.get("answers")
    if not isinstance(given, list):
        return ()
    return tuple(a.get("answer", a) if isinstance(a, dict) else a for a in given)


def _by_id(name, records, key, report):
    """The records by their ids."""
    found = {}
    for where, record in _records(name, records, report):
        number = _number(record, key)
        if not number:
            report.problem(DataError(where, BAD_ROW, f"expected a number, got {record.get(key)!r}"))
        elif number in found:
            report.problem(DataError(where, TWICE, f"{key} {number}"))
        else:
            found[number] = record
    return found
