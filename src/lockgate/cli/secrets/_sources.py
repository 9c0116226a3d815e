"""What `lockgate secrets scan` is to scan: its options become a directory, and a tree or commits."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import Struct

from lockgate.checks.base import Progress, Target
from lockgate.config.settings import Settings
from lockgate.inputs.named import NamedTree
from lockgate.inputs.piped import PipedTree
from lockgate.inputs.revisions import check_repository, everything, range_of
from lockgate.inputs.staged import StagedTree
from lockgate.inputs.tree import Tree
from lockgate.model.errors import UsageError
from lockgate.project import current_directory, root_of

F = TypeVar("F", bound=Callable[..., Any])
_OPTIONS = (
    click.argument("paths", nargs=-1, metavar="[PATH]…"),
    click.option("--staged", is_flag=True, help="What is staged, and not what the working tree holds."),
    click.option("--range", "commits", metavar="A..B", help="The lines that these commits added."),
    click.option("--history", is_flag=True, help="All that was ever committed, on every branch and tag."),
    click.option("--stdin", is_flag=True, help="Standard input."),
    click.option("--path", "name", metavar="NAME", help="The name of the file that --stdin is taken for."),
)


class Source(Struct, frozen=True, kw_only=True):
    """What was asked for: `paths`, or one of the others."""

    paths: tuple[str, ...]
    staged: bool
    commits: str | None
    history: bool
    stdin: bool
    name: str | None

    def check(self) -> None:
        """Raise UsageError where the options don't go together."""
        others = {
            "--staged": self.staged, "--range": self.commits is not None, "--history": self.history, "--stdin": self.stdin,
        }  # fmt: skip
        given = [option for option, is_given in others.items() if is_given]
        if len(given) > 1:
            raise UsageError(f"{given[0]} and {given[1]} can't be given together; run lockgate once for each")
        if self.name is not None and not self.stdin:
            raise UsageError("--path is the name of what comes with --stdin; give both")
        if self.stdin and self.paths:
            raise UsageError("--stdin takes no PATH; say with --path NAME which file it is")
        if given and len(self.paths) > 1:
            raise UsageError(f"{given[0]} takes one PATH, the directory of the repository; by default the current one")

    def place(self) -> tuple[Path, list[str]]:
        """The directory to which all is relative, and in it what was named; nothing for the whole of it.

        Raises UsageError for paths that are not there, or have no such directory.
        """
        self.check()
        here = current_directory().resolve()
        if self.stdin:
            return here, [_within(here, self.name or "stdin")]
        if self.staged or self.history or self.commits is not None:
            root = root_of(*self.paths or ".")
            check_repository(root)
            return root, []
        return _place_of(here, self.paths)

    def target(self, root: Path, names: list[str], settings: Settings, progress: Progress) -> Target:
        """What was asked for. Raises UsageError for a range of what is no commit, UnavailableError where it may be one."""
        kept = settings.exclude, settings.max_file_size
        commits = None
        if self.stdin:
            tree: Tree = PipedTree(root, names[0], sys.stdin.buffer, *kept)
        elif self.staged:
            tree = StagedTree(root, (), *kept)
        else:
            tree = NamedTree(root, names, *kept) if names else Tree(root, *kept)
        if self.commits is not None:
            commits = range_of(root, self.commits)
        elif self.history:
            commits = everything(root)
        return Target(tree=tree, settings=settings, progress=progress, commits=commits)


def source_options(function: F) -> F:
    """Adds the options that say what to scan; the function takes them as `**options`, for `taken_source`."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def taken_source(options: dict[str, Any]) -> Source:
    """What the options say of what to scan; they are taken out of `options`."""
    return Source(**{field: options.pop(field) for field in Source.__struct_fields__})


def _place_of(here: Path, paths: tuple[str, ...]) -> tuple[Path, list[str]]:
    """The current directory where all paths are in it, else the one directory that is named."""
    full = [_full(here, path) for path in paths]
    if all(path.is_relative_to(here) for path in full):
        return here, [str(path.relative_to(here)) for path in full if path != here] if here not in full else []
    if len(full) == 1 and full[0].is_dir():
        return full[0], []
    outside = next(path for path, place in zip(paths, full, strict=True) if not place.is_relative_to(here))
    raise UsageError(
        f"{outside} is not in the current directory; change to a directory that holds all that is to be scanned, "
        "or give one directory alone"
    )


def _full(here: Path, path: str) -> Path:
    """Where a path is, through links in what leads to it, though not through one that a file is itself."""
    place = here / path
    if not os.path.lexists(place):
        raise UsageError(f"{path}: no such file or directory")
    return place.resolve() if place.is_dir() else place.parent.resolve() / place.name


def _within(here: Path, name: str) -> str:
    """A file's name relative to the current directory. The file need not be there."""
    path = Path(os.path.normpath(here / name))
    if not path.is_relative_to(here) or path == here:
        raise UsageError(f"--path: {name} is no name of a file in the current directory; give one that is")
    return str(path.relative_to(here))
