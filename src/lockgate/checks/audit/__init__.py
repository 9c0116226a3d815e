"""Known vulnerabilities of the exact versions that the project pins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING

from lockgate.checks import base, redact
from lockgate.checks.audit.describe import finding_of, rule_of
from lockgate.checks.audit.source import choose
from lockgate.checks.audit.text import Texts
from lockgate.checks.identity import identify
from lockgate.inputs.lockfiles.base import Manifest, is_manifest, read_manifests
from lockgate.model.advisory import Advisory, Query
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Finding
from lockgate.model.package import Origin, Package
from lockgate.model.record import Coverage, Skip
from lockgate.model.rule import Rule

if TYPE_CHECKING:
    from lockgate.advisories.feeds import Feeds

_WITHOUT_VERSION = {
    Origin.INDEX: "has no exact version; pin or lock it",
    Origin.URL: "comes from a URL that does not tell its version",
    Origin.FILE: "is a file whose name does not tell its version",
}


def all_rules() -> tuple[Rule, ...]:
    """None: each advisory is a rule of its own, and its record describes it."""
    return ()


def run(target: base.Target) -> base.Result:
    """Look up every pinned package of every manifest. What is not looked up is in the coverage, never clean."""
    from lockgate.advisories.feeds import Feeds

    manifests = read_manifests(target.tree)
    packages = _packages(manifests)
    skipped = [skip for skip in target.tree.skipped if skip.gap or is_manifest(skip.subject)]
    skipped += (skip for manifest in manifests for skip in manifest.skipped)
    skipped += (skip for skip in map(_skip, packages) if skip)
    pins = [package for package in packages if _is_asked(package)]
    if not pins:
        return base.Result(coverage=Coverage(examined=0, unit="packages", skipped=tuple(skipped)))
    try:
        with closing(choose(target.settings)) as source:
            answers = source.lookup(tuple(dict.fromkeys(map(_query, pins))), target.progress)
    except UnavailableError as error:
        skipped += _unknown(pins, dict.fromkeys(map(_query, pins), "there was no source of advisories"))
        coverage = Coverage(examined=0, unit="packages", skipped=tuple(skipped))
        return base.Result(coverage=coverage, gaps=(str(error),))
    skipped += _unknown(pins, answers.failed)
    feeds = Feeds()
    findings, rules, allowed = _findings(target, pins, answers.known, source.engine.name, feeds)
    notes = (*source.notes, *feeds.notes)
    examined = {(query.name, query.version) for query in answers.known if query.version}
    return base.Result(
        coverage=Coverage(
            examined=len(examined), unit="packages", skipped=tuple(skipped), allowed=allowed, notes=notes
        ),
        findings=findings,
        engines=(source.engine,),
        rules=rules,
        gaps=source.gaps,
    )


def _packages(manifests: list[Manifest]) -> list[Package]:
    """What the manifests require, then what they only constrain; what stands at one place is told once."""
    required = (package for manifest in manifests for package in manifest.packages)
    constraints = (package for manifest in manifests for package in manifest.constraints)
    return list(
        {(package.name, package.version, package.at): package for package in chain(required, constraints)}.values()
    )


def _query(package: Package) -> Query:
    return Query(package.name, package.version, package.hashes)


def _is_asked(package: Package) -> bool:
    return package.origin in _WITHOUT_VERSION and bool(package.version or package.hashes)


def _skip(package: Package) -> Skip | None:
    """Why a package is not even asked for; None for a pin."""
    where = f"{package.at.path}:{package.at.line}"
    name = package.name or "an unnamed package"
    if package.origin is Origin.LOCAL:
        return Skip(where, f"{name} is a local directory and was not looked up")
    if package.origin is Origin.VCS:
        return Skip(where, f"{name} comes from a repository, so no advisory names its version", gap=True)
    return None if package.version else Skip(where, f"{name} {_WITHOUT_VERSION[package.origin]}", gap=True)


def _unknown(pins: Iterable[Package], failed: dict[Query, str]) -> Iterator[Skip]:
    for package in pins:
        reason = failed.get(_query(package))
        if reason and package.version:  # without one it is a gap already
            where = f"{package.at.path}:{package.at.line}"
            yield Skip(where, f"{package.name} {package.version} was not looked up: {reason}", gap=True)


def _findings(
    target: base.Target, pins: list[Package], known: dict[Query, tuple[Advisory, ...]], engine: str, feeds: Feeds
) -> tuple[tuple[Finding, ...], tuple[Rule, ...], int]:
    """The findings, their rules, and how many more an inline comment allows."""
    texts = Texts(target.tree)
    found: list[Finding] = []
    rules: dict[str, Rule] = {}
    allowed = 0
    for package in pins:
        for advisory in known.get(_query(package), ()):
            if texts.allowed(package) & {advisory.id, *advisory.aliases}:
                allowed += 1
                continue
            rule = rules.get(advisory.id) or rule_of(advisory)
            rules[rule.id] = rule
            found.append(finding_of(advisory, rule, package, engine, feeds.of(advisory)))
    # The package and not its line: the same advisory is the same finding after a line moved or a version changed.
    named = identify(redact.findings(found), texts.masked, key=lambda finding, _: (str(finding.properties["package"]),))
    return named, tuple(rules[name] for name in sorted(rules)), allowed
