"""A tree in which some files have another content than on disk: what would be, before it is written."""

from __future__ import annotations

from collections.abc import Mapping

from lockgate.inputs.files import Start, display, start_of
from lockgate.inputs.tree import Tree
from lockgate.model.record import Skip


class Overlay(Tree):
    """The files of `tree`, those in `contents` (by path, as the file system spells it) with that content."""

    is_committed = False

    def __init__(self, tree: Tree, contents: Mapping[str, bytes]) -> None:
        super().__init__(tree.root, limit=tree.limit)
        self._tree = tree
        self._contents = contents

    @property
    def files(self) -> tuple[str, ...]:
        """The paths to examine."""
        return self._tree.files

    @property
    def skipped(self) -> tuple[Skip, ...]:
        """What the tree leaves out."""
        return self._tree.skipped

    def read_start(self, path: str) -> Start | Skip:
        """The content of one file; of one over the size limit its start."""
        data = self._contents.get(path)
        return self._tree.read_start(path) if data is None else start_of(display(path), data, len(data), self.limit)

    def state(self, path: str) -> str:
        """Nothing may be kept of what is not on disk."""
        return "" if path in self._contents else self._tree.state(path)
