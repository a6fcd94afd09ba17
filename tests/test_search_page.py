"""The search of a small part of the book, used in Chromium."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import small_book
from browser import FLAGS, HELP, find_chromium
from playwright.sync_api import Browser, Page, expect, sync_playwright

import nn

ROOT = Path(__file__).parent.parent
PARTS = "api.md", "bibliography.md", "glossary.md", "layers.py", "notation.md"
SCREENS = [
    (size, scheme, forced)
    for size in ((1280, 900), (390, 844))
    for scheme, forced in [
        ("light", "none"),
        ("dark", "none"),
        ("dark", "active"),
    ]
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build one chapter and the back matter."""
    folder = tmp_path_factory.mktemp("site")
    config = ROOT / "mkdocs.yml"
    part = folder.with_suffix(".yml")
    hidden = "".join(f"  !/{name}\n" for name in PARTS)
    part.write_text(
        f"INHERIT: {config}\n"
        f"docs_dir: {ROOT / 'docs'}\n"
        f"hooks: [{ROOT / 'weave' / 'hooks.py'}]\n"
        f"watch: []\nstrict: false\n"
        f"theme: {{custom_dir: {ROOT / 'weave' / 'theme'}}}\n"
        f"exclude_docs: |\n  *.py\n  *.md\n{hidden}"
        f"nav: [{', '.join(PARTS)}]\n"
    )
    (folder.parent / "node_modules").symlink_to(ROOT / "node_modules")
    (folder.parent / "nn").symlink_to(ROOT / "nn")
    run = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-f", part, "-d", folder],
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return folder
