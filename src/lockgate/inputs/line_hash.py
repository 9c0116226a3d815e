"""The hash of a line by which GitHub code scanning matches an alert from one upload to the next.

The algorithm is the one of `src/fingerprints.ts` in github/codeql-action: a rolling hash (base 37, modulo 2^64) over
a window of 100 UTF-16 code units without blanks, beginning at the line; line breaks count as LF, the end of the file
as 65535, and after it come zeros. A counter behind the colon tells lines with equal hashes apart.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from collections.abc import Iterator
from itertools import islice, repeat
from operator import mul

_BASE = 37
_WINDOW = 100
_MASK = 2**64 - 1
_POWERS = [pow(_BASE, exponent, 2**64) for exponent in reversed(range(_WINDOW))]
_UTF_16 = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"


def line_hashes(text: str, lines: int | None = None) -> list[str]:
    """The hash of every line of `text`, or of its first `lines`; line N is at index N - 1."""
    units = _units(text)
    seen: Counter[int] = Counter()
    hashes: list[str] = []
    for start in islice(_line_starts(units), lines):
        value = sum(map(mul, units[start : start + _WINDOW], _POWERS)) & _MASK
        seen[value] += 1
        hashes.append(f"{value:x}:{seen[value]}")
    return hashes


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
