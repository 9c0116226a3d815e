"""What several engines see at one place is one secret."""

from __future__ import annotations

from collections import defaultdict

from lockgate.engines.base import Sighting

MASK = "*"


def groups(sightings: list[Sighting]) -> list[list[Sighting]]:
    """The sightings by secret: those that begin in one line and whose values contain one another."""
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
    """`text` with every value that was seen, and every region that it was seen in, masked.

    Hashes of lines are made of this text only: a hash of a line with a short password in it could be undone.
    """
    lines = text.split("\n")
    for seen in sightings:
        last = min(seen.at.end_line, len(lines))
        for number in range(seen.at.line, last + 1):
            line = lines[number - 1]
            start = seen.at.column - 1 if number == seen.at.line else 0
            end = seen.at.end_column - 1 if number == last == seen.at.end_line else len(line)
            lines[number - 1] = line[:start] + MASK * (min(end, len(line)) - start) + line[end:]
    masked = "\n".join(lines)
    for value in sorted({seen.value.reveal() for seen in sightings}, key=len, reverse=True):
        masked = masked.replace(value, MASK * len(value))
    return masked
