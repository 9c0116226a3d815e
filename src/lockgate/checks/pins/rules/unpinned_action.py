"""A GitHub Action that is not pinned to a full commit SHA."""

import re
from collections.abc import Iterator

from lockgate.checks.pins.files import PinFiles, found
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/unpinned-action",
    name="Action not pinned to a commit",
    summary="A workflow or action uses another action or workflow by a tag or branch instead of a full commit SHA.",
    explanation=(
        "A tag or branch can be moved to other code, and that code then runs with the token and secrets of the workflow. "
        "Only a full commit SHA names the same code for ever.\n\n"
        "zizmor judges this (its audit `unpinned-uses`); its policies in `zizmor.yml` and its comments "
        "`# zizmor: ignore[unpinned-uses]` are honoured, and so is a lock of actions (`.github/workflows/actions.lock`). Actions of the repository "
        "itself are not judged, and the generators of SLSA pass by the tag of a version: they can be verified by that only."
    ),
    fix="Put the full SHA behind the `@` and the version in a comment (`@SHA # v1.2.3`): Dependabot and Renovate then keep "
    "both up to date.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(829, 1357),
    help_uri=page("pins/unpinned-action"),
)

_NAME = re.compile(r"[\w.-]+/[^\s@'\"]+")  # in the YAML of its value: quotes, `>-` or a tag may be before it

# https://github.com/slsa-framework/slsa-github-generator#referencing-slsa-builders-and-generators
_BY_TAG = re.compile(
    r"slsa-framework/slsa-github-generator/\.github/workflows/[\w.-]+\.ya?ml@v\d+\.\d+\.\d+(?![^\s'\"])"
)


def check(files: PinFiles) -> Iterator[Finding]:
    """What zizmor's `unpinned-uses` finds, with its severity."""
    for issue in files.issues:
        if issue.ident == "unpinned-uses" and not _BY_TAG.search(issue.feature):
            named = _NAME.search(issue.feature)
            action = named[0] if named else issue.feature
            yield found(
                RULE,
                issue.at,
                pinned=action,
                message=f"{action} is not pinned to a full commit SHA",
                fix=f"Write {action}@SHA # VERSION, with the full commit SHA of that version.",
                severity=issue.severity,
                confidence=issue.confidence,
                engines=("zizmor",),
            )
