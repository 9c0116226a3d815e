"""From tags and branches, as files name them, to the commits that they stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

from msgspec import Struct

from lockgate.fixes.base import Left
from lockgate.fixes.edits import ONLINE, Edit, Job, Piece, Proposal
from lockgate.inputs.urls import shown
from lockgate.model.errors import UnavailableError, shortened
from lockgate.model.finding import Finding
from lockgate.remotes.hosts import Hosts
from lockgate.remotes.refs import ask

_FULL = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})")
_TAGS, _HEADS = "refs/tags/", "refs/heads/"
_UNUSUAL = "it is written in an unusual way, or more than a comment stands behind it on its line"


class Written(Struct, frozen=True):
    """A ref that a file names: at which finding, the address of its repository, and how people call that."""

    finding: Finding
    piece: Piece
    url: str
    ref: str
    name: str


class Named(Struct, frozen=True):
    """The commit that a ref stands for; `version` is the tag of the full version that the ref begins, empty where there is none."""

    commit: str
    ref: str
    version: str
    is_branch: bool


def pinned(
    job: Job,
    written: Callable[[Finding, Piece], Written],
    comment: Callable[[Named], str],
    gap: str,
) -> Proposal:
    """The edits that put commits in the place of refs, with `comment`, which stands `gap` behind them.

    `written` and `comment` raise UnavailableError, saying why, where that can't be.
    """
    if not job.settings.online:
        return Proposal(waiting={ONLINE: len(job.findings)})
    forge = shown(job.settings.forge).rpartition("://")[2].partition("/")[0]
    hosts = Hosts([*job.settings.online_hosts, forge])
    wanted: list[Written] = []
    left: list[Left] = []
    for finding in job.findings:
        name = str(finding.properties.get("pinned", "a revision"))
        piece = Piece.of(finding, job.files)
        try:
            if piece is None:
                raise UnavailableError(_UNUSUAL)  # noqa: TRY301 - told as the others are
            each = written(finding, piece)
            hosts.check(each.url)
        except UnavailableError as error:
            left.append(Left(finding, name, str(error)))
        else:
            wanted.append(each)
    known = ask(list(dict.fromkeys(each.url for each in wanted)), hosts)
    stands_for = cache(lambda url, ref: _named(ref, known[url]))
    edits: list[Edit] = []
    for each in wanted:
        try:
            edits.append(_edit(each, stands_for(each.url, each.ref), comment, gap))
        except UnavailableError as error:
            left.append(Left(each.finding, f"{each.name}@{shortened(each.ref)}", str(error)))
    return Proposal(tuple(edits), tuple(left))


def _edit(each: Written, named: Named, comment: Callable[[Named], str], gap: str) -> Edit:
    name = f"{each.name}@{shortened(each.ref)}"
    edit = each.piece.commented(each.finding, (each.ref, named.commit), comment(named), gap, name)
    if edit is None:
        raise UnavailableError(_UNUSUAL)
    return edit


def _named(ref: str, refs: Mapping[str, str] | UnavailableError) -> Named:
    """What a ref stands for, by the rules of `git rev-parse`. Raises UnavailableError where that is not certain."""
    if isinstance(refs, UnavailableError):
        raise refs
    short = ref.removeprefix("refs/").removeprefix("tags/").removeprefix("heads/")
    fulls = [full for full in (f"{_TAGS}{ref}", f"{_HEADS}{ref}", f"refs/{ref}", ref) if full in refs]
    commits = {refs[full] for full in fulls}
    if len(commits) > 1:
        raise UnavailableError("there are a tag and a branch of that name, which stand for different commits")
    if not commits:
        again = "; write the whole SHA" if re.fullmatch("[0-9a-f]{7,39}", ref) else ""
        raise UnavailableError(f"there is no tag or branch of that name{again}")
    (commit,) = commits
    is_branch = all(full.startswith(_HEADS) for full in fulls)
    return Named(commit, short, _version(short, commit, refs), is_branch)


def _version(ref: str, commit: str, refs: Mapping[str, str]) -> str:
    """The highest of the tags on the commit that have the full version of which the ref is the beginning: `v4.1.2` of `v4`."""
    tags = [full.removeprefix(_TAGS) for full, each in refs.items() if full.startswith(_TAGS) and each == commit]
    found = [
        (tuple(map(int, numbers.groups())), tag)
        for tag in tags
        if tag.startswith(f"{ref}.") and (numbers := _FULL.search(tag)) and numbers.end() == len(tag)
    ]
    return max(found)[1] if found else ""
