"""What several people say to a question."""

import numpy as np
import pytest

from mmref.data import scenes
from tests.messages import assert_raises

ASKED = scenes.questions(600, seed=4)


def test_people_err_as_often_as_said_and_with_answers_of_the_kind():
    told = scenes.annotate(ASKED, seed=0, people=10, error=0.2)
    wrong = np.array(
        [[a != right for a in some] for some, right in zip(told, ASKED.answers, strict=True)]
    )
    assert wrong.shape == (600, 10) and abs(wrong.mean() - 0.2) < 4 * np.sqrt(0.16 / 6000)
    for kind in scenes.ANSWERS:
        said = {a for some, k in zip(told, ASKED.kinds, strict=True) if k == kind for a in some}
        assert said == set(scenes.answers(kind))


def test_who_errs_errs_by_themselves_and_with_each_other_answer_as_often():
    asked = scenes.questions(900, seed=1, kinds="color")
    told = scenes.annotate(asked, seed=0, error=0.5)
    both = np.array([[some[0] == a, some[1] == a] for some, a in zip(told, asked.answers)])
    assert abs(np.corrcoef(both.T)[0, 1]) < 4 / 30
    wrong = [a for some, right in zip(told, asked.answers) for a in some if a != right]
    shares = np.unique(wrong, return_counts=True)[1] / len(wrong)
    assert len(shares) == 6 and abs(shares - 1 / 6).max() < 0.03


@pytest.mark.parametrize("error", [0.0, 1.0])
def test_never_and_always(error):
    told = scenes.annotate(ASKED, seed=0, people=3, error=error)
    right = [a == truth for some, truth in zip(told, ASKED.answers, strict=True) for a in some]
    assert set(right) == {error == 0}


def test_rows_depend_on_seed_and_number_alone_and_chinese_says_the_same():
    few = scenes.annotate(scenes.questions(5, seed=4), seed=3)
    assert few == scenes.annotate(ASKED, seed=3)[:5] != scenes.annotate(ASKED, seed=2)[:5]
    chinese = scenes.annotate(scenes.questions(600, seed=4, language="zh"), seed=3)
    english = scenes.annotate(ASKED, seed=3)
    for kind, some, others in zip(ASKED.kinds, english, chinese, strict=True):
        words = dict(zip(scenes.answers(kind), scenes.answers(kind, "zh"), strict=True))
        assert tuple(words[a] for a in some) == others


def test_bad_arguments():
    message = "asked: expected mmref.data.scenes.Questions, got list"
    assert_raises(TypeError, message, lambda: scenes.annotate([], seed=0))
    message = "people: expected an integer, at least 1, got 0"
    assert_raises(ValueError, message, lambda: scenes.annotate(ASKED, seed=0, people=0))
    with pytest.raises(ValueError, match="^error: expected .* got 1.5"):
        scenes.annotate(ASKED, seed=0, error=1.5)
