"""Runs a foreign tool, bounded in time and output."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from lockgate.model.errors import UnavailableError

OUTPUT = 2**28  # bytes of standard output; more is no report but a fault


class TooMuchOutputError(UnavailableError):
    """A tool wrote more than a report of any use has."""


class Ended(Struct, frozen=True):
    """How a tool ended: its exit code (below zero: the signal that ended it) and its standard output."""

    code: int
    output: bytes


def run(
    command: list[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    seconds: float,
    request: bytes = b"",
    on_line: Callable[[bytes], None] | None = None,
    with_errors: bool = False,
) -> Ended:
    """Run `command` to its end and tell `on_line` each line of its output as it comes.

    It gets `request` on its standard input, which stays open until it ends: a tool that reads to the end of it knows
    when we are gone. What it writes to standard error is not kept, or `with_errors` among its output. Raises TimeoutError after `seconds`, and
    UnavailableError where it can't be started, of these TooMuchOutputError where it writes more than OUTPUT bytes.
    """
    errors = subprocess.STDOUT if with_errors else subprocess.DEVNULL
    try:
        child = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
        )
    except OSError as error:
        raise UnavailableError(f"{command[0]} can't be run: {error.strerror}") from None
    over = threading.Event()

    def stop() -> None:
        over.set()
        child.kill()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True  # whatever happens here, the end of the process does not wait for it
    with child:
        try:
            timer.start()
            output = _talk(child, request, on_line)
            if len(output) > OUTPUT:
                child.kill()
            code = child.wait()
        finally:
            timer.cancel()
            child.kill()
    if over.is_set():
        raise TimeoutError(f"more than {seconds:.0f} s")
    if len(output) > OUTPUT:
        raise TooMuchOutputError(f"{command[0]} wrote more than {OUTPUT // 2**20} MiB")
    return Ended(code, output)


def environment(*dropped: str) -> dict[str, str]:
    """The process environment without the variables whose names begin with one of `dropped`."""
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(dropped)}


def _talk(child: subprocess.Popen[bytes], request: bytes, on_line: Callable[[bytes], None] | None) -> bytes:
    assert child.stdin and child.stdout  # noqa: S101 - they are pipes
    try:
        child.stdin.write(request)
        child.stdin.flush()
    except BrokenPipeError:  # it ended at once; its exit code tells
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
    output = bytearray()
    while len(output) <= OUTPUT and (line := child.stdout.readline(2**16)):
        output += line
        if on_line:
            on_line(line)
    return bytes(output)
