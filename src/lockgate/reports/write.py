"""Puts a report where the user wants it, whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from lockgate.model.errors import UnavailableError, UsageError

STDOUT = "-"
_DEVICE_FOLDERS = ("/dev/", "/proc/")


def check_destination(path: str) -> None:
    """Raise UsageError if no report can ever be written to `path`. Called before a scan, it saves the scan."""
    if path == STDOUT:
        if sys.__stdout__ is None:
            raise UsageError("standard output is closed; give the name of a file for the report")
        return
    if not path:
        raise UsageError("a report needs a file name; give - for standard output")
    folder = Path(path).parent
    if not folder.is_dir():
        raise UsageError(f"{path}: there is no directory {folder}; create it or choose another place for the report")
    if Path(path).is_dir() and not Path(path).is_symlink():
        raise UsageError(f"{path} is a directory; give the name of a file in it for the report")
    if not os.access(path if _is_stream(path) else folder, os.W_OK):
        raise UsageError(f"{path}: you may not write there; choose another place for the report")


def write(path: str, data: bytes) -> None:
    """Write a report to `path`, or to standard output where it is `-`.

    A regular file appears or changes in one step: whoever reads it, also after a crash, sees the old content or the
    new. A symbolic link is replaced and not followed, because the repository that is scanned may have planted it.
    A FIFO or device, and a link below /dev or /proc such as /dev/stdout, is written to as it is.
    Raises UsageError for a place that can't be, UnavailableError where the system refuses.
    """
    check_destination(path)
    try:
        if path == STDOUT:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        elif _is_stream(path):
            _append(path, data)
        else:
            replace(Path(path), data)
    except BrokenPipeError:
        raise  # whoever read the report left: that is no fault of the place
    except OSError as error:
        place = "standard output" if path == STDOUT else path
        why = "nobody reads from it" if error.errno == errno.ENXIO else error.strerror or error
        raise UnavailableError(f"the report can't be written to {place}: {why}") from None


def _is_stream(path: str) -> bool:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISLNK(mode):
        return os.path.abspath(path).startswith(_DEVICE_FOLDERS)  # noqa: PTH100 - resolve() would follow the link
    return not stat.S_ISREG(mode)


def _append(path: str, data: bytes) -> None:
    """Write to what is there. Nothing is truncated: /dev/stdout may be a file that others write to as well."""
    # Without O_NONBLOCK the opening of a FIFO that nobody reads would wait for ever.
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC)
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def replace(path: Path, data: bytes) -> None:
    """Make `data` the content of a regular file in one step; what stands there, also a link, is replaced."""
    with _temporary(path.parent) as (descriptor, name):
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        name.replace(path)


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[tuple[int, Path]]:
    """A new file in `folder` with the user's usual permissions; it is gone afterwards unless it was renamed."""
    name = folder / f".lockgate-{os.urandom(8).hex()}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(name, flags, 0o666)
    try:
        yield descriptor, name
    finally:
        name.unlink(missing_ok=True)
