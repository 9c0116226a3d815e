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
    aliases=("unpinned-uses",),
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(829, 1357),
    help_uri=page("pins/unpinned-action"),
)

# In the YAML of its value: quotes, `>-` or a tag may be before it.
_USED = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?P<path>/[^\s@'\"]*)?(?:@(?P<ref>[^\s'\"]+))?")
_WORKFLOWS = "/.github/workflows/"
_SLSA = "slsa-framework/slsa-github-generator"


def check(files: PinFiles) -> Iterator[Finding]:
    """What zizmor's `unpinned-uses` finds and nothing else pins, with its severity."""
    for issue in files.issues:
        if issue.ident != "unpinned-uses":
            continue
        used = _USED.search(issue.feature)
        if used and _is_pinned(used, files.locked_actions(issue.at.path)):
            continue
        action = used["repository"] + (used["path"] or "") if used else issue.feature
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


def _is_pinned(used: re.Match[str], locked: frozenset[str]) -> bool:
    """Whether a lock pins the action, or it is a workflow of SLSA's, which can be verified by the tag of a version only.

    See https://github.com/slsa-framework/slsa-github-generator#referencing-slsa-builders-and-generators. Locks don't pin workflows.
    """
    if (used["path"] or "").startswith(_WORKFLOWS):
        return used["repository"] == _SLSA and bool(re.fullmatch(r"v\d+\.\d+\.\d+", used["ref"] or ""))
    return f"{used['repository']}@{used['ref']}" in locked
