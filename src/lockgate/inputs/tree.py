"""The files of a scan: of a working tree, or of what is staged."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from lockgate.inputs import git
from lockgate.inputs.files import display, read
from lockgate.model.record import Skip


class Tree:
    """The working tree below `root`.

    In a Git repository these are the tracked files and the untracked ones that Git does not ignore; elsewhere every
    file. `exclude` holds gitignore-style patterns of files to leave out, `limit` the largest size to read in bytes.
    """

    def __init__(self, root: Path, exclude: tuple[str, ...] = (), limit: int = 2**25) -> None:
        self.root = root
        self.limit = limit
        self._exclude = exclude

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The paths to examine, sorted, relative to the root, as the file system spells them."""
        return self._listed[0]

    @cached_property
    def excluded(self) -> tuple[Skip, ...]:
        """What the patterns leave out."""
        return tuple(Skip(display(path), "excluded by the settings") for path in self._listed[1])

    def read(self, path: str) -> bytes | Skip:
        """The content of one file, or why it was not read."""
        return read(self.root, path, self.limit)

    def text(self, path: str) -> str | Skip:
        """The content of one file as UTF-8 text (a byte-order mark removed), or why it was not read."""
        data = self.read(path)
        if isinstance(data, Skip):
            return data
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return Skip(display(path), f"not UTF-8 at byte {error.start}", gap=True)

    @cached_property
    def _listed(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        paths = sorted(set(self._paths()))
        if not self._exclude:
            return tuple(paths), ()
        import pathspec

        spec = pathspec.GitIgnoreSpec.from_lines(self._exclude)
        out = {path for path in paths if spec.match_file(path)}
        return tuple(path for path in paths if path not in out), tuple(sorted(out))

    def _paths(self) -> Iterator[str]:
        if git.is_repository(self.root):
            listed = git.run(self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
            yield from (os.fsdecode(path) for path in listed.split(b"\0") if path)
            return
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(name for name in folders if name != ".git")
            here = Path(folder).relative_to(self.root)
            yield from (str(here / name) for name in names)
