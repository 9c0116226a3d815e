"""A pinned requirement without a hash."""

from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/unhashed-requirement",
    name="Pinned requirement without a hash",
    summary="A line of a requirements file names an exact version but no hash of its files.",
    explanation=(
        "The version says which release is wanted; only a hash says which bytes. Without one the installer takes whatever "
        "the index, a mirror or a cache hands out under that version, also a file that was added to the release later."
    ),
    fix="Add `--hash=sha256:…` for each file of the release. `uv pip compile --generate-hashes` and "
    "`pip-compile --generate-hashes` write them; with one hash in the file, pip demands them for all.",
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    cwe=(353, 494),
    help_uri=page("pins/unhashed-requirement"),
)


def check(files: PinFiles) -> Iterator[Finding]:
    """The entries with a version and no hash."""
    for package in files.packages:
        if package.version and not package.hashes:
            yield found(
                RULE,
                package.at,
                pinned=package.name,
                message=f"{package.name} {package.version} is pinned without a hash",
                fix="Add --hash=sha256:… for each of its files, or compile the file with --generate-hashes.",
            )
