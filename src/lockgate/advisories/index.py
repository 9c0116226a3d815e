"""The local index: one file, of which a look-up reads a table and the texts of what it found.

Layout: magic with the format's number; offset, length and SHA-256 of the table; the advisories' texts; the table. The
table (MessagePack) holds, by package, what matching needs; each package's part is decoded when it is asked for. A text is
read, and checked by its CRC-32, only when its advisory matched.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec
from msgspec import Struct

from lockgate.advisories.versions import Range, any_holds, key, ordered, spellings
from lockgate.model.advisory import Advisory, preference
from lockgate.model.errors import UnavailableError, counted

FORMAT = 1
_MAGIC = b"LOCKGATE-OSV%04d"
_HEADER = struct.Struct("<16sQQ32s")


class Meta(Struct, frozen=True, kw_only=True):
    """What an index was built from. `malformed` names some of the `lost` records that could not be understood."""

    source: str
    built: str
    records: int = 0
    withdrawn: int = 0
    packages: int = 0
    newest: str = ""
    lost: int = 0
    malformed: tuple[str, ...] = ()

    def age(self, now: datetime | None = None) -> float:
        """Days since it was built; negative where a clock is wrong."""
        return ((now or datetime.now(UTC)) - datetime.fromisoformat(self.built)).total_seconds() / 86400

    def __str__(self) -> str:
        known = counted(self.records, "advisory", "advisories")
        return f"{known} from {self.source}, index built {self.built[:10]}"


class Entry(Struct, frozen=True, array_like=True):
    """One advisory and one package. `text` is offset, length and CRC-32 of its text."""

    id: str
    aliases: tuple[str, ...]
    score: float | None
    ranges: tuple[Range, ...]
    versions: tuple[str, ...]
    text: tuple[int, int, int]

    def affects(self, version: str) -> bool:
        """Whether the version, or the public version of a local one, is affected."""
        return any(self._lists(spelling) or any_holds(self.ranges, key(spelling)) for spelling in spellings(version))

    def _lists(self, version: str) -> bool:
        return bool(self.versions) and key(version) in map(key, self.versions)

    @property
    def group(self) -> str:
        """The same for all aliases."""
        return min(self.id, *self.aliases) if self.aliases else self.id


class Text(Struct, frozen=True, array_like=True):
    """What people read of an advisory."""

    summary: str = ""
    details: str = ""
    published: str = ""
    cwe: tuple[int, ...] = ()
    affects: tuple[str, ...] = ()


class _Table(Struct, frozen=True):
    meta: Meta
    packages: dict[str, msgspec.Raw]


class Writer:
    """Writes an index into a file: first all texts, then the table."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.write(bytes(_HEADER.size))

    def text(self, text: Text) -> tuple[int, int, int]:
        """Write a text; gives its place."""
        data = msgspec.msgpack.encode(text)
        offset = self._file.tell()
        self._file.write(data)
        return offset, len(data), zlib.crc32(data)

    def finish(self, meta: Meta, packages: dict[str, list[Entry]]) -> None:
        """Write the table and the header that makes the file an index."""
        encoded = {name: msgspec.Raw(msgspec.msgpack.encode(entries)) for name, entries in packages.items()}
        table = msgspec.msgpack.encode(_Table(meta, encoded))
        offset = self._file.tell()
        self._file.write(table)
        self._file.seek(0)
        self._file.write(_HEADER.pack(_MAGIC % FORMAT, offset, len(table), hashlib.sha256(table).digest()))
        self._file.flush()


class Index:
    """An index, open for look-ups. `name` says in messages which one it is."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        """Read the table. Raises UnavailableError for a file that is damaged or no index of this format."""
        self._file = file
        self._name = name
        table = self._table()
        self.meta = table.meta
        self._packages = table.packages

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _table(self) -> _Table:
        header = self._read(0, _HEADER.size)
        magic, offset, length, digest = _HEADER.unpack(header)
        if magic != _MAGIC % FORMAT:
            made = (
                "was made by another version of lockgate" if magic.startswith(_MAGIC[:12]) else "is no advisory index"
            )
            raise UnavailableError(f"{self._name} {made}; run: lockgate advisories sync")
        size = self._file.seek(0, os.SEEK_END)
        if offset + length != size:
            raise self._damaged()
        data = self._read(offset, length)
        if hashlib.sha256(data).digest() != digest:
            raise self._damaged()
        try:
            return msgspec.msgpack.decode(data, type=_Table)
        except msgspec.DecodeError:
            raise self._damaged() from None

    def lookup(self, name: str, version: str) -> tuple[Advisory, ...]:
        """What is known of one version of a package (name by PEP 503), one advisory for each group of aliases.

        Raises UnavailableError where the index is damaged.
        """
        groups: dict[str, list[Entry]] = {}
        for entry in self._entries(name):
            if entry.affects(version):
                groups.setdefault(entry.group, []).append(entry)
        return tuple(self._advisory(groups[group], version) for group in sorted(groups))

    def _entries(self, name: str) -> list[Entry]:
        raw = self._packages.get(name)
        try:
            return msgspec.msgpack.decode(raw, type=list[Entry]) if raw is not None else []
        except msgspec.DecodeError:
            raise self._damaged() from None

    def _advisory(self, group: list[Entry], version: str) -> Advisory:
        first = min(group, key=lambda entry: preference(entry.id))
        texts = [self._text(entry) for entry in sorted(group, key=lambda entry: preference(entry.id))]
        fixes = fixes_above(group, version)
        return Advisory(
            id=first.id,
            aliases=first.aliases,
            score=first.score,
            fix=next((fix for fix in fixes if not any(entry.affects(fix) for entry in group)), ""),
            fixes=tuple(fixes),
            summary=next((text.summary for text in texts if text.summary), ""),
            details=next((text.details for text in texts if text.details), ""),
            published=texts[0].published,
            cwe=tuple(sorted({number for text in texts for number in text.cwe})),
            affects=tuple(sorted({name for text in texts for name in text.affects})),
        )

    def _text(self, entry: Entry) -> Text:
        offset, length, crc = entry.text
        data = self._read(offset, length)
        if zlib.crc32(data) != crc:
            raise self._damaged()
        return msgspec.msgpack.decode(data, type=Text)

    def _read(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        data = self._file.read(length)
        if len(data) != length:
            raise self._damaged()
        return data

    def _damaged(self) -> UnavailableError:
        return UnavailableError(f"{self._name} is damaged; run: lockgate advisories sync")


def fixes_above(entries: Iterable[Entry], version: str) -> list[str]:
    """The fix versions above `version`, lowest first."""
    found = (fix for entry in entries for held in entry.ranges for fix in held.fixes())
    return [fix for fix in ordered(found) if key(fix) > key(version)]
