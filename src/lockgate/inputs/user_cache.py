"""Data that is kept in the user's cache directory, and taken only where nobody else could have changed it."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path

from lockgate.inputs.user_dirs import cache_dir, is_private

UNUSED = 30 * 24 * 3600  # seconds after which what was not used goes
MOST_BYTES = 256 * 2**20  # of each kind; beyond, what was not used for longest goes
_DIGEST = hashlib.sha256
_DIGEST_SIZE = 32


def load(kind: str, name: str) -> memoryview | None:
    """What is kept of that kind under that name; None where there is nothing, or nothing that is whole and private."""
    path = _path(kind, name)
    if path is None or not is_private(path):
        return None
    try:
        whole = memoryview(path.read_bytes())
    except OSError:
        return None
    data = whole[_DIGEST_SIZE:]
    if _DIGEST(data).digest() != whole[:_DIGEST_SIZE]:
        return None
    with suppress(OSError):
        os.utime(path)
    return data


def store(kind: str, name: str, data: bytes) -> None:
    """Keep data, the whole of it or nothing. Where it can't be kept it is made again the next time."""
    path = _path(kind, name)
    if path is None:
        return
    new = path.with_name(f"{name}.{os.urandom(8).hex()}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_DIGEST(data).digest() + data)
        new.replace(path)
        _prune(path.parent)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def own_code() -> list[tuple[str, int, int]]:
    """Our own code, which decides what is made: its files with their sizes and times."""
    top = Path(__file__).parent.parent
    stats = ((str(path.relative_to(top)), path.stat()) for path in sorted(top.rglob("*.py")))
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]


def _path(kind: str, name: str) -> Path | None:
    folder = cache_dir(kind)
    return folder / name if folder else None


def _prune(folder: Path) -> None:
    kept = 0
    stats = [(path.stat(), path) for path in folder.iterdir()]
    for stat, path in sorted(stats, key=lambda each: -each[0].st_mtime):
        kept += stat.st_size
        if time.time() - stat.st_mtime > UNUSED or kept > MOST_BYTES:
            path.unlink(missing_ok=True)
