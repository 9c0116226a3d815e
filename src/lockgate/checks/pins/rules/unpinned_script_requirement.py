"""A requirement of a script with inline metadata that names no exact version."""

import re
from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/unpinned-script-requirement",
    name="Requirement of a script without an exact version",
    summary="A script says in its inline metadata (PEP 723) what it requires, without an exact version, and has no lock.",
    explanation=(
        "`uv run` and `pipx run` resolve the script's requirements when it is run: what runs is the newest release that the "
        "line allows, on that machine and that day.\n\n"
        "A lock beside the script (`SCRIPT.lock`, written by `uv lock --script`) passes, and so does uv's `exclude-newer` in the "
        "metadata. Hashes can't be written there; the lock has them."
    ),
    fix="Run `uv lock --script SCRIPT` and commit the lock, or name the versions with `==`.",
    severity=Severity.MEDIUM,
    confidence=Confidence.HIGH,
    cwe=(1357, 829),
    help_uri=page("pins/unpinned-script-requirement"),
)

_DATED = re.compile(r"^# *exclude-newer *=", re.MULTILINE)


def check(files: PinFiles) -> Iterator[Finding]:
    """The entries without a version of scripts that have neither a lock nor a date."""
    dated: dict[str, bool] = {}
    for package in files.script_packages:
        path = package.at.path
        if path not in dated:
            dated[path] = bool(_DATED.search(files.text(path)))
        if not package.version and not dated[path]:
            yield found(
                RULE,
                package.at,
                pinned=package.name,
                message=f"{package.name} is not pinned to an exact version ({package.specifier or 'any version'}), and the script has no lock",
                fix=f"Run uv lock --script, or write {package.name}==VERSION.",
            )
