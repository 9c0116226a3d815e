"""The commits that somebody names: a range, or all that there are."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import Struct

from lockgate.inputs import git
from lockgate.model.errors import UnavailableError, UsageError, shortened

MOST_STASHED = 1_000  # entries; all are named in one command
_WANTED = {"--range": "A..B, or one commit", "--since": "a branch, a tag or a commit"}
_RANGE = re.compile(r"(.*?)(\.{2,3})(.*)", re.DOTALL)


class Commits(Struct, frozen=True):
    """`revisions` are arguments of `git rev-list`. Wanted are whole files, or `added` lines only.

    Where there are `buckets` (see `history.bucket`) only the paths in these are looked at, as the share of that number.
    """

    revisions: tuple[str, ...] = ("--all",)
    added: bool = False
    share: int = 0
    buckets: tuple[int, ...] = ()


def check_repository(root: Path) -> None:
    """Raise UsageError unless `root` is in a Git repository, which may be a bare one."""
    try:
        git.run(root, "rev-parse", "--git-dir")
    except UnavailableError as error:
        raise UsageError(f"{root}: {error}; give the directory of a repository") from None


def range_of(root: Path, text: str) -> Commits:
    """The commits of a range, with their added lines.

    `A..B` are those that B has and A has not, `A...B` those that one of the two has and the other has not, as for `git log`;
    an end that is left out is HEAD. A single revision is that commit alone.
    Raises UsageError for what names no commit, UnavailableError where a shallow clone may just lack it.
    """
    match = _RANGE.fullmatch(text)
    if match is None:
        return Commits(("--no-walk", _commit(root, text)), added=True)
    begin, end = (_commit(root, name or "HEAD") for name in match.group(1, 3))
    return Commits((f"{begin}{match[2]}{end}",), added=True)


def base_of(root: Path, text: str) -> str:
    """The commit at which what is checked out parted from a revision; the revision itself where it is an ancestor.

    Raises UsageError where `root` is in no repository, or `text` names no commit or one without a common ancestor, and
    UnavailableError where a shallow clone may just lack it.
    """
    check_repository(root)
    commit = _commit(root, text, "--since")
    try:
        return git.run(root, "merge-base", commit, "HEAD").decode("ascii").strip()
    except UnavailableError:
        shown = repr(shortened(text))
        _check_deep(root, f"the common ancestor with {shown}", "--since")
        raise UsageError(f"--since: {shown} and what is checked out have no common ancestor; give one") from None


def everything(root: Path) -> Commits:
    """All that was committed and that a ref leads to. Of the stash these are all entries, which only its log names."""
    try:
        stashed = git.run(root, "rev-list", "--walk-reflogs", "refs/stash", "--").decode("ascii").split()
    except UnavailableError:  # nothing is stashed
        stashed = []
    return Commits(("--all", *stashed[:MOST_STASHED]))


def _commit(root: Path, name: str, option: str = "--range") -> str:
    """The full name of a commit."""
    shown = repr(shortened(name))
    if name.startswith(("-", "^")) or "\0" in name:
        raise UsageError(f"{option}: {shown} names no commit; give {_WANTED[option]}")
    try:
        return git.run(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode("ascii").strip()
    except UnavailableError:
        pass
    _check_deep(root, shown, option)
    raise UsageError(f"{option}: there is no commit {shown} in {root}; git log --all shows what there is")


def _check_deep(root: Path, what: str, option: str) -> None:
    """Raise UnavailableError where commits may be missing because the clone is shallow."""
    if git.run(root, "rev-parse", "--is-shallow-repository").strip() == b"true":
        raise UnavailableError(
            f"{option}: {what} is not in this clone, which is shallow; run: git fetch --unshallow "
            "(on GitHub: give actions/checkout `fetch-depth: 0`)"
        )
