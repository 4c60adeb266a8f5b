"""Writing a file so that a crash leaves the old one or the new one, and nothing between."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Replace the file ``path`` by one with ``content``.

    It is written beside the old one under another name, flushed to the disk, and renamed, which
    happens at once or not at all. If anything fails, the old file is still there, and the new
    one is removed. What a link leads to is replaced, and not the link.
    """
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileNotFoundError):
            os.chmod(temporary, path.stat().st_mode & 0o777)  # the old file's permissions stay
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):  # the first failure is the one to tell
            os.unlink(temporary)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Flush the folder's entries too, so that the rename outlasts a power cut; where systems allow it."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
