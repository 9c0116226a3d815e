"""TOML of unknown hands, read in bounded time. The one place where TOML is read."""

from __future__ import annotations

import re
from typing import Any

from lockgate.model.errors import shortened

# tomllib's time grows with the square of a key's parts; no file that we read has one this long.
_LONG_KEY = re.compile(r"""(?<![\w"'.\\-])(?:(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){64}""")
# Python reads these, but neither writes nor prints an integer of thousands of digits.
_LONG_NUMBER = re.compile(r"(?<!\w)0[xob][0-9A-Fa-f_]{1000}")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_DIGITS = "a number of too many digits"


class TomlError(ValueError):
    """A text that can't be read as TOML: the reason, and the line where that is known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.reason = reason
        self.line = line


def parse(text: str) -> dict[str, Any]:
    """The values of a TOML text. Raises TomlError, which quotes little of the text, for whatever hinders it."""
    import rtoml

    try:
        return rtoml.loads(text)
    except (rtoml.TomlParsingError, UnicodeEncodeError):
        return _slowly(text)


def _slowly(text: str) -> dict[str, Any]:
    """The same by the standard library, which takes numbers and depths that rtoml does not, and tells where what is wrong."""
    import tomllib

    for pattern, reason in ((_LONG_KEY, "a key of more than 64 parts"), (_LONG_NUMBER, _DIGITS)):
        long = pattern.search(text)
        if long:
            raise TomlError(reason, _line(text, long.start()))
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        line = int(at[1]) if at and at[1] else _line(text, len(text))
        raise TomlError(f"not valid TOML: {shortened(_AT_LINE.sub('', str(error)))}", line if at else None) from None
    except ValueError:  # Python refuses to read a decimal integer of thousands of digits
        raise TomlError(_DIGITS) from None
    except RecursionError:
        raise TomlError("nested too deeply") from None


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
