"""The hash of a line by which GitHub code scanning matches an alert from one upload to the next.

The algorithm is the one of `src/fingerprints.ts` in github/codeql-action: a rolling hash (base 37, modulo 2^64) over
a window of 100 UTF-16 code units without blanks, beginning at the line; line breaks count as LF, the end of the file
as 65535, and after it come zeros. A counter behind the colon tells lines with equal hashes apart.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Collection, Iterator
from itertools import islice, repeat
from operator import mul

_BASE = 37
_WINDOW = 100
_UNIT = 2  # bytes
_MASK = 2**64 - 1
_POWERS = [pow(_BASE, exponent, 2**64) for exponent in reversed(range(_WINDOW))]
_UTF_16 = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"


def line_hashes(text: str, lines: Collection[int] | None = None) -> dict[int, str]:
    """The hash of every line of `text`, or of those of the `lines` that it has; by line, from 1."""
    units = _units(text)
    starts = list(islice(_line_starts(units), None if lines is None else max(lines, default=0)))
    wanted = set(range(1, len(starts) + 1) if lines is None else lines)
    data = units.tobytes()
    seen = {_window(data, start): 0 for line, start in enumerate(starts, start=1) if line in wanted}
    values = {window: _value(window) for window in seen}
    hashes: dict[int, str] = {}
    for line, start in enumerate(starts, start=1):
        window = _window(data, start)
        if window in seen:
            seen[window] += 1
            if line in wanted:
                hashes[line] = f"{values[window]:x}:{seen[window]}"
    return hashes


def _window(data: bytes, start: int) -> bytes:
    return data[start * _UNIT : (start + _WINDOW) * _UNIT]


def _value(window: bytes) -> int:
    total: int = sum(map(mul, array("H", window), _POWERS))
    return total & _MASK


def _units(text: str) -> array[int]:
    """The code units that are hashed, the end mark, and zeros that fill the window of the last line."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
    units = array("H", f"{plain}\uffff".encode(_UTF_16, "surrogatepass"))
    units.extend(repeat(0, _WINDOW - 1))
    return units


def _line_starts(units: array[int]) -> Iterator[int]:
    start = 0
    while True:
        yield start
        try:
            start = units.index(ord("\n"), start) + 1
        except ValueError:
            return
