"""What a commit holds, read from the objects of the repository: nothing is checked out."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from lockgate.inputs import listing
from lockgate.inputs.files import ABSENT, Start, display
from lockgate.inputs.tree import Tree
from lockgate.model.record import Skip


class CommittedTree(Tree):
    """The files of `commit` below `root`, by the paths that they have from there."""

    def __init__(self, root: Path, commit: str, exclude: tuple[str, ...] = (), limit: int = 2**25) -> None:
        super().__init__(root, exclude, limit)
        self._commit = commit

    def read_start(self, path: str) -> Start | Skip:
        """The content of one file as it was committed, the start of one over the size limit, or why it was not read."""
        entry = self._listing.tracked.get(path)
        if entry is None:
            return Skip(display(path), ABSENT)
        return self._read_index(path, entry) if entry.blob else Skip(display(path), "a symbolic link or a submodule")

    def has(self, path: str) -> bool:
        """Whether there is something of that name."""
        return path in self._listing.tracked

    def state(self, path: str) -> str:
        """The name of the blob."""
        entry = self._listing.tracked.get(path)
        return entry.blob if entry else ""

    @cached_property
    def _listing(self) -> listing.Listing:
        return listing.of_commit(self.root, self._commit)
