"""uv.lock, version 1 (https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from lockgate.inputs import toml_entries, toml_positions
from lockgate.inputs.lockfiles.base import Manifest, read_toml
from lockgate.inputs.lockfiles.fields import Name
from lockgate.inputs.lockfiles.graph import MOST_FORKS
from lockgate.inputs.lockfiles.pyproject import BUILD
from lockgate.inputs.lockfiles.uv_graph import Dependency, Entry, Graph
from lockgate.inputs.tree import Tree
from lockgate.model.errors import shortened
from lockgate.model.finding import Location
from lockgate.model.package import Origin, Package, normalised
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = ("uv.lock", "*.py.lock")

VERSION = 1

_EXACT = re.compile(r"==([A-Za-z0-9.!+_-]{1,100})")
_ORIGINS = {
    "registry": Origin.INDEX,
    "git": Origin.VCS,
    "url": Origin.URL,
    "path": Origin.FILE,
    "directory": Origin.LOCAL,
    "editable": Origin.LOCAL,
    "virtual": Origin.LOCAL,
}


class _Constraint(Struct):
    name: Name
    specifier: str = ""
    marker: str = ""


class _Asked(Struct, rename="kebab"):
    """The requirements of a script, the groups of a workspace whose root is no project, and what builds are held to."""

    members: list[str] = []
    requirements: list[Dependency] = []
    dependency_groups: dict[str, list[Dependency]] = {}
    build_constraints: list[_Constraint] = []


def read(tree: Tree, paths: Sequence[str]) -> Iterable[Manifest]:
    """The packages of each file; those of the project's own workspace have the origin `local`.

    A lock settles the open requirements of its project and of the members of its workspace; that of a script, its own.
    """
    return (_manifest(tree, path) for path in paths)


def _manifest(tree: Tree, path: str) -> Manifest:
    settles: dict[str, None] = {}
    manifest = read_toml(tree, path, partial(_entries, settles=settles))
    return replace(manifest, settles=tuple(settles))


def _entries(data: dict[str, Any], text: str, shown: str, settles: dict[str, None]) -> Iterator[Package | Skip]:
    problem = _unfit(data)
    if problem:
        yield Skip(shown, problem, gap=True)
        return
    places = toml_positions.array_of_tables(text, shown, "package", len(data["package"]))
    wheres = [at.get("version") or at.get("name") or at[""] for at in places]
    understood = list(map(_understood, data["package"], wheres))
    refused = [each for each in understood if isinstance(each, Skip)]
    known = [(entry, at) for entry, at in zip(understood, wheres, strict=True) if isinstance(entry, Entry)]
    yield from refused
    asked = _asked(data, shown)
    if isinstance(asked, Skip):
        yield asked
        asked = _Asked()
    folder = shown.rpartition("/")[0]
    settles.update(dict.fromkeys(_settled(shown, folder, [entry for entry, _ in known])))
    yield from _traced(known, asked, shown, certain=not refused)
    yield from _build(asked.build_constraints, text, shown)


def _traced(
    known: list[tuple[Entry, Location]], asked: _Asked, shown: str, *, certain: bool
) -> Iterator[Package | Skip]:
    """The packages, and a gap for what shows that the file does not hold all of them. It is `certain` where it was all read."""
    graph = Graph([entry for entry, _ in known])
    packages = [_package(entry, at) for entry, at in known]
    name = shown.rpartition("/")[2].removesuffix(".lock")
    needs = [("", need) for need in asked.requirements]
    needs += [(group, need) for group, named in asked.dependency_groups.items() for need in named]
    projects = [number for number, package in enumerate(packages) if package.origin is Origin.LOCAL]
    traced = graph.traced(packages, projects, {name: needs} if needs else {})
    yield from traced
    forks = graph.most_forks()
    if forks:
        yield Skip(shown, f"locks {forks} more than {MOST_FORKS} times", gap=True)
    if certain:
        yield from _cut_off(graph, [at for _, at in known], traced, asked, shown)


def _build(constraints: list[_Constraint], text: str, shown: str) -> Iterator[Package]:
    """What builds are held to, where that is one version: a lock has nothing else of what builds need."""
    places = toml_entries.places(text, shown) if constraints else {}
    for number, constraint in enumerate(constraints):
        exact = _EXACT.fullmatch(constraint.specifier)
        at = places.get(("manifest", "build-constraints", number))
        if exact and at:
            yield Package(
                name=normalised(constraint.name),
                version=exact[1],
                at=at,
                specifier=constraint.specifier,
                marker=constraint.marker,
                groups=(BUILD,),
            )


def _cut_off(
    graph: Graph, places: list[Location], packages: tuple[Package, ...], asked: _Asked, shown: str
) -> Iterator[Skip]:
    """What uv never writes: a package that is needed and not there, or there and not needed."""
    for number, names in graph.missing.items():
        where = f"{shown}:{places[number].line}" if number >= 0 else shown
        yield _cut(where, list(names), "needs {}, which the file does not lock")
    here = {package.name for package in packages}
    members = [name for name in asked.members if normalised(name) not in here]
    if members:
        yield _cut(shown, members, "its workspace has {}, which the file does not lock")
    last = packages[-1:]
    if any(package.origin is Origin.INDEX and not package.hashes for package in last):
        yield _cut(f"{shown}:{last[0].at.line}", [last[0].name], "locks no file of {}, the last one")
    alone = [package for package in packages if package.origin is not Origin.LOCAL and not package.via]
    if alone:
        yield _cut(
            f"{shown}:{alone[0].at.line}", [package.name for package in alone], "locks {}, which nothing in it needs"
        )


def _cut(where: str, names: list[str], said: str) -> Skip:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return Skip(where, f"{said.format(shortened(names[0]) + more)}; is it cut off?", gap=True)


def _settled(shown: str, folder: str, entries: list[Entry]) -> Iterator[str]:
    if shown.endswith(".py.lock"):
        yield shown.removesuffix(".lock")
        return
    yield folder
    for entry in entries:
        for kind in ("editable", "virtual", "directory"):
            path = entry.source.get(kind)
            if isinstance(path, str):
                inside = posixpath.normpath(posixpath.join(folder, path.replace("\\", "/")))
                if inside.partition("/")[0] != ".." and not inside.startswith("/"):
                    yield "" if inside == "." else inside


def _unfit(data: dict[str, Any]) -> str:
    """Why the whole file can't be understood, or nothing."""
    version, packages = data.get("version"), data.get("package")
    if version is None:
        return "has no lock version; is it cut off?"
    if version != VERSION:
        named = f"lock version {shortened(str(version))}" if isinstance(version, int) else "its lock version"
        return f"{named} is not known (known: {VERSION}); update lockgate"
    if not packages:
        return "names no package; an old one is written anew by: uv lock"
    if not isinstance(packages, list) or not all(isinstance(entry, dict) for entry in packages):
        return "'package' is not an array of tables"
    return ""


