"""The framework tabs: by mouse, by keyboard, by address, remembered, and without scripts."""

import pytest

pytestmark = pytest.mark.browser

CHAPTER = "notebooks/fusion/weighted.html"
OTHER = "book/reading.html"


def shown(page) -> set[str]:
    """Frameworks whose panels can be seen."""
    names = ("pytorch", "keras")
    return {n for n in names if page.locator(f".framework-panel.{n}:visible").count()}


def selected(page) -> set[str]:
    return set(page.locator("[role=tab][aria-selected=true]:visible").all_inner_texts())


def tab(page, name, number=0):
    return page.get_by_role("tab", name=name).nth(number)


def test_pytorch_is_shown_first(browse):
    page = browse(CHAPTER)
    assert shown(page) == {"pytorch"} and selected(page) == {"PyTorch"}


def test_a_click_moves_every_tab_set(browse):
    page = browse(CHAPTER)
    assert page.locator("[role=tablist]:visible").count() > 1
    tab(page, "Keras", 1).click()
    assert shown(page) == {"keras"} and selected(page) == {"Keras"}


def test_a_click_leaves_the_tab_under_the_hand(browse):
    """Sets above may change height; the tab that was clicked must not move."""
    page = browse(CHAPTER)
    last = tab(page, "Keras", page.locator("[role=tablist]:visible").count() - 1)
    # Make the sets above differ in height by far.
    page.evaluate("document.querySelector('.framework-panel.keras').style.paddingTop = '400px'")
    last.scroll_into_view_if_needed()
    before = last.bounding_box()["y"]
    last.click()
    assert abs(last.bounding_box()["y"] - before) <= 2


@pytest.mark.parametrize(
    ("start", "key", "end"),
    [
        ("PyTorch", "ArrowRight", "keras"),
        ("PyTorch", "ArrowLeft", "keras"),
        ("Keras", "ArrowRight", "pytorch"),
        ("Keras", "Home", "pytorch"),
        ("PyTorch", "End", "keras"),
        ("PyTorch", "ArrowDown", "pytorch"),
    ],
)
def test_arrow_keys_move_between_tabs(browse, start, key, end):
    page = browse(CHAPTER)
    tab(page, start).click()
    tab(page, start).press(key)
    assert shown(page) == {end}
    assert page.evaluate("document.activeElement.dataset.framework") == end


def test_one_stop_for_the_tab_key(browse):
    """Only the chosen tab is reached with the Tab key; arrows do the rest."""
    page = browse(CHAPTER)
    stops = page.locator("[role=tab][tabindex='0']").count()
    assert stops == page.locator("[role=tablist]").count()


def test_roles_and_names(browse):
    page = browse(CHAPTER)
    lists = page.locator("[role=tablist]")
    assert lists.count() == page.locator(".framework-tabs").count() > 0
    assert all(one.get_attribute("aria-label") for one in lists.all())
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    for one in page.get_by_role("tab").all():
        panel = page.locator(f"#{one.get_attribute('aria-controls')}")
        assert panel.get_attribute("role") == "tabpanel"
        assert panel.get_attribute("aria-labelledby") == one.get_attribute("id")
        assert ids.count(one.get_attribute("id")) == 1


def test_the_choice_is_remembered_across_pages(browse):
    tab(browse(CHAPTER), "Keras").click()
    assert shown(browse(OTHER)) == {"keras"}
    assert shown(browse(CHAPTER)) == {"keras"}


@pytest.mark.parametrize("name", ["pytorch", "keras"])
def test_the_address_selects(browse, name):
    assert shown(browse(f"{CHAPTER}?framework={name}")) == {name}


def test_the_address_beats_the_memory_and_is_remembered(browse):
    tab(browse(CHAPTER), "Keras").click()
    assert shown(browse(f"{CHAPTER}?framework=pytorch")) == {"pytorch"}
    assert shown(browse(OTHER)) == {"pytorch"}


def test_an_unknown_framework_in_the_address_changes_nothing(browse):
    assert shown(browse(f"{CHAPTER}?framework=toString")) == {"pytorch"}


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_an_address_within_a_panel_shows_it(browse, name):
    """A link to a name of either framework reaches it, whatever was chosen before."""
    tab(browse(CHAPTER), "Keras" if name == "torch" else "PyTorch").click()
    page = browse(f"book/api/models.html#mmref.{name}.FusionRegressor")
    target = page.locator(f"[id='mmref.{name}.FusionRegressor']")
    assert target.is_visible() and shown(page) == {"pytorch" if name == "torch" else "keras"}
    assert 0 <= target.bounding_box()["y"] < 900


def test_without_scripts_both_are_readable(browse):
    page = browse(CHAPTER, java_script_enabled=False)
    assert page.locator(".framework-panel.pytorch:visible").count() > 0
    assert page.locator(".framework-panel.keras:visible").count() > 0
    labels = page.locator(".framework-label:visible").all_inner_texts()
    assert set(labels) == {"PyTorch", "Keras"}


def test_paper_shows_both(browse):
    page = browse(CHAPTER)
    page.emulate_media(media="print")
    assert shown(page) == {"pytorch", "keras"}


def test_solutions_are_folded_and_open_by_key(browse):
    fold = browse(CHAPTER).locator("details.solution").first
    content = fold.locator("> *:not(summary)").first
    assert not content.is_visible()
    fold.locator("> summary").press("Enter")
    assert content.is_visible()
