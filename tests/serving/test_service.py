"""The chapter's services: what they answer, what they refuse, and that no change loses a request.

``service`` is the small one of the first page, ``server`` the one in depth, which imports it.
"""

import functools
import importlib.util
import io
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.serving.service import (
    GROUPS,
    PRACTICE,
    PROGRAMS,
    TOKEN,
    coded,
    png,
    program,
    running,
    write_folder,
)

for package in ("fastapi", "httpx", "onnx", "onnxruntime", "prometheus_client", "uvicorn"):
    pytest.importorskip(package)

RED = png(np.full((64, 64, 3), (200, 30, 30), "uint8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    write_folder(folder)
    return folder


@pytest.fixture(scope="module", params=PROGRAMS)
def either(folder, request):
    """Asks one service, then the other."""
    with running(folder, MODULE=request.param) as (client, process):
        yield client
        assert process.poll() is None, "something ended it"


@pytest.fixture(scope="module")
def client(folder):
    with running(folder) as (client, process):
        yield client
        assert process.poll() is None, "something ended it"


def variant(folder, name, **changes):
    """Write both programs with parts of them replaced: for each program, what by what."""
    for which, (old, new) in changes.items():
        text = (folder / f"{which}.py").read_text()
        assert text.count(old) == 1
        (folder / f"{name}_{which}.py").write_text(text.replace(old, new))
    if "server" not in changes:
        shutil.copy(folder / "server.py", folder / f"{name}_server.py")
    if "service" in changes:
        file = folder / f"{name}_server.py"
        file.write_text(
            file.read_text().replace("from service import", f"from {name}_service import")
        )


def ask(client, **query):
    return client.post("/predict", json=query)


def raw(client, content, path="/predict"):
    return client.post(path, content=content, headers={"content-type": "application/json"})


def change(client, name, token=TOKEN):
    return client.put(f"/version/{name}", headers={"token": token})


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_program_is_whole_and_clean_and_lies_beside_its_page(folder, name):
    """Where it differs from the page, `python -m tests.serving.service` writes it again."""
    assert (PRACTICE / f"{name}.py").read_text() == program(name)
    compile(program(name), f"{name}.py", "exec")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--line-length=100"]
    command += ["--select=E,F,W,UP,S102,S301"]
    done = subprocess.run([*command, folder / f"{name}.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_it_answers_with_either_modality_and_with_both(either):
    for query in ({"text": "red apple"}, {"picture": coded(RED)}):
        answer = ask(either, **query)
        assert answer.status_code == 200
        said = answer.json()
        assert said["version"] == "v1" and said["group"] in GROUPS
        assert sum(said["probabilities"]) == pytest.approx(1, abs=1e-3)
        assert GROUPS[np.argmax(said["probabilities"])] == said["group"]
    assert ask(either, text="red apple", picture=coded(RED)).status_code == 200


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "1", "LA"])
def test_pictures_of_every_kind(client, mode):
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.full((20, 30, 3), 90, "uint8")).convert(mode).save(file, "PNG")
    assert ask(client, picture=coded(file.getvalue())).status_code == 200


def test_gray_of_16_bits_is_refused(either):
    """Pillow would clip it: nearly all of it would be white."""
    assert ask(either, picture=coded(png(np.full((20, 30), 300, "uint16")))).status_code == 422


@pytest.fixture(scope="module")
def service():
    """The small program, as a module."""
    spec = importlib.util.spec_from_file_location("service", PRACTICE / "service.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("shape", "there"), [
    ((32, 64), np.s_[8:24]),
    ((64, 32), np.s_[:, 8:24]),
    ((1, 32), np.s_[15:17]),
    ((50, 50), np.s_[:]),
])  # fmt: skip
def test_what_is_not_square_gets_white_margins(service, shape, there):
    """Made narrower, a wide emoji would be none that the model has seen."""
    found = service.decoded(coded(png(np.full((*shape, 3), 90, "uint8")))).copy()
    assert found.shape == (32, 32, 3) and (found == 90).any()
    found[there] = 255  # all that is not white lies here
    assert (found == 255).all()


