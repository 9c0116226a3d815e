"""Files that are kept in the user's data directory: private, and replaced as a whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

from lockgate.inputs.user_dirs import data_dir, is_private, make_private
from lockgate.model.errors import UnavailableError

T = TypeVar("T")


def place_of(name: str) -> Path:
    """The file of that name, whether it exists or not."""
    return data_dir() / name


def is_there(path: Path) -> bool:
    """Whether there is such a file. Raises UnavailableError where others could have changed it."""
    if not path.exists():
        return False
    if not (is_private(path.parent) and is_private(path)):
        raise UnavailableError(f"{path} could have been changed by others; mend its permissions and sync again")
    return True


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A block that replaces the file. Raises UnavailableError where that can't be done."""
    if not make_private(path.parent):
        raise UnavailableError(f"{path.parent} can't be made, or others can write in it; mend its permissions")
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"{path} can't be written ({error.strerror or error}); the one that was there, if any, stays"
        ) from None


def replace(path: Path, fill: Callable[[BinaryIO], T]) -> T:
    """Write a file anew: whoever looks finds the old one or the new one, never a part. Raises OSError."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
        new = Path(file.name)
        try:
            filled = fill(file)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
            file.close()
            new.replace(path)
        except BaseException:
            file.close()
            new.unlink(missing_ok=True)
            raise
    return filled
