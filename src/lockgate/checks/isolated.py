"""Runs each check in a process of its own: a crash is one incomplete record, and two cores are used."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import msgspec

from lockgate.checks.run import missing_record
from lockgate.config.settings import Settings
from lockgate.model.record import Record


class Request(msgspec.Struct, frozen=True):
    """What a worker is to do; it comes on its standard input."""

    check: str
    root: str
    settings: Settings
    run: str = ""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a worker's standard output: how far it is, or its record, which is the last line."""

    done: int = 0
    total: int = 0
    record: Record | None = None


def run_all(
    names: list[str], root: Path, settings: Settings, run: str, progress: Callable[[str, int, int], None]
) -> list[Record]:
    """The records of the checks, in the order of `names`. `progress` is told check, done and total."""
    started: list[subprocess.Popen[bytes]] = []
    with ThreadPoolExecutor(max_workers=len(names) or 1) as threads:
        requests = [Request(name, str(root), settings, run) for name in names]
        futures = [threads.submit(_run, request, started, progress) for request in requests]
        try:
            return [future.result() for future in futures]
        finally:
            _kill(started)  # before the pool waits for its threads, which wait for these


def _run(request: Request, started: list[subprocess.Popen[bytes]], progress: Callable[[str, int, int], None]) -> Record:
    # -P keeps the scanned directory, which may be the current one, off the module path.
    command = [sys.executable, "-P", "-m", "lockgate.checks.worker"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    started.append(child)
    assert child.stdin and child.stdout  # noqa: S101 - they are pipes
    threading.Thread(target=_send, args=(child.stdin, request), daemon=True).start()
    record, total = None, 1
    for line in child.stdout:
        try:
            answer = msgspec.json.decode(line, type=Answer)
        except msgspec.DecodeError:
            break  # it was ended in the middle of a line
        record, total = answer.record, answer.total or total
        progress(request.check, total if record else answer.done, total)
    code = child.wait()
    child.stdout.close()
    if record is None or code:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return missing_record(request.check, f"the process of the {request.check} check {how}", request.run)
    return record


def _send(pipe: IO[bytes], request: Request) -> None:
    try:
        pipe.write(msgspec.json.encode(request))
        pipe.close()
    except BrokenPipeError:
        pass  # it died at once; its exit code tells


def _kill(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.kill()
            child.wait()
