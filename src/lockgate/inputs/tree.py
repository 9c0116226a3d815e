"""The files of a scan: of a working tree, or of what is staged."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from lockgate.inputs import listing, objects
from lockgate.inputs.files import ABSENT, Start, display, read_start, start_of, state
from lockgate.model.errors import UnavailableError
from lockgate.model.record import EXCLUDED, Skip


class Tree:
    """The working tree below `root`.

    In a Git repository these are the tracked files and the untracked ones that Git does not ignore; elsewhere every
    file, those in `.git` folders too. `exclude` holds gitignore-style patterns of files to leave out, `limit` the largest size to read in bytes.
    """

    is_committed = True  # whether its files may have a history in the repository

    def __init__(self, root: Path, exclude: tuple[str, ...] = (), limit: int = 2**25) -> None:
        self.root = root
        self.limit = limit
        self._exclude = exclude

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The paths to examine, sorted, relative to the root, as the file system spells them."""
        return self._chosen[0]

    @cached_property
    def skipped(self) -> tuple[Skip, ...]:
        """What the patterns leave out, and directories that were not looked into."""
        return self._chosen[1]

    def read(self, path: str) -> bytes | Skip:
        """The content of one file, or why it was not read.

        Where Git tracks a file that the working tree does not hold, though nobody deleted it, this is its content in the
        index: it is in the repository all the same.
        """
        start = self.read_start(path)
        return start if isinstance(start, Skip) else start.gap or start.data

    def read_start(self, path: str) -> Start | Skip:
        """The same, but of a file over the size limit its start."""
        start = read_start(self.root, path, self.limit)
        if isinstance(start, Start) or start.gap:
            return start
        entry = self._listing.tracked.get(path)
        if entry is None or not entry.blob or (start.reason == ABSENT and not entry.kept):
            return start
        return self._read_index(path, entry)

    def has(self, path: str) -> bool:
        """Whether there is something of that name, whether or not it is examined."""
        return os.path.lexists(self.root / path)

    def state(self, path: str) -> str:
        """What is another one whenever the content of a file is; empty where that can't be told."""
        return state(self.root, path)

    def text(self, path: str) -> str | Skip:
        """The content of one file as UTF-8 text (a byte-order mark removed), or why it was not read."""
        data = self.read(path)
        if isinstance(data, Skip):
            return data
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return Skip(display(path), f"not UTF-8 at byte {error.start}", gap=True)

    def _read_index(self, path: str, entry: listing.Entry) -> Start | Skip:
        shown = display(path)
        if entry.conflict:
            return Skip(shown, "has a merge conflict; resolve it and git add the file", gap=True)
        try:
            blob = self._blobs.read(entry.blob, self.limit)
        except UnavailableError as error:
            return Skip(shown, f"can't be read from the index: {error}", gap=True)
        return start_of(shown, blob.data, blob.size, self.limit)

    @cached_property
    def _blobs(self) -> objects.Blobs:
        return objects.Blobs(self.root)

    @cached_property
    def _listing(self) -> listing.Listing:
        return listing.of_root(self.root)

    @cached_property
    def _chosen(self) -> tuple[tuple[str, ...], tuple[Skip, ...]]:
        paths = sorted({*self._listing.tracked, *self._listing.others})
        unread = tuple(self._listing.unread)
        if not self._exclude:
            return tuple(paths), unread
        out = excluder(self._exclude)
        excluded = {path: Skip(display(path), EXCLUDED) for path in paths if out(path)}
        folders = (Skip(skip.subject, EXCLUDED) if out(skip.subject) else skip for skip in unread)
        return tuple(path for path in paths if path not in excluded), (*excluded.values(), *folders)


def excluder(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Tells whether gitignore-style patterns leave out a path."""
    if not patterns:
        return lambda _path: False
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(patterns).match_file
