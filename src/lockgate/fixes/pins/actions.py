"""Actions and reusable workflows: `owner/repo@v4` becomes `owner/repo@SHA # v4.1.2`.

The comment is the one that Dependabot and Renovate keep up to date:
https://docs.renovatebot.com/modules/manager/github-actions/#digest-pinning-and-updating. As Renovate does, a branch is pinned, too, and
the comment names it.
"""

from __future__ import annotations

import re

from lockgate.fixes.commits import Named, Written, pinned
from lockgate.fixes.edits import Job, Piece, Proposal
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Finding

RULES = ("pins/unpinned-action",)

_USES = re.compile(r"""["']?(?P<name>(?P<repository>[\w.-]+/[\w.-]+)(?:/[^\s@'"]+)?)@(?P<ref>[^\s'"]+)["']?""")


def propose(job: Job) -> Proposal:
    """The commits of what the forge has of the actions."""

    def written(finding: Finding, piece: Piece) -> Written:
        uses = _USES.fullmatch(piece.text)
        if not uses:
            raise UnavailableError("it is not written as owner/repository@ref")
        return Written(finding, piece, f"{forge}/{uses['repository']}", uses["ref"], uses["name"])

    def comment(named: Named) -> str:
        return named.version or named.ref

    forge = job.settings.forge.rstrip("/")
    return pinned(job, written, comment, " ")
