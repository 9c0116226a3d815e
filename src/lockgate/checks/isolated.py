"""Runs each check in a process of its own: a crash is one incomplete record, and two cores are used.

On Linux these are forks, which start in a millisecond; elsewhere, and where threads run that a fork would not have, each is
a new interpreter.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Protocol

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
    """What a worker is to do; it comes on its standard input. Where there are `files`, these are all that is examined.

    `since` is as in a target.
    """

    check: str
    root: str
    settings: Settings
    run: str = ""
    commits: Commits | None = None
    engine_options: EngineOptions | None = None
    files: tuple[str, ...] = ()
    since: str = ""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a worker's standard output: how far it is, or its record, which is the last line."""

    done: int = 0
    total: int = 0
    record: Record | None = None


def new_run() -> str:
    """A name for a run that no other one has."""
    return os.urandom(16).hex()


def run_all(
    names: list[str],
    root: Path,
    settings: Settings,
    run: str,
    progress: Callable[[str, int, int], None],
    meanwhile: Callable[[], None] = lambda: None,
    files: tuple[str, ...] = (),
    since: str = "",
) -> list[Record]:
    """The records of the checks, in the order of `names`, over `root` or of it these `files` only.

    `since` is as in a target; `progress` is told check, done and total. As `run_requests`.
    """
    requests = [Request(name, str(root), settings, run, files=files, since=since) for name in names]
    return run_requests(requests, [partial(progress, name) for name in names], meanwhile)


class Child(Protocol):
    """A process of ours; as `subprocess.Popen`."""

    pid: int
    stdout: IO[bytes] | None

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


def run_requests(
    requests: Sequence[Request], progress: Sequence[Progress], meanwhile: Callable[[], None] = lambda: None
) -> list[Record]:
    """The record that answers each request; the progress of each is told to one of `progress`.

    `meanwhile` is called when all of them are at work: what it does takes no time of its own.
    Whatever ends this call, also an exception, no process is left of it and no temporary file. Raises UnavailableError
    where no folder can be made for these.
    """
    children: list[Child] = []
    records: dict[int, Record] = {}

    def talk(number: int) -> None:
        records[number] = _talk(children[number], requests[number], progress[number])

    with _private_folder() as folder:
        threads = [threading.Thread(target=talk, args=(number,)) for number in range(1, len(requests))]
        try:
            for request in requests:
                children.append(_start(request, folder, children))
            for thread in threads:
                thread.start()
            meanwhile()
            if requests:
                talk(0)
            for thread in threads:
                thread.join()
        finally:
            _stop(children)  # before the threads are waited for, which wait for these
            for thread in threads:
                if thread.ident:
                    thread.join()
    return [records[number] for number in range(len(requests))]


@contextlib.contextmanager
def _private_folder() -> Iterator[str]:
    """The temporary folder of all workers: what a worker that is killed leaves in it goes as well."""
    folder = _make_folder()
    try:
        yield folder
    finally:
        try:
            Path(folder).rmdir()
        except OSError:
            import shutil

            shutil.rmtree(folder, ignore_errors=True)


def _make_folder() -> str:
    """As `tempfile.mkdtemp`, which to import takes longer than a small check; where this fails, that says why."""
    folder = os.path.join(os.environ.get("TMPDIR") or "/tmp", f"lockgate-{os.urandom(8).hex()}")  # noqa: PTH118, S108
    with contextlib.suppress(OSError):
        os.mkdir(folder, mode=0o700)  # noqa: PTH102
        return folder
    import tempfile

    try:
        return tempfile.mkdtemp(prefix="lockgate-")
    except OSError as error:
        raise UnavailableError(
            f"no temporary folder can be made: {error.strerror}; set TMPDIR to a folder that can be written"
        ) from None


def _start(request: Request, folder: str, others: Sequence[Child]) -> Child:
    if sys.platform == "linux" and threading.active_count() == 1:
        from lockgate.checks.forked import Fork

        return Fork(request, folder, others)
    # -P keeps the scanned directory, which may be the current one, off the module path.
    command = [sys.executable, "-P", "-m", "lockgate.checks.worker"]
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": folder},
        process_group=0,  # of its own: with it go its children, and a terminal's Ctrl-C comes to us alone
    )
    threading.Thread(target=_send, args=(child.stdin, request), daemon=True).start()
    return child


def _talk(child: Child, request: Request, progress: Progress) -> Record:
    assert child.stdout  # noqa: S101 - it is a pipe
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


def _stop(children: Sequence[Child]) -> None:
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
            _kill_group(child)  # one that ended may have left children of its own
            child.wait()


def _kill_group(child: Child) -> None:
    """Kill a worker and its children."""
    if os.name == "nt":
        child.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):  # there is none, or only ones that are dead
        os.killpg(child.pid, signal.SIGKILL)
