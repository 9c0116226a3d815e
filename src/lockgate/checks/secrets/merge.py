"""What several engines see at one place is one secret."""

from __future__ import annotations

import re
from collections import defaultdict

from lockgate.engines.base import Sighting

MASK = "*"
VALUES = 1_000
REACH = 4_096  # characters


def groups(sightings: list[Sighting]) -> list[list[Sighting]]:
    """The sightings by secret: those that begin in one line and whose values contain one another, the longest first."""
    by_line: dict[int, list[Sighting]] = defaultdict(list)
    for seen in sightings:
        by_line[seen.at.line].append(seen)
    found: list[list[Sighting]] = []
    for _, line in sorted(by_line.items()):
        found += _by_value(line)
    return found


def _by_value(line: list[Sighting]) -> list[list[Sighting]]:
    """Longest first, so that every part meets the whole before it meets another part."""
    secrets: list[list[Sighting]] = []
    for seen in sorted(line, key=lambda seen: -len(seen.value.reveal())):
        for secret in secrets:
            if _same(seen, secret[0]):
                secret.append(seen)
                break
        else:
            secrets.append([seen])
    return secrets


def _same(part: Sighting, whole: Sighting) -> bool:
    inside = whole.at.column <= part.at.column and (
        (part.at.end_line, part.at.end_column) <= (whole.at.end_line, whole.at.end_column)
    )
    return inside or part.value.reveal() in whole.value.reveal()


def mask(text: str, sightings: list[Sighting]) -> str:
    """`text` with every value that was seen masked, together with what it is joined to.

    Hashes of lines are made of this text only: a hash of a line with a short password in it could be undone. An engine
    may report only the prefix of a token, so that a mask reaches to the next blank or quotation mark. Where there are
    more than VALUES it is empty: to mask each of them everywhere would take too long.
    """
    values = sorted({seen.value.reveal() for seen in sightings}, key=len, reverse=True)
    if len(values) > VALUES:
        return ""
    lines = text.split("\n")
    for number, spans in _spans(sightings, lines).items():
        lines[number] = _masked(lines[number], spans)
    masked = "\n".join(lines)
    for value in values:
        masked = masked.replace(value, MASK * len(value))
    return masked


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


def _masked(line: str, spans: list[tuple[int, int]]) -> str:
    parts = []
    done = 0
    for start, end in sorted(spans):
        if end > done:
            parts += [line[done:start], MASK * (min(end, len(line)) - max(start, done))]
            done = end
    return "".join([*parts, line[done:]])
