"""A piece of text that stands in a file in parts: from an offset in it to line and column of the file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from msgspec import Struct

from lockgate.model.finding import Location

Part = tuple[
    str, int, int
]  # text, and the line and column where it begins; what is behind a line break in it begins at column 1

_BREAK = re.compile(r"\r\n|\r|\n")


class Snippet:
    """The text of the parts, one behind the other, and the way back to the file `path`, as reports show it."""

    def __init__(self, path: str, parts: Iterable[Part]) -> None:
        self.path = path
        self._offsets: list[int] = []
        self._places: list[tuple[int, int]] = []
        texts: list[str] = []
        length = 0
        for text, line, column in parts:
            self._begin(length, line, column)
            for number, match in enumerate(_BREAK.finditer(text), 1):
                self._begin(length + match.end(), line + number, 1)
            texts.append(text)
            length += len(text)
        self.text = "".join(texts)

    def _begin(self, offset: int, line: int, column: int) -> None:
        self._offsets.append(offset)
        self._places.append((line, column))

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of a character."""
        index = max(bisect_right(self._offsets, offset) - 1, 0)
        line, column = self._places[index]
        return line, column + offset - self._offsets[index]

    def at(self, start: int, end: int) -> Location:
        """The place of the characters from `start` to before `end`."""
        line, column = self.place(start)
        end_line, end_column = self.place(max(end - 1, start))
        return Location(path=self.path, line=line, column=column, end_line=end_line, end_column=end_column + 1)

    def derived(self, parts: Iterable[tuple[str, int]]) -> Snippet:
        """What is made of pieces of this one, each with the offset where it begins here."""
        return Snippet(self.path, (part for text, offset in parts for part in self._lines(text, offset)))

    def _lines(self, text: str, offset: int) -> Iterable[Part]:
        for line in text.splitlines(keepends=True):
            yield line, *self.place(offset)
            offset += len(line)


class Span(Struct, frozen=True):
    """The characters of a snippet from `start` to before `end`: a place that is worked out when it is asked for."""

    snippet: Snippet
    start: int
    end: int

    @property
    def path(self) -> str:
        """The file, as reports show it."""
        return self.snippet.path

    @property
    def location(self) -> Location:
        """Where they stand in the file."""
        return self.snippet.at(self.start, self.end)
