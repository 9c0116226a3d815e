"""The files and directories that somebody names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from msgspec.structs import replace

from lockgate.inputs import files, listing
from lockgate.inputs.files import Start, display
from lockgate.inputs.tree import Tree
from lockgate.model.record import Skip


class NamedTree(Tree):
    """These files, also where Git ignores them, and of these directories what a `Tree` of each has.

    `names` are relative to `root`. A directory may be a repository of its own, or lie in one that is not the one of `root`.
    """

    def __init__(self, root: Path, names: Sequence[str], exclude: tuple[str, ...] = (), limit: int = 2**25) -> None:
        super().__init__(root, exclude, limit)
        self._names = names

    def read_start(self, path: str) -> Start | Skip:
        """The start of one file, or why it was not read."""
        folder = self._folders.get(path)
        if folder is None:
            return files.read_start(self.root, path, self.limit)
        start = folder.read_start(os.path.relpath(path, folder.root.relative_to(self.root)))
        if isinstance(start, Skip):
            return replace(start, subject=display(path))
        return Start(start.data, start.gap and replace(start.gap, subject=display(path)))

    @cached_property
    def _folders(self) -> dict[str, Tree]:
        """The directory that a path was found in; one that was named itself is in none."""
        return {}

    @cached_property
    def _listing(self) -> listing.Listing:
        unread: list[Skip] = []
        others: list[str] = []
        for name in self._names:
            if not (self.root / name).is_dir():
                others.append(name)
                continue
            folder = _Folder(self.root / name, (), self.limit)
            found = [os.path.join(name, path) for path in folder.files]  # noqa: PTH118 - names as they are
            self._folders.update((path, folder) for path in found if path not in self._names)
            others += found
            unread += (replace(skip, subject=f"{display(name)}/{skip.subject}") for skip in folder.skipped)
        return listing.Listing({}, others, unread)


class _Folder(Tree):
    @cached_property
    def _listing(self) -> listing.Listing:
        return listing.of_folder(self.root)
