"""The files of the index: what the next commit would hold, whatever the working tree says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from lockgate.inputs import listing, objects
from lockgate.inputs.files import Start
from lockgate.inputs.tree import Tree
from lockgate.model.record import Skip


class StagedTree(Tree):
    """The index of the repository at `root`.

    With `names` (relative to the root) these files, the ones that are not in the index taken from the working tree;
    without, the files that the next commit adds or changes.
    """

    def __init__(
        self, root: Path, names: Sequence[str] = (), exclude: tuple[str, ...] = (), limit: int = 2**25
    ) -> None:
        super().__init__(root, exclude, limit)
        self._names = names

    def read_start(self, path: str) -> Start | Skip:
        """The staged content of one file, the start of one over the size limit, or why it was not read."""
        entry = self._listing.tracked.get(path)
        return self._read_index(path, entry) if entry and entry.blob else super().read_start(path)

    def state(self, path: str) -> str:
        """The name of the blob; empty for what is not in the index."""
        entry = self._listing.tracked.get(path)
        return entry.blob if entry and not entry.conflict else ""

    @cached_property
    def _blobs(self) -> objects.Blobs:
        return objects.Blobs(self.root, of_hook=True)

    @cached_property
    def _listing(self) -> listing.Listing:
        return listing.of_names(self.root, self._names) if self._names else listing.of_changes(self.root)
