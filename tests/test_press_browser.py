"""Finding a Chromium, or installing one."""

from __future__ import annotations

import builtins
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import playwright.sync_api
import pytest

from weave.press import browser

ROOT = Path(__file__).parent.parent

DEBIAN = "Installing Chromium with apt-get (once)"
APT = "env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0"
PACKAGE = "install -y --no-install-recommends chromium"
OWN = "Installing Chromium with Playwright (once)"
BUILD = f"{sys.executable} -m playwright install"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been run, and said before; nothing here runs."""
    made: list[str] = []

    def succeeds(*command: str, quiet: bool = False) -> bool:
        made.append(" ".join(command) + ", quietly" * quiet)
        return True

    def say(text: str, flush: bool = False) -> None:
        made.append(text + ", too late" * (not flush))

    monkeypatch.setattr(browser, "succeeds", succeeds)
    monkeypatch.setattr(browser, "print", say, raising=False)
    monkeypatch.delenv("CHROMIUM", raising=False)
    return made


def on_path(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(
        shutil, "which", lambda name: f"/bin/{name}" if name in names else None
    )


def bring(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Let Playwright say that its Chromium is at `path`."""

    class Driver:
        chromium = SimpleNamespace(executable_path=str(path))

        def __enter__(self) -> Driver:
            return self

        def __exit__(self, *args: object) -> None:
            pass

    monkeypatch.setattr(playwright.sync_api, "sync_playwright", Driver)


def test_the_one_that_is_named_comes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on_path(monkeypatch, "mine", "chromium")
    monkeypatch.setenv("CHROMIUM", "mine")
    assert browser.find_chromium() == "/bin/mine"
    monkeypatch.setenv("CHROMIUM", "absent")
    assert browser.find_chromium() is None


def test_then_the_usual_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    on_path(monkeypatch, "google-chrome")
    assert browser.find_chromium() == "/bin/google-chrome"


def test_then_the_one_of_playwright(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    on_path(monkeypatch)
    bring(monkeypatch, tmp_path / "chrome")
    assert browser.find_chromium() is None
    (tmp_path / "chrome").touch()
    assert browser.find_chromium() == str(tmp_path / "chrome")


def test_playwright_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    assert browser.playwright_chromium() is None


def test_a_command_that_fails_or_is_not_there_does_not_succeed() -> None:
    assert browser.succeeds(sys.executable, "-c", "")
    assert not browser.succeeds(sys.executable, "-c", "1 / 0", quiet=True)
    assert not browser.succeeds("/no/such/command")


def test_a_command_shows_its_errors_alone_and_asks_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran: list[object] = []

    def run(command: tuple[str, ...], **options: int | None) -> object:
        ran.append((command, options))
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    assert browser.succeeds("a", "b")
    assert browser.succeeds("c", quiet=True)
    none = subprocess.DEVNULL
    assert ran == [
        (("a", "b"), {"stdin": none, "stdout": none, "stderr": None}),
        (("c",), {"stdin": none, "stdout": none, "stderr": none}),
    ]


@pytest.mark.parametrize(
    ("user", "there", "fails", "done"),
    [
        (0, True, "nothing", [DEBIAN, f"{APT} update", f"{APT} {PACKAGE}"]),
        (
            1000,
            True,
            "nothing",
            [
                "sudo -n true, quietly",
                DEBIAN,
                f"sudo -n {APT} update",
                f"sudo -n {APT} {PACKAGE}",
            ],
        ),
        (
            1000,
            True,
            "sudo",
            ["sudo -n true, quietly", OWN, f"{BUILD} chromium"],
        ),
        (
            0,
            True,
            "apt-get",
            [
                DEBIAN,
                f"{APT} update",
                f"{APT} {PACKAGE}",
                OWN,
                f"{BUILD} --with-deps chromium",
            ],
        ),
        (0, False, "nothing", [OWN, f"{BUILD} chromium"]),
    ],
)
def test_debian_is_asked_first_and_playwright_where_it_cannot(
    user: int,
    there: bool,
    fails: str,
    done: list[str],
    monkeypatch: pytest.MonkeyPatch,
    calls: list[str],
) -> None:
    on_path(monkeypatch, *(["apt-get"] if there else []))
    monkeypatch.setattr(os, "geteuid", lambda: user)
    note = browser.succeeds

    def succeeds(*command: str, quiet: bool = False) -> bool:
        return note(*command, quiet=quiet) and fails not in command

    monkeypatch.setattr(browser, "succeeds", succeeds)
    browser.install()
    assert calls == done


def test_what_is_there_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, calls: list[str]
) -> None:
    on_path(monkeypatch, "chromium")
    assert browser.main() == 0
    assert calls == ["/bin/chromium --version, quietly"]


@pytest.mark.parametrize("named", ["", "absent"])
def test_without_any_the_reader_is_told_what_to_do(
    named: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And nothing is installed in place of the one that is named."""
    tried: list[str] = []
    monkeypatch.setenv("CHROMIUM", named)
    monkeypatch.setattr(browser, "find_chromium", lambda: None)
    monkeypatch.setattr(browser, "install", lambda: tried.append("once"))
    assert browser.main() == 1
    assert tried == ([] if named else ["once"])
    assert capsys.readouterr().err == browser.HELP + "\n"


def test_it_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    monkeypatch.setattr(builtins, "print", lambda *args, **options: None)
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(
            str(ROOT / "weave" / "press" / "browser.py"), run_name="__main__"
        )
    assert stopped.value.code == 1
