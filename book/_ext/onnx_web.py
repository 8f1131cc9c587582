"""The runtime by which a page runs its model in the reader's browser: onnxruntime-web.

By it the chapter on deployment shows, in depth, its own file at work, without a server. It is no
part of the repository: npm fetches the pinned package when the book is rendered, into ``_build``,
and two of its files go with the pages. Without npm or a network the page says so, and all else is
the same.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

NAME, VERSION = "onnxruntime-web", "1.30.0"
# `npm view onnxruntime-web@1.30.0 dist.integrity` prints it.
SHA512 = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
WASM = "ort-wasm-simd-threaded.wasm"
FILES = ("ort.wasm.bundle.min.mjs", WASM)  # the smallest: processor only
LICENSE = Path(__file__).with_suffix(".LICENSE")  # the package itself has none
MARK = 'class="onnx-web"'  # on the pages that have a model to run
MODEL = re.compile('"model": "([^"]+)"')
log = logging.getLogger(__name__)


def fetch(folder: Path) -> str | None:
    """Put the runtime into a folder, unless it is there; say why not where this fails."""
    if folder.is_dir():
        return None
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        package, ready = Path(name, f"{NAME}-{VERSION}.tgz"), Path(name, "ready")
        command = [npm, "pack", f"{NAME}@{VERSION}", "--ignore-scripts", "--fetch-retries=0"]
        try:
            subprocess.run(command, cwd=name, check=True, capture_output=True, timeout=600)
        except (OSError, subprocess.SubprocessError):
            return "npm could not fetch it"
        if base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode() != SHA512:
            return f"what npm fetched is not {NAME} {VERSION}: another hash"
        (ready / NAME).mkdir(parents=True)
        with tarfile.open(package) as members:
            for file in FILES:
                content = members.extractfile(f"package/dist/{file}")
                assert content is not None
                (ready / NAME / file).write_bytes(content.read())
        shutil.copy(LICENSE, ready / NAME / "LICENSE")
        ready.replace(folder)
    return None


def find(app: Sphinx, config: Config) -> None:
    """Let the runtime, if it can be had, go with the pages."""
    folder = Path(app.srcdir, "_build", NAME, VERSION)
    if problem := fetch(folder):
        tell = log.warning if "hash" in problem else log.info
        tell("%s: %s", NAME, problem)
        return
    config.html_static_path = [*config.html_static_path, str(folder)]
    config.onnx_web = f"{(folder / NAME / WASM).stat().st_size / 1e6:.0f}"


def add_script(app: Sphinx, page: str, template: str, context: dict, tree: object) -> None:
    """Where a page has a model, put it into a file, and let the page have the form that asks it."""
    if MARK not in context.get("body", ""):
        return

    def apart(found: re.Match[str]) -> str:
        content = base64.b64decode(found[1])
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.onnx"
        static = Path(app.outdir, "_static")
        static.mkdir(exist_ok=True)
        (static / name).write_bytes(content)
        return f'"file": "{name}"'

    context["body"] = MODEL.sub(apart, context["body"])  # or every reader would load it
    if app.config.onnx_web:
        size = {"data-megabytes": app.config.onnx_web}
        app.add_js_file("onnx_web.js", loading_method="defer", **size)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("onnx_web", "", "html", str)  # its megabytes; empty where it is missing
    app.connect("config-inited", find)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
