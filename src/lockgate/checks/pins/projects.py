"""The projects of a tree, each with what its manifest declares."""

from __future__ import annotations

import posixpath
from functools import cached_property
from typing import Any

from lockgate.inputs.lockfiles import pyproject
from lockgate.inputs.lockfiles.declared import Declared, by_requirement
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Location
from lockgate.model.package import Origin, Package

MANIFESTS = ("pyproject.toml", "Pipfile")


class Project:
    """A pyproject.toml or Pipfile at `path`, and the `folder` in which it lies, with a slash at its end unless that is the root."""

    def __init__(self, tree: Tree, path: str, declared: Declared) -> None:
        self._tree = tree
        self.path = path
        self.folder = path[: path.rfind("/") + 1]
        self.name = posixpath.basename(path)
        self.declared = declared

    @property
    def manifest(self) -> dict[str, Any]:
        """The values of the file."""
        return self.declared.table()

    @property
    def requires_at(self) -> Location:
        """Where it says what it requires."""
        paths = (("project", "dependencies"), ("tool", "poetry", "dependencies"), ("packages",), ("project",))
        return self.declared.at(next((path for path in paths if self.declared.get(*path) is not None), ()))

    @property
    def is_application(self) -> bool:
        """Whether it requires something and is never built: what is installed with a package, its lock does not tell."""
        if self.name != "pyproject.toml":
            return True
        built = self.declared.get("build-system") is not None
        settings = (("uv", "package"), ("poetry", "package-mode"), ("pdm", "distribution"))
        said = [self.declared.get("tool", *path) for path in settings]
        return bool(self.required) and (False in said or (not built and True not in said))

    @cached_property
    def built_with(self) -> tuple[Package, ...]:
        """What a pyproject.toml has its build fetch from an index, without what uv's constraints for builds pin."""
        constraints = self._listed("tool", "uv", "build-constraint-dependencies")
        pinned = {package.name for package in constraints if package.version}
        listed = self._listed(pyproject.BUILD, "requires")
        return tuple(package for package in listed if package.origin is Origin.INDEX and package.name not in pinned)

    def _listed(self, *path: str) -> list[Package]:
        """The requirements of an array; what of them can't be understood is in `declared.skipped`."""
        before = len(self.declared.packages)
        for at, text in self.declared.strings(*path):
            self.declared.keep(at, by_requirement(text))
        return self.declared.packages[before:]

    @cached_property
    def required(self) -> tuple[Package, ...]:
        """What a pyproject.toml requires, without itself and what it is built with."""
        name, packages = pyproject.required_beside(self._tree, self.path)
        return tuple(package for package in packages if package.name != name)
