"""What several engines see at one place is one secret."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import accumulate

from lockgate.engines.secrets import rewritten
from lockgate.engines.secrets.base import Sighting

MASK = "*"
VALUES = 1_000
_LONE_CR = re.compile(r"\r(?!\n)")  # a line break to detect-secrets only
REACH = 4_096  # characters


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


def mask(text: str, sightings: list[Sighting]) -> str:
    """`text` with every value that was seen masked, together with what it is joined to.

    Hashes of lines are made of this text only: a hash of a line with a short password in it could be undone. An engine
    may report only the prefix of a token, so that a mask reaches to the next blank or quotation mark. Line breaks stay.

    It is empty where it can't be told what to mask: in a text with NUL, whose places are those of what kingfisher decoded
    from UTF-16 or UTF-32; where a value stands in the text in a form that `_reshaped` does not know; and for more than
    VALUES, because to mask each of them everywhere would take too long.
    """
    values = sorted({_value(seen) for seen in sightings}, key=len, reverse=True)
    reshaped = _reshaped(text, sightings)
    if len(values) > VALUES or reshaped is None or (sightings and "\0" in text):
        return ""
    lines = text.split("\n")
    for number, spans in _spans(sightings, lines).items():
        lines[number] = _masked(lines[number], spans)
    masked = _masked("\n".join(lines), reshaped)
    for value in values:
        masked = masked.replace(value, _stars(value))
    return masked


def _value(seen: Sighting) -> str:
    return seen.value.reveal().strip("\r\n")  # a block of YAML ends with a line break


def _reshaped(text: str, sightings: list[Sighting]) -> list[tuple[int, int]] | None:
    """Where values may stand in another form than the one in which they were seen, None where that can't be told.

    These are places in the whole text. A value with blanks may have been in several lines, though it also stands in one.
    """
    for seen in sightings:
        if not seen.exact and (len(_value(seen).split()) > 1 or _value(seen) not in text):
            return None if _LONE_CR.search(text) else rewritten.reshaped(seen.at.path, text)
    return []


def _spans(sightings: list[Sighting], lines: list[str]) -> dict[int, list[tuple[int, int]]]:
    """By line, both from 0: where values were seen, with what they are joined to."""
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for seen in sightings:
        at = seen.at
        for number in range(at.line - 1, min(at.end_line, len(lines))):
            line = lines[number]
            start = at.column - 1 if number == at.line - 1 else 0
            end = at.end_column - 1 if number == at.end_line - 1 else len(line)
            before = _joined(line[max(0, start - REACH) : start][::-1])
            spans[number].append((start - before, end + _joined(line[end : end + REACH])))
    return spans


def _joined(text: str) -> int:
    """How many characters stand before the first blank or quotation mark."""
    match = re.match(r"[^\s\"'`]*", text)
    return match.end() if match else 0


def _masked(text: str, spans: list[tuple[int, int]]) -> str:
    parts = []
    done = 0
    for start, end in sorted(spans):
        if end > done:
            parts += [text[done:start], _stars(text[max(start, done) : end])]
            done = end
    return "".join([*parts, text[done:]])


def _stars(text: str) -> str:
    return re.sub(r"[^\r\n]", MASK, text)
