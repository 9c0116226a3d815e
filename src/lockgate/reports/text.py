"""Makes text that somebody else wrote fit for a report."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

# Controls, bidirectional overrides, invisible characters and line separators: legal in JSON, but not on a terminal
# that shows it. A `#` that begins a log command (`##[error]`, `##vso[...]`) of a CI service goes the same way.
_UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
    r"|#(?=#\w*\[)"
)


def visible(text: str, keep: str = "") -> str:
    r"""`text` with each character that can't be printed, unless it is in `keep`, written as an escape like `\x1b`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str) -> str:
    """`text` on one line: blanks and line breaks become one space, what can't be printed an escape."""
    return visible(" ".join(text.split()))


def clip(text: str, limit: int) -> str:
    """At most `limit` characters of `text`; a cut shows as an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def to_json(value: object, *, indent: int = 2) -> bytes:
    """`value` as JSON in UTF-8 with a line break at its end. Any text goes: lone surrogates become escapes."""
    try:
        data = msgspec.json.encode(value, order="deterministic")
    except UnicodeEncodeError:
        data = msgspec.json.encode(_without_surrogates(msgspec.to_builtins(value)), order="deterministic")
    pretty = msgspec.json.format(data, indent=indent).decode()
    return _UNSAFE_IN_JSON.sub(_json_escape, pretty).encode() + b"\n"


def _json_escape(match: re.Match[str]) -> str:
    return r"\u0023" if match[0] == "#" else json.dumps(match[0])[1:-1]


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    return value
