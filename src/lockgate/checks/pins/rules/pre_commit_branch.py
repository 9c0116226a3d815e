"""A pre-commit repository that is fetched from a branch."""

import re
from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/pre-commit-branch",
    name="pre-commit hook from a branch",
    summary="A `rev` in .pre-commit-config.yaml is a branch.",
    explanation=(
        "pre-commit runs what the branch held when it was first fetched, which differs from one machine to the next, and "
        "whoever may push to the branch has code run by everyone who installs the hooks after that.\n\n"
        "A commit SHA and a tag pass. Which it is can't be asked offline: a name that holds a version (`v1.2.3`, "
        "`release-24.1`, `pkg/v2.0`) counts as a tag, hexadecimal digits as a SHA, and any other name as a branch, with "
        "less confidence where it is none of the usual ones (main, master, develop, …)."
    ),
    fix="`pre-commit autoupdate --freeze` writes the SHA of the newest tag, with the tag in a comment.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(829, 1357),
    help_uri=page("pins/pre-commit-branch"),
)

_BRANCHES = frozenset(
    """
    canary default dev devel develop development edge head latest main mainline master next nightly production release
    stable staging trunk
    """.split()  # noqa: SIM905 - words read better so
)
_BRANCH_FOLDERS = (
    "bugfix/",
    "feature/",
    "fix/",
    "heads/",
    "hotfix/",
    "origin/",
    "refs/heads/",
    "release/",
    "releases/",
)
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_VERSION = re.compile(r"(?:^|[^a-z0-9])(?:v|version|release|rel|r)?[.-]?\d[a-z0-9._-]*(?:\+[a-z0-9.]+)?$")
_LONGEST = 100  # characters of a name that is looked at
_OPEN_VERSION = re.compile(r"(?:^|[._-])[x*](?:$|[._-])|-dev$|-branch$")


def check(files: PinFiles) -> Iterator[Finding]:
    """The revisions that are branches."""
    for revision in files.revisions:
        confidence = _branch(revision.rev)
        if confidence:
            yield found(
                RULE,
                revision.at,
                pinned=revision.repository,
                message=f"{revision.repository} is fetched from the branch {revision.rev!r}",
                fix="Run pre-commit autoupdate --freeze, or write a tag or commit SHA as rev.",
                confidence=confidence,
            )


def _branch(rev: str) -> Confidence | None:
    """How sure it is that a revision is a branch, None where it is a tag or commit."""
    name = rev.strip().lower()[:_LONGEST]
    if name in _BRANCHES or name.startswith(_BRANCH_FOLDERS):
        return Confidence.HIGH
    if _COMMIT.fullmatch(name) or (_VERSION.search(name) and not _OPEN_VERSION.search(name)):
        return None
    return Confidence.MEDIUM
