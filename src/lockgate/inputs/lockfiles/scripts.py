"""Scripts that say in a comment what they require.

Format: https://packaging.python.org/en/latest/specifications/inline-script-metadata/ (PEP 723). The comment may stand anywhere, so
the whole of every Python file is searched for its first line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from lockgate.inputs import toml_positions
from lockgate.inputs.files import Start, display
from lockgate.inputs.lockfiles.base import Manifest
from lockgate.inputs.lockfiles.declared import LARGEST, Declared, by_requirement
from lockgate.inputs.lockfiles.pyproject import place
from lockgate.inputs.tree import Tree
from lockgate.model.record import Skip

PATTERNS: tuple[str, ...] = ("*.py",)
SEARCHED = True  # most files of these names are no manifest

_BEGINS = "# /// script"
_ENDS = "# ///"
_MARK = _BEGINS.encode()


def read(tree: Tree, paths: Sequence[str]) -> Iterator[Manifest]:
    """The requirements of each script: pins, and open ones, which the lock `SCRIPT.lock` settles."""
    for path in paths:
        start = tree.read_start(path)
        if isinstance(start, Skip):  # a link, or nothing, is no script of this tree
            if start.gap:
                yield _gap(path, start)
            continue
        if _MARK in start.data:
            yield _read(path, start)
        elif start.gap:
            yield _gap(path, start.gap)


def _gap(path: str, skip: Skip) -> Manifest:
    return Manifest(path=display(path), skipped=(skip,))


def _read(path: str, start: Start) -> Manifest:
    shown = display(path)
    try:
        text = start.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return _gap(path, Skip(shown, f"not UTF-8 at byte {error.start}", gap=True))
    blocks = list(islice(_blocks(re.split(r"\r\n|\r|\n", text)), 2))
    if len(blocks) > 1:
        return _gap(path, Skip(shown, "has more than one script block", gap=True))
    if not blocks or start.gap:
        return Manifest(path=shown, skipped=(start.gap,) if start.gap else ())
    if len(blocks[0]) > LARGEST:
        return _gap(path, Skip(shown, f"has a script block larger than {LARGEST // 2**10} KiB", gap=True))
    data = toml_positions.load(blocks[0], shown)
    if isinstance(data, Skip):
        return _gap(path, data)
    declared = Declared(data, blocks[0], shown)
    for at, requirement in declared.strings("dependencies"):
        declared.keep(at, by_requirement(requirement))
    place(declared)
    return declared.manifest()


def _blocks(lines: list[str]) -> Iterator[str]:
    """The TOML of each block, at the lines and columns where it stands. One that does not end is none."""
    number = 0
    while number < len(lines):
        begin, number = number, number + 1
        if lines[begin] != _BEGINS:
            continue
        while number < len(lines) and (lines[number] == "#" or lines[number].startswith("# ")):
            number += 1
        ends = [at for at in range(begin + 1, number) if lines[at] == _ENDS]
        if ends:
            content = ("  " + line[2:] for line in lines[begin + 1 : ends[-1]])
            yield "\n" * (begin + 1) + "\n".join(content)
