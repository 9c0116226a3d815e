"""The files of the index: what the next commit would hold, whatever the working tree says."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from lockgate.inputs import git
from lockgate.inputs.files import display, too_large
from lockgate.inputs.tree import Tree
from lockgate.model.record import Skip

_REGULAR = (b"100644", b"100755")


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

    def read(self, path: str) -> bytes | Skip:
        """The staged content of one file, or why it was not read."""
        if path not in self._blobs:
            return super().read(path)
        size, data = self._store.read(self._blobs[path], self.limit)
        return too_large(display(path), size, self.limit) if data is None else data

    def _paths(self) -> Iterator[str]:
        yield from self._names or self._blobs

    @cached_property
    def _store(self) -> git.Blobs:
        return git.Blobs(self.root)

    @cached_property
    def _blobs(self) -> dict[str, str]:
        """The blob of every regular file of the scan, by path."""
        return dict(self._listed_in_index() if self._names else self._changed_in_index())

    def _changed_in_index(self) -> Iterator[tuple[str, str]]:
        changed = git.run(
            self.root, "diff", "--cached", "--raw", "-z", "--no-abbrev", "--relative", "--no-renames",
            "--diff-filter=AMT", "--no-ext-diff", "--no-textconv", "--ignore-submodules", of_hook=True,
        )  # fmt: skip
        # Each entry is `:old-mode new-mode old-blob new-blob status`, then the path.
        fields = changed.split(b"\0")
        for entry, path in zip(fields[::2], fields[1::2], strict=False):
            _, mode, _, blob, _ = entry.split(b" ")
            if mode in _REGULAR:
                yield os.fsdecode(path), blob.decode("ascii")

    def _listed_in_index(self) -> Iterator[tuple[str, str]]:
        # Each entry is `mode blob stage`, a tab, and the path.
        for entry in git.run(self.root, "ls-files", "--stage", "-z", "--", *self._names, of_hook=True).split(b"\0"):
            about, _, path = entry.partition(b"\t")
            mode, _, rest = about.partition(b" ")
            if mode in _REGULAR:
                yield os.fsdecode(path), rest.split(b" ")[0].decode("ascii")
