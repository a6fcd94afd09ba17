"""What an archive holds, and in which order."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from weave.press import archive


def test_an_archive_tells_only_the_names_and_what_the_files_hold() -> None:
    files = {"b": b"2", "a": b"1"}
    packed = archive.pack(files)
    assert packed == archive.pack(dict(sorted(files.items())))
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        told = [
            (i.filename, i.date_time, i.compress_type, i.external_attr >> 16)
            for i in opened.infolist()
        ]
        assert [opened.read(name) for name in "ab"] == [b"1", b"2"]
    day = (1980, 1, 1, 0, 0, 0)
    deflated = zipfile.ZIP_DEFLATED
    assert told == [("a", day, deflated, 0o644), ("b", day, deflated, 0o644)]


def test_the_site_is_packed_without_what_only_servers_need(
    tmp_path: Path,
) -> None:
    (tmp_path / "part").mkdir()
    served = ["book.zip", "404.html", "sitemap.xml", "sitemap.xml.gz"]
    for name in ["index.html", "CNAME", "part/404.html", *served]:
        (tmp_path / name).write_text(name)
    assert archive.site(tmp_path) == archive.pack(
        {
            "neural-networks-line-by-line/CNAME": b"CNAME",
            "neural-networks-line-by-line/index.html": b"index.html",
            "neural-networks-line-by-line/part/404.html": b"part/404.html",
        }
    )
