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


class _Entry(Struct, rename="kebab"):
    name: _Name
    source: dict[str, Any]
    version: _Version = ""
    resolution_markers: list[str] = []
    sdist: _Artifact | None = None
    wheels: list[_Artifact] = []


def read(tree: Tree, paths: Sequence[str]) -> Iterable[Manifest]:
    """The packages of each file; those of the project's own workspace have the origin `local`."""
    return (read_toml(tree, path, _entries) for path in paths)


def _entries(data: dict[str, Any], text: str, shown: str) -> Iterator[Package | Skip]:
    problem = _unfit(data)
    if problem:
        yield Skip(shown, problem, gap=True)
        return
    places = toml_positions.array_of_tables(text, shown, "package", len(data["package"]))
    for entry, at in zip(data["package"], places, strict=True):
        yield _entry(entry, at)


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


def _entry(entry: dict[str, Any], at: dict[str, Location]) -> Package | Skip:
    where = at.get("version") or at.get("name") or at[""]
    try:
        known = msgspec.convert(entry, _Entry)
        origin = next(_ORIGINS[kind] for kind in known.source if kind in _ORIGINS)
    except msgspec.ValidationError as error:
        return Skip(f"{where.path}:{where.line}", f"can't be understood: {error}", gap=True)
    except StopIteration:
        return Skip(f"{where.path}:{where.line}", "can't be understood: its source is of an unknown kind", gap=True)
    artifacts = [*([known.sdist] if known.sdist else []), *known.wheels]
    return Package(
        name=normalised(known.name),
        version=known.version,
        at=where,
        specifier=f"=={known.version}" if known.version else "",
        origin=origin,
        marker=" or ".join(known.resolution_markers),
        hashes=tuple(artifact.hash for artifact in artifacts if artifact.hash),
    )
