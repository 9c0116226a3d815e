"""A terminal that is asked for one key at a time, or for lines where it can't do more."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from lockgate.model.errors import UsageError

QUIT = "q"
SHOWN = 15.0  # seconds
_ALTERNATE, _ORDINARY = "\x1b[?1049h", "\x1b[?1049l"
_CLEARED = "\x1b[2J\x1b[H"


def check_terminal() -> None:
    """Raise UsageError where nobody can be asked."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("lockgate baseline audit asks and shows: standard input and output must be a terminal")


def takes_keys() -> bool:
    """Whether the terminal gives single keys and can erase what it shows."""
    return os.name == "posix" and os.environ.get("TERM", "dumb") not in ("", "dumb", "unknown")


def ask(question: str, keys: str) -> str:
    """The key of `keys` that was answered with; QUIT where the input ended."""
    while True:
        click.echo(f"{question} ", nl=False)
        answer = _key() if takes_keys() else _line()
        if takes_keys():
            click.echo(answer if answer.isprintable() else "")
        if answer[:1].lower() in tuple(keys):
            return answer[:1].lower()
        click.echo(f"Please answer with one of: {', '.join(keys)}.")


def reveal(text: str) -> None:
    """Show a text and erase it: at the next key, or after SHOWN seconds. It leaves no trace in what can be scrolled back to.

    A terminal that can't erase is asked before.
    """
    if not takes_keys():
        if ask("This terminal can't erase the value again. Show it all the same (y, n)?", "ny") == "y":
            click.echo(text)
        return
    try:
        click.echo(f"{_ALTERNATE}{_CLEARED}{text}\n\n(any key erases it)")
        _key(SHOWN)
    finally:
        click.echo(f"{_CLEARED}{_ORDINARY}", nl=False)


def _line() -> str:
    line = sys.stdin.readline()
    return line.strip() or ("" if line else QUIT)


def _key(seconds: float | None = None) -> str:
    """The next key; QUIT at the end of the input, nothing where none was pressed in time."""
    descriptor = sys.stdin.fileno()
    with _single_keys(descriptor):
        if not select.select([descriptor], [], [], seconds)[0]:
            return ""
        pressed = os.read(descriptor, 1)
        if pressed == b"\x1b":  # of an arrow, say, the rest comes at once
            os.read(descriptor, 64 * len(select.select([descriptor], [], [], 0)[0]))
            return ""
    # Ctrl-D, or the terminal is gone
    return QUIT if pressed in (b"", b"\x04") else pressed.decode("ascii", "replace")


@contextmanager
def _single_keys(descriptor: int) -> Iterator[None]:
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSADRAIN)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
