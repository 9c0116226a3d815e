"""Variables in the text of Dockerfiles and Compose files.

Source: https://docs.docker.com/reference/dockerfile/#environment-replacement and
https://docs.docker.com/reference/compose-file/interpolation/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

DOCKERFILE = re.compile(r"[\\`](.)|'([^']*)'|\"", re.DOTALL)
"""What stands for itself in a Dockerfile: an escaped character, what single quotes hold, and of double quotes nothing."""
COMPOSE = re.compile(r"\$(\$)")
"""The same in a Compose file."""

_LONGEST = 1024  # characters of a value with variables in it: they may double each other
_DEEPEST = 20  # defaults inside of defaults
_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(:?[-+?]|(?=\}))?)", re.ASCII)
_SPECIAL = re.compile(r"[$\\`'\"]")
_PLAIN = re.compile(r"[^$\\`'\"{}]+")


def expand(text: str, known: Mapping[str, str | None], literal: re.Pattern[str]) -> str | None:
    """`text` with its variables replaced by their values, or by the defaults that stand beside them.

    `known` has None for a variable whose value can't be told. The result is None where it depends on such a one, or on
    one that is set elsewhere. `literal` is one of the patterns above.
    """
    if not _SPECIAL.search(text):
        return text
    expander = _Expander(text, known, literal)
    value = expander.read(0) if len(text) <= _LONGEST else None
    return value if value is not None and len(value) <= _LONGEST else None


class _Expander:
    def __init__(self, text: str, known: Mapping[str, str | None], literal: re.Pattern[str]) -> None:
        self._text = text
        self._variables = known
        self._literal = literal
        self._at = 0

    def read(self, depth: int) -> str | None:
        """The value from here to the end, or to the brace that closes what is read at this depth."""
        parts: list[str | None] = []
        while self._at < len(self._text):
            if depth and self._text[self._at] == "}":
                break
            parts.append(self._part(depth))
        values = [part for part in parts if part is not None]
        return "".join(values) if len(values) == len(parts) else None

    def _part(self, depth: int) -> str | None:
        if match := self._literal.match(self._text, self._at):
            self._at = match.end()
            return match[match.lastindex] if match.lastindex else ""
        if match := _VARIABLE.match(self._text, self._at):
            self._at = match.end()
            return self._value(match, depth)
        match = _PLAIN.match(self._text, self._at)
        self._at = match.end() if match else self._at + 1
        return match[0] if match else None if self._text[self._at - 1] == "$" else self._text[self._at - 1]

    def _value(self, match: re.Match[str], depth: int) -> str | None:
        plain, braced, operator = match.groups()
        if plain:
            return self._known(plain)
        if depth >= _DEEPEST:
            self._at = len(self._text)
            return None
        other = self.read(depth + 1)
        self._at += 1  # the brace
        if self._at > len(self._text):
            return None  # there is none
        value = self._known(braced)
        is_set = braced in self._variables and (value != "" or ":" not in (operator or ""))
        match (operator or "").lstrip(":"):
            case "-":
                return value if is_set else other
            case "+":
                return (None if value is None else other) if is_set else ""
            case _:
                return value if operator or not other else None  # another operator changes the value

    def _known(self, name: str) -> str | None:
        value = self._variables.get(name)
        return value if value is not None and len(value) <= _LONGEST else None
