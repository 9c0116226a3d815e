"""The locks of the projects of a tree: which there should be, which there are, and which are no longer right."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache, cached_property
from types import ModuleType
from typing import Any

from msgspec import Struct

from lockgate.checks.pins import locks
from lockgate.checks.pins.projects import Project
from lockgate.inputs import json_positions, toml_positions
from lockgate.inputs.files import ABSENT, display
from lockgate.inputs.lockfiles.base import text as read_text
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Location
from lockgate.model.modules import loaded
from lockgate.model.record import Skip

IGNORE_FILE = ".gitignore"


# Of these, too, a project can be installed as it was tested.
_OTHERS = re.compile(
    r"(uv|poetry|pdm|Pipfile|conda-lock|pixi)\.lock|pylock(\.[^.]+)?\.toml|(.*[-_])?requirements.*\.txt", re.IGNORECASE
)


class Fault(StrEnum):
    """What is wrong with a lock: surely no longer that of the manifest, kept out of the repository by Git, or not there."""

    STALE = "stale"
    IGNORED = "ignored"
    MISSING = "missing"


class Faulty(Struct, frozen=True):
    """A lock with a fault: its `path` and that of the `manifest` as reports show them, and the place in the manifest that speaks of it."""

    path: str
    manifest: str
    at: Location
    fault: Fault


class Locks:
    """The locks of projects, each file read once. `skipped` is what of them could not be read."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._there = set(tree.files)
        self._left_out = {skip.subject for skip in tree.skipped}
        self.skipped: dict[str, Skip] = {}
        self._read = cache(self._load)
        self._ignores = cache(self._excluder)

    def faulty(self, project: Project) -> Iterator[Faulty]:
        """The locks of a project that have a fault."""
        for tool in loaded(locks.__name__):
            if getattr(tool, "MANIFEST", "") == project.name:
                shown_by = tool.configured(project)
                path = self._place(tool, project)
                fault = self._fault(tool, project, path, is_wanted=bool(shown_by))
                if fault:
                    at = project.requires_at if fault is Fault.STALE else project.declared.at(shown_by)
                    yield Faulty(display(path), display(project.path), at, fault)

    def _fault(self, tool: ModuleType, project: Project, path: str, *, is_wanted: bool) -> Fault | None:
        if path in self._there:
            return Fault.STALE if self._is_stale(tool, project, path) else None
        if not is_wanted or display(path) in self._left_out:
            return None
        if self._is_ignored(path):
            return Fault.IGNORED
        is_absent = isinstance(start := self._tree.read_start(path), Skip) and start.reason == ABSENT
        is_missing = is_absent and project.is_application and project.folder not in self._locked_folders
        return Fault.MISSING if is_missing else None

    @cached_property
    def _locked_folders(self) -> set[str]:
        """The folders with a lock of any kind, with a slash at the end."""
        paths = ((path[: path.rfind("/") + 1], path[path.rfind("/") + 1 :]) for path in self._there)
        return {folder for folder, name in paths if _OTHERS.fullmatch(name)}

    def _place(self, tool: ModuleType, project: Project) -> str:
        """Where the lock is: beside the manifest, else in the nearest folder above where that may be."""
        folder = project.folder
        places = [folder]
        while folder and getattr(tool, "SHARED", False):
            folder = folder[: folder.rstrip("/").rfind("/") + 1]
            places.append(folder)
        return next(
            (f"{place}{tool.LOCK}" for place in places if f"{place}{tool.LOCK}" in self._there),
            project.folder + tool.LOCK,
        )

    def _is_stale(self, tool: ModuleType, project: Project, path: str) -> bool:
        lock, head = self._read(path)
        folder = posixpath.relpath(project.folder or ".", posixpath.dirname(path) or ".")
        return bool(lock) and tool.is_stale(project, lock, head, folder) is True

    def _load(self, path: str) -> tuple[dict[str, Any], str]:
        """The values of a lock and its first line; nothing where it can't be read."""
        shown = display(path)
        text = read_text(self._tree, path)
        data: object = text
        if not isinstance(text, Skip):
            load = json_positions.load if path.endswith("Pipfile.lock") else toml_positions.load
            data = load(text, shown)
        if isinstance(data, Skip):
            self.skipped[path] = data
        return (data, str(text).partition("\n")[0]) if isinstance(data, dict) else ({}, "")

    def _is_ignored(self, path: str) -> bool:
        """Whether the ignore files of the tree, the nearest first, say that Git is to ignore a file."""
        folder = path[: path.rfind("/") + 1]
        while True:
            said = self._ignores(folder)(path[len(folder) :])
            if said is not None or not folder:
                return bool(said)
            folder = folder[: folder.rstrip("/").rfind("/") + 1]

    def _excluder(self, folder: str) -> Any:
        """Tells of a path below a folder what its ignore file says of it; None where that says nothing."""
        path = folder + IGNORE_FILE
        text = read_text(self._tree, path)
        if isinstance(text, Skip) or not text:
            return lambda _path: None
        import pathspec

        try:
            patterns = pathspec.GitIgnoreSpec.from_lines(text.splitlines())
        except ValueError:
            return lambda _path: None
        return lambda below: patterns.check_file(below).include
