"""The chapter's service: its cells put into a file, started, asked."""

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

PAGE = FOLDER / "practice" / "deploy.md"
TOKEN = "a long secret"
GROUPS = ("first", "second", "third")


def program() -> str:
    """What the page writes to ``service.py``."""
    cells = [c.source for c in read_text(PAGE).cells if c.source.startswith("# service.py")]
    return "\n\n\n".join(cells) + "\n"


def write_model(path, seed, broken=False):
    """A model of three classes that sums what is present, made node by node; no framework."""
    from onnx import TensorProto, checker, helper, numpy_helper, save

    rng = np.random.default_rng(seed)
    weights = {
        "colors": rng.normal(size=(3, len(GROUPS))),
        "words": rng.normal(size=(1, len(GROUPS))),
        "bias": np.full(len(GROUPS), np.nan if broken else 0.0),
    }
    nodes = [
        ("Cast", ["image"], ["pixels"], {"to": TensorProto.FLOAT}),
        ("ReduceMean", ["pixels", "places"], ["color"], {"keepdims": 0}),
        ("Cast", ["ids"], ["numbers"], {"to": TensorProto.FLOAT}),
        ("ReduceMean", ["numbers", "one"], ["word"], {"keepdims": 1}),
        ("MatMul", ["color", "colors"], ["seen"], {}),
        ("MatMul", ["word", "words"], ["read"], {}),
        ("Add", ["seen", "read"], ["both"], {}),
        ("Mul", ["both", "scale"], ["small"], {}),
        ("Add", ["small", "bias"], ["logits"], {}),
    ]
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


def write_folder(folder):
    """The service, its vocabulary, two versions, one that gives NaN, one that was cut."""
    (folder / "service.py").write_text(program())
    vocabulary = {"red": 2, "apple": 3}
    (folder / "meta.json").write_text(json.dumps({"vocabulary": vocabulary, "groups": GROUPS}))
    write_model(folder / "v1.onnx", 1)
    write_model(folder / "v2.onnx", 2)
    write_model(folder / "v3.onnx", 3, broken=True)
    (folder / "v4.onnx").write_bytes((folder / "v1.onnx").read_bytes()[:200])


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
        f"{settings.pop('MODULE', 'service')}:app",
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
                    client.get("/health")
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
