"""Whether the project's own code imports what an advisory is about. It is told of a finding, and never hides one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from lockgate.engines import environment
from lockgate.inputs.files import display
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Finding

if TYPE_CHECKING:
    from lockgate.inputs.python_source import Imports

SECONDS = 3.0  # for all files; what is not found by then is unknown

_NAMES = Path(__file__).with_name("import_names.txt")
_SOURCES = (".py", ".pyi")
_NOT_READ = (".ipynb", ".pyx", ".pxd")  # Python, too, but nothing that we parse


class Modules(Struct, frozen=True):
    """The dotted names of what is imported of a distribution, and whether they are known or only guessed by its name."""

    names: tuple[str, ...]
    certain: bool


def with_imports(findings: Iterable[Finding], tree: Tree, python: str = "") -> tuple[Finding, ...]:
    """The findings, each with the property `imported` (yes, no or unknown), and `imported_at` where it is.

    Where an advisory names what is affected (`affects`), `used` and `used_at` tell the same of that. `python` is an interpreter
    for which the packages may be installed; empty means that there is none.
    """
    findings = tuple(findings)
    if not findings:
        return ()
    packages = {str(finding.properties["package"]) for finding in findings}
    installed = environment.modules(python, packages) if python else {}
    modules = {name: modules_of(name, installed.get(name, ())) for name in packages}
    affected = frozenset(name for finding in findings for name in _affected(finding))
    code = _Code(tree, frozenset(name for each in modules.values() for name in each.names), affected)
    return tuple(
        replace(
            finding, properties=finding.properties | code.told(modules[str(finding.properties["package"])], finding)
        )
        for finding in findings
    )


def modules_of(distribution: str, installed: tuple[str, ...] = ()) -> Modules:
    """What is imported of a distribution (name by PEP 503): what it has installed, else what is known of it, else a guess."""
    known = installed or _known().get(distribution)
    if known:
        return Modules(known, certain=True)
    return Modules(tuple({distribution.replace("-", "_"), distribution.replace("-", ".")}), certain=False)


@cache
def _known() -> dict[str, tuple[str, ...]]:
    lines = (line.split() for line in _NAMES.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {name: tuple(modules) or (name.replace("-", "_"),) for name, *modules in lines}


def _affected(finding: Finding) -> list[str]:
    affects = finding.properties.get("affects")
    return affects if isinstance(affects, list) else []


class _Code:
    """Where the project's own code first imports and uses the names that are wanted."""

    def __init__(self, tree: Tree, modules: frozenset[str], affected: frozenset[str]) -> None:
        wanted = modules | affected
        self._tops = frozenset(name.partition(".")[0] for name in wanted)
        self._whole = bool(affected)
        self._computed = False
        self._left = self._tops  # of which something was not found yet
        self._wanted = wanted
        self._imported: dict[str, str] = {}
        self._used: dict[str, str] = {}
        self._unknown: set[str] = set()  # top-level names of which a file that is not understood may import something
        self._starred: set[str] = set()
        for path, imports in self._files(tree):
            self._take(path, imports)
        if self._computed:
            self._unknown |= self._tops

    def told(self, modules: Modules, finding: Finding) -> dict[str, str]:
        """The properties of one finding."""
        place = next((self._imported[name] for name in modules.names if name in self._imported), "")
        unknown = not modules.certain or any(name.partition(".")[0] in self._unknown for name in modules.names)
        properties = _answer("imported", place, unknown=unknown)
        affected = _affected(finding)
        if affected:
            place = next((self._used[name] for name in affected if name in self._used), "")
            unknown = any(name.partition(".")[0] in self._unknown | self._starred for name in affected)
            properties |= _answer("used", place, unknown=unknown)
        return properties

    def _files(self, tree: Tree) -> Iterator[tuple[str, Imports]]:
        """The files that import something that is wanted."""
        from lockgate.inputs.python_source import (  # a syntax tree is needed where there are findings
            imports_of,
            words_of,
        )

        until = time.monotonic() + SECONDS
        for path in tree.files:
            if path.endswith(_NOT_READ):
                self._unknown |= self._tops
            if not path.endswith(_SOURCES):
                continue
            data = tree.read(path) if time.monotonic() < until else None
            if not isinstance(data, bytes):
                self._unknown |= self._tops
                continue
            words = words_of(data)
            named = self._left & words.names
            calls = words.calls and not self._computed
            imports = imports_of(data, whole=calls or self._whole) if named or calls else None
            if imports:
                yield path, imports
            else:
                self._unknown |= self._tops if calls else named

    def _take(self, path: str, imports: Imports) -> None:
        self._computed = self._computed or imports.computed
        self._starred |= {module.partition(".")[0] for module in imports.starred}
        for found, lines in ((self._imported, [imports.modules]), (self._used, [imports.modules, imports.used])):
            first: dict[str, int] = {}
            for name, line in (each for part in lines for each in part.items()):
                for outer in self._wanted.intersection(_outer(name)):
                    first[outer] = min(line, first.get(outer, line))
            for name, line in first.items():
                found.setdefault(name, f"{display(path)}:{line}")
        self._left = frozenset(name.partition(".")[0] for name in self._wanted if name not in self._used)


def _outer(name: str) -> list[str]:
    """A dotted name and those that it is inside of."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _answer(what: str, place: str, *, unknown: bool) -> dict[str, str]:
    if place:
        return {what: "yes", f"{what}_at": place}
    return {what: "unknown" if unknown else "no"}
