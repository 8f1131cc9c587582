"""From a folder in the layout of VQA v2 to a saved model that answers, as the chapter does it."""

import json

import numpy as np
import pytest
from PIL import Image

from mmref import bundle
from mmref.data import folders, scenes
from mmref.data.text import Vocabulary
from mmref.metrics import vqa_accuracy
from tests.wings import WINGS, wing_of

SIZE = 32


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Few questions, ten people's answers, and pictures, for each part."""
    folder = tmp_path_factory.mktemp("vqa")
    for first, (part, n) in enumerate({"train2014": 90, "val2014": 12}.items()):
        asked = scenes.questions(n, seed=first, kinds=("color", "existence"))
        told = scenes.annotate(asked, seed=first, error=0.05)
        (folder / part).mkdir()
        questions, annotations = [], []
        for i, (text, people) in enumerate(zip(asked.texts, told, strict=True)):
            number = 1000 * first + i + 1
            picture = Image.fromarray(asked.scenes.images[i])
            picture.save(folder / part / f"COCO_{part}_{number:012d}.jpg")
            ids = {"image_id": number, "question_id": number}
            questions.append(ids | {"question": text})
            most = max(sorted(set(people)), key=people.count)
            said = {"multiple_choice_answer": most, "answers": [{"answer": a} for a in people]}
            annotations.append(ids | said)
        for name, content in (
            (f"v2_OpenEnded_mscoco_{part}_questions", {"questions": questions}),
            (f"v2_mscoco_{part}_annotations", {"annotations": annotations}),
        ):
            (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def model_of(wing, words, classes):
    encoders = {
        "image": wing.MapEncoder((SIZE, SIZE), (4, 4, 8)),
        "text": wing.TextEncoder(words, 4, 8, 6, cell="gru"),
    }
    fusion = wing.LocalFusion(wing.FiLMFusion({"image": 8, "text": 6}, 12))
    return wing.FusionClassifier(encoders, fusion, classes)


def trained(name, model, reader):
    """After a step or two on the shares of the people."""
    wing, data = wing_of(name), reader.data
    inputs = reader.batch(0, 0)[0]
    y = np.array([[people.count(c) / len(people) for c in data.classes] for people in data.answers])
    y = y.astype("float32")
    if name == "keras":
        import keras

        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.01), loss=loss)
        model.fit(inputs, y, batch_size=20, epochs=1, verbose=0)
        return model
    import torch

    inputs = inputs | {"image": inputs["image"].transpose(0, 3, 1, 2)}
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    loss = torch.nn.functional.cross_entropy
    wing.fit(model, optimizer, (inputs, y), loss=loss, epochs=1, batch_size=20, progress=False)
    return model.eval()


@pytest.mark.parametrize("name", WINGS)
def test_a_folder_is_read_learned_saved_and_asked_in_both_frameworks(name, root, tmp_path):
    data = folders.vqa(root, answers=8)
    train, test = data.part("train"), data.part("validation")
    assert set(data.classes) == {*scenes.COLORS, "yes", "no"}
    words = Vocabulary.build(train.texts)
    reader = folders.Reader(train, words, SIZE, batch_size=len(train), length=12)
    model = trained(name, model_of(wing_of(name), len(words), len(data.classes)), reader)
    wing_of(name).save(tmp_path / "model", model, reader)
    asked = [root / image for image in test.images], test.texts
    found = [bundle.predict(tmp_path / "model", *asked, framework=wing) for wing in WINGS]
    np.testing.assert_allclose(found[0].probabilities, found[1].probabilities, atol=1e-5)
    assert found[0].classes == data.classes
    scores = vqa_accuracy(found[0].labels, test.answers)
    assert scores.shape == (len(test),) and set(np.round(scores, 4)) <= {0, 0.3, 0.6, 0.9, 1}


@pytest.mark.parametrize("name", WINGS)
def test_a_fusion_around_another_is_saved_with_its_modalities(name, root, tmp_path):
    train = folders.vqa(root, answers=8).part("train")
    words = Vocabulary.build(train.texts)
    reader = folders.Reader(train, words, SIZE)
    wing = wing_of(name)
    model = model_of(wing, len(words), len(train.classes))
    stood = wing.FusionClassifier(
        model.config["encoders"], wing.LocalFusion(wing.StandInFusion(model.fusion.fusion)), 8
    )
    if name == "keras":
        stood.build({m: None for m in stood.encoders})
    wing.save(tmp_path / "model", stood, reader)
    assert bundle.read(tmp_path / "model").modalities == ("image", "text")


def test_what_is_most_often_said_scores_one(root):
    test = folders.vqa(root, answers=8).part("validation")
    most = [max(people, key=people.count) for people in test.answers]
    np.testing.assert_array_equal(vqa_accuracy(most, test.answers), 1)
    assert [test.classes[label] for label in test.labels] == most
