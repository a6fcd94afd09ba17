"""Archives that are the same bytes from the same files."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

BOOK = "book.zip"
FOLDER = "neural-networks-line-by-line"
# What only a server has a use for.
SERVED = {BOOK, "404.html", "sitemap.xml", "sitemap.xml.gz"}


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return a zip file with these files, in the order of their names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            target.writestr(entry, files[name])
    return stream.getvalue()


def site(folder: Path) -> bytes:
    """Return the built site as a zip file, to read without a network."""
    names = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file()
    }
    return pack(
        {
            f"{FOLDER}/{name}": path.read_bytes()
            for name, path in names.items()
            if name not in SERVED
        }
    )
