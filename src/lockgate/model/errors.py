"""Errors that are for people: each message says what happened, where, and what to do."""

from __future__ import annotations

from lockgate.model.report import ExitCode


class LockgateError(Exception):
    """Something that a user can cause or mend. Its text is shown as it is, without a traceback."""

    exit_code = ExitCode.INTERNAL


class UsageError(LockgateError):
    """A wrong argument or configuration."""

    exit_code = ExitCode.USAGE


class UnavailableError(LockgateError):
    """Something that a check needs is not there: an engine, a source, a file. The record becomes incomplete."""

    exit_code = ExitCode.INCOMPLETE


def shortened(text: str, longest: int = 60) -> str:
    """Foreign text for a message: printable, and how long it is instead of it where it has more than `longest` characters.

    It is never cut: no engine would know the piece of a secret that is left.
    """
    if len(text) > longest:
        return f"a text of {len(text):,} characters"
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "?" for letter in text)


def counted(number: int, one: str, many: str = "") -> str:
    """`1 record`, `2,000 records`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def nearest(word: str, known: list[str]) -> str:
    """A hint that names the valid word nearest to `word`, then all of them."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}valid: {', '.join(known)}"


def origin(error: BaseException) -> str:
    """` at FILE:LINE` of where an error was raised: all that is told of one whose text may hold a secret."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
