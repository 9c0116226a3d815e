"""The hash of a line by which GitHub code scanning matches an alert from one upload to the next.

The algorithm is the one of `src/fingerprints.ts` in github/codeql-action: a rolling hash (base 37, modulo 2^64) over
a window of 100 UTF-16 code units without blanks, beginning at the line; line breaks count as LF, the end of the file
as 65535, and after it come zeros. A counter behind the colon tells lines with equal hashes apart.
"""

from __future__ import annotations

from collections.abc import Iterator

_BASE = 37
_WINDOW = 100
_MASK = 2**64 - 1
_FIRST = pow(_BASE, _WINDOW, 2**64)
_TAB, _LF, _CR, _SPACE, _END = 9, 10, 13, 32, 65535


def line_hashes(text: str) -> list[str]:
    """The hash of every line of `text`; line N is at index N - 1."""
    window = [0] * _WINDOW
    starts = [False] * _WINDOW
    seen: dict[int, int] = {}
    hashes: list[str] = []
    value = index = 0
    at_start = True
    for unit in _units(text):
        if starts[index]:
            starts[index] = False
            seen[value] = seen.get(value, 0) + 1
            hashes.append(f"{value:x}:{seen[value]}")
        if at_start and unit is not None:
            starts[index] = True
        at_start = unit == _LF
        number = unit or 0
        value = (value * _BASE + number - _FIRST * window[index]) & _MASK
        window[index] = number
        index = (index + 1) % _WINDOW
    return hashes


def _units(text: str) -> Iterator[int | None]:
    """The code units that are hashed, the end mark, then enough None to empty the window."""
    data = text.encode("utf-16-le", "surrogatepass")
    after_return = False
    for low, high in zip(data[::2], data[1::2], strict=True):
        unit = low | high << 8
        skipped = unit in (_SPACE, _TAB) or (after_return and unit == _LF)
        after_return = unit == _CR
        if not skipped:
            yield _LF if unit == _CR else unit
    yield _END
    for _ in range(_WINDOW + 1):
        yield None
