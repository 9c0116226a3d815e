"""The checksum that some providers put at the end of their tokens: of a token without it nobody knows that it is one.

GitHub (classic tokens) and npm: CRC-32 of the 30 characters behind the prefix, as six digits to the base 62.
https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
"""

from __future__ import annotations

import re
import string
import zlib

_TOKEN = re.compile(r"(?:gh[pousr]|npm)_([0-9A-Za-z]{30})([0-9A-Za-z]{6})")
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_BASE = len(_DIGITS)


def is_right(value: str) -> bool | None:
    """Whether the checksum of a token is right; None for what has none that is known."""
    token = _TOKEN.fullmatch(value)
    return _number(token[2]) == zlib.crc32(token[1].encode()) if token else None


def _number(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number * _BASE + _DIGITS.index(digit)
    return number
