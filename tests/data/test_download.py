"""Downloads: verified, resumed, refused; against a server of our own on this machine."""

import hashlib
import http.server
import socket
import subprocess
import sys
import threading
import time

import pytest

pytest.importorskip("pooch")

from mmref.data import download  # noqa: E402
from mmref.data.download import PIECE, Source, fetch, where_to_get  # noqa: E402
from mmref.errors import ChoiceError, DataError  # noqa: E402

CONTENT = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT as the server's settings say, and notes each request's range."""

    def do_GET(self):
        server = self.server
        asked = self.headers.get("Range")
        server.asked.append(asked)
        start = int(asked.split("=")[1].rstrip("-")) if asked and server.ranges else 0
        if server.status:
            self.send_error(server.status)
            return
        if start >= len(server.content):
            self.send_error(416)
            return
        self.send_response(206 if asked and server.ranges else 200)
        body = server.content[start:]
        if server.announce:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut, server.cut = server.cut, None  # once
        body = body[:cut]
        for start in range(0, len(body), PIECE):
            self.wfile.write(body[start : start + PIECE])
            time.sleep(server.pause)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.content, server.ranges, server.cut, server.status = CONTENT, True, None, None
        server.announce, server.asked, server.pause = True, [], 0
        server.url = f"http://127.0.0.1:{server.server_port}/sets/photos.zip"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_downloads_verifies_and_keeps(server, tmp_path):
    path = fetch(server.url, SHA256.upper(), tmp_path / "new")
    assert path == tmp_path / "new" / "photos.zip" and path.read_bytes() == CONTENT
    assert names(path.parent) == ["photos.zip"]
    assert fetch(server.url, SHA256, tmp_path / "new") == path
    assert server.asked == [None]  # the second time nothing was asked


def test_a_damaged_file_is_replaced(server, tmp_path):
    (tmp_path / "photos.zip").write_bytes(CONTENT[:-1])
    assert fetch(server.url, SHA256, tmp_path).read_bytes() == CONTENT


def test_an_interrupted_download_goes_on(server, tmp_path):
    server.cut = 300_000
    with pytest.raises(DataError, match="interrupted: 300,000 of 512,000 bytes.*photos.zip.part"):
        fetch(server.url, SHA256, tmp_path)
    assert names(tmp_path) == ["photos.zip.part"]
    assert fetch(server.url, SHA256, tmp_path).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-"]
    assert names(tmp_path) == ["photos.zip"]


def test_without_ranges_it_starts_again(server, tmp_path):
    server.ranges = False
    (tmp_path / "photos.zip.part").write_bytes(CONTENT[:1000])
    assert fetch(server.url, SHA256, tmp_path).read_bytes() == CONTENT
    assert server.asked == ["bytes=1000-"]


@pytest.mark.parametrize(
    "part", [b"of an older version", CONTENT + b"more", CONTENT[:-5] + b"x" * 5]
)
def test_a_part_that_does_not_fit_is_dropped(server, tmp_path, part):
    (tmp_path / "photos.zip.part").write_bytes(part)
    assert fetch(server.url, SHA256, tmp_path).read_bytes() == CONTENT
    assert server.asked == [f"bytes={len(part)}-", None]


def test_a_part_that_is_complete(server, tmp_path):
    (tmp_path / "photos.zip.part").write_bytes(CONTENT)
    assert fetch(server.url, SHA256, tmp_path).read_bytes() == CONTENT


def test_a_file_of_a_wrong_checksum_is_refused_and_removed(server, tmp_path):
    server.content = CONTENT[::-1]
    with pytest.raises(DataError, match=f"photos.zip: wrong checksum: .*{SHA256}"):
        fetch(server.url, SHA256, tmp_path)
    assert names(tmp_path) == []  # nothing stays that could be taken for the file


def test_cut_short_without_an_announced_length(server, tmp_path):
    server.announce, server.cut = False, 1000
    with pytest.raises(DataError, match="wrong checksum"):
        fetch(server.url, SHA256, tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_server_that_refuses(server, tmp_path, status):
    server.status = status
    with pytest.raises(DataError, match=f"{status}.*place the file at .*photos.zip.*{SHA256}"):
        fetch(server.url, SHA256, tmp_path)


def test_offline_says_what_to_place_where(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/photos.zip"
    # Nobody listens there any more.
    with pytest.raises(DataError) as caught:
        fetch(url, SHA256, tmp_path)
    for part in (url, "Without a network", str(tmp_path / "photos.zip"), SHA256):
        assert part in str(caught.value)
    (tmp_path / "photos.zip").write_bytes(CONTENT)  # as it says
    assert fetch(url, SHA256, tmp_path) == tmp_path / "photos.zip"


PROGRAM = """
import sys
import pooch  # as fetch does
from mmref.data.download import fetch
url, sha256, folder = sys.argv[1:]
print("ready", flush=True)
input()
print(fetch(url, sha256, folder).stat().st_size)
"""


def ready(server, folder):
    """A process that fetches at a word."""
    command = [sys.executable, "-c", PROGRAM, server.url, SHA256, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    worker = subprocess.Popen(command, **pipes)
    assert worker.stdout.readline() == "ready\n"
    return worker


def begin(worker):
    worker.stdin.write("\n")
    worker.stdin.flush()


def test_processes_that_fetch_one_file_do_not_mix_their_bytes(server, tmp_path):
    """One loads it while the other waits, and then finds it there."""
    server.pause = 0.1  # between pieces, so that each would meet the other's half
    workers = [ready(server, tmp_path) for _ in range(2)]
    for worker in workers:
        begin(worker)
    assert [worker.communicate(timeout=60)[0] for worker in workers] == [f"{len(CONTENT)}\n"] * 2
    assert (tmp_path / "photos.zip").read_bytes() == CONTENT
    assert names(tmp_path) == ["photos.zip"] and server.asked == [None]


def test_who_waits_goes_on_when_the_other_is_killed(server, tmp_path):
    server.pause = 0.1
    killed, other = (ready(server, tmp_path) for _ in range(2))
    begin(killed)
    part = tmp_path / "photos.zip.part"
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    begin(other)
    killed.kill()
    killed.communicate()
    assert other.communicate(timeout=60)[0] == f"{len(CONTENT)}\n"
    assert server.asked[0] is None and server.asked[1].startswith("bytes=")  # it went on


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "sets").touch()
    with pytest.raises(DataError, match="sets: no folder: a file has its name"):
        fetch("http://127.0.0.1:9/photos.zip", SHA256, tmp_path / "sets")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fetch(None, SHA256, "."), "url: expected a text, got None"),
        (lambda: fetch("http://127.0.0.1:9/x", None, "."), "sha256: expected a text, got None"),
        (lambda: fetch("http://127.0.0.1:9/x", SHA256, ".", 3), "name: expected a text, got int"),
        (
            lambda: download.register(None),
            "source: expected a mmref.data.download.Source, got NoneType",
        ),
    ],
)
def test_what_is_no_address_or_source(call, message):
    with pytest.raises(TypeError, match=f"^{message}"):
        call()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"url": "file:///etc/hostname"}, "no address"),
        ({"url": "ftp://127.0.0.1/photos.zip"}, "no address"),
        ({"url": "photos.zip"}, "no address"),
        ({"url": "http://127.0.0.1/"}, "no file name"),
        ({"name": "../photos.zip"}, "no file name"),
        ({"name": ".."}, "no file name"),
        ({"sha256": "d41d8cd98f00b204e9800998ecf8427e"}, "no checksum"),
        ({"sha256": "g" * 64}, "no checksum"),
    ],
)
def test_addresses_and_names_that_are_none_are_refused(tmp_path, arguments, message):
    good = {"url": "http://127.0.0.1:9/photos.zip", "sha256": SHA256, "folder": tmp_path}
    with pytest.raises(DataError, match=message):
        fetch(**good | arguments)
    assert names(tmp_path) == []


def test_a_source_is_registered_once_and_downloaded_by_its_name(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_sources", dict(download._sources))
    download.register(Source("photos", "CC0", "photos.zip, unpacked", server.url, SHA256))
    assert download.download("photos", tmp_path).read_bytes() == CONTENT
    with pytest.raises(DataError, match="registered twice"):
        download.register(Source("photos", "CC0", "elsewhere"))
    with pytest.raises(DataError, match="belong together"):
        download.register(Source("more", "CC0", "elsewhere", server.url))
    with pytest.raises(ChoiceError, match="'flickr8k'.*'photos'.*got 'fotos'"):
        download.download("fotos", tmp_path)


@pytest.mark.parametrize("name", ["flickr8k", "karpathy", "vqa-v2"])
def test_sets_to_be_got_by_hand(tmp_path, name):
    with pytest.raises(DataError) as caught:
        download.download(name, tmp_path)
    assert where_to_get(name) in str(caught.value)
    assert "license" in str(caught.value) and "root of" in str(caught.value)
    assert names(tmp_path) == []
