"""A requirement of the build that names no exact version."""

from collections.abc import Iterator
from itertools import chain

from lockgate.checks.pins.files import PinFiles, found
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.rule import Rule, page

RULE = Rule(
    id="pins/unpinned-build-requirement",
    name="Requirement of the build without an exact version",
    summary="An entry of `build-system.requires` names no exact version.",
    explanation=(
        "What builds a project runs with all rights of whoever builds it, and no lock holds it: a build in isolation takes "
        "the newest release that the entry allows, on the machine that publishes, too.\n\n"
        "This is of low severity, because a library whose build is pinned is harder to build from source for others. "
        "What uv's `build-constraint-dependencies` pins passes. The dependencies of a project, its extras and its groups are not judged here: "
        "ranges are right for them, and the lock pins them (see `pins/missing-lock`)."
    ),
    fix="Name the version with `==`, or pin it in `[tool.uv] build-constraint-dependencies`, and let Dependabot or Renovate update it.",
    severity=Severity.LOW,
    confidence=Confidence.HIGH,
    cwe=(1357, 829),
    help_uri=page("pins/unpinned-build-requirement"),
)


def check(files: PinFiles) -> Iterator[Finding]:
    """The entries without a version."""
    for package in chain.from_iterable(project.built_with for project in files.projects):
        if not package.version:
            yield found(
                RULE,
                package.at,
                pinned=package.name,
                message=f"{package.name}, which the build runs, is not pinned to an exact version ({package.specifier or 'any version'})",
                fix=f"Write {package.name}==VERSION.",
            )
