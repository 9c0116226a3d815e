"""A tree whose small files are read once, for a check that has several readers look at the same ones."""

from __future__ import annotations

from lockgate.inputs.files import Start
from lockgate.inputs.overlay import Overlay
from lockgate.inputs.tree import Tree
from lockgate.model.record import Skip

ROOM = 2**25  # bytes that are held in memory at most


class Remembered(Overlay):
    """The files of `tree`, as they are when they are read first."""

    def __init__(self, tree: Tree) -> None:
        self._seen: dict[str, bytes] = {}
        self._room = ROOM
        super().__init__(tree, self._seen)

    def read_start(self, path: str) -> Start | Skip:
        """The content of one file; of one over the size limit its start."""
        start = super().read_start(path)
        if isinstance(start, Start) and not start.gap and path not in self._seen and len(start.data) <= self._room:
            self._seen[path] = start.data
            self._room -= len(start.data)
        return start