@pytest.mark.parametrize("shape", [(1, 33), (33, 1), (66, 60_000), (1, 40_000)])
def test_a_strip_is_refused(either, shape):
    """Within white margins, less than a pixel of it would be left."""
    answer = ask(either, picture=coded(png(np.zeros((*shape, 3), "uint8"))))
    assert answer.status_code == 422


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_turned_as_its_file_says(service, kind):
    from PIL import Image

    pixels = np.zeros((64, 64, 3), "uint8")
    pixels[:32] = 200  # the upper half
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees, clockwise
    straight = service.decoded(coded(png(pixels, format=kind)))
    turned = service.decoded(coded(png(pixels, format=kind, exif=exif)))
    assert straight[:16].mean() > 190 and straight[16:].mean() < 10
    assert turned[:, 16:].mean() > 190 and turned[:, :16].mean() < 10


def test_no_spoiled_png_is_accepted(service):
    """Without a look at the checksums about one of a hundred is, with other pixels."""
    picture = np.random.default_rng(1).integers(256, size=(64, 64, 3), dtype="uint8")
    picture[:, :48] = 200
    good, rng, unseen = png(picture), np.random.default_rng(0), 0
    for _ in range(1000):
        spoiled = bytearray(good)
        for at in rng.integers(0, len(good), 3):
            spoiled[at] ^= rng.integers(1, 256)
        with pytest.raises(service.HTTPException):
            service.decoded(coded(bytes(spoiled)))
        try:
            service.shrink(service.Image.open(io.BytesIO(spoiled), formats=["PNG"]))
            unseen += 1
        except Exception:
            pass
    assert unseen


def test_a_jpeg_and_a_picture_of_one_pixel(either):
    assert ask(either, picture=coded(png(np.zeros((9, 7, 3), "uint8"), format="JPEG"))).is_success
    assert ask(either, picture=coded(png(np.zeros((1, 1, 3), "uint8")))).is_success


