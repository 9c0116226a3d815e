"""Places in a text: from an offset to line and column."""

from __future__ import annotations

import re
from bisect import bisect_right

from lockgate.model.finding import Location


class Places:
    """The text of the file `path`, whose lines end with CR, LF or both."""

    def __init__(self, text: str, path: str) -> None:
        self._path = path
        self._starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]

    def at(self, start: int, end: int) -> Location:
        """The place of the characters from `start` to before `end`."""
        line, column = self._place(start)
        end_line, end_column = self._place(end - 1)
        return Location(path=self._path, line=line, column=column, end_line=end_line, end_column=end_column + 1)

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1
