"""The model of the chapter on deployment in the reader's browser, and how its runtime comes."""

import base64
import hashlib
import io
import json
import re
import tarfile

import pytest
from sphinx.cmd.build import main as sphinx_build

PAGE = "notebooks/practice/deploy_in_depth.html"
FOLDER = "_static/onnxruntime-web"
GIVEN = re.compile(r'class="onnx-web">.*?json">(.*?)</script>', re.S)
ENDED = """!document.querySelector(".onnx-web button")
    || document.body.innerText.includes("It did not start")"""
INDEX = """Title
=====

.. toctree:: other

.. raw:: html

   <div class="onnx-web"><p>Nothing runs here.</p>
   <script type="application/json">{"names": [], "model": "b25ueA=="}</script></div>
"""
NPM = """#!/bin/sh
cp "{package}" onnxruntime-web-1.30.0.tgz
"""


@pytest.fixture
def onnx_web(root, monkeypatch):
    """The extension, as a module."""
    monkeypatch.syspath_prepend(str(root / "book" / "_ext"))
    import onnx_web

    return onnx_web


@pytest.fixture
def npm(tmp_path, monkeypatch, onnx_web):
    """An npm that brings a small package, whose hash is the pinned one; give back the package."""
    package = tmp_path / "package.tgz"
    with tarfile.open(package, "w:gz") as members:
        for name in (*onnx_web.FILES, "ort.all.mjs"):
            info = tarfile.TarInfo(f"package/dist/{name}")
            info.size = len(name)
            members.addfile(info, io.BytesIO(name.encode()))
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(NPM.format(package=package))
    program.chmod(0o755)
    monkeypatch.setattr(onnx_web.shutil, "which", lambda name: str(program))
    found = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    monkeypatch.setattr(onnx_web, "SHA512", found)
    return program


def test_the_needed_files_are_fetched_once(npm, onnx_web, tmp_path):
    folder = tmp_path / "_build" / "runtime"
    assert onnx_web.fetch(folder) is None
    files = {file.name: file.read_text() for file in (folder / "onnxruntime-web").iterdir()}
    assert "Permission is hereby granted" in files.pop("LICENSE")
    assert files == {name: name for name in onnx_web.FILES}
    npm.unlink()  # a second rendering needs no network
    assert onnx_web.fetch(folder) is None


def test_another_package_is_refused(npm, onnx_web, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_web, "SHA512", "another")
    assert "another hash" in onnx_web.fetch(tmp_path / "_build" / "runtime")
    assert list((tmp_path / "_build").iterdir()) == []


def test_no_npm_and_no_network_are_told_apart(npm, onnx_web, tmp_path, monkeypatch):
    npm.write_text("#!/bin/sh\nexit 1\n")
    assert onnx_web.fetch(tmp_path / "_build" / "runtime") == "npm could not fetch it"
    monkeypatch.setattr(onnx_web.shutil, "which", lambda name: None)
    assert onnx_web.fetch(tmp_path / "_build" / "runtime") == "npm is not installed"


def test_a_page_without_the_runtime_says_so(npm, tmp_path):
    """Where it comes later, the page that has a model gets the form, and no other page does."""
    book, html = tmp_path / "book", tmp_path / "book" / "_build" / "html"
    book.mkdir()
    (book / "conf.py").write_text('extensions = ["onnx_web"]\nhtml_theme = "basic"\n')
    (book / "index.rst").write_text(INDEX)
    (book / "other.rst").write_text("Other\n=====\n")
    works = npm.read_text()
    for there, program in ((False, "#!/bin/sh\nexit 1\n"), (True, works)):
        npm.write_text(program)
        assert sphinx_build(["-q", "-W", str(book), str(html)]) == 0
        pages = [(html / name).read_text() for name in ("index.html", "other.html")]
        assert "Nothing runs here." in pages[0]
        (file,) = re.findall(r'{"names": \[\], "file": "(\w+\.onnx)"}', pages[0])
        assert (html / "_static" / file).read_bytes() == b"onnx"  # loaded when it is asked for
        assert ["onnx_web.js" in page for page in pages] == [there, False]
        assert ('data-megabytes="0"' in pages[0]) == there
        assert (html / FOLDER / "LICENSE").is_file() == there


@pytest.fixture
def page(site, browse):
    """The chapter, with the runtime."""
    if not (site.folder / FOLDER).is_dir():
        pytest.skip("no onnxruntime-web: npm is missing, or found no network")
    return browse(PAGE)


@pytest.fixture
def given(site):
    """What the chapter's cell gave to the form, Python's numbers among it."""
    return json.loads(GIVEN.search((site.folder / PAGE).read_text(encoding="utf-8"))[1])


def started(page):
    page.get_by_role("button", name="Run it here: load 14 MB").click()
    page.wait_for_function(ENDED)
    return page.locator(".onnx-web p[role=status]").all_inner_texts()


def best(groups, p):
    return f"{groups[p.index(max(p))]}: {max(p):.3f}."


@pytest.mark.browser
def test_the_browser_says_what_python_said(page, given):
    asked = "performance.getEntriesByType('resource').filter(one => /wasm/.test(one.name)).length"
    assert page.evaluate(asked) == 0  # nothing is loaded before the button is pressed
    compared, said = started(page)
    assert compared.startswith("18 rows")
    assert float(compared.split(": ")[-1].removesuffix(".")) < 1e-4
    assert said == best(given["groups"], given["probabilities"][0])
    assert page.evaluate("document.activeElement.type") == "radio"
    assert not page.watch.problems


@pytest.mark.browser
def test_the_form_follows_picture_and_words(page, given):
    started(page)
    page.keyboard.press("ArrowDown")  # the second picture
    page.get_by_label("Words").fill("")
    page.wait_for_selector(f"text={best(given['groups'], given['probabilities'][4])}")
    page.get_by_label("Words").fill("red xylophone")
    page.wait_for_selector("text=Words it does not know: xylophone.")
    page.get_by_label("no picture").check()
    page.get_by_label("Words").fill("42")
    page.wait_for_selector("text=Neither a picture nor a word.")
    assert not page.locator(".onnx-web table").is_visible()
    page.get_by_label("Words").fill(given["names"][4])
    page.wait_for_selector(f"text={best(given['groups'], given['probabilities'][14])}")
    assert page.locator(".onnx-web table").is_visible()
    assert not page.watch.problems


@pytest.mark.browser
def test_the_form_sees_a_difference(page):
    page.evaluate("Math.exp = () => 1")  # all groups alike
    compared, _ = started(page)
    assert compared.endswith(", which is too much.")
