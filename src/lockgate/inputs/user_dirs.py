"""The user's own directories for data and for caches, and whether they can be trusted."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def data_dir() -> Path:
    """Where lockgate keeps what the user asked it to fetch. It may not exist yet."""
    import platformdirs

    return platformdirs.user_data_path("lockgate", appauthor=False)


def cache_dir(name: str) -> Path | None:
    """A directory for caches, made if need be; None where it can't be made or others could write in it."""
    import platformdirs

    top = make_private(platformdirs.user_cache_path("lockgate", appauthor=False))
    return make_private(top / name) if top else None


def make_private(directory: Path) -> Path | None:
    """`directory`, made if need be; None where it can't be made or others could write in it."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return directory if is_private(directory) else None


def is_private(path: Path) -> bool:
    """Whether nobody but this user and the administrator can change the file or directory."""
    if os.name != "posix":
        return True
    try:
        status = os.lstat(path)
    except OSError:
        return False
    owned = status.st_uid in (os.geteuid(), 0) and not stat.S_ISLNK(status.st_mode)
    return owned and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
