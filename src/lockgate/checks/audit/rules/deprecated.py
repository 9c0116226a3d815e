"""A project that its owners call obsolete."""

from collections.abc import Iterator

from lockgate.checks.audit.subject import Subject, of_status
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="audit/deprecated",
    name="Deprecated project",
    summary="The owners of a project have marked it as obsolete at the package index.",
    explanation=(
        "A deprecated project (PEP 792) is considered obsolete by those who know it best, and may have a successor. It can still "
        "have releases, but nobody should count on them."
    ),
    fix="Move to the successor that the project names.",
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    cwe=(477, 1104),
    help_uri=page("audit/deprecated"),
)


def check(subject: Subject) -> Iterator[Finding]:
    """The pins of projects with that status."""
    return of_status(subject, RULE, "deprecated", "{} is deprecated", "Move from {} to the successor that it names.")
