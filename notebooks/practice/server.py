# server.py: what it is made of
import asyncio
import hmac  # it compares secrets in equal time, wherever they differ
import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import FastAPI, Header, HTTPException, Response
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from service import FOLDER, MAX_BYTES, Model, Query, answer_of, prepared, refused

live, MAX_QUEUE = {}, 256  # what is in use now, and how many requests may be inside
registry = CollectorRegistry()  # of all that is counted


# server.py: who came meanwhile is one batch
async def batches(most, wait):
    loop, own = asyncio.get_running_loop(), ThreadPoolExecutor(1)
    while True:
        jobs = [await live["queue"].get()]
        if wait and live["queue"].qsize() < most - 1:
            await asyncio.sleep(wait)
        while len(jobs) < most and not live["queue"].empty():
            jobs.append(live["queue"].get_nowait())
        for model in {job[0] for job in jobs}:  # one model, or two while a version changes
            mine = [(row, future) for its, row, future in jobs if its is model]
            SIZES.observe(len(mine))
            start = time.perf_counter()
            try:
                found = await loop.run_in_executor(own, model, [row for row, _ in mine])
            except Exception as error:  # else all who come later would wait forever
                logging.getLogger("uvicorn.error").error("%s: %r", model.name, error)
                found = [None] * len(mine)
            RUNS.observe(time.perf_counter() - start)
            for (_, future), p in zip(mine, found):
                if not future.done():  # done already: it was cancelled
                    future.set_result(p)


# server.py: the service
@asynccontextmanager
async def lifespan(app):
    setting = os.environ.get
    live["model"] = Model(FOLDER, setting("VERSION", "v1"))
    live["queue"], live["inside"] = asyncio.Queue(), 0
    most, wait = int(setting("MAX_BATCH", "16")), float(setting("MAX_WAIT", "0"))
    live["task"] = asyncio.create_task(batches(most, wait))
    yield  # answers, until it is told to stop
    live["task"].cancel()


app = FastAPI(lifespan=lifespan, max_body_size=MAX_BYTES)
app.add_exception_handler(RequestValidationError, refused)


# server.py: a question and its answer
@app.post("/predict")
async def predict(query: Query):
    if live["inside"] >= MAX_QUEUE:
        raise HTTPException(503, "busy")
    live["inside"] += 1
    try:
        model = live["model"]  # asked once: the version that prepares a row also answers it
        row = await asyncio.to_thread(prepared, query, model.vocabulary)
        if query.text is not None:
            TEXTS.labels(bool(row[1].any())).inc()
        future = asyncio.get_running_loop().create_future()
        live["queue"].put_nowait((model, row, future))
        p = await future
    finally:  # answered, refused or failed
        live["inside"] -= 1
    if p is None:
        raise HTTPException(500, "the model failed")
    CONFIDENCE.labels(model.name, GIVEN[tuple(row[2])]).observe(p.max())
    return answer_of(model, p)


# server.py: what is counted
EDGES = [i / 10 for i in range(3, 10)]  # bounds of the confidence, the largest probability
ANSWERS = Counter("answers", "by status", ["status"], registry=registry)
SECONDS = Histogram("seconds", "from request to answer", registry=registry)
SIZES = Histogram("rows", "in a batch", buckets=[1, 2, 4, 8, 16, 32], registry=registry)
RUNS = Histogram("run_seconds", "of a batch, as the loop sees it", registry=registry)
TEXTS = Counter("texts", "by whether they have a word", ["words"], registry=registry)
CONFIDENCE = Histogram(
    "confidence", "largest probability", ["version", "given"], buckets=EDGES, registry=registry
)
GIVEN = {(True, True): "both", (True, False): "picture", (False, True): "text"}


# server.py: around every request
class Guard:  # by ASGI: receive brings a request, send takes its answer
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        start = time.perf_counter()

        async def noted(message):
            if message["type"] == "http.response.start":
                ANSWERS.labels(message["status"]).inc()
                SECONDS.observe(time.perf_counter() - start)
            await send(message)

        try:
            await self.app(scope, receive, noted if scope["type"] == "http" else send)
        except Exception:  # whoever is around us will answer it by a 500
            ANSWERS.labels(500).inc()
            SECONDS.observe(time.perf_counter() - start)
            raise


app.add_middleware(Guard)


# server.py: for who runs it
@app.get("/health")
async def health():
    if live["task"].done():  # nobody would be answered
        raise HTTPException(503, "the loop of batches has ended")
    return {"version": live["model"].name, "waiting": live["queue"].qsize()}


@app.get("/metrics")
async def metrics():
    return Response(generate_latest(registry), media_type="text/plain")


# server.py: another version
@app.put("/version/{name}")
async def change(
    name: Annotated[str, InPath(pattern=r"^v[0-9]{1,3}$")], token: Annotated[str, Header()] = ""
):
    secret = os.environ.get("TOKEN", "")
    if not secret or not hmac.compare_digest(token.encode(), secret.encode()):
        raise HTTPException(403, "not yours to change")
    try:
        new = await asyncio.to_thread(Model, FOLDER, name)
    except Exception as error:
        raise HTTPException(409, f"{name} does not load; nothing was changed") from error
    live["model"] = new
    return {"version": name}
