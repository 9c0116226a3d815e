"""A pre-commit repository that is fetched from a branch."""

from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.checks.pins.revisions import as_branch
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/pre-commit-branch",
    name="pre-commit hook from a branch",
    summary="A `rev` in .pre-commit-config.yaml or prek.toml is a branch.",
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


def check(files: PinFiles) -> Iterator[Finding]:
    """The revisions that are branches."""
    for revision in files.revisions:
        confidence = as_branch(revision.rev)
        if confidence:
            yield found(
                RULE,
                revision.at,
                pinned=revision.repository,
                message=f"{revision.repository} is fetched from the branch {revision.rev!r}",
                fix="Run pre-commit autoupdate --freeze, or write a tag or commit SHA as rev.",
                confidence=confidence,
            )
