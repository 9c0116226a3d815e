"""pylock.toml and pylock.NAME.toml (PEP 751), validated by `packaging.pylock`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lockgate.inputs import toml_positions
from lockgate.inputs.lockfiles.base import Manifest, read_toml
from lockgate.inputs.tree import Tree
from lockgate.model.errors import shortened
from lockgate.model.finding import Location
from lockgate.model.package import Origin, Package
from lockgate.model.record import Skip

if TYPE_CHECKING:
    from packaging.pylock import Package as Locked
    from packaging.pylock import Pylock, PylockValidationError

PATTERNS = ("pylock.toml", "pylock.*.toml")

_IN_PACKAGE = re.compile(r"packages\[(\d+)\]")


def read(tree: Tree, paths: Sequence[str]) -> Iterable[Manifest]:
    """The packages of each file. One that is not valid is a gap as a whole, because nothing in it is certain."""
    return (read_toml(tree, path, _entries) for path in paths)


def _entries(data: dict[str, Any], text: str, shown: str) -> Iterator[Package | Skip]:
    found = data.get("packages")
    places = toml_positions.array_of_tables(text, shown, "packages", len(found) if isinstance(found, list) else 0)
    lock = _validated(data, shown, places)
    if isinstance(lock, Skip):
        yield lock
        return
    for locked, at in zip(lock.packages, places, strict=True):
        yield _package(locked, at)


def _validated(data: dict[str, Any], shown: str, places: list[dict[str, Location]]) -> Pylock | Skip:
    from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError

    try:
        return Pylock.from_dict(data)
    except PylockUnsupportedVersionError:
        return Skip(shown, "its lock-version is not known; update lockgate", gap=True)
    except PylockValidationError as error:
        return _invalid(error, shown, places)
    except (ValueError, TypeError, RecursionError) as error:
        return Skip(shown, f"not a valid pylock file ({type(error).__name__})", gap=True)


def _invalid(error: PylockValidationError, shown: str, places: list[dict[str, Location]]) -> Skip:
    """The place and field that are wrong. What is wrong there quotes the file, so it is told where it names a type only."""
    inside = _IN_PACKAGE.match(error.context or "")
    line = f":{places[int(inside[1])][''].line}" if inside and int(inside[1]) < len(places) else ""
    field = f" in {shortened(error.context)}" if error.context else ""
    what = error.message if error.message.startswith(("Unexpected type", "Missing required")) else "a wrong value"
    return Skip(f"{shown}{line}", f"not a valid pylock file: {what}{field}", gap=True)


def _package(locked: Locked, at: dict[str, Location]) -> Package:
    artifacts = [artifact for artifact in (locked.sdist, locked.archive, *(locked.wheels or ())) if artifact]
    version = str(locked.version) if locked.version else ""
    return Package(
        name=locked.name,
        version=version,
        at=at.get("version") or at.get("name") or at[""],
        specifier=f"=={version}" if version else "",
        origin=_origin(locked),
        marker=str(locked.marker) if locked.marker else "",
        hashes=tuple(f"{name}:{digest}" for artifact in artifacts for name, digest in artifact.hashes.items()),
    )


def _origin(locked: Locked) -> Origin:
    if locked.vcs:
        return Origin.VCS
    if locked.directory:
        return Origin.LOCAL
    if locked.archive:
        return Origin.URL if locked.archive.url else Origin.FILE
    return Origin.INDEX
