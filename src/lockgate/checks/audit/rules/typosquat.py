"""A direct dependency whose name is one slip away from a much more popular one."""

from collections.abc import Iterator

from lockgate.checks.audit.popular import meant
from lockgate.checks.audit.subject import Subject, found
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="audit/typosquat",
    name="Name one slip away from a popular one",
    summary="A dependency that the project names itself is one slip away from a much more popular project.",
    explanation=(
        "Whoever registers `reqeusts` waits for people who mistype `requests`: what they install runs with their rights. A slip "
        "is a character too many, too few, another or in its neighbour's place, a separator that is left out, or "
        "characters that look alike. Only names that are not popular themselves are told, and only those that the "
        "project names itself."
    ),
    fix="Check the name. If it is the one you mean, allow the finding on its line.",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    cwe=(1357,),
    help_uri=page("audit/typosquat"),
)


def check(subject: Subject) -> Iterator[Finding]:
    """The packages that are not known to be transitive, each at its places."""
    for package in subject.packages:
        popular = meant(package.name) if package.direct is not False else ""
        if popular:
            yield found(
                RULE,
                package,
                f"{package.name} is one slip away from {popular}, which is much more popular",
                f"If {popular} is meant, write that; if {package.name} is, allow the finding.",
                meant=popular,
            )
