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
        ends: list[tuple[int, int]] = []
        if data:
            self._database.scan(data, match_event_handler=lambda number, _, end, *__: ends.append((end, number)))
        line, before = 1, 0
        told: set[tuple[int, int]] = set()
        for end, number in sorted(ends):
            line += data.count(b"\n", before, end)
            before = end
            if (line, number) not in told:
                told.add((line, number))
                yield line, number


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
