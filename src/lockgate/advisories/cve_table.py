"""Two numbers for each of many CVEs, in a file that is searched without being read.

Layout: magic with the format's number; how many rows; the rows, sorted, each the CVE as a number and the two numbers;
where they came from (MessagePack).
"""

from __future__ import annotations

import mmap
import re
import struct
from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Self

import msgspec
from msgspec import Struct

from lockgate.advisories.index import CLOCKS_DIFFER
from lockgate.model.errors import UnavailableError

_HEADER = struct.Struct(">16sQ")
_MAGIC = b"LOCKGATE-CVE0001"
_ROW = struct.Struct(">Qdd")
_CVE = re.compile(r"CVE-([0-9]{4})-([0-9]{4,14})", re.ASCII)
_NUMBERS = 10**14  # more than there are in a year

Row = tuple[int, float, float]


class Origin(Struct, frozen=True):
    """Where a table came from: the date of its data, when that was last checked with the source, its ETag or date."""

    source: str
    date: str
    checked: str
    validator: str = ""
    rows: int = 0

    def age(self, now: datetime | None = None) -> timedelta:
        """The time since it was last checked with its source; negative where a clock is wrong."""
        return (now or datetime.now(UTC)) - datetime.fromisoformat(self.checked)

    def is_young(self, oldest: timedelta, now: datetime | None = None) -> bool:
        """Whether it is of that age at most, as far as the clocks tell."""
        return -CLOCKS_DIFFER <= self.age(now) <= oldest


class CveTable:
    """A table, open for look-ups."""

    def __init__(self, data: memoryview, name: str) -> None:
        """Raises UnavailableError where the data is no table."""
        self._data = data
        try:
            magic, self._rows = _HEADER.unpack_from(data)
            end = _HEADER.size + self._rows * _ROW.size
            self.origin = msgspec.msgpack.decode(data[end:], type=Origin)
            self.origin.age()
        except (struct.error, msgspec.DecodeError, ValueError, TypeError):
            magic = b""
        if magic != _MAGIC or self.origin.rows != self._rows:
            raise UnavailableError(f"{name} is damaged or of another version of lockgate; fetch it again")

    @classmethod
    def open(cls, path: Path) -> Self:
        """The table in a file. Raises UnavailableError."""
        try:
            with path.open("rb") as file:
                return cls(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)), str(path))
        except (OSError, ValueError):
            raise UnavailableError(f"{path} can't be read; fetch it again") from None

    def get(self, cve: str) -> tuple[float, float] | None:
        """The numbers of a CVE; None where there are none."""
        number = number_of(cve)
        if number is None:
            return None
        at = bisect_left(range(self._rows), number, key=lambda row: self._row(row)[0])
        if at == self._rows or (found := self._row(at))[0] != number:
            return None
        return found[1:]

    def copy(self, file: BinaryIO, checked: str) -> Origin:
        """Write the same table, checked with its source at that time."""
        origin = msgspec.structs.replace(self.origin, checked=checked)
        file.write(self._data[: _HEADER.size + self._rows * _ROW.size])
        file.write(msgspec.msgpack.encode(origin))
        return origin

    def _row(self, row: int) -> Row:
        found: Row = _ROW.unpack_from(self._data, _HEADER.size + row * _ROW.size)
        return found


def write(file: BinaryIO, rows: Iterable[Row], origin: Origin) -> Origin:
    """Write a table; gives its origin with the number of rows. Of a CVE that comes twice the last row counts."""
    unique = {row[0]: row for row in rows}
    origin = msgspec.structs.replace(origin, rows=len(unique))
    file.write(_HEADER.pack(_MAGIC, len(unique)))
    file.write(b"".join(_ROW.pack(*unique[number]) for number in sorted(unique)))
    file.write(msgspec.msgpack.encode(origin))
    return origin


def number_of(cve: str) -> int | None:
    """The CVE as a number that sorts by year and number; None for what is no CVE."""
    found = _CVE.fullmatch(cve)
    return int(found[1]) * _NUMBERS + int(found[2]) if found else None
