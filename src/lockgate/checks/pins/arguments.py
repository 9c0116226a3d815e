"""The words behind a command as options and operands, as getopt reads them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from lockgate.inputs.shell import Word


class Arguments(Struct, frozen=True):
    """Options with their values (None for a flag) and what else there is, in order."""

    options: tuple[tuple[str, Word | None], ...]
    operands: tuple[Word, ...]

    def values(self, *names: str) -> list[Word]:
        """The values that options of these names have."""
        return [value for name, value in self.options if name in names and value]

    def has(self, *names: str) -> bool:
        """Whether an option of these names is there."""
        return any(name in names for name, _ in self.options)


def parsed(words: Sequence[Word], valued: frozenset[str], *, first: bool = False) -> Arguments:
    """Read arguments. `valued` are the options that have a value; first: what is behind the first operand is the operand's own."""
    options: list[tuple[str, Word | None]] = []
    operands: list[Word] = []
    ahead = list(reversed(words))
    while ahead:
        word = ahead.pop()
        text = word.text
        if text == "--":
            operands += reversed(ahead)
            break
        if text.startswith("--") or (text.startswith("-") and text.partition("=")[0] in valued):
            name, equals, value = text.partition("=")
            given = Word(value, word.place) if equals else ahead.pop() if name in valued and ahead else None
            options.append((name, given))
        elif text.startswith("-") and len(text) > 1:
            options += _cluster(text, word, valued, ahead)
        else:
            operands.append(word)
            if first:
                operands += reversed(ahead)
                break
    return Arguments(tuple(options), tuple(operands))


def _cluster(text: str, word: Word, valued: frozenset[str], ahead: list[Word]) -> list[tuple[str, Word | None]]:
    """The options of `-qr FILE`: the first that has a value takes the rest, or the next word."""
    found: list[tuple[str, Word | None]] = []
    for at, letter in enumerate(text[1:], 2):
        name = f"-{letter}"
        if name in valued:
            value = Word(text[at:], word.place) if text[at:] else ahead.pop() if ahead else None
            return [*found, (name, value)]
        found.append((name, None))
    return found
