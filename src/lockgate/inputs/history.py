"""What was committed: the blobs that commits brought to a path, and who made these commits when.

Every path and content comes from `git rev-list` and `git diff-tree`, which obey far less of a repository's configuration than
`git log`. A merge brings what differs from all of its parents.
"""

from __future__ import annotations

import os
import re
import threading
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from lockgate.inputs import git
from lockgate.inputs.objects import Stream, read_ahead
from lockgate.model.errors import UnavailableError

_DIFF = (
    "diff-tree",
    "--stdin",
    "-r",
    "-c",
    "--root",
    "--raw",
    "-z",
    "--no-abbrev",
    "--find-renames=100%",
    "--always",  # tells that it goes on where nothing changed
)
_SUBMODULE = b"160000"
_NONE = b"000000"
_AUTHOR = re.compile(rb"^author ([^\n]*) <([^\n]*)> (-?\d{1,12}) ([+-])(\d\d)([0-5]\d)$", re.MULTILINE)
_PLAIN = ("--unified=0", "--inter-hunk-context=0", "--text", "--no-ext-diff", "--no-textconv", "--no-color")
_HUNK = re.compile(rb"^@@ -[\d,]+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_HEADER = 2**16  # bytes, of a commit


class Change(NamedTuple):
    """A commit gave `path` the content `blob`, where its parents had `before` (nothing for those that had no such file).

    What a ref leads to without a commit has the name of the ref in its place.
    """

    commit: str
    path: str
    blob: str
    before: tuple[str, ...] = ()


BUCKETS = 1024


def bucket(path: str) -> int:
    """One of BUCKETS, always the same for a path."""
    return zlib.crc32(os.fsencode(path)) % BUCKETS


class Commit(Struct, frozen=True):
    """Who made a commit, and when (RFC 3339, in the author's time zone). What it does not tell is empty."""

    id: str
    author: str = ""
    date: str = ""


def listed(root: Path, *revisions: str, seconds: float | None = None) -> list[str]:
    """The commits that `git rev-list` lists, the oldest first and none before its parents.

    Raises UnavailableError where the repository lacks one of them, or Git takes more than `seconds`.
    """
    done = git.call(root, "rev-list", "--date-order", "--reverse", *revisions, seconds=seconds)
    return done.stdout.decode("ascii").split()


def missing(root: Path, *revisions: str) -> frozenset[str]:
    """The blobs of these commits that a partial clone lacks. Git would end when it is asked for one."""
    try:
        git.run(root, "config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$")
    except UnavailableError:  # there is no such setting
        return frozenset()
    found = git.run(root, "rev-list", "--objects", "--missing=print", *revisions)
    return frozenset(line[1:].decode("ascii") for line in found.splitlines() if line.startswith(b"?"))


def shallow_end(root: Path, commits: Iterable[str]) -> set[str]:
    """Which of the commits are here without their parents, because the clone is shallow."""
    if git.run(root, "rev-parse", "--is-shallow-repository").strip() != b"true":
        return set()
    roots = git.run(root, "rev-list", "--all", "--max-parents=0").decode("ascii").split()
    wanted = ((commit, commit) for commit in set(commits).intersection(roots))
    headers = (
        (name, blob.data.partition(b"\n\n")[0] if blob else b"") for name, blob in read_ahead(root, wanted, _HEADER)
    )
    return {name for name, header in headers if b"\nparent " in header}


def changes(root: Path, commits: Iterable[str], *paths: str) -> Iterator[Change]:
    """What each of the commits brought, in their order: to all paths below `root`, or to these.

    A file that was only renamed has its old content in `before`. Raises UnavailableError where a tree is missing.
    """
    with Stream(root, *_DIFF, f"--relative={git.below(root)}", "--", *paths) as stream:
        # It has no end while it is written to, so that this takes a thread.
        threading.Thread(target=_tell, args=(stream, commits), daemon=True).start()
        yield from _parsed(_fields(stream))
        code = stream.code()
    if code:
        raise UnavailableError(f"git diff-tree ended with exit code {code}: the clone is partial or damaged")


def tagged(root: Path) -> Iterator[Change]:
    """The files to which refs lead without a commit: tags may be of trees and blobs. A blob has the ref's name as its path."""
    form = "--format=%(objectname) %(objecttype) %(*objectname) %(*objecttype) %(refname)"
    for line in git.run(root, "for-each-ref", form).splitlines():
        name, kind, tagged_name, tagged_kind, ref = os.fsdecode(line).split(" ", 4)
        name, kind = (tagged_name, tagged_kind) if tagged_name else (name, kind)
        if kind == "tag":  # of a tag
            name = git.run(root, "rev-parse", "--verify", f"{name}^{{}}").decode("ascii").strip()
            kind = git.run(root, "cat-file", "-t", name).decode("ascii").strip()
        if kind == "blob":
            yield Change(ref, ref, name)
        elif kind == "tree":
            yield from _of_tree(root, ref, name)


def _of_tree(root: Path, ref: str, tree: str) -> Iterator[Change]:
    """Each entry is `mode type name`, a tab and the path from the top of the repository."""
    top = os.fsencode(git.below(root))
    for entry in filter(None, git.run(root, "ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0")):
        about, _, path = entry.partition(b"\t")
        mode, _, blob = about.split(b" ")
        if mode != _SUBMODULE and path.startswith(top):
            yield Change(ref, os.fsdecode(path.removeprefix(top)), blob.decode("ascii"))


def added_lines(root: Path, change: Change) -> Collection[int] | None:
    """The lines, from 1, that the new content has and no old one, as `git diff` sees it; None for all, of a new file."""
    added = [_added(root, old, change.blob) for old in change.before]
    return set.intersection(*added) if added else None


def _added(root: Path, old: str, new: str) -> set[int]:
    diff = git.run(root, "diff", *_PLAIN, old, new)
    hunks = (match.groups() for match in _HUNK.finditer(diff))
    return {line for start, count in hunks for line in range(int(start), int(start) + int(count or 1))}


def _tell(stream: Stream, commits: Iterable[str]) -> None:
    try:
        for commit in commits:
            stream.say(commit.encode("ascii") + b"\n")
    except BrokenPipeError:
        pass  # its reader sees that it has ended
    finally:
        stream.end_input()


def _fields(stream: Stream) -> Iterator[bytes]:
    rest = b""
    while piece := stream.some(2**16):
        *whole, rest = (rest + piece).split(b"\0")
        yield from whole


def _parsed(fields: Iterator[bytes]) -> Iterator[Change]:
    """Fields are a commit, or `:mode mode blob blob status` and a path, or two where it was renamed.

    Of a merge there are as many modes, blobs and letters as parents, and as many colons.
    """
    commit = ""
    for field in fields:
        if not field.startswith(b":"):
            commit = field.decode("ascii")
            continue
        about = field.lstrip(b":")
        parents = len(field) - len(about)
        *modes_and_blobs, status = about.split(b" ")
        modes, blobs = modes_and_blobs[: parents + 1], modes_and_blobs[parents + 1 :]
        path = next(fields)
        if parents == 1 and status[:1] in (b"R", b"C"):
            path = next(fields)
        if modes[-1] not in (_SUBMODULE, _NONE):
            before = (blob for mode, blob in zip(modes, blobs, strict=True) if mode not in (_SUBMODULE, _NONE))
            *old, new = (blob.decode("ascii") for blob in before)
            yield Change(commit, os.fsdecode(path), new, tuple(old))


def described(root: Path, commits: Iterable[str]) -> dict[str, Commit]:
    """Each of the commits, by its name, with author and date as they stand in it."""
    wanted = ((commit, commit) for commit in commits)
    return {name: _described(name, blob.data if blob else b"") for name, blob in read_ahead(root, wanted, _HEADER)}


def _described(name: str, data: bytes) -> Commit:
    match = _AUTHOR.search(data.partition(b"\n\n")[0])
    if not match:
        return Commit(name)
    person, mail, seconds, sign, hours, minutes = match.groups()
    author = b"%b <%b>" % (person, mail)
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (1 if sign == b"+" else -1)
    return Commit(name, author.decode("utf-8", "backslashreplace"), _rfc3339(int(seconds), offset))


def _rfc3339(seconds: int, offset: timedelta) -> str:
    """The time, in UTC where the offset is none of this world; empty where the year has not four digits."""
    zone = timezone(offset) if abs(offset) < timedelta(days=1) else UTC
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).astimezone(zone).isoformat()
    except OverflowError:
        return ""


