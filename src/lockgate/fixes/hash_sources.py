"""Where the hashes of a release come from: a lock in the repository, else the package indexes of the user."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from lockgate.advisories.versions import key
from lockgate.checks.audit.index_answers import urls_of
from lockgate.config.settings import Settings
from lockgate.engines.pip import default_index
from lockgate.inputs.lockfiles import pdm_lock, pipfile_lock, poetry_lock, pylock, uv_lock
from lockgate.inputs.lockfiles.base import Reader, read_manifests
from lockgate.inputs.tree import Tree
from lockgate.inputs.urls import shown
from lockgate.model.errors import UnavailableError
from lockgate.model.package import Origin, Package

if TYPE_CHECKING:
    from lockgate.advisories.projects import Project

_LOCKS: list[Reader] = [uv_lock, pylock, poetry_lock, pdm_lock, pipfile_lock]
_SHA256 = re.compile("sha256:[0-9a-f]{64}")

Hashes = tuple[str, ...] | str  # or why they are not known


class HashSources:
    """The locks of a tree, and, where the settings say `online`, the package indexes."""

    def __init__(self, tree: Tree, settings: Settings) -> None:
        self._tree = tree
        self._settings = settings

    def of(self, packages: Iterable[Package], indexes: Sequence[str]) -> dict[tuple[str, str], Hashes]:
        """By name and version the SHA-256 of all files of the release, sorted. `indexes` are those that the requirements name."""
        found: dict[tuple[str, str], Hashes] = {
            (package.name, package.version): self._locked(package, indexes) for package in packages
        }
        missing = [pin for pin, hashes in found.items() if not hashes]
        if missing and self._settings.online:
            found.update(self._published(missing, indexes))
        return {pin: hashes or "no lock tells its hashes" for pin, hashes in found.items()}

    @cached_property
    def _locks(self) -> dict[tuple[str, bytes], list[Package]]:
        """What locks have hashes of, the nearest to the files deep in the tree first."""
        found: defaultdict[tuple[str, bytes], list[Package]] = defaultdict(list)
        manifests = (each for each in read_manifests(self._tree, _LOCKS) if not each.path.endswith(".py.lock"))
        for manifest in sorted(manifests, key=lambda each: -each.path.count("/")):
            for package in manifest.packages:
                if package.origin is Origin.INDEX and package.version:
                    found[package.name, key(package.version)].append(package)
        return found

    def _locked(self, package: Package, indexes: Sequence[str]) -> tuple[str, ...]:
        """What a lock beside or above says of the same release of the same index."""
        for locked in self._locks.get((package.name, key(package.version)), ()):
            folder = locked.at.path.rpartition("/")[0]
            is_above = not folder or package.at.path.startswith(f"{folder}/")
            if is_above and locked.hashes and self._is_same(locked.index, indexes):
                return _sorted(locked.hashes)
        return ()

    def _is_same(self, locked: str, indexes: Sequence[str]) -> bool:
        """Whether a lock has its packages from where the requirements have theirs."""
        if not indexes:
            return not locked or _plain(locked) in self._usual
        return [_plain(url) for url in indexes] == [_plain(locked)]

    @cached_property
    def _usual(self) -> dict[str, str]:
        """The indexes from which packages come when nobody else says so: those of the user, and the one that pip has."""
        try:
            return {_plain(url): url for url in (*urls_of(self._settings.index_url), default_index())}
        except UnavailableError:
            return {}

    def _published(self, pins: Sequence[tuple[str, str]], indexes: Sequence[str]) -> dict[tuple[str, str], Hashes]:
        from lockgate.advisories import asked

        strange = [url for url in indexes if _plain(url) not in self._usual]
        if strange:
            what = f"it comes from {shown(strange[0])}, which only the file names (allow it with --index-url)"
            return dict.fromkeys(pins, what)
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        for name, version in pins:
            wanted[name].add(version)
        try:
            urls = [self._usual[_plain(url)] for url in indexes] or urls_of(self._settings.index_url)
            known = asked.ask(urls, {name: frozenset(versions) for name, versions in wanted.items()})
        except UnavailableError as error:
            return dict.fromkeys(pins, str(error))
        return {(name, version): _of_release(known[name], version) for name, version in pins}


def _of_release(project: Project | str, version: str) -> Hashes:
    if isinstance(project, str):
        return project
    release = project.releases.get(version)
    if release is None:
        return "the package index does not have this release"
    return _sorted(release.hashes - release.doubtful) or "the package index tells no SHA-256 of its files"


def _sorted(hashes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({each for each in hashes if _SHA256.fullmatch(each)}))


def _plain(url: str) -> str:
    return shown(url).rstrip("/").lower()
