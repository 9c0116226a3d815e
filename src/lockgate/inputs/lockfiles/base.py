"""What every reader of manifests and lockfiles gives back, and how the readers are found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import translate
from functools import cache
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from lockgate.inputs import toml_positions
from lockgate.inputs.files import ABSENT, display
from lockgate.inputs.tree import Tree
from lockgate.model.modules import loaded
from lockgate.model.package import Package
from lockgate.model.record import Skip

T = TypeVar("T", str, bytes)

LARGEST = 8 * 2**20  # characters or bytes: the locks of the largest projects have a few


class Manifest(Struct, frozen=True, kw_only=True):
    """The packages that one file names.

    `constraints` are the further versions that its constraints files pin: nothing here requires them by name, but what
    is required may need them, and gets them at that version. `included` are the further files that it takes in whole (their packages are in `packages`, at their own places);
    `skipped` are the entries or files that could not be read, each with line and reason. Paths are as reports show them.
    `settles` are the folders ("" is the root) and files for whose open requirements it tells the versions that are installed;
    all that they require it has where it is `whole`. `unlocked` are the gaps that there are only where no whole lock settles
    its folder.
    """

    path: str
    packages: tuple[Package, ...] = ()
    constraints: tuple[Package, ...] = ()
    included: tuple[str, ...] = ()
    skipped: tuple[Skip, ...] = ()
    settles: tuple[str, ...] = ()
    whole: bool = True
    unlocked: tuple[Skip, ...] = ()


class Reader(Protocol):
    """A module that reads one format.

    A pattern without a slash matches a file's name; one with a slash matches the end of its path. Patterns are in lower case
    and match any. A reader that looks for manifests in files of which most are none has `SEARCHED = True`.
    """

    PATTERNS: tuple[str, ...]

    def read(self, tree: Tree, paths: Sequence[str]) -> Iterable[Manifest]:
        """Read all files of the format. What can't be read is in `skipped`; nothing is raised for a bad file."""


def readers() -> list[Reader]:
    """Every reader of this folder."""
    return [module for module in loaded("lockgate.inputs.lockfiles") if hasattr(module, "PATTERNS")]


def read_manifests(tree: Tree, using: list[Reader] | None = None) -> list[Manifest]:
    """Every manifest and lockfile of the tree, or those that the readers `using` read."""
    manifests = [path for path in tree.files if is_manifest(path)]
    return [
        manifest
        for reader in using or readers()
        for manifest in reader.read(
            tree, [path for path in (tree.files if _searches(reader) else manifests) if is_read_by(reader, path)]
        )
    ]


def is_manifest(path: str) -> bool:
    """Whether a file of that path is a manifest, whatever is in it."""
    return matcher(_of_manifests())(f"/{path.lower()}")


def is_read_by(reader: Reader, path: str) -> bool:
    """Whether a reader reads a file of that path."""
    return matcher(reader.PATTERNS)(f"/{path.lower()}")


@cache
def _of_manifests() -> tuple[str, ...]:
    return tuple(pattern for reader in readers() if not _searches(reader) for pattern in reader.PATTERNS)


def _searches(reader: Reader) -> bool:
    return getattr(reader, "SEARCHED", False)


@cache
def matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Matches the paths, with a slash before them, that the patterns mean."""
    plain = {pattern for pattern in patterns if not re.search(r"[/*?\[]", pattern)}
    names = [translate(pattern) for pattern in patterns if "/" not in pattern and pattern not in plain]
    ends = [translate(f"*/{pattern}") for pattern in patterns if "/" in pattern]
    # The name is what comes behind the last slash, where alone a pattern for names is tried.
    parts = [*([rf".*/(?=[^/]*\Z)(?:{'|'.join(names)})"] if names else []), *ends]
    matches = re.compile("|".join(parts), re.DOTALL).match if parts else None
    return lambda path: path.rpartition("/")[2] in plain or bool(matches and matches(path))


def read_toml(
    tree: Tree, path: str, entries: Callable[[dict[str, Any], str, str], Iterable[Package | Skip]]
) -> Manifest:
    """The manifest of a lockfile in TOML; `entries` makes it of the file's values, text and path as reports show it."""
    shown = display(path)
    content = text(tree, path)
    data = content if isinstance(content, Skip) else toml_positions.load(content, shown)
    found = [data] if isinstance(data, Skip) else list(entries(data, str(content), shown))
    return Manifest(
        path=shown,
        packages=tuple(entry for entry in found if isinstance(entry, Package)),
        skipped=tuple(entry for entry in found if isinstance(entry, Skip)),
    )


def text(tree: Tree, path: str) -> str | Skip:
    """The text of a manifest. One that is there but can't be read is a gap, whatever hinders it."""
    return bounded(as_gap(tree.text(path)), path)


def as_gap(content: T | Skip) -> T | Skip:
    """`content`, a skip of it made a gap unless the file is not there at all."""
    if isinstance(content, Skip) and content.reason != ABSENT:
        return Skip(content.subject, content.reason, gap=True)
    return content


def bounded(content: T | Skip, path: str) -> T | Skip:
    """`content`, or a gap where it is larger than a manifest that can be parsed in good time."""
    if not isinstance(content, Skip) and len(content) > LARGEST:
        return Skip(display(path), f"larger than {LARGEST // 2**20} MiB", gap=True)
    return content
