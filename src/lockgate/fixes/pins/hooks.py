"""Repositories of pre-commit and prek: `rev: v1.2.3` becomes `rev: SHA  # frozen: v1.2.3`.

As `pre-commit autoupdate --freeze` writes it: https://pre-commit.com/#pre-commit-autoupdate. A branch is left to that command, which
chooses a release: of a frozen branch nobody would ever see an update.
"""

from __future__ import annotations

from collections import defaultdict

from lockgate.fixes.commits import Named, Written, pinned
from lockgate.fixes.edits import Job, Piece, Proposal
from lockgate.inputs.pre_commit import Revision
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Finding

RULES = ("pins/pre-commit-branch", "pins/pre-commit-tag")


def propose(job: Job) -> Proposal:
    """The commits of the tags."""
    revisions: defaultdict[tuple[str, int, int], dict[str, Revision]] = defaultdict(dict)
    for each in job.files.revisions:
        revisions[each.at.path, each.at.line, each.at.column][each.repository] = each

    def written(finding: Finding, piece: Piece) -> Written:
        there = list(revisions[finding.path, finding.line, finding.column].values())
        if len(there) > 1:
            raise UnavailableError("an alias of YAML gives its rev to other repositories, too; write it for each")
        revision = there[0] if there else None
        value = piece.around(revision.rev) if revision else None
        if revision is None or value is None:
            raise UnavailableError("its rev is written in an unusual way")
        return Written(finding, value, revision.repository, revision.rev, revision.repository)

    def comment(named: Named) -> str:
        if named.is_branch and not named.version:
            raise UnavailableError("it is a branch; pre-commit autoupdate --freeze chooses a release")
        return f"frozen: {named.version or named.ref}"

    return pinned(job, written, comment, "  ")
