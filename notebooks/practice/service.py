# service.py: what it is made of
import base64
import io
import json
import os
import re
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import onnxruntime
from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from PIL import Image, ImageOps
from pydantic import BaseModel, ConfigDict, Field

FOLDER = Path(os.environ.get("MODELS", "."))  # where the versions of the model are


# service.py: from a picture and a text to numbers
WORDS = 8


def shrink(image):
    image = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)  # what is transparent becomes white
    white = white.convert("RGB")  # and what is not square gets white margins, by pad
    return np.asarray(ImageOps.pad(white, (32, 32), Image.Resampling.BOX, "white"))


def ids_of(text, vocabulary):  # 0: no word, 1: a word that is not in the vocabulary
    words = re.findall(r"[a-z]+", text.lower())[:WORDS]
    ids = [vocabulary.get(word, 1) for word in words]
    return np.array(ids + [0] * (WORDS - len(ids)))


# service.py: what may come in
MAX_BYTES, MAX_PIXELS, MAX_TEXT = 1_000_000, 4_000_000, 200


class Query(BaseModel):
    model_config = ConfigDict(extra="forbid")  # what has no name here is refused
    picture: str | None = Field(None, description="a PNG or JPEG file, in base64")
    text: str | None = Field(None, max_length=MAX_TEXT)


# service.py: a picture that somebody sent
def decoded(picture):
    try:
        file = io.BytesIO(base64.b64decode(picture, validate=True))
        with Image.open(file, formats=["PNG", "JPEG"]) as found:
            large = found.width * found.height > MAX_PIXELS
            strip = max(found.size) > 32 * min(found.size)
            if large or strip or found.mode[0] in "IF":
                raise ValueError("too large, a strip, or gray of 16 bits")
            found.verify()  # after it, a file must be opened again
        with Image.open(file, formats=["PNG", "JPEG"]) as found:
            return shrink(ImageOps.exif_transpose(found))
    except Exception as error:  # whatever a decoder makes of a hostile file
        raise HTTPException(422, "picture: no sound PNG or JPEG that we take") from error


# service.py: both, and which of them is there
BLANK = np.zeros((32, 32, 3), "uint8")


def prepared(query, vocabulary):
    ids = ids_of(query.text or "", vocabulary)
    present = np.array([query.picture is not None, ids.any()])
    if not present.any():
        raise HTTPException(422, "neither a picture nor a word")
    return (decoded(query.picture) if present[0] else BLANK), ids, present


# service.py: small things
ONE_THREAD = onnxruntime.SessionOptions()
ONE_THREAD.intra_op_num_threads = 1


def softmax(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def answer_of(model, p):
    shares = [round(float(each), 4) for each in p]
    return {"version": model.name, "group": model.groups[p.argmax()], "probabilities": shares}


# service.py: one version of the model
class Model:
    def __init__(self, folder, name):
        file, self.name = str(Path(folder) / name), name
        self.session = onnxruntime.InferenceSession(file + ".onnx", ONE_THREAD)
        note = json.loads(Path(file + ".json").read_text())
        self.vocabulary, self.groups = note["vocabulary"], note["groups"]
        known = [prepared(Query(**query), self.vocabulary) for query in note["queries"]]
        no_words = BLANK, np.zeros(WORDS, "int64"), np.array([True, True])
        *found, empty = self([*known, no_words])
        if not (np.allclose(found, note["answers"], atol=1e-3) and np.isfinite(empty).all()):
            raise ValueError("it does not answer as it did at home")

    def __call__(self, rows):  # a list of (image, ids, present), stacked to three arrays
        columns = dict(zip(("image", "ids", "present"), map(np.stack, zip(*rows))))
        return softmax(self.session.run(None, columns)[0])


# service.py: the service
live = {}  # what is in use now


@asynccontextmanager
async def lifespan(app):
    live["model"] = Model(FOLDER, os.environ.get("VERSION", "v1"))
    yield  # answers, until it is told to stop


app = FastAPI(lifespan=lifespan, max_body_size=MAX_BYTES)


@app.post("/predict")
def predict(query: Query):
    model = live["model"]
    return answer_of(model, model([prepared(query, model.vocabulary)])[0])


# service.py: what does not fit Query
@app.exception_handler(RequestValidationError)
async def refused(request, error):
    wrong = []
    for e in error.errors()[:3]:
        place = e["loc"][:1] if e["type"] == "extra_forbidden" else e["loc"]  # no name of theirs
        wrong.append(f"{'.'.join(map(str, place))}: {e['msg']}")
    return JSONResponse({"detail": wrong}, 422)
