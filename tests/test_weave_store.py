"""What was made once is kept whole; what a disk refuses is told."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from weave import store


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_is_kept_with_the_folders_above_it(tmp_path: Path) -> None:
    path = tmp_path / "fonts" / "new" / "a.woff2"
    for content in b"old", b"new":
        store.keep(path, content)
        assert path.read_bytes() == content
        assert names(path.parent) == {"a.woff2"}


def test_a_file_is_written_beside_its_place_under_a_name_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, write = [], Path.write_bytes

    def watched(partial: Path, content: bytes) -> int:
        seen.append(partial)
        return write(partial, content)

    monkeypatch.setattr(Path, "write_bytes", watched)
    monkeypatch.setattr(os, "urandom", lambda n: bytes(range(n)))
    store.keep(tmp_path / "a.json", b"{}")
    assert seen == [tmp_path / ".a.json.00010203"]
    assert names(tmp_path) == {"a.json"}


def test_a_file_is_whole_while_two_write_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, replace = tmp_path / "fonts" / "a.woff2", Path.replace

    def slow(partial: Path, target: Path) -> None:
        monkeypatch.undo()
        store.keep(path, b"the other's")
        assert path.read_bytes() == b"the other's"
        replace(partial, target)

    monkeypatch.setattr(Path, "replace", slow)
    store.keep(path, b"ours")
    assert path.read_bytes() == b"ours"
    assert names(path.parent) == {"a.woff2"}


@pytest.mark.parametrize("error", [OSError(28, "full"), KeyboardInterrupt()])
def test_what_was_kept_outlives_a_write_that_breaks_off(
    error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_off(partial: Path, content: bytes) -> None:
        with partial.open("wb") as file:
            file.write(content[:2])
        raise error

    store.keep(tmp_path / "a", b"old")
    monkeypatch.setattr(Path, "write_bytes", breaks_off)
    with pytest.raises(type(error)):
        store.keep(tmp_path / "a", b"new")
    assert names(tmp_path) == {"a"}
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_folder_that_can_be_written_is_made_and_left_empty(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "one" / "two"
    store.check(folder, "Do this")
    store.check(folder, "Do this")  # it is there already
    assert names(folder) == set()


def test_a_folder_that_cannot_be_written_is_told_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(dir: Path) -> None:
        assert dir == tmp_path
        raise OSError(errno.EROFS, "Read-only")

    monkeypatch.setattr(store, "TemporaryFile", refuse)
    with pytest.raises(store.StoreError) as error:
        store.check(tmp_path, "Make it writable")
    assert str(error.value) == (
        f"cannot write in {tmp_path} (Read-only). Make it writable"
    )
    assert error.value.__suppress_context__


@pytest.mark.parametrize("number", sorted(store.REFUSALS))
def test_what_a_disk_refuses_is_told_in_a_line(number: int) -> None:
    assert store.refusal(OSError(number, "It is full", "a.html")) == (
        "cannot write a.html (It is full). What is in .cache/ is whole; "
        "make room, or the folder writable, and build again"
    )


@pytest.mark.parametrize(
    "error", [ValueError(), FileNotFoundError(2, "no", "a"), OSError("odd")]
)
def test_another_error_is_no_refusal(error: Exception) -> None:
    assert store.refusal(error) is None
