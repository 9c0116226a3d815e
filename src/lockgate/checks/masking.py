"""Masks in a text what engines saw in it."""

from __future__ import annotations

import re
from collections import defaultdict

from lockgate.engines.secrets import rewritten
from lockgate.engines.secrets.base import Sighting

MASK = "*"
VALUES = 1_000
_LONE_CR = re.compile(r"\r(?!\n)")  # a line break to detect-secrets only
REACH = 4_096  # characters


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
