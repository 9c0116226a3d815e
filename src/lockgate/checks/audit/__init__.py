"""Known vulnerabilities of the exact versions that the project pins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing

from lockgate.checks import base, redact
from lockgate.checks.audit.describe import finding_of, rule_of
from lockgate.checks.audit.inventory import take
from lockgate.checks.audit.source import Source, choose
from lockgate.checks.audit.text import Texts
from lockgate.checks.identity import identify
from lockgate.model.advisory import Advisory
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Finding
from lockgate.model.package import Package
from lockgate.model.record import Coverage, Skip
from lockgate.model.rule import Rule

Pin = tuple[str, str]


def all_rules() -> tuple[Rule, ...]:
    """None: each advisory is a rule of its own, and its record describes it."""
    return ()


def run(target: base.Target) -> base.Result:
    """Look up every pinned package of every manifest. What is not looked up is in the coverage, never clean."""
    inventory = take(target.tree, target.settings.python)
    pins, skipped = inventory.pins, list(inventory.skipped)
    if not pins:
        return base.Result(coverage=Coverage(examined=0, unit="packages", skipped=tuple(skipped)))
    try:
        source = choose(target.settings)
    except UnavailableError as error:
        skipped += _unknown(pins, dict.fromkeys(map(_pin, pins), "there was no source of advisories"))
        coverage = Coverage(examined=0, unit="packages", skipped=tuple(skipped))
        return base.Result(coverage=coverage, gaps=(str(error),))
    with closing(source):
        known, failed = _look_up(source, dict.fromkeys(map(_pin, pins)), target.progress)
    skipped += _unknown(pins, failed)
    findings, rules, allowed = _findings(target, pins, known, source.engine.name)
    return base.Result(
        coverage=Coverage(
            examined=len(known), unit="packages", skipped=tuple(skipped), allowed=allowed, notes=(source.note,)
        ),
        findings=findings,
        engines=(source.engine,),
        rules=rules,
        gaps=source.gaps,
    )


def _pin(package: Package) -> Pin:
    return package.name, package.version


def _unknown(pins: Iterable[Package], failed: dict[Pin, str]) -> Iterator[Skip]:
    for package in pins:
        reason = failed.get(_pin(package))
        if reason:
            where = f"{package.at.path}:{package.at.line}"
            yield Skip(where, f"{package.name} {package.version} was not looked up: {reason}", gap=True)


def _look_up(
    source: Source, pins: Iterable[Pin], progress: base.Progress
) -> tuple[dict[Pin, tuple[Advisory, ...]], dict[Pin, str]]:
    """The advisories of each pin, and why there is no answer for the others."""
    pins = list(pins)
    known: dict[Pin, tuple[Advisory, ...]] = {}
    failed: dict[Pin, str] = {}
    for done, pin in enumerate(pins):
        progress(done, len(pins))
        try:
            known[pin] = source.lookup(*pin)
        except UnavailableError as error:
            failed[pin] = str(error)
    return known, failed


def _findings(
    target: base.Target, pins: Iterable[Package], known: dict[Pin, tuple[Advisory, ...]], engine: str
) -> tuple[tuple[Finding, ...], tuple[Rule, ...], int]:
    """The findings, their rules, and how many more an inline comment allows."""
    texts = Texts(target.tree)
    found: list[Finding] = []
    rules: dict[str, Rule] = {}
    allowed = 0
    for package in pins:
        for advisory in known.get(_pin(package), ()):
            if texts.allowed(package) & {advisory.id, *advisory.aliases}:
                allowed += 1
                continue
            rule = rules.get(advisory.id) or rule_of(advisory)
            rules[rule.id] = rule
            found.append(finding_of(advisory, rule, package, engine))
    # The package and not its line: the same advisory is the same finding after a line moved or a version changed.
    named = identify(redact.findings(found), texts.masked, key=lambda finding, _: (str(finding.properties["package"]),))
    return named, tuple(rules[name] for name in sorted(rules)), allowed
