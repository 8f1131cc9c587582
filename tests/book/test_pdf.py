"""The book on paper: some of its pages, printed into one file."""

import pytest
from pypdf import PdfReader

from scripts.pdf import print_book

pytestmark = pytest.mark.browser

CHAPTER, DEPTH = "notebooks/fusion/weighted.html", "notebooks/fusion/weighted_in_depth.html"
TITLES = ["Multimodal Deep Learning", "Fusion", "Weighted fusion", "Weighted fusion in depth"]


@pytest.fixture(scope="module")
def paper(site, chromium, tmp_path_factory) -> PdfReader:
    """The first page and the two on weighted fusion."""
    target = tmp_path_factory.mktemp("pdf") / "book.pdf"
    count = print_book(chromium, site.folder, target, ["book/index.html", CHAPTER, DEPTH])
    reader = PdfReader(target)
    assert len(reader.pages) == count
    return reader


def titles(outline, depth=0):
    """(depth, title, page) of each entry of an outline."""
    for entry in outline:
        if isinstance(entry, list):
            yield from titles(entry, depth + 1)
        else:
            yield depth, entry


@pytest.fixture(scope="module")
def starts(paper) -> dict[str, int]:
    """The page of the file on which each entry of its outline begins, without its number."""
    return {
        entry.title.lstrip("0123456789. "): paper.get_destination_page_number(entry)
        for _, entry in titles(paper.outline)
    }


@pytest.fixture(scope="module")
def chapter(paper, starts) -> str:
    """The text of page one, without spaces, which a printed line has where it likes."""
    pages = paper.pages[starts["Weighted fusion"] : starts["Weighted fusion in depth"]]
    return "".join("".join(page.extract_text().split()) for page in pages)


def test_the_outline_is_the_contents(paper, starts):
    assert list(starts) == TITLES
    assert [depth for depth, _ in titles(paper.outline)] == [0, 0, 1, 2]
    assert starts["Multimodal Deep Learning"] == 0 < starts["Weighted fusion"]
    assert starts["Weighted fusion"] < starts["Weighted fusion in depth"] < len(paper.pages)


def test_both_frameworks_stand_one_after_the_other(chapter):
    torch, keras = "classWeightedFusion(nn.Module)", "classWeightedFusionLayer(layers.Layer)"
    assert chapter.index("PyTorch") < chapter.index(torch) < chapter.index(keras)


def test_folds_are_open_and_formulas_typeset(chapter):
    assert 'axes["dog"].imshow' in chapter  # draws the first picture, folded on the page
    assert "∂L" in chapter and "\\frac" not in chapter and "\\sum" not in chapter


def test_links_lead_to_pages_of_the_file(paper, starts):
    """From page two to itself and to formulas of page one; the rest of the book is not printed."""
    one, two = starts["Weighted fusion"], starts["Weighted fusion in depth"]
    links = [link.get_object() for page in paper.pages[two:] for link in page.get("/Annots", [])]
    goals = {paper.get_page_number(a["/Dest"][0].get_object()) for a in links if "/Dest" in a}
    assert any(goal >= two for goal in goals) and any(one < goal < two for goal in goals)
    left = [str(link.get("/A", {}).get("/URI", "")) for link in links]
    assert not any("weighted" in uri for uri in left if uri.startswith("http://127"))
