"""The local index: one file, of which a look-up reads a table and the texts of what it found.

Layout: magic with the format's number; offset, length and SHA-256 of the table; the advisories' texts; the digests of
files that are malware; what is known of each record, from which another index can be built; the table. The table
(MessagePack) holds, by package, what matching needs; each package's part is decoded when it is asked for. A text is read,
and checked by its CRC-32, only when its advisory matched, the digests only where there are hashes to look up.
"""

from __future__ import annotations

import hashlib
import mmap
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import BinaryIO

import msgspec
from msgspec import Struct, structs

from lockgate.advisories.known import Known, Place, Text
from lockgate.advisories.osv import sha256_of
from lockgate.advisories.versions import ABOVE_ALL, keys
from lockgate.model.advisory import Advisory, preference
from lockgate.model.errors import UnavailableError, counted

FORMAT = 3
_MAGIC = b"LOCKGATE-OSV%04d"
_HEADER = struct.Struct("<16sQQ32s")
_ARTIFACT = struct.Struct("<32sI")  # SHA-256 of a file, and the number of the advisory that names it
CLOCKS_DIFFER = timedelta(hours=1)  # that far ahead a date may be


class DamagedError(UnavailableError):
    """An index that was changed after it was written."""


class Freshness(Enum):
    """How old an index is, against an age that is accepted."""

    FRESH = "fresh"
    OLD = "old"
    TOO_OLD = "too old"


class Meta(Struct, frozen=True, kw_only=True):
    """What an index was built from. `malformed` names some of the `lost` records that could not be understood.

    `checked` is when the source last said that the index has all that it has, `whole` when all records came from it;
    times are ISO 8601 with their zone. `validator` and `list_validator` are the ETag, or else the date, that the source
    gave for its zip and for its list of changes.
    """

    source: str
    built: str
    checked: str
    whole: str = ""
    validator: str = ""
    list_validator: str = ""
    records: int = 0
    withdrawn: int = 0
    packages: int = 0
    newest: str = ""
    lost: int = 0
    malformed: tuple[str, ...] = ()

    def age(self, now: datetime | None = None) -> timedelta:
        """The time since it was last checked with its source; negative where a clock is wrong."""
        return (now or datetime.now(UTC)) - datetime.fromisoformat(self.checked)

    def freshness(self, max_age: timedelta, now: datetime | None = None) -> Freshness:
        """Fresh up to `max_age`, too old after twice of it; old where a wrong clock hides the age."""
        age = self.age(now)
        if -CLOCKS_DIFFER <= age <= max_age:
            return Freshness.FRESH
        return Freshness.OLD if age <= 2 * max_age else Freshness.TOO_OLD

    def __str__(self) -> str:
        known = counted(self.records, "advisory", "advisories")
        return f"{known} from {self.source}, index built {self.built[:10]}"


class Entry(Struct, frozen=True, array_like=True):
    """One advisory and one package. `stretches` and `fixes` are those of `known.Part`, `text` is the place of its text."""

    id: str
    aliases: tuple[str, ...]
    score: float | None
    stretches: tuple[bytes, ...]
    fixes: tuple[tuple[bytes, str], ...]
    text: Place

    def affects(self, places: tuple[bytes, ...]) -> bool:
        """Whether a version is affected that has these keys."""
        for place in places:  # noqa: SIM110 - a loop is quicker than a generator
            if bisect_right(self.stretches, place) % 2:
                return True
        return False

    @property
    def group(self) -> str:
        """The same for all aliases."""
        return min(self.id, *self.aliases) if self.aliases else self.id


class _Table(Struct, frozen=True):
    meta: Meta
    packages: dict[str, msgspec.Raw]
    known: Place
    artifacts: Place  # of digests with numbers
    malware: Place  # of package and id of the advisory of each number


_entries = msgspec.msgpack.Decoder(list[Entry])
_table = msgspec.msgpack.Decoder(_Table)
_text = msgspec.msgpack.Decoder(Text)


