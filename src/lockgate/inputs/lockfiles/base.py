"""What every reader of manifests and lockfiles gives back, and how the readers are found."""

from __future__ import annotations

from fnmatch import fnmatchcase
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, TypeVar

import msgspec
from msgspec import Struct

from lockgate.inputs.files import ABSENT
from lockgate.inputs.tree import Tree
from lockgate.model.package import Package
from lockgate.model.record import Skip

T = TypeVar("T", str, bytes)


class Manifest(Struct, frozen=True, kw_only=True):
    """The packages that one file names.

    `included` are the further files that it takes in whole (their packages are in `packages`, at their own places);
    `skipped` are the entries or files that could not be read, each with line and reason. Paths are as reports show them.
    """

    path: str
    packages: tuple[Package, ...] = ()
    included: tuple[str, ...] = ()
    skipped: tuple[Skip, ...] = ()


class Reader(Protocol):
    """A module that reads one format.

    A pattern without a slash matches a file's name; one with a slash matches the end of its path.
    """

    PATTERNS: tuple[str, ...]

    def read(self, tree: Tree, path: str) -> Manifest:
        """Read one file. What can't be read is in `skipped`; nothing is raised for a bad file."""


def readers() -> list[Reader]:
    """Every reader of this folder."""
    import lockgate.inputs.lockfiles as folder

    found = [import_module(f"{folder.__name__}.{module.name}") for module in iter_modules(folder.__path__)]
    return [module for module in found if hasattr(module, "PATTERNS")]


def read_manifests(tree: Tree, using: list[Reader] | None = None) -> list[Manifest]:
    """Every manifest and lockfile of the tree, or those that the readers `using` read.

    A file that another one includes is told with the including one, and a package that several include is told once.
    """
    manifests = [
        reader.read(tree, path) for reader in using or readers() for path in tree.files if _reads(reader, path)
    ]
    told: set[Package | Skip] = set()
    return [_untold(manifest, told) for manifest in manifests if not _is_part(manifest, manifests)]


def is_manifest(path: str) -> bool:
    """Whether some reader reads a file of that path."""
    return any(_reads(reader, path) for reader in readers())


def text(tree: Tree, path: str) -> str | Skip:
    """The text of a manifest. One that is there but can't be read is a gap, whatever hinders it."""
    return as_gap(tree.text(path))


def as_gap(content: T | Skip) -> T | Skip:
    """`content`, a skip of it made a gap unless the file is not there at all."""
    if isinstance(content, Skip) and content.reason != ABSENT:
        return Skip(content.subject, content.reason, gap=True)
    return content


def _reads(reader: Reader, path: str) -> bool:
    name = path.rpartition("/")[2]
    return any(
        fnmatchcase(f"/{path}", f"*/{pattern}") if "/" in pattern else fnmatchcase(name, pattern)
        for pattern in reader.PATTERNS
    )


def _is_part(manifest: Manifest, manifests: list[Manifest]) -> bool:
    """Whether another manifest includes this one. Of those that include each other only the first stands alone."""
    for other in manifests:
        if other is manifest:
            continue
        if manifest.path in other.included and (other.path not in manifest.included or other.path < manifest.path):
            return True
    return False


def _untold(manifest: Manifest, told: set[Package | Skip]) -> Manifest:
    """The manifest without what is in `told`, to which its own is added."""
    packages = tuple(package for package in dict.fromkeys(manifest.packages) if package not in told)
    skipped = tuple(skip for skip in dict.fromkeys(manifest.skipped) if skip not in told)
    told.update(packages, skipped)
    return msgspec.structs.replace(manifest, packages=packages, skipped=skipped)
