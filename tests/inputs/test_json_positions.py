"""JSON with the places of its entries."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.inputs.json_positions import Object, load
from lockgate.model.record import Skip

TEXT = """\
{
  "é{": {"version": "==1.0", "x": [{"version" :
    "2"}, {}]},
  "last": {"version": 3, "\\u0061\\"": "b}"}
}
"""


def place(found: Object, key: str = "") -> tuple[int, int, int | None, int | None]:
    at = found.at(key)
    return at.line, at.column, at.end_line, at.end_column


def test_each_entry_has_its_place() -> None:
    data = load(TEXT, "f.json")
    assert data == json.loads(TEXT)
    assert place(data) == (1, 1, 1, 2)
    assert place(data, "last") == (4, 3, 4, 9)
    assert place(data["é{"], "version") == (2, 10, 2, 28)
    assert place(data["é{"]["x"][0], "version") == (2, 37, 3, 8)
    assert place(data["é{"]["x"][1], "version") == (3, 11, 3, 12)
    assert place(data["last"], "version") == (4, 12, 4, 21)
    assert place(data["last"], 'a"') == (4, 26, 4, 42)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('ab"\\{}[]:, \né', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab"\\{}:é', min_size=1, max_size=3), inner),
)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.sampled_from([None, 1]), st.booleans())
def test_any_text_gives_each_entry_at_its_place(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    lines = text.split("\n")
    ahead = [load(text, "f")]
    while ahead:
        found = ahead.pop()
        ahead += found if isinstance(found, list) else found.values() if isinstance(found, Object) else []
        for key, inner in found.items() if isinstance(found, Object) else ():
            at = found.at(key)
            assert at.end_line == at.line
            written = lines[at.line - 1][at.column - 1 : (at.end_column or 0) - 1]
            assert json.loads(f"{{{written}}}" if isinstance(inner, str) else f"{{{written}: 0}}") == {
                key: inner if isinstance(inner, str) else 0
            }


@pytest.mark.parametrize(
    ("text", "subject", "said"),
    [
        ("", "f:1", "not valid JSON"),
        ('{"a": 1,\n<<<<<<< HEAD\n', "f:2", "not valid JSON"),
        ('{"a": {"b": 1,\n"c": 2,\n"b": 3}}', "f:3", "gives 'b' twice in one object"),
        ('{"a": 1, "\\u0061": 2}', "f:1", "gives 'a' twice in one object"),
        ('{"a": [{}],\n"": 1, "": 2}', "f:1", "gives '' twice in one object"),
        ("[" * 200_000, "f", "nested too deeply"),
        ('{"a":' * 200_000, "f", "nested too deeply"),
        ("9" * 5000, "f", "too many digits"),
        ('{"a": "\n"}', "f:1", "not valid JSON"),
    ],
)
def test_what_can_not_be_read_is_a_gap(text: str, subject: str, said: str) -> None:
    skip = load(text, "f")
    assert isinstance(skip, Skip)
    assert (skip.subject, skip.gap) == (subject, True)
    assert said in skip.reason


def test_a_large_object_with_many_keys_twice_takes_linear_time() -> None:
    """Looking for the first of them by comparing each with all took minutes."""
    keys = ", ".join(f'"k{number}": 0' for number in range(300_000))
    skip = load(f'{{{keys}, "z": 1, "z": 2}}', "f")
    assert isinstance(skip, Skip)
    assert "'z' twice" in skip.reason


def test_a_text_of_very_many_objects_is_a_gap() -> None:
    """Each is a Python object of its own: 8 MiB of them would take gigabytes."""
    skip = load("[" + ",".join(["{}"] * 250_001) + "]", "x.json")
    assert (skip.subject, skip.reason, skip.gap) == ("x.json", "more than 250,000 objects", True)
