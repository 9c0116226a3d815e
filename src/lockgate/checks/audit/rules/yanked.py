"""A pinned version that its maintainers took back."""

from collections.abc import Iterator

from lockgate.checks.audit.subject import Subject, found
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="audit/yanked",
    name="Yanked version",
    summary="The project pins a version that its maintainers yanked from the package index.",
    explanation=(
        "A version is yanked where it should not be installed any more: it is broken, was released by mistake, or has a "
        "fault that may concern security. Installers pass over it unless a file pins it exactly, which is what this one "
        "does. The reason, where the maintainers gave one, is in the message. It is of medium severity because most "
        "yanked versions are broken and not dangerous; a vulnerability has an advisory of its own."
    ),
    fix="Pin another version. `uv lock --upgrade-package NAME` or compiling the requirements anew takes one that is not yanked.",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    cwe=(1104,),
    help_uri=page("audit/yanked"),
)


def check(subject: Subject) -> Iterator[Finding]:
    """The pins of versions of which every file is yanked."""
    for package, release in subject.released():
        if release.yanked is not None:
            yield found(
                RULE,
                package,
                f"{package.name} {package.version} is yanked{release.yanked and f': {release.yanked}'}",
                f"Pin another version of {package.name}.",
                reason=release.yanked,
            )
