"""A worker that is a fork of this process: it starts with all that is imported here, in a millisecond."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from lockgate.checks.isolated import Child, Request

_PAUSE = 0.01  # seconds


class Fork:
    """The child that answers a request, used as `subprocess.Popen` is; the `others` are its elder siblings."""

    def __init__(self, request: Request, folder: str, others: Sequence[Child]) -> None:
        reader, writer = os.pipe()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self.pid = os.fork()
            if not self.pid:
                # Without its parent's reader a sibling could write on after that is gone.
                unused = [reader, *(other.stdout.fileno() for other in others if other.stdout)]
                _become_worker(request, folder, writer, unused, mask)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(writer)
        with contextlib.suppress(OSError):  # whoever is first: it must lead its group before anybody ends that
            os.setpgid(self.pid, self.pid)
        self.stdout: IO[bytes] | None = os.fdopen(reader, "rb")
        self._code: int | None = None
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        """The exit code, negative where it is a signal; None while it runs."""
        with self._lock:  # several threads ask, and only one can be told
            if self._code is None:
                try:
                    pid, status = os.waitpid(self.pid, os.WNOHANG)
                except ChildProcessError:  # where SIGCHLD is ignored nobody is told; what it has answered counts
                    pid, status = self.pid, 0
                if pid:
                    self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """The same when it has ended. Raises TimeoutExpired."""
        if timeout is None:
            with contextlib.suppress(ChildProcessError):  # another thread was told before
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        until = time.monotonic() + (timeout or 0)
        while (code := self.poll()) is None:
            if timeout is not None and time.monotonic() >= until:
                raise subprocess.TimeoutExpired("worker", timeout)
            time.sleep(_PAUSE)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _become_worker(request: Request, folder: str, answers: int, unused: Sequence[int], mask: set[int]) -> None:
    """Do the work and end; nothing of what the parent would do at its end is done here.

    Signals are blocked until whatever they raise ends here, too; `mask` are those that stay so.
    """
    code = 1
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for descriptor in unused:
            os.close(descriptor)
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os.environ["TMPDIR"] = folder
        if "tempfile" in sys.modules:
            sys.modules["tempfile"].tempdir = folder  # type: ignore[attr-defined]
        from lockgate.checks.worker import answer

        with os.fdopen(answers, "wb") as file:
            answer(request, file)
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # noqa: BLE001 - whatever it is, this process ends here; the parent tells the code
        code = 1
    finally:
        os._exit(code)
