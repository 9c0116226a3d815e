"""From OSV records to an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec

from lockgate.advisories.index import Entry, Meta, Text, Writer
from lockgate.advisories.osv import Affected, Record, decode
from lockgate.advisories.versions import Range, any_holds, key
from lockgate.model.errors import UnavailableError

LONGEST_DETAILS = 4000  # characters
NAMED = 20  # malformed records that are told by name


def build(records: Iterable[tuple[str, bytes]], source: str, file: BinaryIO) -> Meta:
    """Write the index of `records`, given as name and JSON, into `file`; gives what it was built from.

    A record that can't be understood is counted and named in the result, and every audit with the index is incomplete.
    Raises UnavailableError where there is no record for the Python index at all.
    """
    writer = Writer(file)
    packages: dict[str, list[Entry]] = {}
    groups = _Groups()
    scores: dict[str, float] = {}
    withdrawn = active = 0
    newest = ""
    malformed: list[str] = []
    for name, data in records:
        try:
            record = decode(data)
            entries = list(_entries(record))
        except ValueError as error:
            malformed.append(f"{name} ({str(error).partition(chr(10))[0]})")
            continue
        newest = max(newest, record.modified)
        if record.withdrawn:
            withdrawn += 1
            continue
        if not any(record.packages()):
            continue
        active += 1
        groups.join([record.id, *(record.aliases or ())])
        score = record.score()
        if score is not None:
            scores[record.id] = score
        text = writer.text(_text(record))
        for package, entry in entries:
            packages.setdefault(package, []).append(msgspec.structs.replace(entry, text=text))
    if not active or len(malformed) > active:
        lost = f" ({len(malformed):,} can't be understood, such as {malformed[0]})" if malformed else ""
        raise UnavailableError(
            f"{source} holds no or too few advisories for Python packages{lost}; is it OSV's PyPI/all.zip?"
        )
    meta = Meta(
        source=source,
        built=datetime.now(UTC).isoformat(timespec="seconds"),
        records=active,
        withdrawn=withdrawn,
        packages=len(packages),
        newest=newest,
        lost=len(malformed),
        malformed=tuple(malformed[:NAMED]),
    )
    writer.finish(meta, _merged(packages, groups, scores))
    return meta


class _Groups:
    """Ids that are aliases of each other, directly or through others (union-find)."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def join(self, ids: list[str]) -> None:
        first = self._root(ids[0])
        for other in ids[1:]:
            self._parents[self._root(other)] = first

    def _root(self, name: str) -> str:
        self._parents.setdefault(name, name)
        while self._parents[name] != name:
            self._parents[name] = name = self._parents[self._parents[name]]
        return name

    def members(self) -> dict[str, list[str]]:
        """Every id with the sorted ids of its group."""
        groups: dict[str, list[str]] = {}
        for name in sorted(self._parents):
            groups.setdefault(self._root(name), []).append(name)
        return {name: group for group in groups.values() for name in group}


def _merged(packages: dict[str, list[Entry]], groups: _Groups, scores: dict[str, float]) -> dict[str, list[Entry]]:
    """The entries with the aliases and the highest score of their groups, sorted by package and id."""
    members = groups.members()
    highest: dict[str, float] = {}
    for name, score in scores.items():
        leader = members[name][0]
        highest[leader] = max(score, highest.get(leader, 0.0))

    def whole(entry: Entry) -> Entry:
        group = members[entry.id]
        aliases = tuple(name for name in group if name != entry.id)
        return msgspec.structs.replace(entry, aliases=aliases, score=highest.get(group[0]))

    return {name: sorted(map(whole, packages[name]), key=lambda entry: entry.id) for name in sorted(packages)}


def _entries(record: Record) -> Iterator[tuple[str, Entry]]:
    for package, affected in record.packages():
        ranges = tuple(Range.of(held.events) for held in affected.ranges or () if held.type == "ECOSYSTEM")
        versions = _beyond(affected, ranges)
        if ranges or versions:
            yield package, Entry(record.id, (), None, ranges, versions, (0, 0, 0))


def _beyond(affected: Affected, ranges: tuple[Range, ...]) -> tuple[str, ...]:
    """The listed versions that no range holds: few, while the ranges hold hundreds of thousands."""
    return tuple(version for version in affected.versions or () if not any_holds(ranges, key(version)))


def _text(record: Record) -> Text:
    details = (record.details or "")[:LONGEST_DETAILS]
    return Text(record.summary or "", details, record.published or "", record.cwe(), record.affects())
