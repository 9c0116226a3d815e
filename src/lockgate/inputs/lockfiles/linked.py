"""Locks that don't hold what the project itself requires: their packages, as the project beside them comes by these."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from lockgate.inputs.lockfiles.graph import MOST_FORKS, Root, traced
from lockgate.model.errors import shortened
from lockgate.model.package import Package
from lockgate.model.record import Skip

MOST_CHECKS = 20_000  # of a version against a specifier; with more, each version of a name counts as needed

# What these tools, in older versions, leave to the environment in which they install.
_OF_THE_ENVIRONMENT = frozenset({"distribute", "pip", "setuptools", "wheel"})


class Need(Struct, frozen=True):
    """What a package needs. It has to be in the lock where that is `certain`: no marker or extra may leave it out."""

    name: str
    specifier: str = ""
    certain: bool = False


def linked(
    packages: Sequence[Package],
    needs: Sequence[Sequence[Need]],
    project: str,
    required: Sequence[Package],
    *,
    whole: bool,
) -> Iterator[Package | Skip]:
    """The packages with how the project comes by them; and a gap for each that needs one that is not there.

    `needs` are those of each package; `required` is what the project requires itself, nothing where that is not known.
    Where the packages are not the `whole` of the lock, nothing is missed.
    """
    names = _Names(packages)
    edges = [[number for need in each for number in names.meant(need.name, need.specifier)] for each in needs]
    roots = dict.fromkeys(
        (number, group)
        for package in required
        for number in names.meant(package.name, package.specifier)
        for group in package.groups or ("",)
    )
    absent = _OF_THE_ENVIRONMENT | {project}  # a package may need the very project that is locked
    yield from traced(packages, edges, [Root(project, tuple(roots))]) if roots else packages
    for package, each in zip(packages, needs, strict=True) if whole else ():
        missing = [need.name for need in each if need.certain and need.name not in names and need.name not in absent]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            where = package.at.where
            yield Skip(
                where, f"needs {shortened(missing[0])}{more}, which the file does not lock; is it cut off?", gap=True
            )
    if names.forked:
        yield Skip(packages[0].at.path, f"locks {names.forked} more than {MOST_FORKS} times", gap=True)


def satisfies(version: str, specifier: str) -> bool:
    """Whether a locked version is one that a requirement allows; a local package without version always is."""
    if not (version and specifier):
        return True
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, ValueError):
        return False


class _Names:
    """The packages by name. `forked` is a name of more of them than are followed."""

    def __init__(self, packages: Sequence[Package]) -> None:
        self._packages = packages
        self._numbers: dict[str, list[int]] = {}
        self._checks = 0
        for number, package in enumerate(packages):
            self._numbers.setdefault(package.name, []).append(number)
        self.forked = next((name for name, numbers in self._numbers.items() if len(numbers) > MOST_FORKS), "")

    def __contains__(self, name: str) -> bool:
        return name in self._numbers

    def meant(self, name: str, specifier: str) -> list[int]:
        """Those of a name that a specifier allows, all of them where it allows none."""
        numbers = self._numbers.get(name, [])[:MOST_FORKS]
        if len(numbers) < 2 or not specifier or self._checks > MOST_CHECKS:  # noqa: PLR2004 - one needs no choice
            return numbers
        self._checks += len(numbers)
        return [number for number in numbers if satisfies(self._packages[number].version, specifier)] or numbers
