"""A version that came out only just now."""

from collections.abc import Iterator

from lockgate.checks.audit.subject import Subject, found, untold
from lockgate.model.errors import counted
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.record import Skip
from lockgate.model.rule import Rule, page

DAY = 24 * 3600

RULE = Rule(
    id="audit/young-release",
    name="Release younger than the cooldown",
    summary="The project pins a version that was uploaded fewer days ago than the setting `cooldown` wants.",
    explanation=(
        "Releases with malware in them are mostly found and removed within days. Who waits that long before taking a new "
        "version is not among those it hits. The age is that of the version's first file. The rule is off unless `cooldown` "
        "is set; it is of high severity, because who sets it wants it to be kept."
    ),
    fix="Pin an older version, or wait. Where the version is needed now, as a fix of a vulnerability, allow the finding.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(1357,),
    help_uri=page("audit/young-release"),
)


def check(subject: Subject) -> Iterator[Finding | Skip]:
    """The pins of releases that are younger; whose age the index does not tell is a gap."""
    if not subject.cooldown:
        return
    for package, release in subject.released():
        if release.uploaded is None:
            yield untold(
                package, "the package index does not tell when it was uploaded (PEP 700), which cooldown asks for"
            )
            continue
        days = max(0, int((subject.now - release.uploaded) // DAY))
        if subject.now - release.uploaded < subject.cooldown * DAY:
            yield found(
                RULE,
                package,
                f"{package.name} {package.version} was uploaded {_ago(days)}; cooldown wants {counted(subject.cooldown, 'day')}",
                f"Pin an older version of {package.name}, or wait for {counted(subject.cooldown - days, 'day')}.",
            )


def _ago(days: int) -> str:
    return f"{counted(days, 'day')} ago" if days else "less than a day ago"
