"""The process that runs one check for `lockgate.checks.isolated`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import IO

import msgspec

from lockgate.checks.base import Target
from lockgate.checks.isolated import Answer, Request
from lockgate.checks.run import run_check
from lockgate.checks.stopping import raise_on_signals
from lockgate.inputs.named import NamedTree
from lockgate.inputs.tree import Tree

SECONDS_BETWEEN_REPORTS = 0.1


def main() -> None:
    """Answer the request on standard input on standard output."""
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    # An engine that prints must not break the answers.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        answer(request, answers)


def answer(request: Request, answers: IO[bytes]) -> None:
    """Run the check, and write how far it is and then its record."""
    told = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told >= SECONDS_BETWEEN_REPORTS:
            told = time.monotonic()
            answers.write(msgspec.json.encode(Answer(done, total)) + b"\n")
            answers.flush()

    settings = request.settings
    root, limit = Path(request.root), settings.max_file_size
    tree = NamedTree(root, request.files, (), limit) if request.files else Tree(root, settings.exclude, limit)
    target = Target(
        tree=tree,
        settings=settings,
        progress=progress,
        commits=request.commits,
        engine_options=request.engine_options,
        since=request.since,
    )
    record = run_check(request.check, target, request.run)
    answers.write(msgspec.json.encode(Answer(record=record)) + b"\n")


if __name__ == "__main__":
    raise_on_signals()
    try:
        main()
    except BrokenPipeError:
        os._exit(1)  # the parent is gone: nobody reads a traceback
