"""Every page as a reader meets it: complete, offline, on a screen and on a phone."""

import re

import pytest

pytestmark = pytest.mark.browser

CHAPTER = "notebooks/fusion/weighted.html"
PHONE, SCREEN = 390, 1280

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# An image that nobody described is given its own file name instead.
NO_ALT = r"""[...document.images].filter(i => i.closest('main'))
    .filter(i => !i.alt.trim() || /\.(png|svg|jpe?g|gif|webp)$/i.test(i.alt)).map(i => i.src)"""
BROKEN = "[...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
SEARCHES = "input[type=search], input[name=q], .search-button__button"
VISIBLE_SEARCHES = f"[...document.querySelectorAll('{SEARCHES}')].filter(e => e.checkVisibility())"


@pytest.mark.parametrize(("width", "theme"), [(SCREEN, "light"), (PHONE, "dark")])
def test_every_page_is_whole(site, browse, width, theme):
    """No request leaves the host or fails; no script error; one search field; all fits."""
    problems = {}
    for name in site.pages():
        page = browse(name, width=width, color_scheme=theme)
        page.wait_for_timeout(200)  # what scripts ask for after loading counts as well
        found = page.watch.problems
        found += [f"no description: {src}" for src in page.evaluate(NO_ALT)]
        found += [f"broken image: {src}" for src in page.evaluate(BROKEN)]
        if (beyond := page.evaluate(OVERFLOW)) > 0:
            found.append(f"wider than the window by {beyond} px")
        # The page of results has the field it was sent from, besides.
        if (fields := page.evaluate(f"{VISIBLE_SEARCHES}.length")) != 1 + (name == "search.html"):
            found.append(f"{fields} search fields")
        if found:
            problems[name] = found
        page.close()
    assert not problems


def test_the_watch_sees_a_request_that_leaves_the_host(browse):
    """The test above can fail: each kind of problem is put on a page and must be reported."""
    page = browse("book/setup.html")
    assert not page.watch.problems
    page.evaluate("""() => {
        const image = document.createElement("img");
        image.src = "http://host.invalid/badge.svg";  // .invalid never resolves
        document.querySelector("main").append(image);
        console.error("broken");
    }""")
    page.wait_for_timeout(500)
    kinds = {problem.split(":")[0] for problem in page.watch.problems}
    assert {"leaves the host", "failed", "console"} <= kinds
    assert len(page.evaluate(NO_ALT)) == 1
    page.evaluate("document.querySelector('main img').alt = '../_images/ab12.png'")
    assert len(page.evaluate(NO_ALT)) == 1
    page.evaluate("document.querySelector('main img').alt = 'A badge'")
    assert not page.evaluate(NO_ALT)
    page.evaluate("document.querySelector('article p').style.width = '3000px'")
    assert page.evaluate(OVERFLOW) > 0


def test_formulas_are_typeset(browse):
    page = browse(CHAPTER)
    written = page.locator("main .math").count()
    assert written > 0
    assert page.locator("main .math mjx-container").count() >= written
    assert page.locator("main mjx-merror").count() == 0
    # A glyph from the shipped fonts, and no raw TeX left over.
    assert page.evaluate("document.fonts.check('16px MJXTEX')")
    assert not re.search(r"\\\\\(|\\\\\[|\$\$", page.locator("main").inner_text())


FRAMES = """
window.frames_seen = [];
(function frame() {
  const within = (box) => box.bottom > 0 && box.top < innerHeight && box.height > 0;
  const formulas = [...document.querySelectorAll("main .math")];
  const open = formulas.filter((one) => !one.querySelector("mjx-container"));
  const waits = open.some((one) => within(one.getBoundingClientRect()));
  if (formulas.length) window.frames_seen.push({ set: formulas.length - open.length, waits });
  requestAnimationFrame(frame);
})();
"""


@pytest.mark.parametrize("place", ["", "#summary"])
def test_a_long_page_is_drawn_while_its_formulas_are_set(browse, place):
    page = browse("404.html")
    page.add_init_script(FRAMES)
    page.goto(page.watch.address + "notebooks/foundations/attention_in_depth.html" + place)
    page.evaluate("MathJax.startup.promise.then(() => true)")
    seen = page.evaluate("window.frames_seen")
    written = page.locator("main .math").count()
    assert page.locator("main .math mjx-container").count() == written > 100
    assert len({frame["set"] for frame in seen} - {0, written}) > 3, "set in turns"
    assert any(0 < frame["set"] < written / 2 and not frame["waits"] for frame in seen)
    if place:  # what is set above does not carry the reader away
        top = "document.querySelector('#summary').getBoundingClientRect().top"
        assert page.evaluate(top) < 200
    assert not page.watch.problems


