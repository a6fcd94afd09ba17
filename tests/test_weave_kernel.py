"""What the loom does inside a chapter's kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from weave import kernel

ROOT = Path(__file__).parent.parent


def told(root: Path, code: str) -> list[str]:
    """Return what a program below `root` is seen to read."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from weave import kernel\nkernel.begin(None)\n"
            f"{code}\nkernel.end()",
        ],
        cwd=root,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = eval(done.stdout)
    return found


@pytest.mark.parametrize(
    ("code", "reads"),
    [
        ("open('a.txt')", ["a.txt"]),
        ("open('a.txt', 'rb')", ["a.txt"]),
        ("open('a.txt', 'r+')", ["a.txt"]),
        ("import pathlib; pathlib.Path('b/c.txt').read_text()", ["b/c.txt"]),
        ("import os; open(os.path.abspath('a.txt'))", ["a.txt"]),
        ("import os; os.listdir('b')", ["b"]),
        ("import os; os.close(os.open('a.txt', os.O_RDONLY))", ["a.txt"]),
        ("import numpy as np; np.loadtxt('a.txt')", ["a.txt"]),
        ("open('new.txt', 'w')", []),
        ("import os; os.listdir()", []),
        ("import os; open('/dev/null'); open(os.dup(0)).close()", []),
        ("import module; assert module.x", []),
        ("open('.cache/d.txt')", []),
        ("open(b'a.txt')", ["a.txt"]),
    ],
)
def test_what_is_read_is_seen(
    code: str, reads: list[str], tmp_path: Path
) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".cache").mkdir()
    for name in ("a.txt", "b/c.txt", ".cache/d.txt"):
        (tmp_path / name).write_text("1")
    (tmp_path / "module.py").write_text("x = 1")
    assert told(tmp_path, code) == reads


def test_what_is_not_there_is_seen_too(tmp_path: Path) -> None:
    code = "try:\n    open('gone')\nexcept OSError:\n    pass"
    assert told(tmp_path, code) == ["gone"]


def heard(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., object]:
    """Return what `watch` would have Python call, and forget what is seen."""
    hooks: list[Callable[..., object]] = []
    monkeypatch.setattr(sys, "addaudithook", hooks.append)
    monkeypatch.setattr(kernel, "seen", set())
    kernel.watch(root)
    (hear,) = hooks
    return hear


@pytest.mark.parametrize(
    ("event", "details", "reads"),
    [
        ("open", ("{}/a", "r", os.O_RDONLY), {"a"}),
        ("open", ("{}/b/../c", "r+", os.O_RDWR), {"c"}),
        ("open", ("{}/a", "w", os.O_WRONLY | os.O_CREAT), set()),
        ("open", ("{}/a", None, None), {"a"}),
        ("open", ("{}", "r", os.O_RDONLY), set()),
        ("open", ("{}more", "r", os.O_RDONLY), set()),
        ("open", ("/elsewhere", "r", os.O_RDONLY), set()),
        ("open", ("{}/.git/a", "r", os.O_RDONLY), set()),
        ("open", ("{}/b/__pycache__/a", "r", os.O_RDONLY), set()),
        ("open", (3, "r", os.O_RDONLY), set()),
        ("os.listdir", ("{}/b",), {"b"}),
        ("os.listdir", (None,), set()),
        ("os.scandir", ("{}/b/c",), {"b/c"}),
        ("os.mkdir", ("{}/b", 0, -1), set()),
    ],
)
def test_what_is_heard_of_an_event(
    event: str,
    details: tuple[object, ...],
    reads: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = [d.format("/book") if isinstance(d, str) else d for d in details]
    heard(Path("/book"), monkeypatch)(event, tuple(told))
    assert kernel.seen == reads


def test_only_the_caller_can_be_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that reads while it is imported does read."""
    hear = heard(Path("/book"), monkeypatch)
    event = "open", (b"/book/a", "r", os.O_RDONLY)
    run = "exec(compile('hear(*event)', {!r}, 'exec'))"
    for caller in ("/lib/importlib/a.py", "/book/b.py"):
        inner = compile(run.format(caller), "<importlib>", "exec")
        exec(inner, {"hear": hear, "event": event})
        assert kernel.seen == ({"a"} if caller == "/book/b.py" else set())


def test_what_was_read_is_told_in_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kernel, "seen", {"b/c", "ü", "a"})
    kernel.end()
    assert capsys.readouterr().out == '["a", "b/c", "\\u00fc"]\n'


def test_a_module_that_comes_too_early_is_refused() -> None:
    early = kernel.Early("nn", {"nn.layers", "nn.base"})
    for name in ("nn", "nn.base", "os", "nnn.losses"):
        early.find_spec(name)
    with pytest.raises(ImportError) as error:
        early.find_spec("nn.losses")
    assert str(error.value) == (
        "nn.losses is used before a chapter has shown it; so far the book "
        "has nn.base, nn.layers"
    )


def package(root: Path) -> None:
    folder = root / "small"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from small.a import f\nfrom small.b import g\n__all__ = ['f', 'g']\n"
    )
    (folder / "a.py").write_text("f = 1\n")
    (folder / "b.py").write_text("from small.a import f\ng = f\n")


def test_a_package_has_what_was_introduced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    kernel.restrict("small", ["a"])
    assert isinstance(sys.meta_path[0], kernel.Early), "it is asked first"
    try:
        import small  # type: ignore[import-not-found]
        from small.a import f  # type: ignore[import-not-found]

        assert small.f == f == 1
        assert not hasattr(small, "g")
        with pytest.raises(ImportError, match=r"small\.b is used before"):
            import small.b  # type: ignore[import-not-found]
    finally:
        for name in [n for n in sys.modules if n.split(".")[0] == "small"]:
            del sys.modules[name]


def test_a_package_that_is_not_there_is_named() -> None:
    with pytest.raises(AssertionError) as error:
        kernel.restrict("nowhere", ["a"])
    assert str(error.value) == "no package nowhere"


def test_a_package_that_is_no_python_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    init = tmp_path / "small" / "__init__.py"
    init.write_text("a syntax error\n")
    with pytest.raises(SyntaxError) as error:
        kernel.restrict("small", ["a"])
    assert error.value.filename == str(init)


def test_watching_in_this_process(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A hook cannot be taken back, so it is called by hand."""
    hooks = []
    monkeypatch.setattr(sys, "addaudithook", hooks.append)
    monkeypatch.setattr(kernel, "seen", set())
    monkeypatch.chdir(tmp_path)
    restricted = []
    monkeypatch.setattr(
        kernel, "restrict", lambda *given: restricted.append(given)
    )
    kernel.begin(["a"])
    kernel.begin(None)
    assert restricted == [("nn", ["a"])]
    (hear, _) = hooks
    hear("open", ("a", "r", os.O_RDONLY))
    hear("open", ("b", "w", os.O_WRONLY))
    hear("open", (3, "r", os.O_RDONLY))
    hear("open", ("/c", None, os.O_RDONLY))
    hear("import", ("d",))
    exec(compile("hear('open', ('e', 'r', 0))", "<importlib>", "exec"))
    kernel.end()
    assert capsys.readouterr().out == '["a"]\n'
