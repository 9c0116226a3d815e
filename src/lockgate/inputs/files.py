"""Reading one file of a tree that may be hostile."""

from __future__ import annotations

import codecs
import os
import stat
import time
from pathlib import Path
from typing import NamedTuple

from lockgate.model.record import Skip

ABSENT = "not in the working tree"
_WIDE_TEXT = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_GIT_LOOKS_AT = 8_000  # bytes
_COARSEST = 2 * 10**9  # nanoseconds, of any file system's clock
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def display(path: str) -> str:
    """`path` with forward slashes and every byte that is not UTF-8 written as an escape, fit for any report."""
    return os.fsencode(path).decode("utf-8", "backslashreplace").replace(os.sep, "/")


class Start(NamedTuple):
    """The beginning of a file. Where that is not the whole, `gap` says so."""

    data: bytes
    gap: Skip | None = None


def start_of(shown: str, data: bytes, size: int, limit: int) -> Start:
    """The start of a file of `size` bytes, of which `data` has the first `limit` at least: whole lines, if there are any."""
    if size <= limit:
        return Start(data)
    end = data.rfind(b"\n", 0, limit) + 1 or limit
    return Start(data[:end], too_large(shown, size, limit))


def read(root: Path, path: str, limit: int) -> bytes | Skip:
    """The content of the regular file `path` below `root`, or why it was not read.

    It follows no symbolic link, never waits for a FIFO or device, and reads no file over `limit` bytes.
    """
    start = read_start(root, path, limit)
    return start if isinstance(start, Skip) else start.gap or start.data


def read_start(root: Path, path: str, limit: int) -> Start | Skip:
    """The same, but of a file over `limit` bytes its start."""
    shown = display(path)
    base = root.absolute()
    top = os.path.normpath(base).rstrip(os.sep)
    full = os.path.normpath(base / path)
    if not full.startswith(top + os.sep):
        return Skip(shown, "outside of the directory that is examined")
    if _through_link(top, full):
        return Skip(shown, "reached through a symbolic link")
    try:
        descriptor = os.open(full, _FLAGS)
    except OSError as error:
        return _unopened(full, shown, error)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        return Skip(shown, _KINDS.get(stat.S_IFMT(status.st_mode), "not a regular file"))
    with os.fdopen(descriptor, "rb") as file:
        try:
            data = file.read(min(status.st_size, limit) + 1)
            if status.st_size < len(data) <= limit:  # it grew, or is of a file system that tells no sizes
                data += file.read(limit + 1 - len(data))
        except OSError as error:
            return Skip(shown, f"can't be read: {error.strerror}", gap=True)
    return start_of(shown, data, max(status.st_size, len(data)), limit)


def state(root: Path, path: str) -> str:
    """What is another one whenever what `read` gives is, as Git has it; empty where that can't be told.

    A file that was changed just now could be changed once more without a trace, if the file system's clock is a coarse one.
    """
    top = os.path.normpath(root.absolute()).rstrip(os.sep)
    full = f"{top}{os.sep}{path}"
    try:
        status = os.lstat(full)
    except OSError:
        return ""
    changed = max(status.st_ctime_ns, status.st_mtime_ns)
    if not stat.S_ISREG(status.st_mode) or time.time_ns() - changed < _COARSEST or _through_link(top, full):
        return ""
    about = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return " ".join(map(str, about))


def is_binary(data: bytes) -> bool:
    """Whether `data` holds no text: a NUL near its beginning, as Git decides, but no mark of UTF-16 or UTF-32."""
    return b"\0" in data[:_GIT_LOOKS_AT] and not data.startswith(_WIDE_TEXT)


def too_large(shown: str, size: int, limit: int) -> Skip:
    """The skip of a file over the size limit; sizes are in bytes."""
    reason = f"{size / 2**20:,.0f} MiB is over max-file-size ({limit / 2**20:,.0f} MiB); raise it or exclude the file"
    return Skip(shown, reason, gap=True)


_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a directory (a submodule is scanned by itself)",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def _unopened(full: str, shown: str, error: OSError) -> Skip:
    try:
        kind = stat.S_IFMT(os.lstat(full).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return Skip(shown, ABSENT)
    except OSError:
        kind = stat.S_IFREG
    if kind != stat.S_IFREG:
        return Skip(shown, _KINDS.get(kind, "not a regular file"))
    return Skip(shown, f"can't be read: {error.strerror}", gap=True)


def _through_link(top: str, full: str) -> bool:
    """Whether a directory between the two is a symbolic link."""
    folder = top
    try:
        for name in full.removeprefix(top + os.sep).split(os.sep)[:-1]:  # noqa: PTH206 - a Path is slow to make
            folder = f"{folder}{os.sep}{name}"
            if stat.S_ISLNK(os.lstat(folder).st_mode):
                return True
    except OSError:  # opening the file says why
        return False
    return False
