"""What an index keeps of one record: all that building another index with it takes."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from lockgate.advisories.osv import Record
from lockgate.advisories.versions import key, stretches

LONGEST_DETAILS = 4000  # characters

Place = tuple[int, int, int]
"""Offset, length and CRC-32 of something in the file of an index."""


class Text(Struct, frozen=True, array_like=True):
    """What people read of an advisory."""

    summary: str = ""
    details: str = ""
    published: str = ""
    cwe: tuple[int, ...] = ()
    affects: tuple[str, ...] = ()


class Part(Struct, frozen=True, array_like=True):
    """What a record says of one package: the stretches of versions that it affects, and the fixes, lowest first."""

    package: str
    stretches: tuple[bytes, ...]
    fixes: tuple[tuple[bytes, str], ...]


class Known(Struct, frozen=True, array_like=True):
    """One record of the source. One that is withdrawn or of no Python package has no parts and no text.

    `artifacts` are the SHA-256 digests of files that are malware.
    """

    id: str
    modified: str
    withdrawn: bool = False
    aliases: tuple[str, ...] = ()
    score: float | None = None
    parts: tuple[Part, ...] = ()
    text: Place = (0, 0, 0)
    artifacts: tuple[bytes, ...] = ()

    @classmethod
    def of(cls, record: Record) -> Known:
        """What is kept of a record, without its text."""
        if record.withdrawn:
            return cls(record.id, record.modified, withdrawn=True)
        parts = tuple(_parts(record))
        if not parts:
            return cls(record.id, record.modified)
        return cls(
            record.id,
            record.modified,
            aliases=tuple(record.aliases or ()),
            score=record.score(),
            parts=parts,
            artifacts=tuple(sorted(record.artifacts())),
        )


def text_of(record: Record) -> Text:
    """The text of a record."""
    details = (record.details or "")[:LONGEST_DETAILS]
    return Text(record.summary or "", details, record.published or "", record.cwe(), record.affects())


def _parts(record: Record) -> Iterator[Part]:
    for package, affected in record.packages():
        ranges = [held.events for held in affected.ranges or () if held.type == "ECOSYSTEM"]
        yield Part(package, stretches(ranges, affected.versions or ()), tuple(sorted(_fixes(ranges))))


def _fixes(ranges: list[list[dict[str, str]]]) -> set[tuple[bytes, str]]:
    fixes = (event["fixed"] for events in ranges for event in events if "fixed" in event)
    return {(key(version), version) for version in fixes}
