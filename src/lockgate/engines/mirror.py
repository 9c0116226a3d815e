"""Copies of files for a tool that reads them from the disk, so that it meets no link, device or file but these."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from lockgate.model.errors import UnavailableError

# Python's own makedirs and rmtree call themselves for each folder, and systems take no longer path.
_FOLDERS = 100
_BYTES = 2_000


def fits(path: str) -> bool:
    """Whether a file with such a relative path can be copied."""
    return path.count("/") <= _FOLDERS and len(os.fsencode(path)) <= _BYTES


def mirror(files: Mapping[str, bytes], folder: Path) -> None:
    """Write `files`, by relative path that fits, below `folder`. Raises UnavailableError where the disk refuses."""
    try:
        for path, data in files.items():
            copy = folder / path
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data)
    except OSError as error:
        raise UnavailableError(f"{folder} can't be written: {error.strerror}; set TMPDIR to another folder") from None
