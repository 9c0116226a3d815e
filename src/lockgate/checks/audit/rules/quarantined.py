"""A project that the package index holds in quarantine."""

from collections.abc import Iterator

from lockgate.checks.audit.subject import Subject, of_status
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="audit/quarantined",
    name="Project in quarantine",
    summary="The package index holds a project in quarantine, because it is taken to be unsafe.",
    explanation=(
        "The administrators of an index put a project into quarantine (PEP 792) when they take it for malware or believe that "
        "somebody has taken it over. Nothing of it can be installed until they know more. Who installed it lately should "
        "take the machine for compromised until then."
    ),
    fix="Remove the package, and find out what the index or the maintainers say of it.",
    severity=Severity.CRITICAL,
    confidence=Confidence.MEDIUM,
    cwe=(506,),
    help_uri=page("audit/quarantined"),
)


def check(subject: Subject) -> Iterator[Finding]:
    """The pins of projects with that status."""
    return of_status(
        subject,
        RULE,
        "quarantined",
        "{} is in quarantine at the package index",
        "Remove {}, and take every machine that installed it lately for compromised.",
    )