def test_equations_have_numbers(browse):
    numbers = browse(CHAPTER).locator("main .eqno").all_inner_texts()
    assert numbers and all(re.match(r"\(\d+\.\d+\)", number) for number in numbers)


def test_search_finds_a_page(browse):
    page = browse("book/setup.html")
    page.evaluate(f"{VISIBLE_SEARCHES}[0].click()")
    field = page.locator("#pst-search-dialog input[type=search]")
    assert page.evaluate(f"{VISIBLE_SEARCHES}.filter(e => e.tagName === 'INPUT').length") == 1
    field.fill("inverse-variance")
    field.press("Enter")
    page.wait_for_selector("#search-results li a")
    links = page.locator("#search-results li a").all_inner_texts()
    assert any("Glossary" in link for link in links)
    assert not page.watch.problems


def test_search_understands_chinese_terms(browse):
    """A reader who knows only the Chinese word reaches its definition by a link."""
    page = browse("genindex.html")
    link = page.get_by_role("link", name="早期融合")
    assert link.get_attribute("href").startswith("book/glossary.html#term-")


@pytest.mark.parametrize("path", ["no-such-page.html", "strange/and/deep/nothing.html"])
def test_404_finds_its_way_home(site, browse, path):
    page = browse(path)
    asked = [p for p in page.watch.problems if not p.startswith("console: Failed to load resource")]
    assert asked == [f"404: {site.address}{path}"]  # the page itself, and nothing more
    assert page.locator("h1").inner_text() == "This page does not exist"
    page.get_by_role("link", name="Start at the first page").click()
    assert page.url == site.address + "book/index.html"
    page.go_back()
    page.get_by_role("searchbox").fill("gate")
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_selector("#search-results li a")


def test_404_keeps_the_folder_of_a_project_site(site, browse):
    """Published, the book lives in a folder named like the repository."""
    page = browse("mmref/strange/and/deep/nothing.html")
    link = page.get_by_role("link", name="Start at the first page")
    assert link.get_attribute("href") == "/mmref/book/index.html"


def test_the_chapter_offers_its_notebook(site, browse):
    page = browse(CHAPTER)
    notebook = page.locator(".dropdown-download-buttons a[href$='.ipynb']")
    assert notebook.count() == 1
    source = page.evaluate(
        "async link => (await fetch(link)).text()", notebook.get_attribute("href")
    )
    assert '"nbformat"' in source


def test_launch_buttons_follow_the_one_repository_setting(root, browse):
    import yaml

    repository = yaml.safe_load((root / "_config.yml").read_text())["repository"]
    owner_and_name = repository["url"].removeprefix("https://github.com/")
    links = browse(CHAPTER).locator(".dropdown-launch-buttons a")
    targets = [link.get_attribute("href") for link in links.all()]
    assert len(targets) == 2
    for host, target in zip(("mybinder.org", "colab.research.google.com"), targets, strict=True):
        assert target.startswith(f"https://{host}/")
        assert owner_and_name in target and repository["branch"] in target
        assert target.endswith(CHAPTER.replace(".html", ".ipynb"))


def test_code_can_be_copied(browse):
    page = browse(CHAPTER)
    cells = page.locator("main div.cell_input").count()
    assert cells and page.locator("main div.cell_input button.copybtn").count() == cells


def test_a_chapter_ends_with_its_last_run(browse):
    footer = browse(CHAPTER).locator("main article footer.last-run")
    assert re.match(
        r"Last run \d{4}-\d\d-\d\d on .+ in \d+ seconds, with Python", footer.inner_text()
    )


def test_the_first_page_fits_one_screen(browse):
    """What it is, the picture and where to start are seen without scrolling."""
    page = browse("book/index.html")
    for selector in ("h1", ".landing-lead", ".landing-picture:visible img", ".landing-start"):
        box = page.locator(f"article {selector}").bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 900, selector


def test_glossary_pairs_every_term_with_chinese(browse):
    page = browse("book/glossary.html")
    english = page.locator("dl.glossary dt:not([lang])").count()
    chinese = page.locator("dl.glossary dt[lang=zh]").count()
    definitions = page.locator("dl.glossary dd").count()
    assert english == chinese == definitions >= 50
