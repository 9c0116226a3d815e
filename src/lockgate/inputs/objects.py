"""Reads the objects of a repository through Gits that run on."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Generic, NamedTuple, Self, TypeVar

from lockgate.inputs import git
from lockgate.model.errors import UnavailableError

Wanted = TypeVar("Wanted")
_PIECE = 2**20  # bytes
_HEADER = re.compile(rb"\w+ (\w+) (\d+)\n")
_ENDED = "git cat-file ended early: the clone is partial or damaged"


class Stream:
    """A Git that runs on. One that keeps us waiting for SECONDS is ended: what it reads may be a FIFO."""

    def __init__(self, root: Path, *arguments: str, of_hook: bool = False) -> None:
        self._process = git.start(root, *arguments, of_hook=of_hook)
        assert self._process.stdin  # noqa: S101 - these are pipes
        assert self._process.stdout  # noqa: S101
        self._input, self._output = self._process.stdin, self._process.stdout
        self._waiting: float | None = None
        self._closed = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End Git."""
        self._closed.set()
        self._process.kill()
        for pipe in (self._input, self._output):
            with suppress(BrokenPipeError):
                pipe.close()
        self._process.wait()

    def say(self, data: bytes) -> None:
        """Write to Git's standard input. Raises BrokenPipeError where it has ended."""
        try:
            self._input.write(data)
        except ValueError:  # it was closed
            raise BrokenPipeError from None

    def flush(self) -> None:
        """Let Git have what was said. Raises BrokenPipeError where it has ended."""
        self._input.flush()

    def end_input(self) -> None:
        """Say no more."""
        with suppress(BrokenPipeError, ValueError):
            self._input.close()

    def line(self) -> bytes:
        """The next line of Git's standard output, empty at its end."""
        self._waiting = time.monotonic()
        line = self._output.readline()
        self._waiting = None
        return line

    def some(self, most: int) -> bytes:
        """Some of the next `most` bytes of Git's standard output, none at its end."""
        self._waiting = time.monotonic()
        data = self._output.read1(most)  # type: ignore[attr-defined]  # a buffered reader has it
        self._waiting = None
        return data  # type: ignore[no-any-return]

    def code(self) -> int:
        """The exit code, after all was read."""
        return self._process.wait()

    def _watch(self) -> None:
        while not self._closed.wait(1):
            since = self._waiting
            if since and time.monotonic() - since > git.SECONDS:
                self._process.kill()
                return


class Blob(NamedTuple):
    """The first bytes of a blob, and its whole size in bytes."""

    data: bytes
    size: int


class Blobs:
    """Reads single blobs of the repository at `root`, whenever they are asked for. `of_hook` as in `git.call`."""

    def __init__(self, root: Path, *, of_hook: bool = False) -> None:
        self._root = root
        self._of_hook = of_hook
        self._stream: Stream | None = None

    def read(self, blob: str, limit: int) -> Blob:
        """A blob, or its first `limit` bytes.

        Raises UnavailableError where the repository does not have it, or Git ends or takes more than SECONDS.
        """
        if self._stream is None:
            self._stream = Stream(self._root, "cat-file", "--batch", of_hook=self._of_hook)
        try:
            self._stream.say(blob.encode("ascii") + b"\n")
            self._stream.flush()
            found = _answer(self._stream, limit)
        except (BrokenPipeError, EOFError):
            self.__del__()
            raise UnavailableError(_ENDED) from None
        if found is None:
            raise UnavailableError(f"git has no blob {blob}: the clone is partial or damaged")
        return found

    def __del__(self) -> None:
        if self._stream:
            self._stream.close()
            self._stream = None


def read_ahead(root: Path, wanted: Iterable[tuple[str, Wanted]], limit: int) -> Iterator[tuple[Wanted, Blob | None]]:
    """Each blob that is wanted, by its name, with what it is wanted for; None where the repository does not have it.

    Of a blob over `limit` bytes only the first are kept. `wanted` is read in a thread, ahead of the answers.
    Raises UnavailableError where Git ends or takes more than SECONDS for one, and what `wanted` raises.
    """
    with Stream(root, "cat-file", "--batch", "--buffer") as stream:
        feeder = _Feeder(stream, wanted)
        try:
            while True:
                try:
                    blob = _answer(stream, limit)
                except EOFError:
                    break
                yield feeder.pending.popleft(), blob
        finally:
            stream.close()
            feeder.join()
        if feeder.error:
            raise feeder.error
        if feeder.pending:
            raise UnavailableError(_ENDED)


class _Feeder(threading.Thread, Generic[Wanted]):
    """Asks for one blob after the other; the pipe's size is how far it can be ahead."""

    def __init__(self, stream: Stream, wanted: Iterable[tuple[str, Wanted]]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._wanted = wanted
        self.pending: deque[Wanted] = deque()
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        wanted = iter(self._wanted)
        try:
            for blob, thing in wanted:
                self.pending.append(thing)
                self._stream.say(blob.encode("ascii") + b"\n")
            self._stream.end_input()
        except BrokenPipeError:
            pass  # Git has ended, which the reader sees
        except Exception as error:  # noqa: BLE001 - the reader raises it
            self.error = error
            self._stream.close()
        finally:
            if hasattr(wanted, "close"):
                wanted.close()


def _answer(stream: Stream, limit: int) -> Blob | None:
    """The next answer of `git cat-file --batch`. Raises EOFError where it has ended."""
    header = stream.line()
    match = _HEADER.fullmatch(header)
    if not header.endswith(b"\n"):
        raise EOFError
    if not match:  # `NAME missing`
        return None
    size = left = int(match[2])
    kept: list[bytes] = []
    while left:
        piece = stream.some(min(left, _PIECE))
        if not piece:
            raise EOFError
        if size - left < limit:
            kept.append(piece)
        left -= len(piece)
    stream.line()
    return Blob(b"".join(kept)[:limit], size)
