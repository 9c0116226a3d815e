"""What there is to scan: the paths of a repository, of its index or of a plain directory, and what can't be listed."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from lockgate.inputs import git, objects
from lockgate.inputs.files import display
from lockgate.model.errors import UnavailableError
from lockgate.model.record import Skip

NESTED = "a repository that this one does not track; scan it by itself, and exclude it or let Git ignore it"

_REGULAR = (b"100644", b"100755")
_INDEX = ("ls-files", "-z", "-v", "--stage")
_MOST = 2**28  # bytes of names: a few small trees can name each other until they hold billions of files
_UNLISTED = re.compile(r"warning: could not open directory '(.*)")


class Entry(Struct, frozen=True):
    """What the index says of a path.

    `blob` names its content, empty where it is no regular file. `kept` tells that Git does not expect it in the working
    tree, as in a sparse checkout; `conflict` that a merge left several versions of it.
    """

    blob: str
    kept: bool = False
    conflict: bool = False


class Listing(Struct, frozen=True):
    """Paths as the file system spells them, relative to the root. `unread` are directories that were not looked into."""

    tracked: dict[str, Entry]
    others: Sequence[str] = ()
    unread: Sequence[Skip] = ()


def of_root(root: Path) -> Listing:
    """In a Git repository the tracked files and the untracked ones that Git does not ignore; elsewhere every file."""
    return _of_repository(root) if git.is_repository(root) else _of_directory(root)


def of_folder(folder: Path) -> Listing:
    """The same, of a directory that somebody names: where Git has nothing to list, as it ignores the directory, every file."""
    found = of_root(folder)
    return found if found.tracked or found.others else _of_directory(folder)


def of_changes(root: Path) -> Listing:
    """The regular files that the next commit adds or changes, and those with a conflict."""
    changed = git.run(
        root, "diff", "--cached", "--raw", "-z", "--no-abbrev", f"--relative={git.below(root)}", "--no-renames", "--diff-filter=AMTU",
        "--no-ext-diff", "--no-textconv", "--ignore-submodules", of_hook=True,
    )  # fmt: skip
    # Each entry is `:old-mode new-mode old-blob new-blob status`, then the path.
    fields = changed.split(b"\0")
    tracked: dict[str, Entry] = {}
    for about, path in zip(fields[::2], fields[1::2], strict=False):
        _, mode, _, blob, status = about.split(b" ")
        if status == b"U" or mode in _REGULAR:
            tracked[os.fsdecode(path)] = Entry(blob.decode("ascii"), conflict=status == b"U")
    return Listing(tracked)


def of_commit(root: Path, commit: str) -> Listing:
    """The files that a commit has below `root`. Raises UnavailableError where Git can't list them, or there are far too many."""
    below = git.below(root)
    tracked: dict[str, Entry] = {}
    for line in _of_tree(root, commit, *([below] if below else [])).split(b"\0")[:-1]:
        about, _, name = line.partition(b"\t")
        mode, _, blob = about.split(b" ")
        path = os.fsdecode(name).removeprefix(below)
        # Git checks such names where it makes files of them, and not where it lists them.
        regular = mode in _REGULAR and not {"", ".", ".."} & set(path.split("/"))
        tracked[path] = Entry(blob.decode("ascii") if regular else "")
    return Listing(tracked)


def _of_tree(root: Path, *arguments: str) -> bytes:
    with objects.Stream(root, "ls-tree", "-r", "-z", "--full-tree", "--", *arguments) as stream:
        pieces, size = [], 0
        while piece := stream.some(_MOST):
            pieces.append(piece)
            size += len(piece)
            if size > _MOST:
                raise UnavailableError("a commit lists too many files")
        if stream.code():
            raise UnavailableError(f"git can't list the files of {arguments[0]}: the clone is partial or damaged")
    return b"".join(pieces)


def of_names(root: Path, names: Sequence[str]) -> Listing:
    """The files of these names, in the index or not."""
    tracked = _tracked(git.run(root, *_INDEX, "--", *names, of_hook=True))
    return Listing(tracked, [name for name in names if name not in tracked])


def _of_repository(root: Path) -> Listing:
    done = git.call(root, *_INDEX, "--cached", "--others", "--exclude-standard")
    others = [os.fsdecode(line[2:]) for line in done.stdout.split(b"\0") if line.startswith(b"? ")]
    # Git names no file of a repository that lies in this one and is none of its submodules.
    nested = [Skip(display(path), NESTED, gap=True) for path in others if path.endswith("/")]
    files = [path for path in others if not path.endswith("/")]
    return Listing(_tracked(done.stdout), files, [*nested, *_unlisted(root, done.stderr)])


def _tracked(listed: bytes) -> dict[str, Entry]:
    """Each entry is `tag mode blob stage`, a tab and the path; what is not tracked has the tag `?` and its path only."""
    tracked: dict[str, Entry] = {}
    for line in listed.split(b"\0"):
        if not line or line.startswith(b"? "):
            continue
        about, _, path = line.partition(b"\t")
        tag, mode, blob, stage = about.split(b" ")
        tracked[os.fsdecode(path)] = Entry(
            blob.decode("ascii") if mode in _REGULAR else "", kept=tag not in (b"H", b"M"), conflict=stage != b"0"
        )
    return tracked


def _unlisted(root: Path, said: bytes) -> list[Skip]:
    """Git only warns of a directory that it can't open, names it from the top of the repository, and cuts long names."""
    named = filter(None, map(_UNLISTED.match, said.decode("utf-8", "backslashreplace").splitlines()))
    return [
        _unread(path.removeprefix(git.prefix(root)), why)
        for path, _, why in (match[1].partition("': ") for match in named)
    ]


def _of_directory(root: Path) -> Listing:
    found: list[str] = []
    unread: list[Skip] = []
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(root / folder) as entries:
                for entry in entries:
                    path = f"{folder}{os.sep}{entry.name}" if folder else entry.name
                    (folders if entry.is_dir(follow_symlinks=False) else found).append(path)
        except OSError as error:
            unread.append(_unread(display(folder), error.strerror))
    return Listing({}, found, unread)


def _unread(folder: str, why: str | None) -> Skip:
    return Skip(f"{folder.rstrip('/')}/" if folder else "./", f"can't be listed: {why or 'unknown error'}", gap=True)
