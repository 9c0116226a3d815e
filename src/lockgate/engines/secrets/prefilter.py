"""One pass over a text tells which of many patterns can match in it, or in which of its lines.

The patterns are necessary conditions of what the engines look for. They are compiled by Hyperscan into one database, which takes
seconds, so that it is kept in the user's cache directory. Loading a damaged one could crash the process: it is taken only from
a directory in which nobody else can write, and only where its digest is right.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from lockgate.inputs import user_cache
from lockgate.inputs.user_dirs import cache_dir

PART = 2**20  # bytes
PATIENCE = 20.0  # seconds
_KIND = "prefilter"


class Condition(NamedTuple):
    """A byte pattern in Hyperscan's syntax, which needs no more than to be necessary.

    `owner` is the engine that asks for it, `label` what it is to that engine. A pattern `of_lines` never matches a line
    feed; the others are of whole files. Those of one `group` are looked for in one pass. Where there is a pattern
    `varied`, in Python's syntax, one of its matches must have so many `different` bytes.
    """

    owner: str
    label: str
    pattern: str
    of_lines: bool
    group: str = ""
    varied: str = ""
    different: int = 0


Look = Callable[[bytes], frozenset[str]]


class _Group(msgspec.Struct, dict=True):
    """Conditions and their database, as they are kept; a match names a condition by its place. Most texts match nothing."""

    kept_conditions: bytes
    kept_database: bytes

    @cached_property
    def conditions(self) -> list[Condition]:
        return msgspec.msgpack.decode(self.kept_conditions, type=list[Condition])

    @cached_property
    def database(self) -> Any:
        import hyperscan

        database = hyperscan.loadb(self.kept_database, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
        return database


class Prefilter:
    """The compiled conditions."""

    def __init__(self, key: str, conditions: Callable[[], Iterable[Condition]]) -> None:
        """Take the database that is kept under `key`, else make it of `conditions`.

        The key names all that these depend on beside the code of this folder, which is added to it.

        Raises ImportError where Hyperscan is not installed.
        """
        import hyperscan

        code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
        about = (code, getattr(hyperscan, "__version__", ""), platform.machine(), key)
        name = hashlib.sha256(repr(about).encode()).hexdigest()
        self._groups = _load(name) or _made(name, conditions)
        self._last: tuple[str, bytes, set[int]] = "", b"", set()

    def look(self, owner: str, group: str = "") -> Look:
        """Tells the labels of the conditions of `owner` that hold somewhere in some bytes."""
        return partial(self._labels, owner, group)

    def is_met(self, owner: str, data: bytes) -> bool:
        """Whether any condition of `owner` holds somewhere in some bytes. What must be varied is looked at last."""
        met = sorted(self._met(owner, "", data), key=lambda condition: bool(condition.varied))
        return any(_is_varied(condition, data) for condition in met)

    def _labels(self, owner: str, group: str, data: bytes) -> frozenset[str]:
        return frozenset(condition.label for condition in self._met(owner, group, data) if _is_varied(condition, data))

    def _met(self, owner: str, group: str, data: bytes) -> list[Condition]:
        """The conditions of `owner` that hold, whether or not what must be varied is."""
        members = self._groups[group]
        if self._last[0] != group or self._last[1] is not data:  # one pass over a file does for all owners
            found: set[int] = set()
            if data:
                members.database.scan(data, match_event_handler=lambda number, *_: found.add(number))
            self._last = group, data, found
        met = (members.conditions[number] for number in self._last[2])
        return [condition for condition in met if condition.owner == owner]

    def lines(self, owner: str, data: bytes) -> Iterator[tuple[int, str]]:
        """Line, from 1, and label of every condition of lines that holds there, by line; data has LF line ends."""
        line = 1
        for part in _parts(data):
            yield from self._lines_of(owner, part, line)
            line += part.count(b"\n")

    def _lines_of(self, owner: str, data: bytes, line: int) -> list[tuple[int, str]]:
        """The same for a part that begins with `line`. A pattern can match at every byte: each is kept once a line."""
        conditions = self._groups[""].conditions
        start, stop = 0, 0  # of the line that the last match was in
        found: set[tuple[int, str]] = set()

        def keep(number: int, _begin: int, end: int, *_: object) -> None:
            nonlocal line, start, stop
            condition = conditions[number]
            if not condition.of_lines or condition.owner != owner:
                return
            if not start < end <= stop:
                line += data.count(b"\n", start, end) if end > start else -data.count(b"\n", end, start)
                start = data.rfind(b"\n", 0, end) + 1
                stop = data.find(b"\n", end) % (len(data) + 1)  # -1, for the last line, becomes the length
            found.add((line, condition.label))

        self._groups[""].database.scan(data, match_event_handler=keep)
        return sorted(found)


def _is_varied(condition: Condition, data: bytes) -> bool:
    """Whether what must be varied in `data` is."""
    if not condition.varied:
        return True
    matches = re.finditer(condition.varied.encode(), data)
    return any(len(set(match[0])) >= condition.different for match in matches)


def _parts(data: bytes) -> Iterator[bytes]:
    """Whole lines, about PART bytes of them."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start + PART) + 1 or len(data)
        yield data[start:end]
        start = end


def _made(name: str, conditions: Callable[[], Iterable[Condition]]) -> dict[str, _Group]:
    """The groups, made by this process, or by another one that began earlier."""
    with _turn():
        return _load(name) or _compile(conditions(), name)


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """Wait while another process makes a database, but not for ever."""
    folder = cache_dir(_KIND)
    if folder is None or os.name != "posix":
        yield
        return
    import fcntl

    try:
        file = folder.with_suffix(".lock").open("wb")
    except OSError:
        yield
        return
    with file:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(0.02)
        yield


def _compile(conditions: Iterable[Condition], name: str) -> dict[str, _Group]:
    groups: dict[str, list[Condition]] = {"": []}
    for condition in conditions:
        groups.setdefault(condition.group, []).append(condition)
    compiled = {group: _Group(msgspec.msgpack.encode(members), _database(members)) for group, members in groups.items()}
    user_cache.store(_KIND, name, msgspec.msgpack.encode(compiled))
    return compiled


def _database(conditions: list[Condition]) -> bytes:
    import hyperscan

    database = hyperscan.Database()
    of_files = hyperscan.HS_FLAG_PREFILTER | hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_MULTILINE
    database.compile(
        expressions=[condition.pattern.encode() for condition in conditions],
        ids=list(range(len(conditions))),
        elements=len(conditions),
        flags=[hyperscan.HS_FLAG_DOTALL | (0 if condition.of_lines else of_files) for condition in conditions],
    )
    return bytes(hyperscan.dumpb(database))


def _load(name: str) -> dict[str, _Group] | None:
    """What is kept under `name`, None where there is nothing that can be trusted."""
    import hyperscan

    data = user_cache.load(_KIND, name)
    if data is None:
        return None
    try:
        kept = msgspec.msgpack.decode(data, type=dict[str, _Group])
        return kept if kept[""].database else None  # one of another kind of processor can't be loaded
    except (hyperscan.error, msgspec.DecodeError):
        return None