class FirstCommitted(Struct, frozen=True):
    """For each question the oldest commit of a path's history that holds the answer, None where none was seen.

    `cut` says how far was looked where that is not the whole history, else it is empty.
    """

    commits: tuple[Commit | None, ...]
    cut: str = ""


def first_committed(
    root: Path,
    path: str,
    questions: Sequence[Callable[[bytes], bool]],
    *,
    limit: int = 2**25,
    seconds: float = 5.0,
    versions: int = 10_000,
) -> FirstCommitted:
    """The oldest commits before HEAD in which the content of `path` (relative to `root`) is what each question asks for.

    Looks at so many versions, for so long and at the first `limit` bytes of each; renames are not followed.
    Raises UnavailableError where Git can't tell.
    """
    until = time.monotonic() + seconds
    first: list[str | None] = [None] * len(questions)
    commits = listed(root, "--full-history", "HEAD", "--", path, seconds=max(seconds, 0.1))
    cut = "the clone is shallow" if shallow_end(root, commits) else ""
    lacks = missing(root, "HEAD", "--", path)
    cut = "the clone is partial" if lacks else cut
    wanted = ((each.blob, each.commit) for each in changes(root, commits, path) if each.blob not in lacks)
    for looked, (commit, blob) in enumerate(read_ahead(root, wanted, limit)):
        open_questions = [number for number, found in enumerate(first) if found is None]
        if not open_questions:
            break
        if looked >= versions or time.monotonic() > until:
            cut = f"only the oldest {looked:,} versions were looked at"
            break
        if blob is None or blob.size > limit:
            cut = "not every version could be read as a whole"
        for number in open_questions:
            if blob and questions[number](blob.data):
                first[number] = commit
    people = described(root, {commit for commit in first if commit})
    return FirstCommitted(tuple(people[commit] if commit else None for commit in first), cut)
