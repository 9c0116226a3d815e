"""What every reader of manifests and lockfiles gives back, and how the readers are found."""

from __future__ import annotations

from fnmatch import fnmatchcase
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol

from msgspec import Struct

from lockgate.inputs.tree import Tree
from lockgate.model.package import Package
from lockgate.model.record import Skip


class Manifest(Struct, frozen=True, kw_only=True):
    """The packages that one file names.

    `included` are the further files that it names and that were read with it (their packages are in `packages`, at
    their own places); `skipped` are the entries or files that could not be read, each with line and reason.
    """

    path: str
    packages: tuple[Package, ...] = ()
    included: tuple[str, ...] = ()
    skipped: tuple[Skip, ...] = ()


class Reader(Protocol):
    """A module that reads one format."""

    PATTERNS: tuple[str, ...]

    def read(self, tree: Tree, path: str) -> Manifest:
        """Read one file. What can't be read is in `skipped`; nothing is raised for a bad file."""


def readers() -> list[Reader]:
    """Every reader of this folder."""
    import lockgate.inputs.lockfiles as folder

    found = [import_module(f"{folder.__name__}.{module.name}") for module in iter_modules(folder.__path__)]
    return [module for module in found if hasattr(module, "PATTERNS")]  # type: ignore[misc]


def read_manifests(tree: Tree) -> list[Manifest]:
    """Every manifest and lockfile of the tree. A file that another one includes is told once, with the including one."""
    manifests = []
    for reader in readers():
        for path in tree.files:
            if any(fnmatchcase(path.rpartition("/")[2], pattern) for pattern in reader.PATTERNS):
                manifests.append(reader.read(tree, path))
    included = {path for manifest in manifests for path in manifest.included}
    return [manifest for manifest in manifests if manifest.path not in included]
