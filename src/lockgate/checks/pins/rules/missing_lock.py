"""An application without a lock."""

from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.checks.pins.locked import Fault
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/missing-lock",
    name="Missing lock",
    summary="A project is set up for a tool that locks, and has no lock.",
    explanation=(
        "Each installation resolves anew, and takes releases that nobody has tested or reviewed with the project.\n\n"
        "Told of applications only: a project that requires something and is not built (no `build-system`, or `package = false` of uv, "
        "`package-mode = false` of Poetry, `distribution = false` of PDM), and a Pipfile. Who installs a library never reads its lock. A lock in "
        "a folder above (a workspace of uv), a pylock file and a compiled requirements file beside the manifest will do."
    ),
    fix="Run `uv lock`, `poetry lock`, `pdm lock` or `pipenv lock`, and commit the lock.",
    severity=Severity.LOW,
    confidence=Confidence.MEDIUM,
    cwe=(1357,),
    help_uri=page("pins/missing-lock"),
)


def check(files: PinFiles) -> Iterator[Finding]:
    """The locks with that fault."""
    for lock in files.faulty_locks:
        if lock.fault is Fault.MISSING:
            yield found(
                RULE,
                lock.at,
                pinned=lock.path,
                message=f"{lock.path} is not there, though {lock.manifest} is set up for it",
                fix="Lock, and commit the lock.",
            )
