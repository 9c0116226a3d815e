"""The comments in which pip-compile and uv say what needs each package of a requirements file: `# via flask`.

They stand behind the entry (`--annotation-style line`), or in the indented lines below it, several names on a line each.
https://pip-tools.readthedocs.io/en/stable/cli/pip-compile/ and https://docs.astral.sh/uv/pip/compile/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lockgate.inputs.lockfiles.graph import MOST_FORKS, Root, traced
from lockgate.model.package import Package, normalised

MOST = 200_000  # names in the annotations of one file; of more nothing is told

_NAME = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\[[A-Za-z0-9._, -]*\])?")
_FILE = re.compile(r"(?:-r|--requirement)[ =](?:.*[/\\])?([^/\\]+)")
_PROJECT = re.compile(r"([A-Za-z0-9._-]+) \([^():]+(?::([A-Za-z0-9._-]+))?\)")
_LONGEST = 200  # characters of one name


class Annotations:
    """What the annotations of one file say, taken in line by line."""

    def __init__(self) -> None:
        self._needed_by: dict[int, dict[str, None]] = {}
        self._current: int | None = None
        self._listing = False
        self._count = 0

    def take(self, code: str, comment: str, added: int | None) -> None:
        """A logical line: what stands before its comment, the comment, and the position of the package that it adds."""
        if code.strip():
            self._current, self._listing = added, False
        elif not (code and comment):  # an annotation is indented
            self._current = None
        if self._current is None or not comment:
            return
        said = comment.lstrip("#").strip()
        if said == "via":
            self._listing = True
        elif said.startswith("via "):
            self._keep(self._current, said[4:].split(","))
        elif self._listing:
            self._keep(self._current, [said])

    def _keep(self, package: int, names: Sequence[str]) -> None:
        self._count += len(names)
        if self._count <= MOST:
            found = (name.strip() for name in names if len(name) < _LONGEST)
            self._needed_by.setdefault(package, {}).update(dict.fromkeys(found))

    def traced(self, packages: list[Package]) -> list[Package]:
        """The packages with the ways to them, as far as the annotations tell."""
        if not self._needed_by or self._count > MOST:
            return packages
        places: dict[str, list[int]] = {}
        for number, package in enumerate(packages):
            places.setdefault(package.name, []).append(number)
        needs: list[list[int]] = [[] for _ in packages]
        roots: dict[str, list[tuple[int, str]]] = {}
        for number, names in self._needed_by.items():
            parents = {name: _parents(name, places) for name in names}
            for parent in {position for positions in parents.values() for position in positions}:
                needs[parent].append(number)
            for root, group in (found for name in names if not parents[name] for found in _root(name)):
                roots.setdefault(root, []).append((number, group))
        return list(traced(packages, needs, [Root(name, tuple(named)) for name, named in roots.items()]))


def _parents(name: str, places: dict[str, list[int]]) -> list[int]:
    known = _NAME.fullmatch(name)
    return places.get(normalised(known[1]), [])[:MOST_FORKS] if known else []


def _root(name: str) -> Iterator[tuple[str, str]]:
    """The file or project that an annotation names, with its group; nothing for a constraint and what is none."""
    file, project, bare = _FILE.fullmatch(name), _PROJECT.fullmatch(name), _NAME.fullmatch(name)
    if file and file[1].isprintable():
        yield file[1], ""
    elif project:
        yield project[1], project[2] or ""
    elif bare:
        yield bare[1], ""
