"""Lockfiles in TOML that are an array of tables `package`, as Poetry and PDM write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from lockgate.inputs import toml_positions
from lockgate.inputs.lockfiles.base import Manifest, read_toml
from lockgate.inputs.lockfiles.fields import Hash
from lockgate.inputs.tree import Tree
from lockgate.model.errors import shortened
from lockgate.model.finding import Location
from lockgate.model.package import Package
from lockgate.model.record import Skip

T = TypeVar("T", bound=Struct)
_PACKAGES = "package"


class File(Struct):
    """A file that an installer may take."""

    hash: Hash


def read_lock(
    tree: Tree, path: str, entries: Callable[[dict[str, Any], str, str], Iterable[Package | Skip]]
) -> Manifest:
    """The manifest of a lock, which settles the open requirements of its folder; `entries` as for `read_toml`."""
    manifest = read_toml(tree, path, entries)
    return replace(manifest, settles=(manifest.path.rpartition("/")[0],))


def metadata_of(data: dict[str, Any], shown: str, kind: type[T]) -> T | Skip:
    """The table with the version of the lock, or why there is none."""
    try:
        return msgspec.convert(data.get("metadata", {}), kind)
    except msgspec.ValidationError:
        return Skip(shown, "has no metadata with its lock version; is it cut off?", gap=True)


def understood(
    data: dict[str, Any], text: str, shown: str, kind: type[T]
) -> tuple[list[tuple[T, Location]], list[Skip]]:
    """The entries with the place of their versions, and gaps for those that can't be understood."""
    tables = data.get(_PACKAGES, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        return [], [Skip(shown, "'package' is not an array of tables", gap=True)]
    found: list[tuple[T, Location]] = []
    skipped: list[Skip] = []
    for table, places in zip(tables, toml_positions.array_of_tables(text, shown, _PACKAGES, len(tables)), strict=True):
        at = places.get("version") or places.get("name") or places[""]
        try:
            found.append((msgspec.convert(table, kind), at))
        except msgspec.ValidationError as error:
            reason = f"can't be understood: {shortened(str(error), 150)}"
            skipped.append(Skip(f"{shown}:{at.line}", reason, gap=True))
    return found, skipped


def hashes(files: Iterable[File]) -> tuple[str, ...]:
    """The hashes of files."""
    return tuple(file.hash for file in files)


def unknown_version(version: Any, known: str, tool: str) -> str:
    """What is said of a file whose version no reader knows."""
    named = f"lock version {shortened(version)}" if isinstance(version, str) else "its lock version"
    return f"{named} is not known (known: {known}); update lockgate, or lock anew with {tool}"