class Writer:
    """Writes an index into a file: first all texts, then what is known of each record, then the table."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.write(bytes(_HEADER.size))

    def text(self, text: Text) -> Place:
        """Write a text; gives its place."""
        return self.put(msgspec.msgpack.encode(text))

    def put(self, data: bytes | memoryview) -> Place:
        """Write something; gives its place. Nothing is nowhere."""
        offset = self._file.tell()
        self._file.write(data)
        return (offset, len(data), zlib.crc32(data)) if data else (0, 0, 0)

    def finish(self, meta: Meta, packages: dict[str, list[Entry]], known: list[Known]) -> None:
        """Write the table and the header that makes the file an index."""
        named = [
            (part.package, entry.id, entry.artifacts) for entry in known for part in entry.parts if entry.artifacts
        ]
        malware = self.put(msgspec.msgpack.encode([(package, name) for package, name, _ in named]))
        artifacts = self.put(
            b"".join(_ARTIFACT.pack(digest, number) for number, entry in enumerate(named) for digest in entry[2])
        )
        place = self.put(msgspec.msgpack.encode(known))
        encoded = {name: msgspec.Raw(msgspec.msgpack.encode(entries)) for name, entries in packages.items()}
        _finish(self._file, _Table(meta, encoded, place, artifacts, malware))


def _finish(file: BinaryIO, table: _Table) -> None:
    data = msgspec.msgpack.encode(table)
    offset = file.tell()
    file.write(data)
    file.seek(0)
    file.write(_HEADER.pack(_MAGIC % FORMAT, offset, len(data), hashlib.sha256(data).digest()))
    file.flush()


def _content(file: BinaryIO) -> memoryview:
    """What is in a file, mapped where that can be done, so that only what is looked at is read."""
    with suppress(OSError, ValueError):
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    file.seek(0)
    return memoryview(file.read())


class Index:
    """An index, open for look-ups. `name` says in messages which one it is."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        """Read the table. Raises UnavailableError for a file that is damaged or no index of this format."""
        self._file = file
        self._data = _content(file)
        self._name = name
        self._artifacts: dict[bytes, int] = {}
        self._table = self._read_table()
        self.meta = self._table.meta

    def close(self) -> None:
        """Let go of the file."""
        self._table = structs.replace(self._table, packages={})
        self._artifacts = {}
        self._data = memoryview(b"")
        self._file.close()

    def _read_table(self) -> _Table:
        header = self._read(0, _HEADER.size)
        magic, offset, length, digest = _HEADER.unpack(header)
        if magic != _MAGIC % FORMAT:
            made = (
                "was made by another version of lockgate" if magic.startswith(_MAGIC[:12]) else "is no advisory index"
            )
            raise UnavailableError(f"{self._name} {made}; run: lockgate advisories sync")
        if offset + length != len(self._data):
            raise self._damaged()
        data = self._read(offset, length)
        if hashlib.sha256(data).digest() != digest:
            raise self._damaged()
        try:
            return _table.decode(data)
        except msgspec.DecodeError:
            raise self._damaged() from None

    def lookup(self, name: str, version: str, hashes: Iterable[str] = ()) -> tuple[Advisory, ...]:
        """What is known of one version of a package (name by PEP 503), one advisory for each group of aliases.

        By one of the `hashes` of its files malware is known under any name, and without a version. Raises UnavailableError
        where the index is damaged.
        """
        entries = self._entries(name) if version else []
        places = keys(version) if entries else (ABOVE_ALL,)
        groups: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.affects(places):
                groups.setdefault(entry.group, []).append(entry)
        by_hash = set()
        for entry in self._malware(hashes) if hashes and self._table.artifacts[1] else ():
            if entry.group not in groups:
                by_hash.add(entry.group)
            if entry not in groups.setdefault(entry.group, []):
                groups[entry.group].append(entry)
        return tuple(
            self._advisory(groups[group], places[0], matched="hash" if group in by_hash else "")
            for group in sorted(groups)
        )

    def _malware(self, hashes: Iterable[str]) -> list[Entry]:
        """The advisories that name a file of one of the hashes."""
        if not self._artifacts:
            self._artifacts = dict(_ARTIFACT.iter_unpack(self.read(self._table.artifacts)))
        digests = filter(None, map(sha256_of, hashes))
        numbers = {self._artifacts[digest] for digest in digests if digest in self._artifacts}
        if not numbers:
            return []
        named = msgspec.msgpack.decode(self.read(self._table.malware), type=list[tuple[str, str]])
        chosen = [named[number] for number in sorted(numbers)]
        return [entry for package, advisory in chosen for entry in self._entries(package) if entry.id == advisory]

    def _entries(self, name: str) -> list[Entry]:
        raw = self._table.packages.get(name)
        try:
            return _entries.decode(raw) if raw is not None else []
        except msgspec.DecodeError:
            raise self._damaged() from None

    def _advisory(self, group: list[Entry], place: bytes, matched: str) -> Advisory:
        group = sorted(group, key=lambda entry: preference(entry.id)) if len(group) > 1 else group
        texts = [_text.decode(self.read(entry.text)) for entry in group]
        fixes = fixes_above(group, place)
        return Advisory(
            id=group[0].id,
            aliases=group[0].aliases,
            score=group[0].score,
            fix=next((fix for at, fix in fixes if not any(entry.affects((at,)) for entry in group)), ""),
            fixes=tuple(fix for _, fix in fixes),
            summary=next((text.summary for text in texts if text.summary), ""),
            details=next((text.details for text in texts if text.details), ""),
            published=texts[0].published,
            cwe=tuple(sorted({number for text in texts for number in text.cwe})),
            matched=matched,
            affects=tuple(sorted({name for text in texts for name in text.affects})),
        )

    def known(self) -> list[Known]:
        """What is known of every record. Raises UnavailableError where the index is damaged."""
        try:
            return msgspec.msgpack.decode(self.read(self._table.known), type=list[Known])
        except msgspec.DecodeError:
            raise self._damaged() from None

    def copy(self, file: BinaryIO, meta: Meta) -> Meta:
        """Write the same index with another `meta` into `file`."""
        offset, length, _ = self._table.known
        file.write(self._read(0, offset + length))
        _finish(file, structs.replace(self._table, meta=meta))
        return meta

    def read(self, place: Place) -> memoryview:
        """What is at a place. Raises UnavailableError where the index is damaged."""
        offset, length, crc = place
        data = self._read(offset, length)
        if zlib.crc32(data) != crc:
            raise self._damaged()
        return data

    def _read(self, offset: int, length: int) -> memoryview:
        data = self._data[offset : offset + length]
        if len(data) != length:
            raise self._damaged()
        return data

    def _damaged(self) -> DamagedError:
        return DamagedError(f"{self._name} is damaged; run: lockgate advisories sync")


def fixes_above(entries: Iterable[Entry], place: bytes) -> list[tuple[bytes, str]]:
    """The fix versions above that key, each after its own, lowest first."""
    return sorted({fix for entry in entries for fix in entry.fixes if fix[0] > place})
