"""A requirement that names no exact version."""

from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/unpinned-requirement",
    name="Requirement without an exact version",
    summary="A line of a requirements file names no exact version.",
    explanation=(
        "The installer takes the newest release that the line allows. What is installed changes from one day to the next, "
        "and a release by someone who took the project over is installed as soon as it is out.\n\n"
        "Only `==` and `===` with a whole version pin; `==1.*`, `~=` and `>=` do not. Local paths, editable installs, URLs "
        "and repositories are not judged here."
    ),
    fix="Name the version with `==`. `uv pip compile --generate-hashes requirements.in -o requirements.txt` pins all of "
    "them, with what they need and with hashes.",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    cwe=(1357, 829),
    help_uri=page("pins/unpinned-requirement"),
)


def check(files: PinFiles) -> Iterator[Finding]:
    """The entries without a version."""
    for package in files.packages:
        if not package.version:
            yield found(
                RULE,
                package.at,
                pinned=package.name,
                message=f"{package.name} is not pinned to an exact version ({package.specifier or 'any version'})",
                fix=f"Write {package.name}==VERSION, with its --hash.",
            )
