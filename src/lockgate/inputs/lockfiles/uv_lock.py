"""uv.lock, version 1 (https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from lockgate.inputs import toml_positions
from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import Manifest, text
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Location
from lockgate.model.package import Origin, Package, normalised
from lockgate.model.record import Skip

PATTERNS = ("uv.lock",)

VERSION = 1
_ORIGINS = {
    "registry": Origin.INDEX,
    "git": Origin.VCS,
    "url": Origin.URL,
    "path": Origin.LOCAL,
    "directory": Origin.LOCAL,
    "editable": Origin.LOCAL,
    "virtual": Origin.LOCAL,
}


class _Artifact(Struct):
    hash: str = ""


class _Entry(Struct, rename="kebab"):
    name: str
    source: dict[str, Any]
    version: str = ""
    resolution_markers: list[str] = []
    sdist: _Artifact | None = None
    wheels: list[_Artifact] = []


def read(tree: Tree, path: str) -> Manifest:
    """The packages of a uv.lock; those of the project's own workspace have the origin `local`."""
    shown = display(path)
    content = text(tree, path)
    if isinstance(content, Skip):
        return Manifest(path=shown, skipped=(content,))
    data = toml_positions.load(content, shown)
    problem = data if isinstance(data, Skip) else _unfit(data, shown)
    if problem or isinstance(data, Skip):
        return Manifest(path=shown, skipped=(problem,) if problem else ())
    places = toml_positions.array_of_tables(content, shown, "package", len(data.get("package", [])))
    entries = [_entry(entry, at) for entry, at in zip(data.get("package", []), places, strict=True)]
    return Manifest(
        path=shown,
        packages=tuple(entry for entry in entries if isinstance(entry, Package)),
        skipped=tuple(entry for entry in entries if isinstance(entry, Skip)),
    )


def _unfit(data: dict[str, Any], shown: str) -> Skip | None:
    """Why the whole file can't be understood."""
    version = data.get("version")
    if version != VERSION:
        return Skip(shown, f"lock version {version!r} is not known (known: {VERSION}); update lockgate", gap=True)
    packages = data.get("package", [])
    if not isinstance(packages, list) or not all(isinstance(entry, dict) for entry in packages):
        return Skip(shown, "'package' is not an array of tables", gap=True)
    return None


def _entry(entry: dict[str, Any], at: dict[str, Location]) -> Package | Skip:
    where = at.get("version") or at.get("name") or at[""]
    try:
        known = msgspec.convert(entry, _Entry)
        origin = next(_ORIGINS[kind] for kind in known.source if kind in _ORIGINS)
    except msgspec.ValidationError as error:
        return Skip(f"{where.path}:{where.line}", f"can't be understood: {error}", gap=True)
    except StopIteration:
        return Skip(f"{where.path}:{where.line}", f"{entry['name']}: its source is of an unknown kind", gap=True)
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
