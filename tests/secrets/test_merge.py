"""Grouping and masking, worked out by hand."""

from __future__ import annotations

from lockgate.checks import masking
from lockgate.checks.secrets import merge
from lockgate.engines.secrets.base import Sighting
from lockgate.model.finding import Location
from lockgate.model.secret import SecretValue


def seen(value: str, column: int, *, line: int = 1, end_line: int = 0, end_column: int = 0) -> Sighting:
    at = Location(
        path="a",
        line=line,
        column=column,
        end_line=end_line or line,
        end_column=end_column or column + len(value),
    )
    return Sighting("engine", "kind", SecretValue(value), at)


def test_a_part_joins_the_whole_and_a_stranger_does_not() -> None:
    whole, part, stranger = seen("abc-def", 5), seen("abc", 5), seen("xyz", 20)
    assert merge.groups([part, stranger, whole]) == [[whole, part], [stranger]]


def test_the_same_value_on_another_line_is_another_secret() -> None:
    assert len(merge.groups([seen("abc", 5), seen("abc", 5, line=2)])) == 2


def test_the_longest_place_takes_in_what_lies_in_it() -> None:
    line = seen("dec", 1, end_column=60)  # a value in another form than the line has it: its place is the line
    inside, across = seen("xy", 20), seen("z", 59, end_column=62)
    assert merge.groups([inside, across, line]) == [[line, inside], [across]]
    first, second = seen("aaaa", 10, end_column=12), seen("bbb", 5, end_column=30)
    assert merge.groups([first, second, seen("cc", 11, end_column=12), seen("d", 6)]) == [
        [first],
        [second, seen("cc", 11, end_column=12), seen("d", 6)],
    ]


def test_a_value_goes_with_the_longest_that_holds_it_wherever_it_stands() -> None:
    part, whole, longer = seen("abc", 50), seen("xabc", 5), seen("xxabcx", 20)
    assert merge.groups([part, whole, longer]) == [[longer, whole, part]]


def test_thousands_of_values_on_a_line_take_no_time() -> None:
    """Each compared with each, these would take many minutes."""
    many = [seen(f"{number:06}{'x' * (number % 7)}", number * 20 + 1) for number in range(10_000)]
    parts = [seen(f"{number:06}", number * 20 + 1) for number in range(10_000)]
    assert all(len(group) == 2 for group in merge.groups([*parts, *many]))


def test_a_mask_covers_what_the_value_is_joined_to() -> None:
    assert masking.mask('key = "abc_rest" # end', [seen("abc", 8)]) == 'key = "********" # end'


def test_a_mask_covers_the_value_everywhere() -> None:
    assert masking.mask("k=abc\nprint(abc)", [seen("abc", 3)]) == "*****\nprint(***)"


def test_a_mask_covers_overlapping_regions_and_several_lines() -> None:
    text = "one two three\nfour five\nsix"
    assert masking.mask(text, [seen("two", 5), seen("two three\nfour", 5, end_line=2, end_column=5)]) == (
        "one *** *****\n**** five\nsix".replace("*** *****", "*********")
    )


def test_too_many_values_leave_nothing_to_hash() -> None:
    many = [seen(f"v{number}", 1) for number in range(masking.VALUES + 1)]
    assert masking.mask("text", many) == ""
