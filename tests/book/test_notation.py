"""The page of notation: every symbol of a chapter's table stands there, for that chapter."""

import re
import tomllib
from itertools import groupby

import pytest
from sphinx.cmd.build import main as sphinx_build

from scripts.notebooks import FOLDER, ROOT, chapters

ROWS = tomllib.loads((ROOT / "book" / "letters.toml").read_text("utf-8"))["letter"]
TABLE = re.compile(r"^\| symbol .*\n\|[-|]+\n((?:\|.*\n)+)", re.M)
ACCENTS = {"bar", "tilde", "hat", "mathbb"}
NAMES = "alpha beta gamma delta epsilon lambda mu nu pi rho sigma tau phi omega ell"
GREEK = dict(zip("αβγδελμνπρστφωℓ", NAMES.split(), strict=True))


def letters(symbols: str) -> set[str]:
    """The letters in a cell of symbols, without index, accent, prime and argument."""
    plain = re.sub(r"[_^](\{[^}]*\}|\\?\w+)", "", symbols)
    plain = re.sub(r"(?<=\w)\(\w\)", "", plain)
    words = [GREEK.get(word.lstrip("\\"), word) for word in re.findall(r"\\?[^\W\d_]+", plain)]
    commands = {
        word.lstrip("\\") for word in words if word.startswith("\\") or word in GREEK.values()
    }
    return {word for word in words if len(word) == 1} | commands - ACCENTS


LISTED = {}  # chapter -> the letters of its tables
for path in chapters():
    if tables := TABLE.findall(path.read_text("utf-8")):
        cells = [row.split("|")[1] for table in tables for row in table.splitlines()]
        LISTED[path.relative_to(FOLDER).with_suffix("").as_posix()] = set().union(
            *map(letters, cells)
        )


def of(chapter):
    """The letters that the page has for a chapter."""
    return set().union(*(letters(row["letter"]) for row in ROWS if chapter in row["in"]))


def test_there_are_tables():
    assert len(LISTED) >= 15 and all(LISTED.values())


@pytest.mark.parametrize("chapter", LISTED)
def test_every_symbol_of_a_chapter_is_told(chapter):
    """A letter that is missing needs a row in book/letters.toml, or the chapter in a row's `in`."""
    assert LISTED[chapter] - of(chapter) == set()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['letter']}: {row['means']}")
def test_a_row_is_used(row):
    """Each chapter that a row names has the letter, in its table or as the length of an axis."""
    assert row.keys() == {"letter", "means", "in"} and row["means"].strip() == row["means"] != ""
    assert row["in"] == [*dict.fromkeys(row["in"])] != []
    for chapter in row["in"]:
        text = (FOLDER / chapter).with_suffix(".md").read_text("utf-8")
        shapes = " ".join(re.findall(r"\(([\w, $']+)\)", " ".join(TABLE.findall(text))))
        assert letters(row["letter"]) & (LISTED[chapter] | letters(shapes)), chapter


def test_a_letter_means_one_thing_in_a_chapter():
    """Two meanings of a letter on one page must be two rows, and the page says which is where."""
    told = [(row["letter"], chapter) for row in ROWS for chapter in row["in"]]
    assert [pair for pair in told if told.count(pair) > 1] == []


def test_letters_stand_in_the_order_of_the_alphabet():
    """Capital letters, small ones, Greek; the rows of a letter together."""
    found = [name for name, _ in groupby(ROWS, key=lambda row: row["letter"])]
    assert len(found) == len(set(found))
    latin = [min(letters(name)) for name in found if len(min(letters(name))) == 1]
    assert latin == sorted(latin)


@pytest.mark.parametrize(
    ("symbols", "wanted"),
    [
        (r"$q_i$, $k_{ij}$, T", {"q", "k", "T"}),
        (r"$\tilde c_t$, $p'_{ij}$; a, b", {"c", "p", "a", "b"}),
        (r"$\mu, \Sigma$ and $\nu$ or α; λ", {"mu", "Sigma", "nu", "alpha", "lambda"}),
        (r"$\mathbb{E}_{x \sim p}$, $p_m(k)$, $d^2$", {"E", "p", "d"}),
        ("(i, j), H'", {"i", "j", "H"}),
    ],
)
def test_letters_are_read_from_a_cell(symbols, wanted):
    assert letters(symbols) == wanted


def test_the_directive_parts_and_counts_them(root, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "book" / "_ext"))
    (tmp_path / "conf.py").write_text(
        'extensions = ["myst_nb", "letters"]\nmyst_enable_extensions = ["dollarmath"]\n'
        'html_theme = "basic"\n'
    )
    (tmp_path / "book").mkdir()
    rows = [("B", "a batch", "one"), ("a", "a score", "one"), ("a", "a sum", "two")]
    (tmp_path / "book" / "letters.toml").write_text(
        "".join(f"[[letter]]\nletter='{x}'\nmeans='{y}'\nin=['f/{z}']\n" for x, y, z in rows)
    )
    (tmp_path / "notebooks" / "f").mkdir(parents=True)
    for name in ("one", "two"):
        (tmp_path / "notebooks" / "f" / f"{name}.md").write_text(f"# {name}\n")
    (tmp_path / "index.md").write_text(
        "# Page\n\n```{letters}\n```\n\n```{letters} one\n```\n\n```{letters} several\n```\n\n"
        "```{toctree}\nnotebooks/f/one\nnotebooks/f/two\n```\n"
    )
    out = tmp_path / "_build"
    assert sphinx_build(["-q", "-n", "-W", str(tmp_path), str(out)]) == 0
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "Of 2 letters, 1 mean one thing, 1 several." in page
    tables = [
        re.sub("<[^>]*>", "", table).split()
        for table in re.findall("<table.*?</table>", page, re.S)
    ]
    assert tables[0][3:] == [r"\(B\)", "a", "batch", "one"]
    assert tables[1][3:] == [r"\(a\)", "a", "score", "one", "a", "sum", "two"]
