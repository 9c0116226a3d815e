"""A package that no index has."""

from collections.abc import Iterator

from lockgate.checks.audit.subject import Subject, found
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="audit/unknown-project",
    name="Project that no index has",
    summary="The project pins a package of a name that no package index that was asked has.",
    explanation=(
        "Whoever registers the name at a public index decides from then on what is installed: the name may be that of an internal "
        "package that is missing from the index of this run (dependency confusion), one that somebody or some program made "
        "up, or one that was removed, as malware is."
    ),
    fix="Correct the name, remove the package, or name the index that has it with `index-url`.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(427, 1357),
    help_uri=page("audit/unknown-project"),
)


def check(subject: Subject) -> Iterator[Finding]:
    """The pins of projects that every index answered 404 for."""
    for package, project in subject.answered():
        if not project.known:
            yield found(
                RULE,
                package,
                f"{package.name} is not known to the package index; anybody could register the name",
                f"Correct or remove {package.name}, or name the index that has it with index-url.",
            )
