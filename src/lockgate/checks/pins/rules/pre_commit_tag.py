"""A pre-commit repository that is fetched by a tag."""

from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.checks.pins.revisions import as_branch, is_commit
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/pre-commit-tag",
    name="pre-commit hook from a tag",
    summary="A `rev` in .pre-commit-config.yaml or prek.toml is a tag or an abbreviated SHA instead of a full commit SHA.",
    explanation=(
        "Whoever may push to the hook's repository can move a tag to other code, which then runs on the machine of everyone "
        "who has not fetched the hook yet, and in CI. An abbreviated SHA can be made to mean something else by a branch or tag "
        "of that name.\n\n"
        "This is of low severity, because tags are what pre-commit itself writes, and many projects choose not to freeze "
        "them. Only a full commit SHA passes; what counts as a branch is told by `pins/pre-commit-branch`."
    ),
    fix="`pre-commit autoupdate --freeze` (`prek auto-update --freeze`) writes the SHA, with the tag in a comment "
    "`# frozen: v1.2.3`, and keeps both up to date.",
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    cwe=(829, 1357),
    help_uri=page("pins/pre-commit-tag"),
)


def check(files: PinFiles) -> Iterator[Finding]:
    """The revisions that are neither branches nor full commit SHAs."""
    for revision in files.revisions:
        if not is_commit(revision.rev) and not as_branch(revision.rev):
            yield found(
                RULE,
                revision.at,
                pinned=revision.repository,
                message=f"{revision.repository} is fetched by {revision.rev!r}, which can be moved",
                fix="Run pre-commit autoupdate --freeze, which writes the commit SHA and names the tag in a comment.",
            )
