"""Runs each check in a process of its own: a crash is one incomplete record, and two cores are used."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import IO

import msgspec

from lockgate.checks.base import Progress
from lockgate.checks.run import missing_record
from lockgate.config.settings import Settings
from lockgate.inputs.revisions import Commits
from lockgate.model.engine_options import EngineOptions
from lockgate.model.errors import UnavailableError
from lockgate.model.record import Record

GRACE = 2.0  # seconds


class Request(msgspec.Struct, frozen=True):
    """What a worker is to do; it comes on its standard input. Where there are `files`, these are all that is examined."""

    check: str
    root: str
    settings: Settings
    run: str = ""
    commits: Commits | None = None
    engine_options: EngineOptions | None = None
    files: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a worker's standard output: how far it is, or its record, which is the last line."""

    done: int = 0
    total: int = 0
    record: Record | None = None


def run_all(
    names: list[str],
    root: Path,
    settings: Settings,
    run: str,
    progress: Callable[[str, int, int], None],
    files: tuple[str, ...] = (),
) -> list[Record]:
    """The records of the checks, in the order of `names`, over `root` or of it these `files` only.

    `progress` is told check, done and total. As `run_requests`.
    """
    requests = [Request(name, str(root), settings, run, files=files) for name in names]
    return run_requests(requests, [partial(progress, name) for name in names])


def run_requests(requests: Sequence[Request], progress: Sequence[Progress]) -> list[Record]:
    """The record that answers each request; the progress of each is told to one of `progress`.

    Whatever ends this call, also an exception, no process is left of it and no temporary file. Raises UnavailableError
    where no folder can be made for these.
    """
    children: list[subprocess.Popen[bytes]] = []
    with _private_folder() as folder, ThreadPoolExecutor(max_workers=len(requests) or 1) as threads:
        try:
            for _ in requests:
                children.append(_start(folder))  # noqa: PERF401 - one that was started is known when the next one fails
            return list(threads.map(_talk, children, requests, progress))
        finally:
            _stop(children)  # before the pool waits for its threads, which wait for these


@contextlib.contextmanager
def _private_folder() -> Iterator[str]:
    """The temporary folder of all workers: what a worker that is killed leaves in it goes as well."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="lockgate-", ignore_cleanup_errors=True)
    except OSError as error:
        raise UnavailableError(
            f"no temporary folder can be made: {error.strerror}; set TMPDIR to a folder that can be written"
        ) from None
    with folder as name:
        yield name


def _start(folder: str) -> subprocess.Popen[bytes]:
    # -P keeps the scanned directory, which may be the current one, off the module path.
    command = [sys.executable, "-P", "-m", "lockgate.checks.worker"]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": folder},
        process_group=0,  # of its own: with it go its children, and a terminal's Ctrl-C comes to us alone
    )


def _talk(child: subprocess.Popen[bytes], request: Request, progress: Progress) -> Record:
    assert child.stdin and child.stdout  # noqa: S101 - they are pipes
    threading.Thread(target=_send, args=(child.stdin, request), daemon=True).start()
    record, total = None, 1
    for line in child.stdout:
        try:
            answer = msgspec.json.decode(line, type=Answer)
        except msgspec.DecodeError:
            break  # it was ended in the middle of a line
        record, total = answer.record, answer.total or total
        progress(total if record else answer.done, total)
    code = child.wait()
    _kill_group(child)  # a worker that died left its children behind
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


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    """End what still runs: with a grace in which it can clear up, then at once."""
    try:
        for child in children:
            child.terminate()
        until = time.monotonic() + GRACE
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0, until - time.monotonic()))
    finally:
        for child in children:
            if child.poll() is None:
                _kill_group(child)
                child.wait()


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    """Kill a worker and its children."""
    if os.name == "nt":
        child.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):  # there is none, or only ones that are dead
        os.killpg(child.pid, signal.SIGKILL)
