"""poetry.lock of the versions 1.0 to 2.1.

Format: https://github.com/python-poetry/poetry/blob/main/src/poetry/packages/locker.py. What the project requires itself is in the
pyproject.toml beside it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from msgspec import Struct

from lockgate.inputs.lockfiles.base import Manifest
from lockgate.inputs.lockfiles.fields import Name, Text, Version
from lockgate.inputs.lockfiles.linked import Need, linked
from lockgate.inputs.lockfiles.locked_tables import File, hashes, metadata_of, read_lock, understood, unknown_version
from lockgate.inputs.lockfiles.poetry_constraints import specifier
from lockgate.inputs.lockfiles.pyproject import required_beside
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Location
from lockgate.model.package import Origin, Package, normalised
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = ("poetry.lock",)

VERSIONS = ("1.0", "1.1", "2.0", "2.1")
MAIN = "main"
_ORIGINS = {
    "git": Origin.VCS,
    "url": Origin.URL,
    "file": Origin.FILE,
    "directory": Origin.LOCAL,
    "legacy": Origin.INDEX,  # an index that is not PyPI
    "pypi": Origin.INDEX,
}
_REQUIRED = re.compile(r"[A-Za-z0-9._-]+")


class _Source(Struct, frozen=True):
    type: str
    url: str = ""


class _Dependency(Struct):
    version: str = ""
    optional: bool = False
    markers: str = ""
    python: str = ""
    platform: str = ""
    extras: list[str] = []

    @property
    def conditional(self) -> bool:
        return bool(self.optional or self.markers or self.python or self.platform)


class _Entry(Struct, rename="kebab"):
    name: Name
    version: Version
    category: Text = MAIN
    groups: list[Text] = []
    optional: bool = False
    markers: str | dict[str, str] = ""
    files: list[File] = []
    source: _Source = _Source("pypi")
    dependencies: dict[str, str | _Dependency | list[str | _Dependency]] = {}
    extras: dict[str, list[str]] = {}

    def __post_init__(self) -> None:
        if not self.marker.isprintable():
            raise ValueError("its markers hold characters that can't be printed")

    def needs(self) -> Iterator[tuple[str, _Dependency]]:
        """The names of what it needs, each with one of the ways in which it does."""
        for name, each in self.dependencies.items():
            for way in each if isinstance(each, list) else [each]:
                yield normalised(name), _Dependency(way) if isinstance(way, str) else way

    @property
    def marker(self) -> str:
        """In which environments it is installed at all; since version 2.1 that may be another one for each group."""
        if isinstance(self.markers, str):
            return self.markers
        if len(self.markers) < len(self.groups):
            return ""
        return " or ".join(f"({marker})" for marker in dict.fromkeys(self.markers.values()))


class _Metadata(Struct, rename="kebab"):
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
    if metadata.lock_version not in VERSIONS:
        yield Skip(shown, unknown_version(metadata.lock_version, ", ".join(VERSIONS), "poetry lock"), gap=True)
        return
    found, skipped = understood(data, text, shown, _Entry)
    reason = "can't be understood: its source is of an unknown kind"
    skipped += (Skip(f"{shown}:{at.line}", reason, gap=True) for e, at in found if e.source.type not in _ORIGINS)
    known = [(entry, at) for entry, at in found if entry.source.type in _ORIGINS]
    yield from skipped
    entries = [entry for entry, _ in known]
    project, required = required_beside(tree, path)
    asked = _asked(entries, required)
    packages = [_package(entry, at, metadata, asked) for entry, at in known]
    several = {name for name, times in Counter(package.name for package in packages).items() if times > 1}
    needs = [list(_needs(entry, asked.get(normalised(entry.name), set()), several)) for entry in entries]
    yield from linked(packages, needs, project, required, whole=not skipped)


def _asked(entries: Iterable[_Entry], required: Iterable[Package]) -> dict[str, set[str]]:
    """By name the extras that anything asks for."""
    asked: dict[str, set[str]] = {}
    for package in required:
        asked.setdefault(package.name, set()).update(package.extras)
    for entry in entries:
        for name, need in entry.needs():
            if need.extras:
                asked.setdefault(name, set()).update(map(normalised, need.extras))
    return asked


def _package(entry: _Entry, at: Location, metadata: _Metadata, asked: dict[str, set[str]]) -> Package:
    groups = entry.groups or [entry.category]
    name = normalised(entry.name)
    return Package(
        name=name,
        version=entry.version,
        at=at,
        specifier=f"=={entry.version}",
        origin=_ORIGINS[entry.source.type],
        marker=entry.marker,
        hashes=hashes(entry.files or metadata.files.get(entry.name, [])),
        index=entry.source.url if entry.source.type == "legacy" else "",
        extras=tuple(sorted(asked.get(name, ()))),
        groups=() if MAIN in groups else tuple(groups),
    )


def _needs(entry: _Entry, extras: set[str], several: set[str]) -> Iterator[Need]:
    """What an entry needs with these extras; which version of it where there are `several`."""
    by_extras = {
        normalised(needed[0])
        for extra, names in entry.extras.items()
        if normalised(extra) in extras
        for needed in map(_REQUIRED.match, names)
        if needed
    }
    for name, need in entry.needs():
        if not need.optional or name in by_extras:
            allowed = specifier(need.version) if name in several else ""
            yield Need(name, allowed or "", certain=not need.conditional)
