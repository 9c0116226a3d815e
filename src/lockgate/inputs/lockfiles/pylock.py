"""pylock.toml and pylock.NAME.toml (PEP 751), validated by `packaging.pylock`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockgate.inputs import toml_positions
from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import Manifest, text
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Location
from lockgate.model.package import Origin, Package
from lockgate.model.record import Skip

if TYPE_CHECKING:
    from packaging.pylock import Package as Locked
    from packaging.pylock import Pylock

PATTERNS = ("pylock.toml", "pylock.*.toml")


def read(tree: Tree, path: str) -> Manifest:
    """The packages of a pylock file. One that is not valid is a gap as a whole, because nothing in it is certain."""
    shown = display(path)
    content = text(tree, path)
    if isinstance(content, Skip):
        return Manifest(path=shown, skipped=(content,))
    data = toml_positions.load(content, shown)
    lock = data if isinstance(data, Skip) else _validated(data, shown)
    if isinstance(lock, Skip):
        return Manifest(path=shown, skipped=(lock,))
    places = toml_positions.array_of_tables(content, shown, "packages", len(lock.packages))
    packages = tuple(_package(locked, at) for locked, at in zip(lock.packages, places, strict=True))
    return Manifest(path=shown, packages=packages)


def _validated(data: dict[str, Any], shown: str) -> Pylock | Skip:
    from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError

    try:
        return Pylock.from_dict(data)
    except PylockUnsupportedVersionError as error:
        return Skip(shown, f"{error}; update lockgate", gap=True)
    except (PylockValidationError, ValueError, RecursionError) as error:
        return Skip(shown, f"not a valid pylock file: {error}", gap=True)


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
    if locked.directory or (locked.archive and not locked.archive.url):
        return Origin.LOCAL
    return Origin.URL if locked.archive else Origin.INDEX
