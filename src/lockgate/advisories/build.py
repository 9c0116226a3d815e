"""From OSV records to an index."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import BinaryIO

from msgspec.structs import replace

from lockgate.advisories.index import Entry, Index, Meta, Writer
from lockgate.advisories.known import Known, text_of
from lockgate.advisories.osv import decode
from lockgate.model.errors import UnavailableError

NAMED = 20  # malformed records that are told by name


def build(
    records: Iterable[tuple[str, bytes]], source: str, file: BinaryIO, *, old: Index | None = None, **stamps: str
) -> Meta:
    """Write the index of `records`, given as name and JSON, into `file`; gives what it was built from.

    What `old` knows of other records is taken over. `stamps` are fields of Meta that say where the records came from.
    A record that can't be understood is counted and named in the result, and every audit with the index is incomplete.
    Raises UnavailableError where there is no record for the Python index at all.
    """
    writer = Writer(file)
    known: list[Known] = []
    malformed: list[str] = []
    for name, data in records:
        try:
            record = decode(data)
            entry = Known.of(record)
        except ValueError as error:
            malformed.append(f"{name} ({str(error).partition(chr(10))[0]})")
            continue
        known.append(replace(entry, text=writer.text(text_of(record))) if entry.parts else entry)
    if old:
        new = {entry.id for entry in known}
        known += [replace(entry, text=writer.put(old.read(entry.text))) for entry in old.known() if entry.id not in new]
    active = [entry for entry in known if entry.parts]
    if not active or len(malformed) > len(active):
        lost = f" ({len(malformed):,} can't be understood, such as {malformed[0]})" if malformed else ""
        raise UnavailableError(
            f"{source} holds no or too few advisories for Python packages{lost}; is it OSV's PyPI/all.zip?"
        )
    packages = _by_package(active)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    meta = Meta(
        source=source,
        built=now,
        records=len(active),
        withdrawn=sum(entry.withdrawn for entry in known),
        packages=len(packages),
        newest=max(entry.modified for entry in known),
        lost=len(malformed),
        malformed=tuple(malformed[:NAMED]),
        **{"checked": now, "whole": now, **stamps},
    )
    writer.finish(meta, packages, known)
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


def _by_package(active: list[Known]) -> dict[str, list[Entry]]:
    """What matching needs, with the aliases and the highest score of each group, sorted by package and id."""
    groups = _Groups()
    for known in active:
        groups.join([known.id, *known.aliases])
    members = groups.members()
    highest: dict[str, float] = {}
    for known in active:
        leader = members[known.id][0]
        if known.score is not None:
            highest[leader] = max(known.score, highest.get(leader, 0.0))
    packages: dict[str, list[Entry]] = {}
    for known in active:
        group = members[known.id]
        aliases = tuple(name for name in group if name != known.id)
        for part in known.parts:
            if part.stretches or known.artifacts:
                entry = Entry(known.id, aliases, highest.get(group[0]), part.stretches, part.fixes, known.text)
                packages.setdefault(part.package, []).append(entry)
    return {name: sorted(packages[name], key=lambda entry: entry.id) for name in sorted(packages)}
