"""What comes on standard input, as if it were a file."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from lockgate.inputs import listing
from lockgate.inputs.files import Start, display, start_of
from lockgate.inputs.tree import Tree
from lockgate.model.record import Skip


class PipedTree(Tree):
    """One file of the name `name` (relative to `root`), whose content is read from `stream`, once and up to the limit."""

    is_committed = False

    def __init__(
        self, root: Path, name: str, stream: BinaryIO, exclude: tuple[str, ...] = (), limit: int = 2**25
    ) -> None:
        super().__init__(root, exclude, limit)
        self._name = name
        self._stream = stream

    def read_start(self, path: str) -> Start | Skip:
        """The content that came, or why none did."""
        try:
            data = self._stream.read(self.limit + 1)
        except OSError as error:
            return Skip(display(path), f"standard input can't be read: {error.strerror}", gap=True)
        return start_of(display(path), data, len(data), self.limit)

    def state(self, path: str) -> str:  # noqa: ARG002 - as its base
        """Nothing: what comes another time may be something else."""
        return ""

    @cached_property
    def _listing(self) -> listing.Listing:
        return listing.Listing({}, [self._name])
