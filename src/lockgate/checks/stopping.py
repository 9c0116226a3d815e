"""Signals that end a process raise an exception in it, so that its temporary folders and its children go with it."""

from __future__ import annotations

import signal
import time
from types import FrameType

SECONDS = 5.0  # for which more signals are taken for the same wish: they must not disturb the clearing up

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Stopped(SystemExit):
    """Somebody wants this process to end. The exit code is 128 and the signal's number, as shells have it."""


def raise_on_signals() -> None:
    """From now on SIGINT, SIGTERM and SIGHUP raise Stopped in the main thread; one that is ignored stays so (nohup)."""
    last = -SECONDS

    def stop(number: int, _frame: FrameType | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= SECONDS:
            last = now
            raise Stopped(128 + number)

    for number in _numbers():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)


def ignore_signals() -> None:
    """From now on no signal changes how this process ends: its work is done."""
    for number in _numbers():
        signal.signal(number, signal.SIG_IGN)


def _numbers() -> list[signal.Signals]:
    return [number for number in signal.Signals if number.name in _SIGNALS]
