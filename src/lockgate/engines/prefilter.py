"""One pass over a text tells which of many patterns can match in which of its lines.

The patterns are necessary conditions (`engines/necessary.py`), compiled by Hyperscan into one database. That takes a third of a
second, so that the database is kept in the user's cache directory. Loading a damaged one could crash the process: it is taken
only from a directory in which nobody else can write, and only where its digest is right.
"""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lockgate.inputs.user_dirs import cache_dir, is_private

PART = 2**20
_DIGEST = hashlib.sha256
_DIGEST_SIZE = 32


class Prefilter:
    """The compiled patterns; each has its index as its number. Raises ImportError where Hyperscan is not installed."""

    def __init__(self, patterns: Sequence[str]) -> None:
        import hyperscan

        expressions = [pattern.encode("ascii") for pattern in patterns]
        key = _DIGEST(
            repr((getattr(hyperscan, "__version__", ""), platform.machine(), expressions)).encode()
        ).hexdigest()
        self._database = _load(key) or _compile(expressions, key)

    def hits(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Line, from 1, and number of every pattern that can match there, by line; data is UTF-8 with LF line ends."""
        line = 1
        for part in _parts(data):
            yield from self._hits_in(part, line)
            line += part.count(b"\n")

    def _hits_in(self, data: bytes, line: int) -> list[tuple[int, int]]:
        """The same for a part that begins with `line`. A pattern can match at every byte: each is kept once a line."""
        start, stop = 0, 0  # of the line that the last match was in
        found: set[tuple[int, int]] = set()

        def keep(number: int, _begin: int, end: int, *_: object) -> None:
            nonlocal line, start, stop
            if not start < end <= stop:
                line += data.count(b"\n", start, end) if end > start else -data.count(b"\n", end, start)
                start = data.rfind(b"\n", 0, end) + 1
                stop = data.find(b"\n", end) % (len(data) + 1)  # -1, for the last line, becomes the length
            found.add((line, number))

        self._database.scan(data, match_event_handler=keep)
        return sorted(found)


def _parts(data: bytes) -> Iterator[bytes]:
    """Whole lines, about PART bytes of them: no pattern crosses a line feed."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + PART) + 1 or len(data)
        yield data[start:end]
        start = end


def _compile(expressions: list[bytes], key: str) -> Any:
    import hyperscan

    database = hyperscan.Database()
    numbers = list(range(len(expressions)))
    flags = [hyperscan.HS_FLAG_DOTALL] * len(expressions)
    database.compile(expressions=expressions, ids=numbers, elements=len(expressions), flags=flags)
    _store(key, hyperscan.dumpb(database))
    return database


def _load(key: str) -> Any:
    """The database that is kept under `key`, None where there is none that can be trusted."""
    import hyperscan

    folder = cache_dir("prefilter")
    path = folder / key if folder else None
    if path is None or not is_private(path):
        return None
    try:
        kept = path.read_bytes()
        if _DIGEST(kept[_DIGEST_SIZE:]).digest() != kept[:_DIGEST_SIZE]:
            return None
        database = hyperscan.loadb(kept[_DIGEST_SIZE:], hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except (OSError, hyperscan.error):
        return None
    return database


def _store(key: str, data: bytes) -> None:
    """Keep a database; one that can't be kept is compiled again the next time."""
    folder = cache_dir("prefilter")
    if folder is None:
        return
    new = folder / f"{key}.{secrets.token_hex(8)}"
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_DIGEST(data).digest() + data)
        Path(new).replace(folder / key)
    except OSError:
        new.unlink(missing_ok=True)
