"""Find the Chromium that prints the book and tests it, or install one.

`make test` and `make print` run this file first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
MAC_APPS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# What a browser needs to run as root, in a container, without a network.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HELP = """\
This needs a Chromium, and none was found or could be installed. Install one
(Debian: apt-get install chromium; elsewhere: .venv/bin/python -m playwright
install chromium), or name it: CHROMIUM=/path/to/chrome"""


def find_chromium() -> str | None:
    """Return the path of a Chromium or Chrome, or None.

    First what $CHROMIUM names, then the usual names on PATH, the usual
    places on a Mac, and what `playwright install` brought.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    for name in (*NAMES, *MAC_APPS):
        if path := shutil.which(name):
            return path
    return playwright_chromium()


def playwright_chromium() -> str | None:
    """Return what `playwright install` brought, where it is used."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def succeeds(*command: str, quiet: bool = False) -> bool:
    """Run a command, and say whether it could and did."""
    try:
        # Standard output is progress, and dropped; errors are shown.
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if quiet else None,
        )
    except OSError:
        return False
    return done.returncode == 0


def install() -> None:
    """Try Debian's package, where we may; then Playwright's own build."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    prefix = [] if root else ["sudo", "-n"]
    apt = shutil.which("apt-get") is not None and (
        root or succeeds("sudo", "-n", "true", quiet=True)
    )
    if apt:
        print("Installing Chromium with apt-get (once)", flush=True)
        apt_get = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
        apt_get += ["-qq", "-o", "Dpkg::Use-Pty=0"]
        succeeds(*apt_get, "update")
        if succeeds(
            *apt_get, "install", "-y", "--no-install-recommends", "chromium"
        ):
            return
    print("Installing Chromium with Playwright (once)", flush=True)
    deps = ["--with-deps"] if apt else []
    succeeds(sys.executable, "-m", "playwright", "install", *deps, "chromium")


def main() -> int:
    """Find a Chromium that starts, or install one, or say what to do."""
    if find_chromium() is None and not os.environ.get("CHROMIUM"):
        install()
    path = find_chromium()
    if path is None or not succeeds(path, "--version", quiet=True):
        print(HELP, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
