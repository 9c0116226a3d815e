"""A lock that Git ignores."""

from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.checks.pins.locked import Fault
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/ignored-lock",
    name="Lock that Git ignores",
    summary="A project is set up for a tool that locks, and a .gitignore file keeps the lock out of the repository.",
    explanation=(
        "Each clone has a lock of its own or none, so that what was tested, reviewed and audited is not what is "
        "installed elsewhere.\n\n"
        "Ignore files of the repository are judged, not those of a user. Libraries are told as well: their developers and CI install from the "
        "lock, though their users do not. Where that is meant, allow it in the manifest."
    ),
    fix="Take the pattern out of `.gitignore`, or add `!` and the name of the lock, and commit the lock.",
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    cwe=(1357,),
    help_uri=page("pins/ignored-lock"),
)


def check(files: PinFiles) -> Iterator[Finding]:
    """The locks with that fault."""
    for lock in files.faulty_locks:
        if lock.fault is Fault.IGNORED:
            yield found(
                RULE,
                lock.at,
                pinned=lock.path,
                message=f"{lock.path} is ignored by Git, though {lock.manifest} is set up for it",
                fix="Take it out of .gitignore and commit it.",
            )
