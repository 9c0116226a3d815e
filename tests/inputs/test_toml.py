"""TOML of unknown hands: long keys are refused in whichever form, and nothing else is."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockgate.inputs import toml_positions
from lockgate.model.toml import TomlError, parse

LONG = "a key of more than 64 parts"
BARE = st.text("abAB09_-", min_size=1, max_size=4)
BASIC = st.lists(st.sampled_from(["a", ".", " ", "'", "#", "=", '\\"', "\\\\", "\\t", "\\u0041", "é"]), max_size=4).map(
    lambda parts: f'"{"".join(parts)}"'
)
LITERAL = st.text('ab.\\ "#=[', max_size=4).map(lambda text: f"'{text}'")
PART = st.one_of(BARE, BASIC, LITERAL)
DOT = st.sampled_from([".", " . ", "\t.", ". "])
PLACES = [
    "{} = 1",
    "\n  {} = 1",
    "[{}]",
    "[[ {} ]]",
    "x = {{ {} = 1 }}",
    "x = [{{zz = 1, {} = 2}}]",
    "# '\\\"\n{}=1",
    "x = '\"'\n{}=1",
]


@st.composite
def key(draw: st.DrawFn, least: int, most: int) -> str:
    """A dotted key, of so many parts that are all different."""
    parts = draw(st.lists(PART, min_size=4, max_size=8))
    dot = draw(DOT)
    count = draw(st.integers(least, most))
    return dot.join(parts[number % len(parts)] for number in range(count))


@given(key=key(65, 90), place=st.sampled_from(PLACES))
@settings(max_examples=300, deadline=None, database=None)
def test_a_key_of_more_than_64_parts_is_read_as_by_the_reference_or_refused(key: str, place: str) -> None:
    text = place.format(key)
    try:
        read: object = parse(text)
    except TomlError as error:
        read = error.reason
    assert read in (LONG, tomllib.loads(text))


@given(key=key(1, 64), place=st.sampled_from(PLACES))
@settings(max_examples=300, deadline=None, database=None)
def test_a_shorter_key_is_read_as_by_the_reference(key: str, place: str) -> None:
    text = place.format(key)
    assert parse(text) == tomllib.loads(text)


@pytest.mark.parametrize("unit", ['"\\"".', '"\\\\".', "'\\'.", '""."\\"".', "a . "])
@pytest.mark.parametrize("place", ["{}a = 1", "[{}a]", "x = {{ {}a = 1 }}"])
def test_a_key_of_hundreds_of_thousands_of_parts_takes_no_time(unit: str, place: str) -> None:
    """The reference would need many minutes."""
    with pytest.raises(TomlError, match=LONG):
        parse(place.format(unit * 300_000))


@pytest.mark.parametrize("unit", ['\\"', ' "', ' "\\', " '", "a . ", '" . ', "' . ", 'a."'])
def test_the_guard_takes_no_time(unit: str) -> None:
    """Were a text read anew from each quotation mark in it, these would take many minutes."""
    for quote in ('"', "'", ""):
        with pytest.raises(TomlError):
            parse(f"= {quote}{unit * 300_000}")


@pytest.mark.parametrize(
    "text",
    [
        '[[package]]\nname = "a"\nversion = "1"\n\n[package.x]\nname = "no"\n\n[[package]]\nversion = "2"\nname = "b"\n',
        '[[package]] # first\nname = "a" # why\nversion = "1"  \n',
        'name = "top"\n[[package]]\nname = "a"\ndeps = [\n  { name = "x" },\n]\nversion = "1"\n',
        '[[package]]\nname = "a"\nx = [\n[1],\n]\nversion = "2"\n[[packages]]\nname = "other"\n',
        '[[package]]\nname = "a"\nx = [\n[["package"]],\n]\n',
    ],
)
def test_tables_are_found_alike_in_the_lines_and_by_the_parser(text: str) -> None:
    parse(text)
    plain = toml_positions._plain_tables(text, "x", "package")
    parsed = toml_positions._parsed_tables(text, "x", "package")
    wanted = ("", "name", "version")
    starts = [{key: (at.line, at.column) for key, at in table.items()} for table in plain]
    assert starts in (
        [],
        [{key: (at.line, at.column) for key, at in table.items() if key in wanted} for table in parsed],
    )


def test_what_looks_like_a_table_in_a_string_is_none() -> None:
    text = 'x = """\n[[package]]\nname = "no"\n"""\n[[package]]\nname = "a"\n'
    (table,) = toml_positions.array_of_tables(text, "x", "package", 1)
    assert table["name"].line == 6
