"""Requirements files that a command names, and the locks of the folders that it may run in, wherever they stand in the tree."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from lockgate.checks.pins import node_locks
from lockgate.checks.pins.installs import Tier
from lockgate.inputs.lockfiles import requirements
from lockgate.inputs.lockfiles.base import is_read_by
from lockgate.inputs.shell import UNKNOWN, Command
from lockgate.inputs.tree import Tree
from lockgate.model.package import Origin, Package

DEEPEST = 100  # folders in folders
_SUFFIXES = (".txt", ".in", ".pip", ".req", ".reqs")


class NamedFiles:
    """Opens them, each once. A name may be relative to the root or to the folder of the file with the command."""

    def __init__(self, tree: Tree, scripts: Iterable[Iterable[Command]] = ()) -> None:
        self._tree = tree
        self._known = frozenset(tree.files)
        self._packages = cache(self._read)
        self._locked = cache(self._names)
        entered: dict[str, set[str]] = {}
        self._entered_locks = cache(lambda path: self._locks(path, entered.get(path, ())))
        for command in (command for commands in scripts for command in commands):
            if command.name in {"cd", "pushd"} and len(command.words) > 1:
                entered.setdefault(command.path, set()).add(command.words[1].text)

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

    def is_locked(self, name: str, path: str, folders: Sequence[str]) -> bool:
        """Whether a lock has a package or command: of `folders`, those that the file enters, that of the file, or one above."""
        return any(name in self._locked(lock) for lock in self._entered_locks(path) | self._locks(path, folders))

    def _locks(self, path: str, folders: Iterable[str]) -> set[str]:
        """The locks of a file's folder, of these, and of those above."""
        base = posixpath.dirname(path)
        places = [base, *(posixpath.join(start, folder) for folder in folders for start in ("", base))]
        known = {posixpath.normpath(place) for place in places if UNKNOWN not in place}
        return {lock for place in known for lock in self._above(place)}

    def _above(self, folder: str) -> Iterator[str]:
        """The locks of a folder and of those above."""
        parts = folder.split("/")[:DEEPEST] if folder != "." else []
        for depth in range(len(parts) + 1):
            paths = ("/".join([*parts[:depth], name]) for name in node_locks.LOCKS)
            yield from (path for path in paths if path in self._known)

    def _names(self, path: str) -> frozenset[str]:
        data = self._tree.read(path)
        return node_locks.names(posixpath.basename(path), data) if isinstance(data, bytes) else frozenset()

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
