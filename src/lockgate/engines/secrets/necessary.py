"""Turns a Python `str` pattern into a byte pattern that matches in the UTF-8 form of every line in which it does.

The result is a *necessary condition*, made to be cheap: look-arounds and anchors are dropped, repetitions at either end are cut
to what they need at least, back-references become what their group could be. It takes Hyperscan's syntax, knows no Unicode,
and never crosses a line feed, because it is meant for texts that hold many lines.
"""

# pylint: disable=no-member  # re._constants makes its names when it is imported

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Items = list[tuple[Any, Any]]

_ASCII = range(128)
_LINE_FEED = ord("\n")
_REWRITTEN = frozenset(b' \t\n\v\f\r\x1c\x1d\x1e\x1f"\\:=')  # what a rewritten text has in other places than the text
_OTHER_CHARACTER = r"[\xc2-\xf4][\x80-\xbf]{1,3}"
_WIDTHLESS = (sre.AT, sre.ASSERT, sre.ASSERT_NOT)
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT)
# Letters that fold onto ASCII ones when case is ignored: the Kelvin sign, the long s, dotted and dotless i.
_FOLDED = {"k": "\u212a", "s": "\u017f", "i": "\u0130\u0131"}
_CATEGORIES = {"DIGIT": re.compile(r"\d"), "SPACE": re.compile(r"\s"), "WORD": re.compile(r"\w")}


class NoConditionError(ValueError):
    """A construct that has no necessary condition here."""


def necessary(pattern: re.Pattern[str]) -> str:
    """The byte pattern for `pattern`. Raises NoConditionError where it would match anything, or holds what is unknown here."""
    items = _trimmed(list(parser.parse(pattern.pattern, pattern.flags)))
    if not items:
        raise NoConditionError("it can match nothing at all")
    return _Writer(fold=bool(pattern.flags & re.IGNORECASE)).sequence(items)


def factors(pattern: re.Pattern[str]) -> list[str]:
    """Byte patterns that all match somewhere in a text before `pattern` can match in it rewritten as `key: "value"`.

    They are the pieces of the pattern that match nothing of what such a line has in other places than the text: blanks,
    quotation marks, backslashes, colons and equals signs. So what they match stands in one key, value or comment, as it is
    written in the text. Raises NoConditionError where there is no such piece.
    """
    pieces: list[Items] = [[]]
    for item in _flat(list(parser.parse(pattern.pattern, pattern.flags))):
        if item[0] in _WIDTHLESS:
            continue
        if item[0] is sre.GROUPREF or _alphabet([item]) & _REWRITTEN:
            pieces.append([])
        else:
            pieces[-1].append(item)
    writer = _Writer(fold=bool(pattern.flags & re.IGNORECASE))
    written = dict.fromkeys(writer.sequence(_trimmed(piece)) for piece in pieces)
    found = [piece for piece in written if not re.compile(piece.encode()).match(b"")]
    if not found:
        raise NoConditionError("nothing in it must stand in the text as it is")
    return found


def _flat(items: Items) -> Iterator[tuple[Any, Any]]:
    """The items, groups that neither repeat nor set flags replaced by what they hold."""
    for operator, value in items:
        if operator is sre.SUBPATTERN and not (value[1] or value[2]):
            yield from _flat(list(value[3]))
        else:
            yield operator, value


def _alphabet(items: Items) -> set[int]:
    """The ASCII characters that can stand anywhere in what the items match."""
    found: set[int] = set()
    for operator, value in items:
        if operator is sre.BRANCH:
            found = found.union(*(_alphabet(list(branch)) for branch in value[1]))
        elif operator in _REPEATS:
            found |= _alphabet(list(value[2]))
        elif operator is sre.SUBPATTERN:
            found |= _alphabet(list(value[3]))
        elif operator not in _WIDTHLESS:
            one = re.compile(_Writer(fold=False).sequence([(operator, value)]).encode())
            found |= {code for code in _ASCII if one.fullmatch(bytes([code]))}
    return found


