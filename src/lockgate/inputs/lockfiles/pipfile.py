"""Pipfile (https://github.com/pypa/pipfile): what a project of Pipenv requires."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import Manifest
from lockgate.inputs.lockfiles.declared import Declared, load
from lockgate.inputs.lockfiles.poetry_constraints import is_valid
from lockgate.inputs.tree import Tree
from lockgate.model.package import Package
from lockgate.model.record import Skip

PATTERNS = ("pipfile",)

DEVELOP = "dev"
_LABELS = {"packages": (), "dev-packages": (DEVELOP,)}  # all other tables of packages are called as their group
_SETTINGS = ("source", "requires", "scripts", "pipenv", "pipfile", "build-system", "project", "tool")


def read(tree: Tree, paths: Sequence[str]) -> Iterable[Manifest]:
    """The requirements of each file: pins, and open ones, which the lock of the folder settles."""
    for path in paths:
        declared = load(tree, path)
        if isinstance(declared, Skip):
            yield Manifest(path=display(path), skipped=(declared,))
        else:
            _take(declared)
            yield declared.manifest()


def required_beside(tree: Tree, lock: str) -> tuple[Package, ...] | None:
    """What the Pipfile in the folder of a lock requires, None where there is none that can be read."""
    path = posixpath.join(posixpath.dirname(lock), "Pipfile")
    declared = load(tree, path) if path in tree.files else None
    if not isinstance(declared, Declared):
        return None
    _take(declared)
    return tuple(declared.packages)


def _take(declared: Declared) -> None:
    for table in declared.table():
        if table in _SETTINGS:
            continue
        groups = _LABELS.get(table, (table,))
        for name, value in declared.table(table).items():
            declared.keep_entry((table, name), name, value, groups, _specifier)
    declared.packages = [replace(package, direct=True) for package in declared.packages]


def _specifier(written: str) -> str | None:
    return "" if written.strip() == "*" else written.strip() if is_valid(written) else None
