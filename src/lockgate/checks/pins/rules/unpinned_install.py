"""A command that installs whatever is newest."""

from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.checks.pins.installs import Tier
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/unpinned-install",
    name="Install without a version",
    summary="A command in a workflow, script or build file installs or runs a package without an exact version.",
    explanation=(
        "What is installed changes from one day to the next, and a release by someone who took the project over runs as "
        "soon as it is out: in a workflow with its token and secrets, elsewhere as whoever runs the script.\n\n"
        "Judged are `pip`, `uv pip`, `uvx`, `uv tool`, `uv run --with`, `pipx`, `npx`, `npm install --global`, `go install`, "
        "`cargo install`, `gem install` and their relatives. A repository is pinned by a full commit SHA only. "
        "`uv sync`, `npm ci` and others that install from a lock pass, so do local paths; a variable is unknown and not wrong."
    ),
    fix="Name the exact version, or install from a lock. Dependabot and Renovate keep versions up to date in files that "
    "they know, such as a compiled requirements file: `pip install --require-hashes -r requirements/ci.txt`.",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    cwe=(829, 1357),
    help_uri=page("pins/unpinned-install"),
)


def check(files: PinFiles) -> Iterator[Finding]:
    """What is installed without a version."""
    for install in files.installs:
        if install.tier is Tier.NONE:
            yield found(
                RULE,
                install.at,
                pinned=f"{install.installer} {install.what}",
                message=f"{install.installer} installs {install.what} without an exact version",
                fix=install.fix,
            )
