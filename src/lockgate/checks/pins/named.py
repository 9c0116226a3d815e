"""Requirements files that a command names, wherever they stand in the tree."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from functools import cache

from lockgate.checks.pins.installs import Tier
from lockgate.inputs.lockfiles import requirements
from lockgate.inputs.lockfiles.base import is_read_by
from lockgate.inputs.tree import Tree
from lockgate.model.package import Origin, Package

_SUFFIXES = (".txt", ".in", ".pip", ".req", ".reqs")


class NamedFiles:
    """Opens them, each once. A name may be relative to the root or to the folder of the file with the command."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._known = frozenset(tree.files)
        self._packages = cache(self._read)

    def tier(self, name: str, path: str) -> Tier | None:
        """How firmly a file names what it requires; None where that is not known, or the file is judged by itself."""
        found = self._find(name, path)
        if not found or is_read_by(requirements, found):
            return None
        return min(map(_tier, self._packages(found) or ()), default=None)

    def pinned(self, names: Sequence[str], path: str) -> dict[str, Tier]:
        """What constraints files pin."""
        files = [found for name in names if (found := self._find(name, path))]
        return {package.name: _tier(package) for file in files for package in self._packages(file) or ()}

    def _find(self, name: str, path: str) -> str:
        if not name.endswith(_SUFFIXES):
            return ""
        places = (posixpath.normpath(posixpath.join(folder, name)) for folder in ("", posixpath.dirname(path)))
        return next((place for place in places if place in self._known), "")

    def _read(self, path: str) -> tuple[Package, ...] | None:
        """The packages of a file, None where not all of them are known."""
        manifests = tuple(requirements.walked(self._tree, [path]))
        if any(skip.gap for manifest in manifests for skip in manifest.skipped):
            return None
        return tuple(_of_index(package for manifest in manifests for package in manifest.packages))


def _of_index(packages: Iterator[Package]) -> Iterator[Package]:
    return (package for package in packages if package.origin is Origin.INDEX)


def _tier(package: Package) -> Tier:
    return Tier.NONE if not package.version else Tier.HASH if package.hashes else Tier.VERSION
