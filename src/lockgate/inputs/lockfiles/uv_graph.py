"""How the projects of a uv.lock come by its packages: which entry each dependency means, and what leads to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from lockgate.inputs.lockfiles.fields import Name, Version
from lockgate.inputs.lockfiles.graph import MOST_FORKS, Root, traced
from lockgate.model.package import Package, normalised

_MOST_MARKERS = 10


class Dependency(Struct):
    """What an entry needs; version and source are there where several entries have the name."""

    name: Name
    version: Version = ""
    source: dict[str, Any] | None = None
    extra: list[Name] = []
    extras: list[Name] = []  # as `[manifest]` calls them
    marker: str = ""


class Artifact(Struct):
    """A file that an installer may take."""

    hash: str = ""


class Entry(Struct, rename="kebab"):
    """A `[[package]]`."""

    name: Name
    source: dict[str, Any]
    version: Version = ""
    resolution_markers: list[str] = []
    sdist: Artifact | None = None
    wheels: list[Artifact] = []
    dependencies: list[Dependency] = []
    optional_dependencies: dict[Name, list[Dependency]] = {}
    dev_dependencies: dict[Name, list[Dependency]] = {}

    @property
    def artifacts(self) -> list[Artifact]:
        """All files of it."""
        return [*([self.sdist] if self.sdist else []), *self.wheels]

    def labelled(self) -> Iterator[tuple[str, list[Dependency]]]:
        """All that it may be installed with, by extra or group, "" for what it always needs."""
        yield "", self.dependencies
        yield from self.optional_dependencies.items()
        yield from self.dev_dependencies.items()


class Graph:
    """The entries of a lock. `missing` says by position what of it is needed and not there."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._by_name: dict[str, list[int]] = {}
        for number, entry in enumerate(entries):
            self._by_name.setdefault(normalised(entry.name), []).append(number)
        # An extra is a node of its own behind the packages, so that it is needed only where it is asked for.
        owners = [(number, extra) for number, entry in enumerate(entries) for extra in entry.optional_dependencies]
        self._extras = {
            (number, normalised(extra)): len(entries) + place for place, (number, extra) in enumerate(owners)
        }
        self._asked: dict[int, dict[str, None]] = {}
        self._markers: dict[int, dict[str, None]] = {}
        self.missing: dict[int, dict[str, None]] = {}
        self._needs = [self._edges(entry.dependencies, number) for number, entry in enumerate(entries)]
        self._needs += [self._edges(entries[number].optional_dependencies[extra], number) for number, extra in owners]
        self._owners = owners

    def most_forks(self) -> str:
        """The name of more entries than are followed, or nothing."""
        return next((name for name, found in self._by_name.items() if len(found) > MOST_FORKS), "")

    def traced(
        self,
        packages: Sequence[Package],
        projects: Iterable[int],
        asked: Mapping[str, Sequence[tuple[str, Dependency]]],
    ) -> tuple[Package, ...]:
        """The packages of the entries with all that is known of the ways to them.

        The roots are the entries `projects` and those of `asked`: what each names, with its group.
        """
        roots = [self._project(number) for number in projects]
        roots += [
            Root(name, tuple((number, label) for label, need in needs for number in self._edges([need], -1)))
            for name, needs in asked.items()
        ]
        extras = [
            replace(packages[number], name=f"{packages[number].name}[{normalised(extra)}]")
            for number, extra in self._owners
        ]
        found = traced([*packages, *extras], self._needs, roots)[: len(packages)]
        return tuple(
            replace(
                package,
                extras=tuple(sorted(self._asked.get(number, ()))),
                marker=package.marker or self._marker(number),
            )
            for number, package in enumerate(found)
        )

    def _project(self, number: int) -> Root:
        entry = self._entries[number]
        needs = [(needed, label) for label, group in entry.labelled() for needed in self._edges(group, number)]
        return Root(normalised(entry.name), tuple(needs))

    def _edges(self, dependencies: Iterable[Dependency], number: int) -> list[int]:
        """The positions that these mean, each once."""
        found: dict[int, None] = {}
        for dependency in dependencies:
            targets = self._targets(dependency)
            if not targets:
                self.missing.setdefault(number, {})[f"{dependency.name} {dependency.version}".strip()] = None
            for target in targets:
                found[target] = None
                self._markers.setdefault(target, {})[dependency.marker] = None
                for extra in map(normalised, (*dependency.extra, *dependency.extras)):
                    self._asked.setdefault(target, {})[extra] = None
                    if (target, extra) in self._extras:
                        found[self._extras[target, extra]] = None
        return list(found)

    def _targets(self, dependency: Dependency) -> list[int]:
        return [
            number
            for number in self._by_name.get(normalised(dependency.name), ())[:MOST_FORKS]
            if dependency.version in ("", self._entries[number].version)
            and dependency.source in (None, self._entries[number].source)
        ]

    def _marker(self, number: int) -> str:
        """Where alone it is needed, by the markers of all that need it."""
        markers = self._markers.get(number, {})
        return "" if "" in markers or len(markers) > _MOST_MARKERS else " or ".join(markers)
