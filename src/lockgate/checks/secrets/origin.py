"""Where a secret comes from: the commit that first held it, asked for once all files were looked at."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property, partial

from msgspec.structs import replace

from lockgate.checks.secrets.cache import FileResult
from lockgate.checks.secrets.examined import Examined
from lockgate.inputs import git
from lockgate.inputs.history import Commit, FirstCommitted, first_committed
from lockgate.inputs.tree import Tree
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Confidence, Finding

SECONDS = 5.0  # for all files together
_SHOWN = 8  # digits of a commit; of more the engines would think that it is a secret

UNBORN = "nothing is committed"  # in place of a head

Place = tuple[int, int, str]


class Origins:
    """Asks for the findings of a tree. What it tells holds as long as the commit `head` is the one that is checked out."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._until = 0.0

    @cached_property
    def head(self) -> str:
        """The commit that is checked out; empty outside of a repository, and where nothing is committed yet."""
        return git.head(self._tree.root)

    def hold(self, result: FileResult) -> bool:
        """Whether what a kept result says of commits is still true."""
        return not result.head or result.head == (self.head or UNBORN)

    def told(self, path: str, file: Examined, result: FileResult) -> FileResult:
        """The result with what is known of the commits of its findings.

        Not asked for are those of low confidence, and what doesn't stand in the file as it was seen.
        """
        values = dict(_values(file))
        asked = [finding for finding in result.findings if _place(finding) in values]
        if not asked or not self._tree.is_committed:
            return result
        first = self._first(path, [partial(_holds, values[_place(finding)]) for finding in asked])
        if first is None:
            return result
        said = {_place(finding): _said(finding, place, first) for place, finding in enumerate(asked)}
        findings = tuple(said.get(_place(finding), finding) for finding in result.findings)
        return replace(result, findings=findings, head=self.head or UNBORN)

    def _first(self, path: str, questions: Sequence[Callable[[bytes], bool]]) -> FirstCommitted | None:
        if not self.head:
            return FirstCommitted((None,) * len(questions)) if git.top(self._tree.root) else None
        self._until = self._until or time.monotonic() + SECONDS
        left = self._until - time.monotonic()
        if left <= 0:
            return None
        try:
            return first_committed(self._tree.root, path, questions, limit=self._tree.limit, seconds=left)
        except UnavailableError:
            return None


def _values(file: Examined) -> list[tuple[Place, bytes]]:
    """By place, the values that stand in a file as they were seen."""
    values = []
    for finding, group in file.secrets:
        value = group[0].value.reveal().encode("utf-8", "replace") if group[0].exact else b""
        if finding.confidence is not Confidence.LOW and value and value in file.start.data:
            values.append((_place(finding), value))
    return values


def _place(finding: Finding) -> Place:
    return finding.line, finding.column, finding.rule


def _holds(value: bytes, data: bytes) -> bool:
    return value in data


def _said(finding: Finding, place: int, first: FirstCommitted) -> Finding:
    commit = first.commits[place]
    if commit:
        return with_commit(finding, commit, first.cut)
    return finding if first.cut else replace(finding, message=f"{finding.message} It is not committed yet.")


def with_commit(finding: Finding, commit: Commit, cut: str = "") -> Finding:
    """The finding with the commit that first held it, as far as was looked: `cut` says why not further."""
    when = f" on {commit.date[:10]}" if commit.date else ""
    who = f" by {commit.author}" if commit.author else ""
    earlier = f", if not earlier ({cut})" if cut else ""
    about = {"commit": commit.id, "author": commit.author, "date": commit.date}
    return replace(
        finding,
        message=f"{finding.message} First committed in {commit.id[:_SHOWN]}{when}{who}{earlier}.",
        properties={**finding.properties, **{name: value for name, value in about.items() if value}},
    )
