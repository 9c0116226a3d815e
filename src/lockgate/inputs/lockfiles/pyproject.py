"""pyproject.toml: what a project requires of itself, to be tested, and to be built.

Formats: https://packaging.python.org/en/latest/specifications/pyproject-toml/ and
https://packaging.python.org/en/latest/specifications/dependency-groups/, and the tables of Poetry, PDM and uv.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from lockgate.inputs.files import display
from lockgate.inputs.lockfiles import requirements
from lockgate.inputs.lockfiles.base import Manifest, is_read_by
from lockgate.inputs.lockfiles.declared import Declared, by_editable, by_requirement, load, source_origin
from lockgate.inputs.lockfiles.poetry_constraints import specifier
from lockgate.inputs.toml_entries import Path
from lockgate.inputs.tree import Tree
from lockgate.model.package import Origin, Package, normalised
from lockgate.model.record import Skip

PATTERNS = ("pyproject.toml",)

BUILD = "build-system"
MOST_GROUPS = 100


def read(tree: Tree, paths: Sequence[str]) -> Iterator[Manifest]:
    """The requirements of each project: pins, and open ones, which the locks of the folder settle.

    A file with nothing but settings has none. The requirements files that setuptools takes dependencies from are read as such.
    """
    for path in paths:
        declared = load(tree, path)
        if isinstance(declared, Skip):
            yield Manifest(path=display(path), skipped=(declared,))
            continue
        _take(declared)
        files = list(_requirement_files(tree, path, declared))
        declared.unlocked += _dynamic(declared)
        yield declared.manifest()
        yield from requirements.read(tree, [file for file in files if not is_read_by(requirements, file)])


def required_beside(tree: Tree, lock: str) -> tuple[str, tuple[Package, ...]]:
    """The name of the project in the folder of a lock and what it requires, without what it is built with."""
    path = posixpath.join(posixpath.dirname(lock), "pyproject.toml")
    declared = load(tree, path) if path in tree.files else None
    if not isinstance(declared, Declared):
        return "", ()
    _take(declared)
    return _name(declared) or "pyproject.toml", tuple(p for p in declared.packages if p.groups != (BUILD,))


def _name(declared: Declared) -> str:
    names = (declared.get("project", "name"), declared.get("tool", "poetry", "name"))
    return next((normalised(name) for name in names if isinstance(name, str) and name), "")


def _take(declared: Declared) -> None:
    for take in (_standard, _poetry, _groups, _pdm, _uv):
        take(declared)
    place(declared, _name(declared))


def place(declared: Declared, own: str = "") -> None:
    """Give the requirements of a project, of which `own` is the name, the origins that its tables tell."""
    sources = _sources(declared)
    declared.packages = [
        replace(package, origin=origin, direct=True)
        for package in declared.packages
        for origin in ([Origin.LOCAL] if package.name == own else _origins(package, sources))
    ]


def _standard(declared: Declared) -> None:
    _requirements(declared, ("project", "dependencies"))
    for extra in declared.table("project", "optional-dependencies"):
        _requirements(declared, ("project", "optional-dependencies", extra), extra)
    _requirements(declared, (BUILD, "requires"), BUILD)


def _pdm(declared: Declared) -> None:
    """PDM's groups may hold pip's `-e` as well."""
    for group in declared.table("tool", "pdm", "dev-dependencies"):
        groups = (normalised(group),)
        for at, text in declared.strings("tool", "pdm", "dev-dependencies", group):
            editable = re.match(r"\s*(?:-e|--editable)\s+(.+)", text)
            made = by_editable(editable[1], groups) if editable else by_requirement(text, groups)
            declared.keep(at, made)


def _uv(declared: Declared) -> None:
    """What uv holds packages to besides is in its lock, and told where there is none."""
    _requirements(declared, ("tool", "uv", "dev-dependencies"), "dev")
    for key in ("constraint-dependencies", "override-dependencies"):
        if declared.get("tool", "uv", key) and any(not package.version for package in declared.packages):
            where = f"{declared.shown}:{declared.at(('tool', 'uv', key)).line}"
            declared.unlocked.append(Skip(where, f"its {key} are not read; lock them", gap=True))


def _requirements(declared: Declared, path: tuple[str, ...], *groups: str) -> None:
    for at, text in declared.strings(*path):
        declared.keep(at, by_requirement(text, tuple(map(normalised, groups))))


def _groups(declared: Declared) -> None:
    """The groups of PEP 735. What a group includes comes by it as well."""
    table = declared.table("dependency-groups")
    if len(table) > MOST_GROUPS:
        declared.skip(("dependency-groups",), f"over the limit of {MOST_GROUPS} groups, so that none was read")
        return
    includes = [
        (normalised(group), at, included)
        for group in table
        for at, included in _included(declared, group, table[group])
    ]
    including: dict[str, set[str]] = {normalised(group): set() for group in table}
    if len(including) < len(table):
        declared.skip(("dependency-groups",), "names a group twice")
    for group, at, included in includes:
        including.get(included, set()).add(group)
        if included not in including:
            declared.skip(at, "includes a group that is not there")
    closed = {group: _closed(group, including) for group in including}
    for group, at, included in includes:
        if included in closed[group]:
            declared.skip(at, "includes a group that includes this one")
    for written, entries in table.items():
        groups = tuple(sorted(closed[normalised(written)]))
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, str):
                declared.keep(("dependency-groups", written, number), by_requirement(entry, groups))


def _included(declared: Declared, group: str, entries: Any) -> Iterator[tuple[Path, str]]:
    """The groups that one includes itself, with the places where it says so."""
    path = ("dependency-groups", group)
    if not isinstance(entries, list):
        declared.skip(path, "is not an array")
        return
    for number, entry in enumerate(entries):
        name = entry.get("include-group") if isinstance(entry, dict) and len(entry) == 1 else None
        if isinstance(name, str):
            yield (*path, number), normalised(name)
        elif not isinstance(entry, str):
            declared.skip((*path, number), "is neither a requirement nor an include-group")


def _closed(name: str, including: dict[str, set[str]]) -> set[str]:
    """A group and all that include it, be it through others."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        group = ahead.pop()
        if group not in found:
            found.add(group)
            ahead += including[group]
    return found


