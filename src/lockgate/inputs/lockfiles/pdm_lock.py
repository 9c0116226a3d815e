"""pdm.lock of the versions 4.0 to 4.5 (https://pdm-project.org/en/latest/usage/lockfile/).

What the project requires itself is in the pyproject.toml beside it. PDM writes a package with extras as an entry of its own, which
needs the one without them; both are one package here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from lockgate.inputs.lockfiles.base import Manifest
from lockgate.inputs.lockfiles.declared import source_origin
from lockgate.inputs.lockfiles.fields import Name, Text, Version
from lockgate.inputs.lockfiles.graph import MOST_FORKS
from lockgate.inputs.lockfiles.linked import Need, linked
from lockgate.inputs.lockfiles.locked_tables import File, hashes, metadata_of, read_lock, understood, unknown_version
from lockgate.inputs.lockfiles.pyproject import required_beside
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Location
from lockgate.model.package import Origin, Package, normalised
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = ("pdm.lock", "pdm.*.lock")

_KNOWN = re.compile(r"4(\.[0-5](\.\d{1,5})?)?")
DEFAULT = "default"
# The requirements that PDM writes; the whole grammar would take most of the time.
_REQUIREMENT = re.compile(
    r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*([^;@]*)(@[^;]*)?(;.*)?"
)


class _Entry(Struct):
    name: Name
    version: Version = ""
    extras: list[Name] = []
    groups: list[Text] = []
    marker: Text = ""
    dependencies: list[str] = []
    files: list[File] = []
    git: str = ""
    hg: str = ""
    svn: str = ""
    bzr: str = ""
    url: str = ""
    path: str = ""
    editable: bool = False

    @property
    def origin(self) -> Origin:
        return source_origin(msgspec.structs.asdict(self))

    def needs(self) -> Iterator[Need]:
        for text in self.dependencies:
            named = _REQUIREMENT.fullmatch(text)
            if named:
                yield Need(normalised(named[1]), named[3].strip(), certain=not named[5])


class _Metadata(Struct):
    lock_version: Text
    files: dict[str, list[File]] = {}


def read(tree: Tree, paths: Sequence[str]) -> Iterable[Manifest]:
    """The packages of each file."""
    return (read_lock(tree, path, partial(_entries, tree, path)) for path in paths)


def _entries(tree: Tree, path: str, data: dict[str, Any], text: str, shown: str) -> Iterator[Package | Skip]:
    metadata = metadata_of(data, shown, _Metadata)
    if isinstance(metadata, Skip):
        yield metadata
        return
    if not _KNOWN.fullmatch(metadata.lock_version):
        yield Skip(shown, unknown_version(metadata.lock_version, "4.0 to 4.5", "pdm lock"), gap=True)
        return
    found, skipped = understood(data, text, shown, _Entry)
    yield from skipped
    project, required = required_beside(tree, path)
    merged = _merged(found)
    packages = [_package(entry, at, metadata) for entry, at, _ in merged]
    needs = [list(needed) for _, _, needed in merged]
    yield from linked(packages, needs, project, required, whole=not skipped)


def _merged(found: Sequence[tuple[_Entry, Location]]) -> list[tuple[_Entry, Location, list[Need]]]:
    """The entries with what they need; what one with extras needs is added to those of its name and version without."""
    plain = {(normalised(entry.name), entry.version) for entry, _ in found if not entry.extras}
    extra: dict[tuple[str, str], list[_Entry]] = {}
    for entry, _ in found:
        key = normalised(entry.name), entry.version
        if entry.extras and key in plain:
            extra.setdefault(key, []).append(entry)
    merged = []
    for entry, at in found:
        key = normalised(entry.name), entry.version
        if entry.extras and key in plain:
            continue
        further = extra.get(key, [])[:MOST_FORKS]
        names = dict.fromkeys(name for each in (entry, *further) for name in each.extras)
        needs = [need for each in (entry, *further) for need in each.needs() if need.name != key[0]]
        merged.append((msgspec.structs.replace(entry, extras=sorted(names)), at, needs))
    return merged


def _package(entry: _Entry, at: Location, metadata: _Metadata) -> Package:
    return Package(
        name=normalised(entry.name),
        version=entry.version,
        at=at,
        specifier=f"=={entry.version}" if entry.version else "",
        origin=entry.origin,
        marker=entry.marker,
        hashes=hashes(entry.files or metadata.files.get(f"{entry.name} {entry.version}", [])),
        extras=tuple(normalised(extra) for extra in entry.extras),
        groups=() if DEFAULT in entry.groups else tuple(entry.groups),
    )
