"""JSON of unknown hands: values by the standard library, and where in the text the entries of its objects stand.

Format: https://www.rfc-editor.org/rfc/rfc8259. A parser finishes objects in the order of their closing braces; that is how one pass
over the strings and braces of a valid text finds the entries of each.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from itertools import count
from typing import Any

from lockgate.inputs.text_places import Places
from lockgate.model.errors import shortened
from lockgate.model.finding import Location
from lockgate.model.record import Skip

# A string, what makes it a key, and the value where that is a string as well; or a brace.
_TOKEN = re.compile(r'"((?:[^"\\]++|\\.)*+)"(?:[ \t\r\n]*+(:)(?:[ \t\r\n]*+"(?:[^"\\]++|\\.)*+")?)?|[{}]', re.DOTALL)
MOST_OBJECTS = 250_000  # a lock or SBOM has one for a hundred characters
_Entries = dict[str, tuple[int, int]]


class Object(dict[str, Any]):
    """An object of a JSON text. It is equal to the plain dictionary."""

    __slots__ = ("_file", "_number")

    def __init__(self, pairs: Iterable[tuple[str, Any]], file: _File) -> None:
        super().__init__(pairs)
        self._file = file
        self._number = next(file.numbers)

    def at(self, key: str = "") -> Location:
        """The place of the entry `key` (of the key alone where the value is no string), else of the opening brace."""
        entries = self._file.entries[self._number]
        return self._file.places.at(*entries.get(key, entries[""]))


class _File:
    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.numbers = count()
        self.twice: tuple[Object, str] | None = None

    def taken(self, pairs: list[tuple[str, Any]]) -> Object:
        found = Object(pairs, self)
        if len(found) < len(pairs) and not self.twice:
            self.twice = found, next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        return found

    @cached_property
    def places(self) -> Places:
        return Places(self.text, self.path)

    @cached_property
    def entries(self) -> list[_Entries]:
        """For each object where its entries stand: offsets of start and end. The object itself has the empty key."""
        closed: list[_Entries] = []
        open_: list[_Entries] = []
        for token in _TOKEN.finditer(self.text):
            word = token[0]
            if word == "{":
                open_.append({"": token.span()})
            elif word == "}":
                closed.append(open_.pop())
            elif token[2] and token[1]:
                key: str = json.loads(f'"{token[1]}"') if "\\" in token[1] else token[1]
                open_[-1][key] = token.start(), token.end() if word[-1] == '"' else token.end(1) + 1
        return closed


def load(text: str, path: str) -> Any | Skip:
    """The value of a JSON text, its objects as `Object`; or why it can't be read, naming the line where that is known.

    A text that gives one key of an object twice is refused, because either may be the one that another program takes.
    """
    if text.count("{") > MOST_OBJECTS:
        return Skip(path, f"more than {MOST_OBJECTS:,} objects", gap=True)
    file = _File(text, path)
    try:
        value = json.loads(text, object_pairs_hook=file.taken)
    except json.JSONDecodeError as error:
        return Skip(f"{path}:{error.lineno}", f"not valid JSON: {shortened(error.msg)}", gap=True)
    except RecursionError:
        return Skip(path, "not valid JSON: nested too deeply", gap=True)
    except ValueError:  # Python refuses to read an integer of thousands of digits
        return Skip(path, "not valid JSON: a number of too many digits", gap=True)
    if file.twice:
        found, key = file.twice
        line = found.at(key).line
        return Skip(f"{path}:{line}", f"gives {shortened(repr(key))} twice in one object", gap=True)
    return value