def _trimmed(items: Items) -> Items:
    """Without what either end does not need."""
    for end in (-1, 0):
        while items:
            least = _least(items[end])
            if least is not None:
                items[end] = least
                break
            items.pop(end)
    return items


def _least(item: tuple[Any, Any]) -> tuple[Any, Any] | None:
    """What an item at an end needs at least, None where that is nothing."""
    operator, value = item
    if operator in _WIDTHLESS:
        return None
    if operator in _REPEATS:
        low, _, body = value
        return (operator, (low, low, body)) if low else None
    return item


class _Writer:
    def __init__(self, *, fold: bool) -> None:
        self._fold = fold
        self._groups: dict[int, str] = {}

    def sequence(self, items: Items) -> str:
        return "".join(self._item(operator, value) for operator, value in items)

    def _item(self, operator: Any, value: Any) -> str:
        if operator in _WIDTHLESS:
            return ""
        if operator is sre.LITERAL:
            return self._literal(chr(value))
        if operator is sre.NOT_LITERAL:
            return self._set([(sre.NEGATE, None), (sre.LITERAL, value)])
        if operator is sre.ANY:
            return self._set([(sre.NEGATE, None)])
        if operator is sre.IN:
            return self._set(value)
        if operator is sre.BRANCH:
            return f"(?:{'|'.join(self.sequence(list(branch)) for branch in value[1])})"
        if operator in _REPEATS:
            low, high, body = value
            most = "" if high is sre.MAXREPEAT else high
            return f"(?:{self.sequence(list(body))}){{{low},{most}}}"
        if operator is sre.SUBPATTERN:
            return self._group(*value)
        if operator is sre.GROUPREF:
            return self._groups[value]
        raise NoConditionError(str(operator))

    def _group(self, number: int | None, added: int, removed: int, body: Any) -> str:
        if added or removed:
            raise NoConditionError("flags inside of a pattern")
        text = f"(?:{self.sequence(list(body))})"
        if number is not None:
            self._groups[number] = text
        return text

    def _literal(self, character: str) -> str:
        forms = sorted({"".join(map(_byte, form.encode())) for form in self._forms(character)})
        return forms[0] if len(forms) == 1 else f"(?:{'|'.join(forms)})"

    def _forms(self, character: str) -> set[str]:
        """The characters that match one in a pattern."""
        if not self._fold:
            return {character}
        lower = character.lower()
        return {form for form in (character, lower, character.upper(), *_FOLDED.get(lower, "")) if len(form) == 1}

    def _set(self, members: Items) -> str:
        negated = False
        codes: set[int] = set()
        others = False  # whether a character beyond ASCII may be in it
        for operator, value in members:
            if operator is sre.NEGATE:
                negated = True
                continue
            found, beyond = self._member(operator, value)
            codes |= found
            others |= beyond
        if negated:
            codes = set(_ASCII) - codes
        codes.discard(_LINE_FEED)
        ascii_set = f"[{''.join(map(_byte, sorted(codes)))}]" if codes else ""
        if not (others or negated):
            return ascii_set
        return f"(?:{ascii_set}|{_OTHER_CHARACTER})" if ascii_set else f"(?:{_OTHER_CHARACTER})"

    def _member(self, operator: Any, value: Any) -> tuple[set[int], bool]:
        """The ASCII codes of a member of a set, and whether it holds others."""
        if operator is sre.CATEGORY:
            word, _, kind = str(value).removeprefix("CATEGORY_").rpartition("_")
            return {code for code in _ASCII if bool(_CATEGORIES[kind].match(chr(code))) != (word == "NOT")}, True
        if operator is sre.LITERAL:
            low = high = value
        elif operator is sre.RANGE:
            low, high = value
        else:
            raise NoConditionError(str(operator))
        forms = {ord(form) for code in range(low, min(high, 127) + 1) for form in self._forms(chr(code))}
        return {form for form in forms if form in _ASCII}, high not in _ASCII or any(
            form not in _ASCII for form in forms
        )


def _byte(code: int) -> str:
    return f"\\x{code:02x}"
