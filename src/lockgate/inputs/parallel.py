"""Work that waits for others, done by several threads for a bounded time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Hashable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from lockgate.model.errors import UnavailableError

T = TypeVar("T", bound=Hashable)
R = TypeVar("R")
V = TypeVar("V")


def in_parallel(
    work: Callable[[T], R],
    items: Collection[T],
    *,
    workers: int,
    seconds: float,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[T, R | UnavailableError]:
    """What `work` makes of each item, or the UnavailableError that it raised; any other error is raised.

    After `seconds` no further item is begun, and those without a result have an UnavailableError that says so. A thread that
    hangs then is left behind: it ends with the process.
    """
    waiting: SimpleQueue[T] = SimpleQueue()
    for item in items:
        waiting.put(item)
    finished: SimpleQueue[tuple[T, R | BaseException]] = SimpleQueue()
    over = threading.Event()

    def labour() -> None:
        while not over.is_set():
            try:
                item = waiting.get_nowait()
            except Empty:
                return
            try:
                finished.put((item, work(item)))
            except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
                finished.put((item, error))

    for _ in range(min(workers, len(items))):
        threading.Thread(target=labour, daemon=True).start()
    try:
        return _collected(items, finished, time.monotonic() + seconds, progress)
    finally:
        over.set()


def _collected(
    items: Collection[T],
    finished: SimpleQueue[tuple[T, R | BaseException]],
    until: float,
    progress: Callable[[int, int], None],
) -> dict[T, R | UnavailableError]:
    late = UnavailableError("there was no answer in good time")
    results: dict[T, R | UnavailableError] = dict.fromkeys(items, late)
    for done in range(len(items)):
        progress(done, len(items))
        try:
            item, result = finished.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            break
        if isinstance(result, BaseException) and not isinstance(result, UnavailableError):
            raise result
        results[item] = result
    return results


class Begun(Generic[V]):
    """Work that a thread of its own does meanwhile."""

    def __init__(self, work: Callable[[], V]) -> None:
        self._work = work
        self._done: list[V] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._labour, daemon=True)
        self._thread.start()

    def result(self) -> V:
        """Wait for it and tell what came of it, or raise what it raised."""
        self._thread.join()
        if self._error:
            raise self._error
        return self._done[0]

    def _labour(self) -> None:
        try:
            self._done.append(self._work())
        except BaseException as error:  # noqa: BLE001 - who asks for the result is told
            self._error = error
