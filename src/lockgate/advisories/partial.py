"""What is there of a download: kept after a fault in the user's cache directory, and continued by the next run."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

from lockgate.inputs.user_dirs import cache_dir

CHUNK = 2**20
LONGEST_VALIDATOR = 100  # characters: it is in the file's name
SECONDS_KEPT = 7 * 86400


class Partial:
    """A file that grows. What is kept has a name that tells of what it is the start, and is taken by renaming it.

    So no two runs go on with the same one. `whole` says that there is nothing to be kept for.
    """

    def __init__(self, url: str) -> None:
        """Take what is kept of `url`. Raises OSError where no file can be made."""
        self._folder = cache_dir("downloads")
        self._name = hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        descriptor, name = tempfile.mkstemp(dir=self._folder, prefix="new-")
        self.file: BinaryIO = os.fdopen(descriptor, "r+b")
        self._path = Path(name)
        self.validator = ""
        self.size = 0
        self.whole = False
        if self._folder:
            self._take(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # a full disk
            self.file.close()
        kept = self._kept()
        with suppress(OSError):
            if kept and not self.whole:
                self._path.replace(kept)
        self._path.unlink(missing_ok=True)

    @property
    def headers(self) -> dict[str, str]:
        """What asks for the rest; empty where nothing is there, or nothing that could be gone on with."""
        if not self.size or not self.validator or self.validator.startswith("W/"):
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": self.validator}

    def continues(self, content_range: str) -> bool:
        """Whether a server sends what follows here."""
        return content_range.replace(" ", "").startswith(f"bytes{self.size}-")

    def restart(self, validator: str) -> None:
        """Forget what is there; what comes now is named by `validator`."""
        self.file.seek(0)
        self.file.truncate()
        self.validator = validator
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add to the end. Raises OSError."""
        self.file.write(data)
        self.size += len(data)

    def head(self, length: int) -> bytes:
        """The first bytes."""
        self.file.seek(0)
        data = self.file.read(min(length, self.size))
        self.file.seek(0, os.SEEK_END)
        return data

    def chunks(self) -> Iterator[bytes]:
        """All of it."""
        self.file.seek(0)
        while chunk := self.file.read(CHUNK):
            yield chunk

    def _kept(self) -> Path | None:
        if not (self._folder and self.headers and len(self.validator) <= LONGEST_VALIDATOR):
            return None
        return self._folder / f"{self._name}.{urlsafe_b64encode(self.validator.encode()).decode()}.part"

    def _take(self, folder: Path) -> None:
        for found in folder.iterdir():
            with suppress(OSError, ValueError):  # another run was quicker, or it is none of ours
                if found.stat().st_mtime < time.time() - SECONDS_KEPT:
                    found.unlink()
                elif found.name.startswith(f"{self._name}.") and not self.size:
                    validator = urlsafe_b64decode(found.name.split(".")[1]).decode()
                    found.replace(self._path)
                    self.file.close()
                    self.file = self._path.open("r+b")
                    self.size = self.file.seek(0, os.SEEK_END)
                    self.validator = validator
