"""What the loom does inside a chapter's kernel."""

from __future__ import annotations

import os
import subprocess
import sys
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
