"""uv.lock, version 1 (https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from lockgate.inputs import toml_positions
from lockgate.inputs.lockfiles.base import Manifest, read_toml
from lockgate.inputs.tree import Tree
from lockgate.model.errors import shortened
from lockgate.model.finding import Location
from lockgate.model.package import Origin, Package, normalised
from lockgate.model.record import Skip

PATTERNS = ("uv.lock", "*.py.lock")

VERSION = 1
_ORIGINS = {
    "registry": Origin.INDEX,
    "git": Origin.VCS,
    "url": Origin.URL,
    "path": Origin.FILE,
    "directory": Origin.LOCAL,
    "editable": Origin.LOCAL,
    "virtual": Origin.LOCAL,
}
_Name = Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$")]
_Version = Annotated[str, Meta(max_length=100, pattern=r"^[A-Za-z0-9.!+_-]*$")]


class _Artifact(Struct):
    hash: str = ""


class _Dependency(Struct):
    name: _Name


class _Entry(Struct, rename="kebab"):
    name: _Name
    source: dict[str, Any]
    version: _Version = ""
    resolution_markers: list[str] = []
    sdist: _Artifact | None = None
    wheels: list[_Artifact] = []
    dependencies: list[_Dependency] = []
    optional_dependencies: dict[str, list[_Dependency]] = {}
    dev_dependencies: dict[str, list[_Dependency]] = {}

    def needs(self) -> set[str]:
        """The names of what it may be installed with."""
        groups = (self.dependencies, *self.optional_dependencies.values(), *self.dev_dependencies.values())
        return {normalised(dependency.name) for group in groups for dependency in group}


def read(tree: Tree, paths: Sequence[str]) -> Iterable[Manifest]:
    """The packages of each file; those of the project's own workspace have the origin `local`."""
    return (read_toml(tree, path, _entries) for path in paths)


def _entries(data: dict[str, Any], text: str, shown: str) -> Iterator[Package | Skip]:
    problem = _unfit(data)
    if problem:
        yield Skip(shown, problem, gap=True)
        return
    places = toml_positions.array_of_tables(text, shown, "package", len(data["package"]))
    names = {normalised(str(entry.get("name"))) for entry in data["package"]}
    for entry, at in zip(data["package"], places, strict=True):
        yield from _entry(entry, at, names)


def _unfit(data: dict[str, Any]) -> str:
    """Why the whole file can't be understood, or nothing."""
    version, packages = data.get("version"), data.get("package")
    if version != VERSION:
        named = f"lock version {shortened(str(version))}" if isinstance(version, int) else "its lock version"
        return f"{named} is not known (known: {VERSION}); update lockgate"
    if not packages:
        return "names no package; an old one is written anew by: uv lock"
    if not isinstance(packages, list) or not all(isinstance(entry, dict) for entry in packages):
        return "'package' is not an array of tables"
    return ""


def _entry(entry: dict[str, Any], at: dict[str, Location], names: set[str]) -> Iterator[Package | Skip]:
    """The package of one entry, and a gap where it needs one that is not among the `names` that the file locks."""
    where = at.get("version") or at.get("name") or at[""]
    line = f"{where.path}:{where.line}"
    try:
        known = msgspec.convert(entry, _Entry)
    except msgspec.ValidationError as error:
        yield Skip(line, f"can't be understood: {shortened(str(error), 150)}", gap=True)
        return
    origins = [_ORIGINS[kind] for kind in known.source if kind in _ORIGINS]
    if len(origins) != 1:  # of several kinds uv takes one, by an order that it tells nobody
        kind = "of more than one kind" if origins else "of an unknown kind"
        yield Skip(line, f"can't be understood: its source is {kind}", gap=True)
        return
    artifacts = [*([known.sdist] if known.sdist else []), *known.wheels]
    yield Package(
        name=normalised(known.name),
        version=known.version,
        at=where,
        specifier=f"=={known.version}" if known.version else "",
        origin=origins[0],
        marker=" or ".join(known.resolution_markers),
        hashes=tuple(artifact.hash for artifact in artifacts if artifact.hash),
    )
    missing = sorted(known.needs() - names)
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        yield Skip(line, f"needs {missing[0]}{more}, which the file does not lock; is it cut off?", gap=True)
