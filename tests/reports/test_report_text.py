"""Text that somebody else wrote."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.reports.text import clip, one_line, to_json, visible

HOSTILE = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("src/ünï/日本.py", "src/ünï/日本.py"),
        ("two  blanks", "two  blanks"),
        ("a\nb", r"a\nb"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x9b2J", r"\x9b2J"),
        ("abc\u202etxt.exe", r"abc\u202etxt.exe"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("lone \udcff", r"lone \udcff"),
        ("nul\0", r"nul\x00"),
    ],
)
def test_what_can_not_be_printed_is_shown_as_an_escape(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_one_line() -> None:
    assert one_line(" a\r\n\tb\u2028c\x1b ") == r"a b c\x1b"


@given(HOSTILE)
def test_one_line_is_always_one_printable_line(text: str) -> None:
    assert one_line(text).isprintable()


def test_clip() -> None:
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abc defg", 5) == "abc…"


@given(st.dictionaries(st.text(), HOSTILE))
def test_json_holds_any_text_and_shows_none_that_acts(value: dict[str, str]) -> None:
    data = to_json(value)
    assert all(c == "\n" or unicodedata.category(c) != "Cc" for c in data.decode())
    told = {key: item.encode("utf-8", "backslashreplace").decode() for key, item in value.items()}
    assert json.loads(data) == told


@pytest.mark.parametrize(
    "text", ["\x7f", "\x9b2J", "\u202e", "\u2028", "\ufeff", "##[error]x", "##vso[task]x", "\U000e0041"]
)
def test_json_escapes_what_a_terminal_or_log_would_act_on(text: str) -> None:
    data = to_json([text])
    assert text.encode() not in data
    assert json.loads(data) == [text]


def test_json_is_stable() -> None:
    assert to_json({"b": 1, "a": [2]}) == to_json({"a": [2], "b": 1}) == b'{\n  "a": [\n    2\n  ],\n  "b": 1\n}\n'
