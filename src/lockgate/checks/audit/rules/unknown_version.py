"""A version that the index does not have."""

from collections.abc import Iterator

from lockgate.checks.audit.subject import Subject, found
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="audit/unknown-version",
    name="Version that the index does not have",
    summary="The package index has the project that is pinned, but not that version.",
    explanation=(
        "A version that an index does not have was never released there, or was deleted: that is what happens to releases with "
        "malware in them. Where the package is an internal one, the public project of the same name is another one "
        "(dependency confusion)."
    ),
    fix="Pin a version that the index has, or name the index that has this one with `index-url`.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(427, 1357),
    help_uri=page("audit/unknown-version"),
)


def check(subject: Subject) -> Iterator[Finding]:
    """The pins whose version is missing, unless the project is in quarantine: then nothing of it is offered."""
    for package, project in subject.answered():
        if project.known and project.status != "quarantined" and not project.releases.get(package.version):
            yield found(
                RULE,
                package,
                f"the package index has {package.name}, but no version {package.version} of it",
                f"Pin a version of {package.name} that the index has, or name the index that has this one with index-url.",
            )
