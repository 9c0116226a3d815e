"""Two processes for the files of a large tree: this one, and a helper that takes files from the same queue."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import msgspec

from lockgate.checks.base import Target, processors
from lockgate.checks.secrets.cache import Entry, FileResult
from lockgate.checks.secrets.scan import FileScan
from lockgate.config.settings import Settings
from lockgate.inputs.files import display
from lockgate.inputs.tree import Tree
from lockgate.model.engine_options import EngineOptions
from lockgate.model.record import Skip

MANY = 500  # files: for fewer it does not pay to start a process
_BATCH = 16  # files
_LENGTH = struct.Struct(">I")

Results = dict[str, FileResult | Skip]


class Request(msgspec.Struct, frozen=True):
    """The first thing that a helper is told: the target, and the key of the cache that gets its results."""

    root: bytes
    settings: Settings
    options: EngineOptions
    key: bytes


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What a helper made of one file: a result, and what is to be kept of it, or why the file could not be read."""

    result: FileResult | None = None
    entry: Entry | None = None
    skip: Skip | None = None


def scan_files(target: Target, scan: FileScan, paths: Sequence[str]) -> Results:
    """The result for each path. What the helper does not do, whatever becomes of it, is done here."""
    results: Results = {}
    queue = deque(tuple(paths[at : at + _BATCH]) for at in range(0, len(paths), _BATCH))

    def work_off() -> None:
        while queue:
            try:
                batch = queue.popleft()
            except IndexError:  # the helper took it
                break
            for path in batch:
                results[path] = scan.result(path)
                target.progress(len(results), len(paths))

    if len(paths) >= MANY and _is_for_two(target):
        with _helper(target, scan, queue, results):
            work_off()
    work_off()  # what a helper that ended early has put back
    return results


def _is_for_two(target: Target) -> bool:
    return processors() > 1 and type(target.tree) is Tree and not target.options.verify


@contextmanager
def _helper(target: Target, scan: FileScan, queue: deque[tuple[str, ...]], results: Results) -> Iterator[None]:
    # -P keeps the scanned directory, which may be the current one, off the module path.
    command = [sys.executable, "-P", "-m", "lockgate.checks.secrets.helper"]
    with ExitStack() as stack:
        try:
            # What an engine unpacks goes into a folder that we remove: it could not do so itself where it is killed.
            folder = stack.enter_context(TemporaryDirectory(prefix="lockgate-", ignore_cleanup_errors=True))
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": folder},
            )  # fmt: skip
        except OSError:
            yield
            return
        feeder = threading.Thread(target=_feed, args=(process, target, scan, queue, results), daemon=True)
        feeder.start()
        try:
            yield
            feeder.join()
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]  # they are pipes


def _feed(
    process: subprocess.Popen[bytes], target: Target, scan: FileScan, queue: deque[tuple[str, ...]], results: Results
) -> None:
    """Give the helper one batch after the other, and take what it made of them."""
    assert process.stdin and process.stdout  # noqa: S101 - they are pipes
    request = Request(os.fsencode(target.tree.root), target.settings, target.options, scan.cache.key)
    batch: tuple[str, ...] = ()
    try:
        send(process.stdin, msgspec.msgpack.encode(request))
        while queue:
            batch = queue.popleft()
            send(process.stdin, msgspec.msgpack.encode([os.fsencode(path) for path in batch]))
            answers = msgspec.msgpack.decode(receive(process.stdout), type=list[Answer])
            for path, answer in zip(batch, answers, strict=True):
                if answer.entry:
                    scan.cache.take(display(path), answer.entry)
                results[path] = answer.result or answer.skip or Skip(display(path), "not told", gap=True)
            batch = ()
    except Exception:  # noqa: BLE001, S110 - whatever is wrong with the helper, what it did not do is done here
        pass
    finally:
        if batch:
            queue.append(batch)


def target_of(request: Request) -> Target:
    """The target that a request describes."""
    tree = Tree(Path(os.fsdecode(request.root)), request.settings.exclude, request.settings.max_file_size)
    return Target(tree=tree, settings=request.settings, engine_options=request.options)


def send(pipe: IO[bytes], data: bytes) -> None:
    """Write one message: its length in four bytes, then itself."""
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes:
    """Read one message. Raises EOFError where there is none any more."""
    size = pipe.read(_LENGTH.size)
    if len(size) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(size)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return data
