"""Standard streams that are closed, full or read by nobody: a verdict does not depend on who can see it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TextIO


def open_closed() -> None:
    """Let every standard stream that was closed lead to nowhere.

    Else the next file that is opened would take its number, and what is printed would end up in it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", closefd=False))


@contextlib.contextmanager
def losable(stream: TextIO) -> Iterator[None]:
    """What can't be written to `stream` within is dropped. Unless its reader left on purpose, standard error says so."""
    try:
        yield
        stream.flush()
    except OSError as error:
        _drop(stream)
        if stream is not sys.stderr and not isinstance(error, BrokenPipeError):
            tell(f"lockgate: not all could be shown on standard output: {error.strerror}")


def tell(message: str) -> None:
    """Print a line on standard error."""
    with losable(sys.stderr):
        print(message, file=sys.stderr)  # noqa: T201 - this is the command line


def settle() -> None:
    """Drop what can't be written. Python would try once more when it ends, and end with exit code 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            _drop(stream)


def _drop(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
