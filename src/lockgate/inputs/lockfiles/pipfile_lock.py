"""Pipfile.lock of the specification 6 (https://github.com/pypa/pipfile#pipfilelock).

It tells nothing of what needs what. Which packages the project requires itself is in the Pipfile beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from lockgate.inputs import json_positions
from lockgate.inputs.files import display
from lockgate.inputs.json_positions import Object
from lockgate.inputs.lockfiles.base import Manifest
from lockgate.inputs.lockfiles.base import text as read_text
from lockgate.inputs.lockfiles.declared import source_origin
from lockgate.inputs.lockfiles.fields import Hash, Name, Text
from lockgate.inputs.lockfiles.pipfile import DEVELOP, required_beside
from lockgate.inputs.requirement_lines import check_marker, version_in_file_name
from lockgate.inputs.tree import Tree
from lockgate.model.errors import shortened
from lockgate.model.package import Origin, Package, normalised
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = ("pipfile.lock",)

SPECIFICATION = 6
_META = "_meta"
_LABELS = {"default": (), "develop": (DEVELOP,)}  # any other category is called as its group
_LATEST = "*"  # what Pipenv could not lock


class _Entry(Struct):
    version: Annotated[str, Meta(max_length=100, pattern=r"^(==[A-Za-z0-9.!+_-]+|\*)?\Z")] = ""
    hashes: list[Hash] = []
    markers: Text = ""
    extras: list[Name] = []
    git: str = ""
    hg: str = ""
    svn: str = ""
    bzr: str = ""
    path: str = ""
    file: str = ""
    index: str = ""  # the name of a source

    @property
    def origin(self) -> Origin:
        return source_origin(msgspec.structs.asdict(self))


class _Source(Struct):
    name: str
    url: str


class _Name(Struct):
    name: Name


def read(tree: Tree, paths: Sequence[str]) -> Iterable[Manifest]:
    """The packages of each file, each category's by itself."""
    for path in paths:
        shown = display(path)
        content = read_text(tree, path)
        data = content if isinstance(content, Skip) else json_positions.load(content, shown)
        found = [data] if isinstance(data, Skip) else list(_entries(data, shown, required_beside(tree, path)))
        yield Manifest(
            path=shown,
            packages=tuple(entry for entry in found if isinstance(entry, Package)),
            skipped=tuple(entry for entry in found if isinstance(entry, Skip)),
            settles=(shown.rpartition("/")[0],),
        )


def _entries(data: object, shown: str, required: Sequence[Package] | None) -> Iterator[Package | Skip]:
    about = data.get(_META) if isinstance(data, Object) else None
    known = about.get("pipfile-spec") if isinstance(about, Object) else None
    if not isinstance(data, Object) or known != SPECIFICATION:
        named = f"pipfile-spec {shortened(str(known))}" if isinstance(known, int) else "its pipfile-spec"
        yield Skip(shown, f"{named} is not known (known: {SPECIFICATION}); update lockgate", gap=True)
        return
    sources = _sources(about if isinstance(about, Object) else {})
    direct = None if required is None else {(package.name, package.groups) for package in required}
    for category, entries in data.items():
        if category == _META:
            continue
        groups = _LABELS.get(category, (category,))
        if not isinstance(entries, Object) or not category.isprintable():
            yield Skip(f"{shown}:{data.at(category).line}", "is no object of packages", gap=True)
            continue
        for name in entries:
            yield _package(name, entries, groups, direct, sources)


def _sources(about: Mapping[str, Any]) -> dict[str, str]:
    """The addresses of the indexes by name, under nothing that of the first, from which a package comes that names none."""
    try:
        found = msgspec.convert(about.get("sources", []), list[_Source])
    except ValueError:
        return {}
    return {"": found[0].url, **{source.name: source.url for source in found}} if found else {}


def _package(
    written: str,
    entries: Object,
    groups: tuple[str, ...],
    direct: set[tuple[str, tuple[str, ...]]] | None,
    sources: dict[str, str],
) -> Package | Skip:
    value = entries[written]
    at = value.at("version") if isinstance(value, Object) and "version" in value else entries.at(written)
    try:
        entry = msgspec.convert(value, _Entry)
        if entry.version == _LATEST and entry.markers:
            check_marker(entry.markers)
        name = normalised(msgspec.convert({"name": written}, _Name).name)
    except ValueError as error:  # of msgspec, or of a marker
        reason = f"can't be understood: {shortened(str(error), 150)}"
        return Skip(at.where, reason, gap=True)
    is_direct = (name, groups) in direct if direct is not None else None
    specifier = entry.version.removeprefix(_LATEST)
    origin = entry.origin
    return Package(
        name=name,
        version=specifier.removeprefix("==") or version_in_file_name(entry.file or entry.path, name),
        at=at,
        specifier=specifier,
        origin=origin,
        marker=entry.markers,
        hashes=tuple(entry.hashes),
        index=sources.get(entry.index, ""),
        extras=tuple(sorted(map(normalised, entry.extras))),
        groups=groups,
        direct=is_direct,
        via=("Pipfile", name) if is_direct else (),
        ways=1 if is_direct else 0,
    )