def chunk(kind, content):
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def bomb(width, height, between=b""):
    """A small PNG file that says that it is large; with chunks between, if there are any."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + between
        + chunk(b"IDAT", zlib.compress(bytes(1_000_000))) + chunk(b"IEND", b"")
    )  # fmt: skip


@functools.cache
def whole_bomb(side):
    """A PNG file that has all pixels that it says; all are black."""
    pack, row = zlib.compressobj(9), bytes(1 + 3 * side)
    content = b"".join([pack.compress(row) for _ in range(side)]) + pack.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", content)
        + chunk(b"IEND", b"")
    )


INFLATED = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(300_000_000), 9))
PICTURES = {
    "wide and high": bomb(30_000, 30_000),
    "as large as Pillow takes": bomb(13_000, 13_000),
    "as large as can be said": bomb(2**31 - 1, 2**31 - 1),
    "just over the limit": bomb(2001, 2000),
    "no width": bomb(0, 10),
    "cut": RED[: len(RED) // 2],
    "a header alone": RED[:33],
    "a text that grows": bomb(10, 10, INFLATED),
    "a GIF": b"GIF89a" + bytes(100),
    "a script": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100000 100000\n",
    "nothing": b"",
}


@pytest.mark.parametrize("name", PICTURES)
def test_hostile_pictures_are_refused(either, name):
    answer = ask(either, picture=coded(PICTURES[name]))
    assert (answer.status_code, "picture" in answer.text) == (422, True)


@pytest.mark.parametrize("module", PROGRAMS)
def test_a_bomb_costs_no_memory(folder, module):
    """Pillow would decode it, in 0.6 GB; it is whole, and fits into a request."""
    whole = whole_bomb(13_000)
    assert len(whole) < 500_000
    with running(folder, MODULE=module) as (other, process):
        ask(other, picture=coded(RED))
        before = peak(process.pid)
        for _ in range(10):
            assert ask(other, picture=coded(whole)).status_code == 422
        assert peak(process.pid) - before < 100_000


def peak(pid):
    """The most memory that a process has had, in kB."""
    try:
        with open(f"/proc/{pid}/status") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1])
    except (FileNotFoundError, TypeError):
        pytest.skip("the system does not tell")


BODIES = {
    "no JSON": (b'{"text": ', 422),
    "a list": (b"[]", 422),
    "nothing at all": (b"", 422),
    "an empty object": (b"{}", 422),
    "NaN": (b'{"text": NaN}', 422),
    "infinity": (b'{"text": "red", "picture": 1e999}', 422),
    "a number of a million digits": (b'{"text": ' + b"1" * 900_000 + b"}", None),
    "brackets": (b"[" * 500_000, 400),
    "half a character": (b'{"text": "\\ud83c"}', 422),
    "no UTF-8": (b'{"text": "\xff\xfe"}', 400),
    "a zero byte": (b'{"text": "\\u0000"}', 422),
    "no word": (b'{"text": "123 !?"}', 422),
    "a long text": (b'{"text": "%s"}' % (b"a" * 201), 422),
    "a path": (b'{"picture": "../../etc/passwd"}', 422),
    "an address": (b'{"picture": "file:///etc/passwd"}', 422),
    "another name": (b'{"text": "red", "file": "/etc/passwd"}', 422),
    "10 MB": (b'{"text": "%s"}' % (b"a" * 10_000_000), 413),
}


@pytest.mark.parametrize("name", BODIES)
def test_hostile_bodies_are_refused(either, name):
    body, status = BODIES[name]
    answer = raw(either, body)
    assert answer.status_code in ({status} if status else {400, 422})
    assert len(answer.text) < 500, "it repeats what was sent"
    assert status == 413 or set(answer.json()) == {"detail"}


def test_a_refusal_repeats_no_name(either):
    """Of 45,000 unknown names it says of three that they are unknown, and not which they are."""
    answer = raw(either, json.dumps({f"<script>{k}": 1 for k in range(45_000)}).encode())
    assert answer.status_code == 422 and answer.json() == {
        "detail": ["body: Extra inputs are not permitted"] * 3
    }


def test_a_body_that_does_not_say_its_length_is_counted(either):
    def parts():
        for _ in range(100):
            yield b"a" * 100_000

    assert raw(either, parts()).status_code == 413


def test_spoiled_pictures_never_fail_inside(either):
    rng = np.random.default_rng(0)
    jpeg = png(np.full((32, 32, 3), 90, "uint8"), format="JPEG")
    for good, statuses in ((RED, {422}), (jpeg, {200, 422})):  # a JPEG has no checksum
        came = set()
        for _ in range(100):
            spoiled = bytearray(good)
            for at in rng.integers(0, len(good), 3):
                spoiled[at] ^= rng.integers(1, 256)
            came.add(ask(either, picture=coded(bytes(spoiled))).status_code)
        assert came == statuses


@pytest.mark.parametrize(
    "name, token, status",
    [
        ("v2", "", 403),
        ("v2", "a long secreT", 403),
        ("v2", "é", 403),
        ("v3", TOKEN, 409),  # gives NaN without words
        ("v4", TOKEN, 409),  # was cut
        ("v5", TOKEN, 409),  # numbers its words otherwise than its network does
        ("v6", TOKEN, 409),  # does not give its known answer
        ("v9", TOKEN, 409),  # is not there
        ("..%2f..%2fetc%2fpasswd", TOKEN, 404),
        ("v1.onnx", TOKEN, 422),
        ("v1%00", TOKEN, 422),
        ("v1%0a", TOKEN, 422),
    ],
)
def test_a_version_that_may_not_or_cannot_be_is_refused(client, name, token, status):
    assert change(client, name, token.encode()).status_code == status
    assert client.get("/health").json()["version"] == "v1"
    assert ask(client, text="red apple").is_success


@pytest.mark.parametrize("module", PROGRAMS)
@pytest.mark.parametrize("version", ["v3", "v4", "v5", "v6", "v9"])
def test_a_version_that_is_wrong_does_not_start(folder, module, version):
    command = [sys.executable, "-c", f"import {module}; {module}.Model('.', '{version}')"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 1 and "Error" in done.stderr


@pytest.mark.parametrize(
    "change, starts",
    [
        (('image.size, "white"', 'image.size, "white"'), True),
        (('image.size, "white"', 'image.size, "black"'), False),
        (("vocabulary.get(word, 1)", "vocabulary.get(word, 1) + 1"), False),
    ],
)
def test_a_program_that_prepares_otherwise_does_not_start(folder, change, starts):
    """The known picture is transparent in parts, or a black background would not be noticed."""
    variant(folder, "other", service=change)
    command = [sys.executable, "-B", "-c", "import other_service; other_service.Model('.', 'v1')"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (done.returncode == 0) == starts, done.stderr
    assert starts or "at home" in done.stderr


def test_without_a_token_nobody_changes_anything(folder):
    with running(folder, TOKEN="") as (client, _):
        assert change(client, "v2", "").status_code == 403


def counted(client, name):
    text = client.get("/metrics").text
    return dict(re.findall(rf"^({name}\S*) (\S+)$", text, re.M))


def test_what_it_counts_adds_up(folder):
    with running(folder) as (client, _):
        for text in ("red", "apple", "red apple", "1"):
            ask(client, text=text)
        assert counted(client, "answers_total")['answers_total{status="422"}'] == "1.0"
        of_v1 = 'confidence_count{given="text",version="v1"}'
        assert counted(client, "confidence_count") == {of_v1: "3.0"}
        assert change(client, "v2").is_success and ask(client, text="red").is_success
        found = counted(client, "confidence_count")
        assert found[of_v1] == "3.0"
        assert found[of_v1.replace("v1", "v2")] == "1.0"
        assert counted(client, "rows_sum") == {"rows_sum": "4.0"}


def test_what_fails_is_counted_with_its_seconds(folder):
    old = 'raise HTTPException(500, "the model failed")'
    fails = "        if rows[0][1][0] == 3:\n            raise OSError\n        columns = dict"
    variant(
        folder, "loud", service=("        columns = dict", fails), server=(old, "raise OSError")
    )
    with running(folder, MODULE="loud_server") as (client, _):
        before = float(counted(client, "seconds_count")["seconds_count"])
        closing = {"connection": "close"}  # the server ends it in any case
        answer = client.post("/predict", json={"text": "apple"}, headers=closing)
        assert answer.status_code == 500
        assert counted(client, "answers_total")['answers_total{status="500"}'] == "1.0"
        # One that failed, and the two looks at the counts before this one.
        assert float(counted(client, "seconds_count")["seconds_count"]) == before + 3


def test_confidence_is_counted_by_what_was_given(folder):
    """A text without a word is none."""
    with running(folder) as (client, _):
        for query in ({"text": "red"}, {"picture": coded(RED)}, {"picture": coded(RED)}):
            ask(client, **query)
        for text in ("red", "1", "apple", "red apple"):
            ask(client, picture=coded(RED), text=text)
        assert counted(client, "confidence_count") == {
            'confidence_count{given="both",version="v1"}': "3.0",
            'confidence_count{given="picture",version="v1"}': "3.0",
            'confidence_count{given="text",version="v1"}': "1.0",
        }


def test_texts_without_a_word_are_counted(folder):
    with running(folder) as (client, _):
        ask(client, picture=coded(RED))
        ask(client, picture=coded(RED), text="red")
        for _ in range(2):
            assert ask(client, picture=coded(RED), text="红苹果").is_success
        assert counted(client, "texts_total") == {
            'texts_total{words="True"}': "1.0",
            'texts_total{words="False"}': "2.0",
        }


def test_a_change_holds_until_the_process_starts_again(folder):
    with running(folder) as (client, _):
        assert change(client, "v2").is_success
        assert ask(client, text="red").json()["version"] == "v2"
    with running(folder) as (client, _):
        assert ask(client, text="red").json()["version"] == "v1"


def test_a_batch_that_is_full_when_the_model_is_free_does_not_wait(folder):
    """The first two wait, though full meanwhile; the next two are there, and do not."""
    with running(folder, MAX_WAIT="2", MAX_BATCH="2") as (client, _):
        begin = time.perf_counter()
        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(lambda _: ask(client, text="red").is_success, range(4)))
        assert 2 <= time.perf_counter() - begin < 4


def test_a_batch_says_what_each_row_says_alone(folder):
    """Ten at once wait for each other; the answers are those of one at a time."""
    queries = [{"text": text} for text in ("red", "apple", "red apple", "apple apple", "a")]
    queries += [{"picture": coded(png(np.full((8, 8, 3), 40 * i, "uint8")))} for i in range(5)]
    with running(folder, MAX_WAIT="0.3") as (client, _):
        alone = [ask(client, **query).json() for query in queries]
        before = float(counted(client, "rows_count")["rows_count"])
        with ThreadPoolExecutor(10) as threads:
            together = list(threads.map(lambda query: ask(client, **query).json(), queries))
        assert together == alone
        assert float(counted(client, "rows_count")["rows_count"]) - before < 10


def test_no_batch_is_larger_than_it_may_be(folder):
    with running(folder, MAX_WAIT="0.1", MAX_BATCH="4") as (client, _):
        with ThreadPoolExecutor(16) as threads:
            found = list(threads.map(lambda _: ask(client, text="red").status_code, range(64)))
        assert found == [200] * 64
        rows = counted(client, "rows_bucket")
        assert rows['rows_bucket{le="4.0"}'] == rows['rows_bucket{le="+Inf"}']


def test_versions_that_change_lose_no_request_and_mix_no_answer(folder):
    with running(folder) as (client, _):
        said = {}
        for name in ("v2", "v1"):
            assert change(client, name).is_success
            said[name] = ask(client, text="red apple", picture=coded(RED)).json()
        assert said["v1"]["probabilities"] != said["v2"]["probabilities"]
        going, answers = threading.Event(), []
        going.set()

        def visit(_):
            while going.is_set():
                answers.append(ask(client, text="red apple", picture=coded(RED)))

        with ThreadPoolExecutor(12) as threads:
            visits = [threads.submit(visit, i) for i in range(8)]
            # Two who change it at once, and one of them brings what is broken.
            names = [["v2", "v1", "v3"] * 6, ["v1", "v4", "v2"] * 6]
            changes = [
                threads.submit(lambda mine: [change(client, n).status_code for n in mine], mine)
                for mine in names
            ]
            found = [each.result() for each in changes]
            going.clear()
        assert all(visit.exception() is None for visit in visits)
        assert found == [[200, 200, 409] * 6, [200, 409, 200] * 6]
        assert {answer.status_code for answer in answers} == {200}
        for answer in answers:
            assert answer.json() == said[answer.json()["version"]]
        assert {answer.json()["version"] for answer in answers} == {"v1", "v2"}


def test_a_row_is_answered_by_the_version_that_prepared_it(folder):
    """They wait in the queue while the version changes, and the words have other numbers there."""
    with running(folder, MAX_WAIT="1") as (client, _):
        said = ask(client, text="red").json()
        with ThreadPoolExecutor(9) as threads:
            early = [threads.submit(ask, client, text="red") for _ in range(4)]
            while client.get("/health").json()["waiting"] < 3:  # the first is taken out
                time.sleep(0.01)
            assert change(client, "v2").is_success
            late = [threads.submit(ask, client, text="red") for _ in range(4)]
            early, late = ([each.result().json() for each in some] for some in (early, late))
        assert early == [said] * 4
        assert {each["version"] for each in late} == {"v2"}
        assert late == [ask(client, text="red").json()] * 4


def test_told_to_stop_it_answers_those_it_has(folder):
    with running(folder, MAX_WAIT="1") as (client, process):
        with ThreadPoolExecutor(8) as threads:
            asked = [threads.submit(ask, client, text="red") for _ in range(8)]
            while not client.get("/health").json()["waiting"]:
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            assert [each.result().status_code for each in asked] == [200] * 8
        process.wait(60)


def test_who_comes_to_a_full_queue_is_told_at_once(folder):
    """A process that stands still for a while has more requests waiting than it may."""
    variant(folder, "small", server=("{}, 256", "{}, 2"))
    with running(folder, MAX_WAIT="0.5", MAX_BATCH="9", MODULE="small_server") as (client, _):
        with ThreadPoolExecutor(12) as threads:
            found = list(threads.map(lambda _: ask(client, text="red").status_code, range(12)))
    assert set(found) == {200, 503}


def slowly(folder, name, most):
    """A program in which a picture takes 0.3 s to decode, and ``most`` may be inside."""
    first = "    try:\n        file = io"
    slow = (first, "    import time\n\n    time.sleep(0.3)\n" + first)
    variant(folder, name, service=slow, server=("{}, 256", f"{{}}, {most}"))


def seconds(client, begin):
    status = ask(client, picture=coded(RED)).status_code
    return status, time.perf_counter() - begin


def test_who_is_one_too_many_is_told_before_anything_is_decoded(folder):
    slowly(folder, "crowded", 2)
    with running(folder, MODULE="crowded_server", MAX_WAIT="1") as (client, _):
        with ThreadPoolExecutor(12) as threads:
            begin = time.perf_counter()
            found = list(threads.map(lambda _: seconds(client, begin), range(12)))
        busy = [taken for status, taken in found if status == 503]
        assert len(busy) >= 8 and max(busy) < min(taken for status, taken in found if status == 200)
        # Whoever was refused, or answered, is no longer inside.
        assert ask(client, picture="no picture").status_code == 422
        assert ask(client, picture="no picture").status_code == 422
        assert ask(client, text="red").status_code == 200


def test_a_run_does_not_wait_for_pictures_that_are_decoded(folder):
    """The model has a thread of its own: the first answers come long before the last decode."""
    slowly(folder, "patient", 256)
    with running(folder, MODULE="patient_server") as (client, _):
        begin, many = time.perf_counter(), 4 * min(32, os.cpu_count() + 4)
        with ThreadPoolExecutor(many) as threads:
            found = list(threads.map(lambda _: seconds(client, begin), range(many)))
    assert {status for status, _ in found} == {200}
    taken = sorted(taken for _, taken in found)
    assert taken[0] < 0.7 * taken[-1]


def test_health_tells_when_nobody_would_be_answered(folder):
    import httpx

    variant(folder, "ended", server=("SIZES.observe(len(mine))", "SIZES.observe(None)"))
    with running(folder, MODULE="ended_server") as (client, _):
        assert client.get("/health").status_code == 200
        with pytest.raises(httpx.ReadTimeout):
            client.post("/predict", json={"text": "red"}, timeout=2)
        assert client.get("/health").status_code == 503


def test_a_model_that_fails_does_not_stop_those_who_come_later(folder):
    """The batch gets a 500; the next one is answered."""
    fails = "        if rows[0][1][0] == 3:\n            raise OSError\n        columns = dict"
    variant(folder, "failing", service=("        columns = dict", fails))
    with running(folder, MODULE="failing_server") as (client, _):
        assert ask(client, text="apple").status_code == 500
        assert counted(client, "answers_total")['answers_total{status="500"}'] == "1.0"
        assert ask(client, text="red").status_code == 200


def test_a_row_that_fails_fails_its_whole_batch(folder):
    fails = "        if any(ids[0] == 3 for _, ids, _ in rows):\n            raise OSError\n"
    old = "        columns = dict"
    variant(folder, "together", service=(old, fails + old))
    with running(folder, MODULE="together_server", MAX_WAIT="1") as (client, _):
        with ThreadPoolExecutor(4) as threads:
            texts = ("red", "apple", "red", "red")
            found = list(threads.map(lambda text: ask(client, text=text).status_code, texts))
    assert found == [500] * 4


def test_json_of_answers_is_json(either):
    """No NaN, no infinity: what other languages can read."""
    said = ask(either, text="red").text

    def refuse(name):
        raise AssertionError(name)

    json.loads(said, parse_constant=refuse)
