"""What several engines see at one place is one secret."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import accumulate

from lockgate.engines.secrets.base import Sighting


def groups(sightings: list[Sighting]) -> list[list[Sighting]]:
    """The sightings by secret: those that begin in one line and whose values contain one another, the longest first."""
    by_line: dict[tuple[int, str], list[Sighting]] = defaultdict(list)
    for seen in sightings:
        by_line[seen.at.line, seen.inside].append(seen)
    found: list[list[Sighting]] = []
    for (_, inside), line in sorted(by_line.items()):
        found += _by_value(line, placed=not inside)
    return found


def _by_value(line: list[Sighting], *, placed: bool) -> list[list[Sighting]]:
    """Longest first, so that every part meets the whole before it meets another part.

    Where they are `placed`, one whose place another one's holds is a part of that as well.
    """
    ordered = sorted(line, key=lambda seen: -len(seen.value.reveal()))
    values = list(dict.fromkeys(seen.value.reveal() for seen in ordered))
    text = "\0".join(values)
    starts = list(accumulate((len(value) + 1 for value in values), initial=0))
    groups: dict[str, list[Sighting]] = {}
    wholes = _Wholes()
    for seen in ordered:
        value = seen.value.reveal()
        if value not in groups:
            holder = values[bisect_right(starts, text.find(value)) - 1]
            known = groups.get(holder) or (wholes.around(seen) if placed else None)
            groups[value] = known or []
            if known is None:
                wholes.add(seen, groups[value])
        groups[value].append(seen)
    return list({id(group): group for group in groups.values()}.values())


class _Wholes:
    """The places of groups in one line. Those inside of others are dropped, so that both beginnings and ends ascend."""

    def __init__(self) -> None:
        self._begins: list[int] = []
        self._ends: list[tuple[int, int]] = []
        self._groups: list[list[Sighting]] = []

    def around(self, seen: Sighting) -> list[Sighting] | None:
        """The group whose place holds that of a sighting, if there is one."""
        last = bisect_right(self._begins, seen.at.column) - 1
        return self._groups[last] if last >= 0 and self._ends[last] >= _end(seen) else None

    def add(self, seen: Sighting, group: list[Sighting]) -> None:
        """Take the place of a sighting that no other is around."""
        first = bisect_left(self._begins, seen.at.column)
        inside = slice(first, bisect_right(self._ends, _end(seen), lo=first))
        self._begins[inside], self._ends[inside], self._groups[inside] = [seen.at.column], [_end(seen)], [group]


def _end(seen: Sighting) -> tuple[int, int]:
    return seen.at.end_line, seen.at.end_column
