"""The days on which pages have changed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from weave.press.sitemap import dates, robots


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """Commit a page in January, and another with it in March."""
    folder = tmp_path / "docs"
    folder.mkdir()
    for day, names in ("2026-01-02", "ab"), ("2026-03-04", "b"):
        for name in names:
            (folder / f"{name}.md").write_text(day)
        moment = {"GIT_COMMITTER_DATE": f"{day}T12:00:00+0000"}
        person = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        for command in (["init", "-q"], ["add", "."], ["commit", "-qm", day]):
            subprocess.run(
                ["git", *person, *command],
                cwd=tmp_path,
                env=os.environ | moment,
                check=True,
            )
    (folder / "new.md").write_text("")
    return folder


def test_a_page_is_as_old_as_its_last_commit(docs: Path) -> None:
    assert dates(docs) == {"a.md": "2026-01-02", "b.md": "2026-03-04"}


def test_without_a_repository_nothing_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert dates(tmp_path) == {}


def test_without_git_nothing_is_known(
    docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert dates(docs) == {}


def test_robots_find_the_sitemap() -> None:
    assert robots("https://a.org/b/").splitlines() == [
        "User-agent: *",
        "Allow: /",
        "Sitemap: https://a.org/b/sitemap.xml",
    ]
