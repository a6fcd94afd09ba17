"""Stopped, full, read-only, homeless, twice at once: nothing is lost.

What went wrong is told in a line, with what to do about it. How a damaged
model, data file or result is met stands in the tests of those modules, and
how the cache is written in those of `weave.store`.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import test_weave_hooks as books
from mkdocs.exceptions import Abort

from nn import Dense, load, save
from weave import hooks, store

ROOT = Path(__file__).parent.parent
NOWHERE = "/dev/null/home"  # not even root can make it
SMALL = "# %% [markdown]\n# # 1 · Good\n#\n# $x$ and {{ 1 + 1 }}.\n"


def python(
    *arguments: str, limit: int | None = None, cwd: Path = ROOT, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run Python without a home; files may have `limit` bytes."""

    def limited() -> None:
        assert limit
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    given = {"PATH": os.environ["PATH"], "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=given | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | more,
        preexec_fn=limited if limit else None,
        capture_output=True,
        text=True,
    )


def build(
    root: Path, *arguments: str | Path, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Build a book in a process of its own."""
    words = map(str, arguments)
    return python("-m", "mkdocs", "build", *words, cwd=root, **options)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "book").mkdir()
    return books.write(tmp_path / "book", good=SMALL)


def told(run: subprocess.CompletedProcess[str]) -> str:
    """What a run that failed says; it is no traceback."""
    assert run.returncode > 0
    assert "Traceback" not in run.stderr
    return run.stderr + run.stdout


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# ---- a model that is being saved

HALF = """
import os, signal
import numpy as np
from mkdocs.exceptions import Abort

from nn import Dense, save

def half(file, **arrays):
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)

np.savez = half
save(Dense([[2]]), "model.npz")
"""
LARGE = "import nn; nn.save(nn.Dense(nn.zeros(99, 99)), 'model.npz')"


def whole(path: Path) -> None:
    model = Dense([[0]])
    load(model, path)
    assert model.weight.value == 1


def test_a_save_that_is_killed_leaves_the_old_model(tmp_path: Path) -> None:
    save(Dense([[1]]), tmp_path / "model.npz")
    run = python("-c", HALF, cwd=tmp_path)
    assert run.returncode == -signal.SIGKILL
    whole(tmp_path / "model.npz")


def test_a_save_on_a_full_disk_leaves_the_old_model(tmp_path: Path) -> None:
    save(Dense([[1]]), tmp_path / "model.npz")
    run = python("-c", LARGE, cwd=tmp_path, limit=10_000)
    assert "OSError: [Errno 27] File too large" in run.stderr
    assert names(tmp_path) == {"model.npz"}
    whole(tmp_path / "model.npz")


# ---- a cache that several write


def test_two_builds_may_run_at_once(book: Path, tmp_path: Path) -> None:
    sites = tmp_path / "one", tmp_path / "two"
    with ThreadPoolExecutor() as pool:
        for run in pool.map(lambda site: build(book, "-q", "-d", site), sites):
            assert run.returncode == 0, run.stderr
    one, two = (site / "good.html" for site in sites)
    assert one.read_text() == two.read_text()
    kept = [path for path in (book / ".cache").rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} == {".json", ".woff2", ".cache"}


# ---- a disk that is full, a folder that cannot be written


def test_a_cache_that_cannot_be_written_is_told_before_anything_runs(
    book: Path,
) -> None:
    (book / ".cache").symlink_to("/dev/null")
    text = told(build(book))
    assert f"cannot write in {book / '.cache'} (" in text
    assert "make it writable, or a link to a folder that is" in text
    assert not (book / "site").exists()


def test_a_site_that_cannot_be_written_may_be_elsewhere(
    book: Path, tmp_path: Path
) -> None:
    (book / "site").symlink_to("/dev/null")
    text = told(build(book))
    assert f"cannot write in {book / 'site'} (" in text
    assert "mkdocs build -d FOLDER" in text
    run = build(book, "-q", "-d", tmp_path / "site", HOME=NOWHERE)
    assert run.returncode == 0, run.stderr
    assert "and 2." in (tmp_path / "site" / "good.html").read_text()


def test_a_build_on_a_full_disk_says_so(book: Path) -> None:
    text = told(build(book, limit=5_000))
    assert "cannot write " in text
    assert "(File too large). What is in .cache/ is whole; make room" in text
    assert build(book, "-q").returncode == 0


def test_what_a_disk_refuses_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(store.StoreError, match=r"^cannot write in .* \(Not a"):
        store.check(Path(NOWHERE), "Do this")
    with pytest.raises(Abort, match=r"^cannot write a \(No space left\)\. "):
        hooks.on_build_error(OSError(28, "No space left", "a"))


def test_another_error_is_no_refusal() -> None:
    hooks.on_build_error(ValueError())
    hooks.on_build_error(ValueError())  # raises nothing


# ---- no home


@pytest.mark.parametrize("home", [{}, {"HOME": NOWHERE}])
def test_nn_and_its_digits_do_without_a_home(home: dict[str, str]) -> None:
    code = "import nn; (x, t), _ = nn.mnist(mirrors=()); print(x.shape)"
    run = python("-c", code, **home)
    assert run.stderr == ""
    assert run.stdout == "(60000, 784)\n"


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from nn import digits;"
        "digits._keep(b'', Path('~/.cache/nn/a').expanduser(), 'mnist')"
    )
    run = python("-c", code, HOME=NOWHERE)
    assert f"mnist: cannot write {NOWHERE}/.cache/nn/a (" in run.stderr
    assert "Let XDG_CACHE_HOME name a folder to write to" in run.stderr


def test_a_book_is_built_without_a_home(book: Path) -> None:
    run = build(book, "-q")
    assert run.returncode == 0, run.stderr
    assert "and 2." in (book / "site" / "good.html").read_text()


# ---- a kernel that is killed


def test_a_kernel_that_is_killed_is_told_and_nothing_is_kept(
    tmp_path: Path,
) -> None:
    (tmp_path / "book").mkdir()
    dies = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    root = books.write(tmp_path / "book", good=f"{SMALL}\n# %%\n{dies}\n")
    text = told(build(root))
    assert "good.py, cell 2 (import os, signal): the kernel died" in text
    assert not (root / ".cache" / "weave").exists()
