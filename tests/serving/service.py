"""The chapter's service: what its cells make, with small models, started, asked.

``python -m tests.serving.service`` writes the programs again from the pages' cells.
"""

import base64
import io
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np

from scripts.notebooks import FOLDER, read_text

PRACTICE = FOLDER / "practice"
PROGRAMS = {"service": "deploy", "server": "deploy_in_depth"}  # each a file beside its page
TOKEN = "a long secret"
GROUPS = ("first", "second", "third")


def program(name) -> str:
    """What the cells of a page make: those that begin with the program's name, imports first."""
    cells = read_text(PRACTICE / f"{PROGRAMS[name]}.md").cells
    pieces = [c.source for c in cells if c.source.startswith(f"# {name}.py")]
    pieces.sort(key=lambda piece: not piece.startswith(f"# {name}.py: what it is made of"))
    return "\n\n\n".join(pieces) + "\n"


def write_model(path, seed, broken=False):
    """A model of three classes that sums what it is given, made node by node; no framework.

    broken: it makes NaN of a text without words.
    """
    from onnx import TensorProto, checker, helper, numpy_helper, save

    rng = np.random.default_rng(seed)
    weights = {
        "colors": rng.normal(size=(3, len(GROUPS))),
        "words": 100 * rng.normal(size=(1, len(GROUPS))),
    }
    nodes = [
        ("Cast", ["image"], ["pixels"], {"to": TensorProto.FLOAT}),
        ("ReduceMean", ["pixels", "places"], ["color"], {"keepdims": 0}),
        ("Cast", ["ids"], ["numbers"], {"to": TensorProto.FLOAT}),
        ("ReduceMean", ["numbers", "one"], ["word"], {"keepdims": 1}),
        ("MatMul", ["color", "colors"], ["seen"], {}),
        ("MatMul", ["word", "words"], ["read"], {}),
        ("Add", ["seen", "read"], ["both"], {}),
        ("Mul", ["both", "scale"], ["small" if broken else "logits"], {}),
    ]
    if broken:
        nodes += [("Div", ["word", "word"], ["ratio"], {})]  # 1, or 0 / 0
        nodes += [("Mul", ["small", "ratio"], ["logits"], {})]
    constants = {k: v.astype("float32") for k, v in weights.items()}
    constants |= {"places": np.array([1, 2]), "one": np.array([1])}
    constants["scale"] = np.float32(0.01)
    inputs = [
        helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", 32, 32, 3]),
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", 8]),
        helper.make_tensor_value_info("present", TensorProto.BOOL, ["batch", 2]),
    ]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(GROUPS)])]
    graph = helper.make_graph(
        [helper.make_node(kind, given, made, **kw) for kind, given, made, kw in nodes],
        "model", inputs, outputs,
        [numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model)
    save(model, path)


def write_version(folder, name, vocabulary, seed, broken=False):
    """A model and its note: vocabulary, groups, and what it answers to a query, by other code."""
    from onnxruntime import InferenceSession

    write_model(folder / f"{name}.onnx", seed, broken)
    ids = np.array([[0] * 8, [vocabulary["red"]] + [0] * 7])
    given = {"image": np.zeros((2, 32, 32, 3), "uint8"), "ids": ids, "present": np.eye(2) > 0}
    picture = np.full((64, 64, 4), 90, "uint8")
    picture[:, :32, 3], picture[:, 32:, 3] = 0, 255  # half of it is transparent, so white
    given["image"][0, :, :16], given["image"][0, :, 16:] = 255, 90
    e = np.exp(InferenceSession(folder / f"{name}.onnx").run(None, given)[0])
    note = {"vocabulary": vocabulary, "groups": GROUPS}
    note["queries"] = [{"picture": coded(png(picture))}, {"text": "red"}]
    note["answers"] = (e / e.sum(axis=1, keepdims=True)).tolist()
    (folder / f"{name}.json").write_text(json.dumps(note))


def write_folder(folder):
    """The programs, two versions that number words otherwise, and some that must not start."""
    for name in PROGRAMS:
        (folder / f"{name}.py").write_text(program(name))
    write_version(folder, "v1", {"red": 2, "apple": 3}, 1)
    write_version(folder, "v2", {"apple": 2, "red": 4}, 2)
    write_version(folder, "v3", {"red": 2, "apple": 3}, 3, broken=True)
    note = json.loads((folder / "v1.json").read_text())
    (folder / "v4.onnx").write_bytes((folder / "v1.onnx").read_bytes()[:200])  # was cut
    (folder / "v4.json").write_text(json.dumps(note))
    (folder / "v5.onnx").write_bytes((folder / "v1.onnx").read_bytes())  # another's vocabulary
    (folder / "v5.json").write_text(json.dumps(note | {"vocabulary": {"apple": 2, "red": 4}}))
    (folder / "v6.onnx").write_bytes((folder / "v1.onnx").read_bytes())  # another's answer
    (folder / "v6.json").write_text(json.dumps(note | {"answers": [[0.2, 0.3, 0.5]] * 2}))


@contextmanager
def running(folder, **settings):
    """The service in a process of its own: a client, and the process."""
    import httpx

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        f"{settings.pop('MODULE', 'server')}:app",
        "--port",
        str(port),
    ]
    env = {**os.environ, "MODELS": str(folder), "TOKEN": TOKEN, **settings}
    process = subprocess.Popen([*command, "--log-level", "warning"], cwd=folder, env=env)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            while True:
                assert process.poll() is None, "it did not start"
                try:
                    client.get("/docs")
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield client, process
    finally:
        process.kill()
        process.wait()


def png(pixels, **options) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, **{"format": "PNG"} | options)
    return file.getvalue()


def coded(some_bytes) -> str:
    return base64.b64encode(some_bytes).decode()


if __name__ == "__main__":
    for each in PROGRAMS:
        (PRACTICE / f"{each}.py").write_text(program(each))
