"""What every reader of files with shell in them gives back, and how the readers are found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from typing import Protocol, cast

from msgspec import Struct

from lockgate.inputs import shell
from lockgate.inputs.files import display
from lockgate.inputs.lockfiles.base import as_gap, bounded, matcher
from lockgate.inputs.shell import Command, Told
from lockgate.inputs.snippet import Part, Snippet
from lockgate.inputs.tree import Tree
from lockgate.inputs.variables import Variable
from lockgate.model.modules import loaded
from lockgate.model.record import Skip


class Reader(Protocol):
    """A module that reads one kind of file. Patterns are those of `lockfiles.base`.

    `commands` gives the commands of a file with that text, the variables that it sets, and gaps for what of it can't be read;
    `doubtful` is what must not stand in what can't be. An image that a job runs in is told as the command that pulls it.
    """

    PATTERNS: tuple[str, ...]

    def commands(self, text: str, path: str, doubtful: re.Pattern[str]) -> Iterator[Told]: ...


class Script(Struct, frozen=True):
    """The commands of one file (its path as reports show it), the variables that it sets, and what of it could not be read."""

    path: str
    commands: tuple[Command, ...] = ()
    variables: tuple[Variable, ...] = ()
    skipped: tuple[Skip, ...] = ()


def scripts(tree: Tree, paths: Iterable[str], wanted: str, doubtful: str) -> Iterator[Script]:
    """Every file of `paths` with shell in it, parsed where the regular expression `wanted` matches in it.

    Where `doubtful` matches in what can't be parsed, that is a gap.
    """
    sought, unclear = re.compile(wanted.encode()), re.compile(doubtful)
    is_read = matcher(tuple(pattern for reader in _readers() for pattern in reader.PATTERNS))
    for path in paths:
        nameless = "." not in path.rpartition("/")[2]
        if not (nameless or is_read(f"/{path.lower()}")):
            continue
        data = as_gap(tree.read(path))
        reader = _reader(path, data)
        if reader is None:
            continue
        if isinstance(data, bytes) and not sought.search(data) and b"\0" not in data[:100]:
            yield Script(display(path))
            continue
        data = bounded(data, path)
        if isinstance(data, Skip):
            yield Script(display(path), skipped=(data,))
            continue
        yield _script(display(path), reader.commands(data.decode("utf-8-sig", "replace"), display(path), unclear))


def of_runs(path: str, runs: Iterable[Part], wanted: str, doubtful: str) -> Script:
    """The commands of pieces of shell in the file `path`, parsed where `wanted` matches in one of them."""
    sought, unclear = re.compile(wanted), re.compile(doubtful)
    pieces = tuple(runs)
    is_wanted = any(sought.search(text) for text, _, _ in pieces)
    snippets = (Snippet(path, [piece]) for piece in (pieces if is_wanted else ()))
    return _script(path, chain.from_iterable(shell.commands(snippet, unclear) for snippet in snippets))


def _script(path: str, found: Iterable[Told]) -> Script:
    items = list(found)
    return Script(
        path,
        tuple(item for item in items if isinstance(item, Command)),
        tuple(item for item in items if isinstance(item, Variable)),
        tuple(item for item in items if isinstance(item, Skip)),
    )


_SHEBANG = re.compile(rb"#![^\n]*\b(?:sh|bash|dash|ksh|zsh)\b")


def _reader(path: str, data: bytes | Skip) -> Reader | None:
    """Who reads a file; one whose name has no suffix is a script where its first line says so."""
    for reader in _readers():
        if matcher(reader.PATTERNS)(f"/{path.lower()}"):
            return reader
    if isinstance(data, bytes) and _SHEBANG.match(data):
        return next(reader for reader in _readers() if "*.sh" in reader.PATTERNS)
    return None


@cache
def _readers() -> tuple[Reader, ...]:
    modules = (module for module in loaded("lockgate.inputs.shells") if hasattr(module, "PATTERNS"))
    return tuple(cast("Reader", module) for module in modules)
