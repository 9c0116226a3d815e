"""Where the lines of a tree were in an older one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import filterfalse
from typing import NamedTuple

from lockgate.inputs.files import display
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Location
from lockgate.model.record import Skip

MOST_LINES = 2_000_000  # of a file whose lines are compared
MOST_READ = 2**26  # bytes of files that are gone, which are read to find out what they are called now
_DEEPEST = 8


class Place(NamedTuple):
    """A path as reports show it, and a line that counts from 1."""

    path: str
    line: int


class _Block(NamedTuple):
    """So many lines in a row that are the same: where they begin now and where they did, counting from 0."""

    now: int
    before: int
    size: int


class Moves:
    """Tells which lines of the tree `new` the tree `old` had, and where.

    A file that is new is the one that is gone of which it has most lines, if these are half of its own.
    """

    def __init__(self, old: Tree, new: Tree) -> None:
        self._old = old
        self._new = new
        self._there = frozenset(old.files)
        self._known: dict[str, tuple[str, list[_Block]]] = {}

    def before(self, at: Location) -> Place | None:
        """Where the lines of a location were; None where one of them was changed, or that can't be told."""
        path = self._paths.get(at.path)
        if path is None:
            return None
        if path not in self._known:
            self._known[path] = self._compared(path)
        source, blocks = self._known[path]
        place = bisect_right(blocks, at.line - 1, key=lambda block: block.now) - 1
        if place < 0 or at.end_line > blocks[place].now + blocks[place].size:
            return None
        return Place(display(source), at.line + blocks[place].before - blocks[place].now)

    @cached_property
    def _paths(self) -> dict[str, str]:
        return {display(path): path for path in self._new.files}

    def _compared(self, path: str) -> tuple[str, list[_Block]]:
        now = _text(self._new, path)
        source = path if path in self._there else self._former(_lines(now))
        before = _text(self._old, source) if source else None
        if now is not None and now == before:
            return source, [_Block(0, 0, now.count(b"\n") + 1)]
        return source, unchanged(_lines(before), _lines(now))

    def _former(self, lines: Sequence[bytes]) -> str:
        """What a file with these lines was called, empty where it was not there."""
        owners = [self._owners.get(line) for line in set(lines)]
        told = [owner for owner in owners if owner != ""]  # what several have tells nothing
        best = Counter(owner for owner in told if owner).most_common(1)
        return best[0][0] if best and best[0][1] * 2 >= len(told) else ""

    @cached_property
    def _owners(self) -> dict[bytes, str]:
        """The file that is gone to which a line belonged, empty where several had it."""
        owners: dict[bytes, str] = {}
        read = 0
        for path in filterfalse(self._new.has, self._old.files):
            for line in set(_lines(_text(self._old, path))):
                owners[line] = "" if line in owners else path
                read += len(line)
            if read > MOST_READ:
                break
        return owners


def _text(tree: Tree, path: str) -> bytes | None:
    """The content of a file, None where it can't be read. How a line ends is no part of it: Git may rewrite that."""
    data = tree.read(path)
    return None if isinstance(data, Skip) else data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _lines(text: bytes | None) -> list[bytes]:
    """The lines of a text; none of one that has too many."""
    return [] if text is None or text.count(b"\n") > MOST_LINES else text.split(b"\n")


def unchanged(old: Sequence[bytes], new: Sequence[bytes]) -> list[_Block]:
    """The lines of `new` that stand in `old` in the same order, as blocks in that order.

    It is the patience diff: lines that either side has once are matched, then what is beside them, and what is between
    these in the same way. Deeper than _DEEPEST it does not look, so the time is that of sorting.
    """
    blocks: list[_Block] = []
    ranges = [(0, len(old), 0, len(new), 0)]
    while ranges:
        a, a_end, b, b_end, depth = ranges.pop()
        first = b
        while a < a_end and b < b_end and old[a] == new[b]:
            a, b = a + 1, b + 1
        last = b_end
        while a < a_end and b < b_end and old[a_end - 1] == new[b_end - 1]:
            a_end, b_end = a_end - 1, b_end - 1
        blocks += (_Block(first, a - (b - first), b - first), _Block(b_end, a_end, last - b_end))
        anchors = _anchors(_once(old, a, a_end), _once(new, b, b_end)) if depth < _DEEPEST else []
        if anchors:
            for next_a, next_b in [*anchors, (a_end, b_end)]:
                ranges.append((a, next_a, b, next_b, depth + 1))
                a, b = next_a, next_b
    return _joined(blocks)


def _once(lines: Sequence[bytes], begin: int, end: int) -> dict[bytes, int]:
    """The lines that stand only once between `begin` and `end`, in their order, and where."""
    seen: dict[bytes, int] = {}
    for number in range(begin, end):
        seen[lines[number]] = -1 if lines[number] in seen else number
    return {line: number for line, number in seen.items() if number >= 0}


def _anchors(old: dict[bytes, int], new: dict[bytes, int]) -> list[tuple[int, int]]:
    """The longest row of lines of both that are in the same order, each with its places."""
    pairs = [(old[line], number) for line, number in new.items() if line in old]
    ends: list[int] = []  # the least place in `old` with which a row of that length ends, and the pair that it is of
    last: list[int] = []
    previous: list[int] = []
    for index, (place, _) in enumerate(pairs):
        length = bisect_left(ends, place)
        previous.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [index]
    row = []
    index = last[-1] if last else -1
    while index >= 0:
        row.append(pairs[index])
        index = previous[index]
    return row[::-1]


def _joined(blocks: Iterable[_Block]) -> list[_Block]:
    """The blocks that have lines, in order, and those that follow each other as one."""
    joined: list[_Block] = []
    for block in sorted(block for block in blocks if block.size):
        last = joined[-1] if joined else _Block(-1, -1, 0)
        if (last.now + last.size, last.before + last.size) == (block.now, block.before):
            joined[-1] = last._replace(size=last.size + block.size)
        else:
            joined.append(block)
    return joined
