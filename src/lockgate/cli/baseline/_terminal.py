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
    read = _key if takes_keys() else _line
    while True:
        answer = read(f"{question} ")[:1].lower()
        if answer in tuple(keys):
            return answer
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
        _key(f"{_ALTERNATE}{_CLEARED}{text}\n\n(any key erases it)", SHOWN)
    finally:
        click.echo(f"{_CLEARED}{_ORDINARY}", nl=False)


def _line(prompt: str) -> str:
    click.echo(prompt, nl=False)
    line = sys.stdin.readline()
    return line.strip() or ("" if line else QUIT)


def _key(prompt: str, seconds: float | None = None) -> str:
    """The next key; QUIT at the end of the input, nothing where none was pressed in time."""
    descriptor = sys.stdin.fileno()
    with _single_keys(descriptor):  # before it is asked for, so that no answer comes too early
        click.echo(prompt, nl=False)
        pressed = _read(descriptor, 1, seconds)
        if pressed == b"\x1b":  # of an arrow, say, the rest comes at once
            _read(descriptor, 64, 0)
    # Ctrl-D, or the terminal is gone
    key = QUIT if pressed in (b"", b"\x04") else (pressed or b"").decode("ascii", "replace")
    click.echo(key if key.isprintable() else "")
    return key


def _read(descriptor: int, size: int, seconds: float | None) -> bytes | None:
    """What can be read, None where nothing comes in time."""
    return os.read(descriptor, size) if select.select([descriptor], [], [], seconds)[0] else None


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
