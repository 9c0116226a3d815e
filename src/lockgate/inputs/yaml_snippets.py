"""Scalars of YAML as text that knows where it stands, whatever style they are written in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import yaml

from lockgate.inputs.snippet import Part, Snippet

_NO_BLANK = re.compile(r"\S")


def snippet(
    node: yaml.ScalarNode, path: str, lines: Sequence[str], rewritten: Callable[[str], str] = lambda value: value
) -> Snippet:
    """The value of a scalar. `lines` are those of the file; `rewritten` may change the value, but not its length.

    Each line of the file is looked for in the value, so that columns are exact as long as no escape is before them in the
    same scalar; lines always are.
    """
    value = rewritten(node.value)
    parts: list[Part] = []
    done = 0
    for text, line, column in _written(node, lines):
        if not text:
            continue
        begins = _NO_BLANK.search(value, done)
        at = begins.start() if begins else len(value)
        if not node.value.startswith(text, at):  # an escape is in it
            end = node.value.find("\n", at)
            parts.append((value[done : end if end >= 0 else len(value)], line, column))
            done = end if end >= 0 else len(value)
            continue
        if parts:
            before, before_line, before_column = parts.pop()
            parts.append((before + value[done:at], before_line, before_column))
        parts.append((value[at : at + len(text)], line, column))
        done = at + len(text)
    parts.append((value[done:], node.end_mark.line + 1, 1))
    return Snippet(path, parts)


def _written(node: yaml.ScalarNode, lines: Sequence[str]) -> list[Part]:
    """What the scalar's lines hold, without indentation and quotes, with their places."""
    start, end = node.start_mark, node.end_mark
    if node.style in ("|", ">"):
        rows = range(start.line + 1, min(end.line + 1, len(lines)))
        return [(lines[row].strip(), row + 1, _indent(lines[row]) + 1) for row in rows]
    found: list[Part] = []
    quote = 1 if node.style in ("'", '"') else 0
    for row in range(start.line, min(end.line + 1, len(lines))):
        first = start.column + quote if row == start.line else _indent(lines[row])
        last = end.column - quote if row == end.line else len(lines[row])
        found.append((lines[row][first:last].strip(), row + 1, first + 1))
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
