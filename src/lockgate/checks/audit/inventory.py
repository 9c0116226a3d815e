"""What the manifests of a tree name: the pins to look up, and why anything else is not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from lockgate.inputs.lockfiles.archives import is_archive
from lockgate.inputs.lockfiles.base import Manifest, is_manifest, read_manifests
from lockgate.inputs.lockfiles.linked import satisfies
from lockgate.inputs.lockfiles.pyproject import BUILD
from lockgate.inputs.tree import Tree
from lockgate.model.advisory import Query
from lockgate.model.package import Origin, Package
from lockgate.model.record import Skip

_WITHOUT_VERSION = {
    Origin.INDEX: "has no exact version",
    Origin.URL: "comes from a URL that does not tell its version",
    Origin.FILE: "is a file whose name does not tell its version",
}
_Pins = dict[tuple[str, bool], list[str]]  # versions by name, and whether they are for a build
_TO_DO = {False: "pin or lock it", True: "pin it: locks don't hold what a build needs"}


class Inventory(Struct, frozen=True):
    """The packages of all manifests, each place once.

    `asked` are those to look up, by version or by hashes; `unlocked` are the requirements whose version no lock tells, each
    with the gap that it is; `skipped` says what else is not looked up, and why.
    """

    packages: tuple[Package, ...]
    asked: tuple[Package, ...]
    unlocked: dict[Package, Skip]
    skipped: tuple[Skip, ...]

    @property
    def not_asked(self) -> tuple[Skip, ...]:
        """What is not looked up."""
        return (*self.skipped, *self.unlocked.values())


def take(tree: Tree, python: str = "") -> Inventory:
    """The inventory of a tree, and of what is installed for the interpreter `python` where one is given.

    A requirement without a version is left out where a lock tells the version that it gets.
    """
    manifests = read_manifests(tree)
    if python:
        from lockgate.inputs import installed

        manifests.append(installed.read(python, tree.root))
    settled = _Settled(manifests)
    packages = _packages(manifests)
    unread = (skip for skip in tree.skipped if skip.gap or is_manifest(skip.subject))
    of_manifests = (skip for manifest in manifests for skip in manifest.skipped)
    of_files = (skip for manifest in manifests for skip in manifest.unlocked if not settled.wholly(manifest.path))
    skips = {package: skip for package in packages if (skip := _skip(package, settled))}
    unlocked = {package: skip for package, skip in skips.items() if package.origin is Origin.INDEX}
    others = (skip for package, skip in skips.items() if package not in unlocked)
    return Inventory(
        packages=packages,
        asked=tuple(filter(_is_asked, packages)),
        unlocked=unlocked,
        skipped=(*unread, *of_manifests, *of_files, *others),
    )


def query_of(package: Package) -> Query:
    """What a source is asked of a package."""
    return Query(package.name, package.version, package.hashes)


def _packages(manifests: list[Manifest]) -> tuple[Package, ...]:
    """What the manifests require, then what they only constrain; what stands at one place is told once."""
    required = (package for manifest in manifests for package in manifest.packages)
    constraints = (package for manifest in manifests for package in manifest.constraints)
    found = {(package.name, package.version, package.at): package for package in chain(required, constraints)}
    return tuple(_told_once(found.values()))


def _told_once(packages: Collection[Package]) -> Iterator[Package]:
    """The packages, each archive of the tree that something installs by its path told there only, with its hash.

    An archive for each platform is of the same version: which is meant is not known, so that the hashes of all of them are.
    """
    archives: dict[tuple[str, str, Origin], dict[str, None]] = {}
    for package in packages:
        if is_archive(package.at.path):
            archives.setdefault(_pin(package), {}).update(dict.fromkeys(package.hashes))
    elsewhere = {_pin(package) for package in packages if not is_archive(package.at.path)}
    for package in packages:
        if package.origin is not Origin.FILE or _pin(package) not in archives:
            yield package
        elif not is_archive(package.at.path):
            yield replace(package, hashes=tuple({**dict.fromkeys(package.hashes), **archives[_pin(package)]}))
        elif _pin(package) not in elsewhere:
            yield package


def _pin(package: Package) -> tuple[str, str, Origin]:
    return package.name, package.version, package.origin


def _is_asked(package: Package) -> bool:
    return package.origin in _WITHOUT_VERSION and bool(package.version or package.hashes)


def _skip(package: Package, settled: _Settled) -> Skip | None:
    """Why a package is not even asked for; None for a pin and for what a lock pins."""
    where = package.at.where
    name = package.name or "an unnamed package"
    if package.origin is Origin.LOCAL:
        return Skip(where, f"{name} is a local directory and was not looked up")
    if package.origin is Origin.VCS:
        return Skip(where, f"{name} comes from a repository, so no advisory names its version", gap=True)
    if package.version:
        return None
    locked = settled.versions(package)
    if any(satisfies(version, package.specifier) for version in locked):
        return None
    if package.origin is not Origin.INDEX:
        return Skip(where, f"{name} {_WITHOUT_VERSION[package.origin]}", gap=True)
    reason = (
        f"its lock has {locked[0]}, which is not {package.specifier}" if locked else _TO_DO[BUILD in package.groups]
    )
    return Skip(where, f"{name} {_WITHOUT_VERSION[package.origin]}; {reason}", gap=True)


class _Settled:
    """The versions that locks tell for the open requirements of a folder."""

    def __init__(self, manifests: Iterable[Manifest]) -> None:
        self._places: dict[str, list[_Pins]] = {}
        self._whole: set[str] = set()
        for manifest in manifests:
            pins = _grouped(manifest.packages) if manifest.settles else {}
            self._whole.update(manifest.settles if pins and manifest.whole else ())
            for place in manifest.settles:
                self._places.setdefault(place, []).append(pins)

    def versions(self, package: Package) -> list[str]:
        """The versions that the locks of the package's file and folder have of it; empty is that of a local one."""
        return [version for pins in self.at(package.at.path) for version in pins.get(_wanted(package), ())]

    def at(self, path: str) -> list[_Pins]:
        """What each lock of a file has, or of its folder. That of a folder is none of its scripts."""
        return [pins for place in self._around(path) for pins in self._places.get(place, ()) if pins]

    def wholly(self, path: str) -> bool:
        """Whether one of these has all that the file requires, also what the file does not tell."""
        return not self._whole.isdisjoint(self._around(path))

    def _around(self, path: str) -> tuple[str, ...]:
        script = path.lower().endswith(".py") and path.rpartition("/")[2].lower() != "setup.py"
        return (path,) if script else (path, path.rpartition("/")[0])


def _wanted(package: Package) -> tuple[str, bool]:
    """What settles an open requirement: a build takes nothing of what the project itself gets."""
    return package.name, BUILD in package.groups


def _grouped(packages: Iterable[Package]) -> _Pins:
    found: _Pins = {}
    for package in packages:
        if package.version or package.origin is not Origin.INDEX:
            found.setdefault(_wanted(package), []).append(package.version)
    return found
