"""The process that takes files off `lockgate.checks.secrets.pool`."""

from __future__ import annotations

import os
import sys
import threading
import time

import msgspec

from lockgate.checks.secrets.pool import Answer, Request, receive, send, target_of
from lockgate.checks.secrets.scan import FileScan
from lockgate.inputs.files import display
from lockgate.model.record import Skip


def main() -> None:
    """Read a request and then batches of paths from standard input, write an answer to each batch to standard output."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # an engine that prints must not break the answers
    request = msgspec.msgpack.decode(receive(sys.stdin.buffer), type=Request)
    scan = FileScan(target_of(request), request.key)
    while True:
        paths = map(os.fsdecode, msgspec.msgpack.decode(receive(sys.stdin.buffer), type=list[bytes]))
        send(answers, msgspec.msgpack.encode([_answer(scan, path) for path in paths]))


def _end_with(parent: int) -> None:
    """End where the process that asks has ended: what it waited for may still take long."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def _answer(scan: FileScan, path: str) -> Answer:
    result = scan.result(path)
    return Answer(skip=result) if isinstance(result, Skip) else Answer(result, scan.cache.new(display(path)))


if __name__ == "__main__":
    try:
        main()
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        os._exit(0)  # there is no more to do
