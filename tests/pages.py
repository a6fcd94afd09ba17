"""The pages of the built book, in a server and a browser like readers'.

The tests of the pages and `make audit` look at the same thing.
"""

from __future__ import annotations

import functools
import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Request, sync_playwright

from weave.press.browser import FLAGS, HELP, find_chromium

ROOT = Path(__file__).parent.parent
CHAPTERS = sorted(path.stem for path in (ROOT / "docs").glob("*.py"))
PAGES = [
    f"{path.stem}.html"
    for suffix in ("py", "md")
    for path in sorted((ROOT / "docs").glob(f"*.{suffix}"))
] + ["404.html"]
HEIGHTS = {360: 740, 768: 1024, 1280: 900, 1920: 1080}
PHONE = 360
REFUSED = """window.refused = [];
addEventListener("securitypolicyviolation", (event) => {
  refused.push(`${event.effectiveDirective} ${event.blockedURI}`);
});"""
LOOKS = Path(__file__).with_name("looks.js").read_text("utf-8")

# What the book may cost: bytes and layout shift of a first visit, and the
# shift when the faces come after the text, which depends on the reader's.
MOST_BYTES = 300_000
MOST_SHIFT = 0.02
MOST_LATE = 0.1


# ---- the site


def build(folder: Path, **environment: str) -> Path:
    """Build the book as `make site` does, into a folder of its own."""
    run = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"} | environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert "WARNING" not in run.stderr
    return folder


# ---- a server


TYPES = {
    "": "application/octet-stream",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ipynb": "application/x-ipynb+json",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".png": "image/png",
    ".py": "text/x-python; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
PACKED = {".png", ".woff2", ".zip", ".gz", ".pdf"}  # and not packed again


@functools.cache
def packed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 6, mtime=0)


class Host(SimpleHTTPRequestHandler):
    """Serve the site under its path, packed, as its real host does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path.removeprefix("/book")))
        if path.is_dir():
            path /= "index.html"
        status = 200
        if not path.is_file():
            status, path = 404, Path(self.directory, "404.html")
        self.send_response(status)
        self.send_header("Content-Type", TYPES.get(path.suffix, TYPES[""]))
        self.send_header("Cache-Control", "max-age=600")
        body = b""
        if path.suffix not in PACKED and path.is_file():
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Vary", "Accept-Encoding")
            body = packed(path)
        elif path.is_file():
            body = path.read_bytes()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def serve(site: Path) -> Iterator[str]:
    """Serve the folder, and yield its address."""
    handler = functools.partial(Host, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/book/"
        server.shutdown()
        thread.join()


# ---- a browser


@contextmanager
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    assert path, HELP
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=list(FLAGS)
        )
        yield browser
        browser.close()


@dataclass
class Visit:
    """One page, open, and what its reader's browser noticed."""

    view: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    size: int = 0

    def ask(self, question: str, *arguments: object) -> Any:
        """Ask one of the things in looks.js."""
        return self.view.evaluate(
            f"([...given]) => looks.{question}(...given)", list(arguments)
        )

    def read(self) -> None:
        """Read to the end, and wait for what is still on its way."""
        self.ask("read")
        self.view.wait_for_load_state("networkidle")

    def shift(self) -> tuple[float, list[str]]:
        """Return how much moved so far, and what."""
        found = self.ask("shifts")
        return sum(value for value, _ in found), [
            f"{value:.3f} {name}" for value, names in found for name in names
        ]

    def again(self) -> tuple[float, list[str]]:
        """Come a second time, with all at hand; return how much moved."""
        self.view.reload(wait_until="load")
        self.view.evaluate(LOOKS)
        self.read()
        return self.shift()

    def foreign(self, address: str) -> list[str]:
        """Return what was asked of other hosts."""
        return [url for url in self.asked if not url.startswith(address)]

    def refused(self) -> list[str]:
        """Return what the page's policy forbade, each with its rule."""
        found: list[str] = self.view.evaluate("refused")
        return found

    def violations(self) -> list[str]:
        """Return what axe finds, each with the rule and the element."""
        self.view.evaluate(axe())
        found = self.view.evaluate(
            "axe.run({resultTypes: ['violations'],"
            " rules: {'target-size': {enabled: true}}})"
        )
        return [
            f"{fault['id']}: {node['html'][:200]} {node['failureSummary']}"
            for fault in found["violations"]
            for node in fault["nodes"]
        ]


@functools.cache
def axe() -> str:
    path = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    assert path.exists(), "axe is not in node_modules/; `npm ci` brings it"
    return path.read_text("utf-8")


@contextmanager
def visit(
    browser: Browser, url: str, width: int = 1280, **options: Any
) -> Iterator[Visit]:
    """Open a page for the first time, nothing being in the cache."""
    size = {"width": width, "height": HEIGHTS.get(width, 900)}
    context = browser.new_context(**{"viewport": size, **options})
    context.set_default_timeout(10_000)
    context.set_default_navigation_timeout(60_000)
    view = context.new_page()
    made = Visit(view)

    def asked(request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            made.asked.append(request.url)

    def finished(event: dict[str, Any]) -> None:
        made.size += int(event["encodedDataLength"])

    network = context.new_cdp_session(view)
    network.on("Network.loadingFinished", finished)
    network.send("Network.enable")
    view.on("request", asked)
    view.on("requestfailed", lambda request: made.failed.append(request.url))
    view.on("pageerror", lambda error: made.said.append(str(error)))
    view.on("console", lambda line: made.said.append(line.text))
    view.add_init_script(REFUSED)
    view.goto(url, wait_until="load")
    view.evaluate(LOOKS)
    yield made
    context.close()
