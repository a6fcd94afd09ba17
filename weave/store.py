"""What was made once is kept in .cache/, each file whole or not at all.

Two builds may run at once, one may be stopped, and the disk may be full:
what a reader finds in the cache is always complete.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from tempfile import TemporaryFile

# What a disk answers that is full, that cannot be written, or that fails.
REFUSALS = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


class StoreError(Exception):
    """A folder that cannot be written; the message says what to do."""


def keep(path: Path, content: bytes) -> None:
    """Write a file in one step, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def check(folder: Path, cure: str) -> None:
    """Try to write in a folder, which is made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        told = f"cannot write in {folder} ({error.strerror})"
        raise StoreError(f"{told}. {cure}") from None


def refusal(error: Exception) -> str | None:
    """Say in one line what a disk refused, if that is what went wrong."""
    if not isinstance(error, OSError) or error.errno not in REFUSALS:
        return None
    return (
        f"cannot write {error.filename} ({error.strerror}). What is in "
        ".cache/ is whole; make room, or the folder writable, and build again"
    )
