"""What a fixer is given and gives back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

from msgspec import Struct

from lockgate.inputs.tree import Tree
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Location
from lockgate.model.modules import loaded
from lockgate.model.package import Package

T = TypeVar("T")

MOST_ATTEMPTS = 20  # upgrades of one file that are tried one by one


class Upgrade(Struct, frozen=True):
    """A pin, the version that it is to get, and the ids of the advisories that are gone then."""

    package: Package
    version: str
    cleared: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.package.name} {self.package.version} -> {self.version}"


class Change(Struct, frozen=True):
    """The old and the new content of a file, by its path as the file system spells it."""

    path: str
    old: bytes
    new: bytes


class Left(Struct, frozen=True):
    """Something that is not fixed: at a place, what, why, and where it is known what to do."""

    at: Location
    name: str
    reason: str
    todo: str = ""

    @classmethod
    def of(cls, package: Package, reason: str, todo: str = "") -> Left:
        """The same of the pin of a package."""
        return cls(package.at, f"{package.name} {package.version}", reason, todo)


class Proposal(Struct, frozen=True):
    """The new content of a file, None for none; the upgrades in it, what is left, and what people should know of it."""

    content: bytes | None = None
    upgrades: tuple[Upgrade, ...] = ()
    left: tuple[Left, ...] = ()
    notes: tuple[str, ...] = ()


class Fixer(Protocol):
    """A module that changes one kind of file."""

    PATTERNS: tuple[str, ...]

    def propose(self, tree: Tree, path: str, upgrades: Sequence[Upgrade], *, offline: bool) -> Proposal:
        """What the file `path` would be with the upgrades. Nothing is written, and no code of the project runs."""


def together(
    upgrades: Sequence[Upgrade], attempt: Callable[[list[Upgrade]], T]
) -> tuple[list[Upgrade], list[tuple[Upgrade, str]], T | None]:
    """The upgrades that can be made together, the others with the reason, and what `attempt` gives for the first.

    `attempt` makes upgrades; it raises UnavailableError, saying why, where they can't be made. Where not all can be made at once, each
    is tried with those before it that can.
    """
    if len(upgrades) > 1:
        with contextlib.suppress(UnavailableError):
            return list(upgrades), [], attempt(list(upgrades))
    good: list[Upgrade] = []
    result: T | None = None
    bad = [(upgrade, "too many upgrades can't be made together") for upgrade in upgrades[MOST_ATTEMPTS:]]
    for upgrade in upgrades[:MOST_ATTEMPTS]:
        try:
            result = attempt([*good, upgrade])
            good.append(upgrade)
        except UnavailableError as error:
            bad.append((upgrade, str(error)))
    return good, bad, result


def fixer_of(path: str) -> Fixer:
    """Whoever changes a file of that path."""
    name = path.rpartition("/")[2].lower()
    modules: Iterable[Fixer] = [module for module in loaded("lockgate.fixes") if hasattr(module, "PATTERNS")]
    fitting = [module for module in modules if any(fnmatchcase(name, pattern) for pattern in module.PATTERNS)]
    return min(fitting, key=lambda module: "*" in module.PATTERNS)
