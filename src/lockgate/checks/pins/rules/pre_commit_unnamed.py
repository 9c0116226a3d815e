"""A pre-commit repository at a commit that nobody can read."""

import re
from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.checks.pins.revisions import is_commit
from lockgate.inputs.pre_commit import Revision
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/pre-commit-unnamed",
    name="pre-commit commit without the name of its tag",
    summary="A `rev` in .pre-commit-config.yaml or prek.toml is a commit SHA, and no comment names the tag.",
    explanation=(
        "The commit is pinned, which is what counts. But nobody sees which version it is, and a review of an update "
        "compares two numbers without meaning. A comment that holds a version, as `# frozen: v1.2.3`, is what pre-commit, "
        "prek, Renovate and Dependabot write and keep up to date."
    ),
    fix="`pre-commit autoupdate --freeze` writes the SHA with the comment.",
    severity=Severity.NONE,
    confidence=Confidence.HIGH,
    help_uri=page("pins/pre-commit-unnamed"),
)

_NAMED = re.compile(r"#[^#]*\d")


def check(files: PinFiles) -> Iterator[Finding]:
    """The full commit SHAs behind which stands no comment with a version."""
    for revision in files.revisions:
        if is_commit(revision.rev) and not _is_named(revision, files):
            yield found(
                RULE,
                revision.at,
                pinned=revision.repository,
                message=f"No comment tells which version of {revision.repository} this commit is",
                fix="Write the tag behind it (# frozen: v1.2.3), or run pre-commit autoupdate --freeze.",
            )


def _is_named(revision: Revision, files: PinFiles) -> bool:
    """Whether a comment with a version stands behind a revision. YAML may count more lines than there are."""
    lines = files.lines(revision.at.path)[revision.at.line - 1 : revision.at.line]
    return any(_NAMED.search(line.rpartition(revision.rev.strip())[2]) for line in lines)
