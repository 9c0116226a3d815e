"""A project that will not be updated any more."""

from collections.abc import Iterator

from lockgate.checks.audit.subject import Subject, of_status
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="audit/archived",
    name="Archived project",
    summary="The owners of a project have archived it at the package index: no update of it is to be expected.",
    explanation=(
        "An archived project (PEP 792) takes no new releases. It works as before, but the next vulnerability in it will not be "
        "fixed."
    ),
    fix="Look for a successor or a maintained replacement while there is time.",
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    cwe=(1104,),
    help_uri=page("audit/archived"),
)


def check(subject: Subject) -> Iterator[Finding]:
    """The pins of projects with that status."""
    return of_status(
        subject, RULE, "archived", "{} is archived and will not be updated", "Look for a replacement of {}."
    )
