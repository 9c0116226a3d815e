"""A pip command that names a version but no hash."""

from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.checks.pins.installs import Tier
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/unhashed-install",
    name="Install without a hash",
    summary="A pip command in a workflow, script or build file names an exact version but no hash.",
    explanation=(
        "The version says which release is wanted; only a hash says which bytes. Without one the installer takes whatever "
        "the index, a mirror or a cache hands out under that version, also a file that was added to the release later. What "
        "the package itself requires is not pinned at all.\n\n"
        "Told of `pip` and `uv pip` only: `uvx`, `pipx`, `npx` and others have no way to name a hash, and `go install` "
        "compares with Go's checksum database by itself."
    ),
    fix="Install from a file that `uv pip compile --generate-hashes` or `pip-compile --generate-hashes` wrote, with "
    "`--require-hashes`.",
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    cwe=(353, 494),
    help_uri=page("pins/unhashed-install"),
)


def check(files: PinFiles) -> Iterator[Finding]:
    """What is installed with a version and no hash, where there could be one."""
    for install in files.installs:
        if install.tier is Tier.VERSION and install.hashable:
            yield found(
                RULE,
                install.at,
                pinned=f"{install.installer} {install.what}",
                message=f"{install.installer} installs {install.what} by version, without a hash",
                fix=install.fix,
            )