def _poetry(declared: Declared) -> None:
    main = declared.table("tool", "poetry", "dependencies")
    extras: dict[str, list[str]] = {}
    for extra in declared.table("tool", "poetry", "extras"):
        for _, name in declared.strings("tool", "poetry", "extras", extra):
            extras.setdefault(normalised(name), []).append(normalised(extra))
    named = {package.name for package in declared.packages if package.groups != (BUILD,)}
    for name in main:
        if normalised(name) not in named:
            _poetry_entry(declared, ("tool", "poetry", "dependencies"), name, tuple(extras.get(normalised(name), ())))
    groups = {("tool", "poetry", "dev-dependencies"): "dev"} | {
        ("tool", "poetry", "group", group, "dependencies"): group for group in declared.table("tool", "poetry", "group")
    }
    for path, group in groups.items():
        for name in declared.table(*path):
            _poetry_entry(declared, path, name, (normalised(group),))


def _poetry_entry(declared: Declared, path: Path, name: str, groups: tuple[str, ...]) -> None:
    value = declared.get(*map(str, path), name)
    if normalised(name) == "python":
        return
    several = {(*path, name, number): each for number, each in enumerate(value)} if isinstance(value, list) else {}
    for at, each in several.items() if isinstance(value, list) else [((*path, name), value)]:
        declared.keep_entry(at, name, each, groups, specifier)


def _sources(declared: Declared) -> dict[str, list[Origin]]:
    """By name the origins that uv's and Poetry's tables give to a requirement of `project`, in place of the index."""
    found: dict[str, list[Origin]] = {}
    for path in (("tool", "uv", "sources"), ("tool", "poetry", "dependencies")):
        for name, value in declared.table(*path).items():
            tables: list[Any] = value if isinstance(value, list) else [value]
            origins = dict.fromkeys(source_origin(table) for table in tables if isinstance(table, dict))
            found.setdefault(normalised(name), list(origins))
    return {name: origins for name, origins in found.items() if set(origins) - {Origin.INDEX}}


def _origins(package: Package, sources: dict[str, list[Origin]]) -> list[Origin]:
    """Each that the package has, by its requirement or else by the tables."""
    if package.origin is not Origin.INDEX or package.groups == (BUILD,):
        return [package.origin]
    return sources.get(package.name, [Origin.INDEX])


def _dynamic(declared: Declared) -> Iterator[Skip]:
    """A gap where only the build says what the project requires."""
    dynamic = declared.get("project", "dynamic")
    told = declared.get("tool", "setuptools", "dynamic")
    asked = {key for key in ("dependencies", "optional-dependencies") if isinstance(dynamic, list) and key in dynamic}
    if asked - (told.keys() if isinstance(told, dict) else set()) and not declared.get(
        "tool", "poetry", "dependencies"
    ):
        where = f"{declared.shown}:{declared.at(('project', 'dynamic')).line}"
        yield Skip(where, "its dependencies are dynamic, so that only its build tells them; lock them", gap=True)


def _requirement_files(tree: Tree, path: str, declared: Declared) -> Iterator[str]:
    """The files from which setuptools takes dependencies.

    https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html#dynamic-metadata
    """
    dynamic = ("tool", "setuptools", "dynamic")
    optional = (*dynamic, "optional-dependencies")
    there = set(tree.files) if declared.get(*dynamic) else set()
    for table in ((*dynamic, "dependencies"), *((*optional, extra) for extra in declared.table(*optional))):
        files = declared.table(*table).get("file", [])
        for name in files if isinstance(files, list) else [files]:
            file = posixpath.normpath(posixpath.join(posixpath.dirname(path), str(name)))
            if file in there:
                yield file
            else:
                declared.skip((*table, "file"), "takes dependencies from a file that is not there")
