"""A lock that is no longer that of its manifest."""

from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.checks.pins.locked import Fault
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/stale-lock",
    name="Lock that does not fit its manifest",
    summary="A lock was made for other requirements than the manifest beside it has.",
    explanation=(
        "What the manifest requires is not what was locked, reviewed and audited: the next command of the tool resolves anew, on "
        "whatever machine it runs, or installs what nobody asked for any more.\n\n"
        "Offline this is sure by the hash that poetry.lock, pdm.lock and Pipfile.lock have of what the tool reads in the manifest, and "
        "by the requirements and Python versions that uv.lock repeats (names and specifiers; what markers and extras say "
        "is not compared). Of a lock by a version of the tool whose way to hash is not known, and of a project of uv "
        "whose dependencies are dynamic, nothing is told. The finding stands in the manifest, because a comment in the lock would not stay."
    ),
    fix="Run `uv lock`, `poetry lock`, `pdm lock` or `pipenv lock`, and let CI run `uv lock --check`, `poetry check --lock` or `pdm lock --check`.",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    cwe=(1357,),
    help_uri=page("pins/stale-lock"),
)


def check(files: PinFiles) -> Iterator[Finding]:
    """The locks with that fault."""
    for lock in files.faulty_locks:
        if lock.fault is Fault.STALE:
            yield found(
                RULE,
                lock.at,
                pinned=lock.path,
                message=f"{lock.path} was not made for what {lock.manifest} requires now",
                fix="Lock again and commit the lock.",
            )
