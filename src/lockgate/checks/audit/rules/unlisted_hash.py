"""A pinned file that is not among those that the index lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lockgate.checks.audit.subject import Subject, found, untold
from lockgate.model.errors import counted
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.package import Package
from lockgate.model.record import Skip
from lockgate.model.rule import Rule, page

if TYPE_CHECKING:
    from lockgate.advisories.projects import Release

RULE = Rule(
    id="audit/unlisted-hash",
    name="Pinned file that the index does not list",
    summary="A hash that is pinned for a version is that of none of the files that the package index lists for it.",
    explanation=(
        "The hash says which bytes are installed. Where the index lists no such file, the file was deleted or exchanged, comes from "
        "elsewhere, or the lockfile was tampered with: who changes a lockfile by hand can have other bytes installed under "
        "a well-known name."
    ),
    fix="Lock the package anew and see what changes. Where the file comes from an index of your own, name that with `index-url`.",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    cwe=(345, 494),
    help_uri=page("audit/unlisted-hash"),
)


def check(subject: Subject) -> Iterator[Finding | Skip]:
    """The pins with a hash that none of the listed files has; of other algorithms than the index has nothing is known."""
    for package, release in subject.released():
        if package.hashes and subject.projects[package.name].status != "quarantined":
            yield from _compare(package, release)


def _compare(package: Package, release: Release) -> Iterator[Finding | Skip]:
    listed = {hash_.partition(":")[0] for hash_ in release.hashes}
    hashes = {hash_.lower() for hash_ in package.hashes}
    comparable = {hash_ for hash_ in hashes if not release.files or hash_.partition(":")[0] in listed}
    if not comparable:
        yield untold(package, "none of its hashes is of an algorithm that the package index has hashes of")
        return
    unlisted = sorted(comparable - release.hashes)
    if unlisted:
        more = f" and {counted(len(unlisted) - 1, 'other')}" if len(unlisted) > 1 else ""
        yield found(
            RULE,
            package,
            f"{package.name} {package.version}: the package index lists no file with the pinned hash {unlisted[0]}{more}",
            f"Lock {package.name} anew, and find out where that file came from.",
        )