def _asked(data: dict[str, Any], shown: str) -> _Asked | Skip:
    try:
        return msgspec.convert(data.get("manifest", {}), _Asked)
    except msgspec.ValidationError as error:
        return Skip(shown, f"its manifest can't be understood: {shortened(str(error), 150)}", gap=True)


def _understood(entry: dict[str, Any], where: Location) -> Entry | Skip:
    line = where.where
    try:
        known = msgspec.convert(entry, Entry)
    except msgspec.ValidationError as error:
        return Skip(line, f"can't be understood: {shortened(str(error), 150)}", gap=True)
    origins = [kind for kind in known.source if kind in _ORIGINS]
    if len(origins) != 1:  # of several kinds uv takes one, by an order that it tells nobody
        kind = "of more than one kind" if origins else "of an unknown kind"
        return Skip(line, f"can't be understood: its source is {kind}", gap=True)
    return known


def _package(known: Entry, at: Location) -> Package:
    (origin,) = (_ORIGINS[kind] for kind in known.source if kind in _ORIGINS)
    return Package(
        name=normalised(known.name),
        version=known.version,
        at=at,
        specifier=f"=={known.version}" if known.version else "",
        origin=origin,
        marker=" or ".join(known.resolution_markers),
        hashes=tuple(artifact.hash for artifact in known.artifacts if artifact.hash),
        index=str(known.source.get("registry", "")),
    )
