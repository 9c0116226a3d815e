"""Known vulnerabilities of the exact versions that the project pins, and what else is wrong with its packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing

from lockgate.checks import base, redact
from lockgate.checks.audit.describe import finding_of, rule_of
from lockgate.checks.audit.evidence import with_imports
from lockgate.checks.audit.inventory import take
from lockgate.checks.audit.source import Source, choose
from lockgate.checks.audit.subject import judge, rule_modules
from lockgate.checks.audit.text import Texts
from lockgate.checks.identity import identify
from lockgate.inputs.tree import Tree
from lockgate.model.advisory import Advisory
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Finding
from lockgate.model.package import Package
from lockgate.model.record import Coverage, Skip
from lockgate.model.rule import Rule

Pin = tuple[str, str]


def all_rules() -> tuple[Rule, ...]:
    """The rules of this check that are no advisories; each advisory is a rule, too, and its record describes it."""
    return tuple(module.RULE for module in rule_modules())


def run(target: base.Target) -> base.Result:
    """Look up every pinned package of every manifest, and judge all packages by the rules.

    What is not looked up is in the coverage, never clean.
    """
    inventory = take(target.tree)
    parts = (_advised(target, inventory.pins), judge(inventory.packages, target))
    findings, allowed = _told(target.tree, [finding for part in parts for finding in part.findings])
    named = {finding.rule for finding in findings}
    coverages = [part.coverage for part in parts]
    return base.Result(
        coverage=Coverage(
            examined=sum(coverage.examined for coverage in coverages),
            unit="packages",
            skipped=(*inventory.skipped, *(skip for coverage in coverages for skip in coverage.skipped)),
            allowed=allowed,
            notes=tuple(note for coverage in coverages for note in coverage.notes),
        ),
        findings=findings,
        engines=tuple(engine for part in parts for engine in part.engines),
        rules=tuple(rule for part in parts for rule in part.rules if rule.id in named),
        gaps=tuple(gap for part in parts for gap in part.gaps),
    )


def _advised(target: base.Target, pins: tuple[Package, ...]) -> base.Result:
    """What is known of the pins by advisories."""
    if not pins:
        return base.Result(coverage=Coverage(examined=0, unit="packages"))
    try:
        source = choose(target.settings)
    except UnavailableError as error:
        unknown = _unknown(pins, dict.fromkeys(map(_pin, pins), "there was no source of advisories"))
        coverage = Coverage(examined=0, unit="packages", skipped=tuple(unknown))
        return base.Result(coverage=coverage, gaps=(str(error),))
    with closing(source):
        known, failed = _look_up(source, dict.fromkeys(map(_pin, pins)), target.progress)
    skipped = tuple(_unknown(pins, failed))
    findings, described = _findings(pins, known, source.engine.name)
    return base.Result(
        coverage=Coverage(examined=len(known), unit="packages", skipped=skipped, notes=(source.note,)),
        findings=with_imports(findings, target.tree, target.settings.python),
        engines=(source.engine,),
        rules=described,
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
    pins: Iterable[Package], known: dict[Pin, tuple[Advisory, ...]], engine: str
) -> tuple[tuple[Finding, ...], tuple[Rule, ...]]:
    """The findings and their rules."""
    found: list[Finding] = []
    described: dict[str, Rule] = {}
    for package in pins:
        for advisory in known.get(_pin(package), ()):
            rule = described.get(advisory.id) or rule_of(advisory)
            described[rule.id] = rule
            found.append(finding_of(advisory, rule, package, engine))
    return tuple(found), tuple(described[name] for name in sorted(described))


def _told(tree: Tree, found: list[Finding]) -> tuple[tuple[Finding, ...], int]:
    """The findings with their names, and how many more an inline comment allows."""
    texts = Texts(tree)
    wanted = [finding for finding in found if not texts.allowed(finding) & {finding.rule, *finding.aliases}]
    # The package and not its line: the same advisory is the same finding after a line moved or a version changed.
    named = identify(
        redact.findings(wanted), texts.masked, key=lambda finding, _: (str(finding.properties["package"]),)
    )
    return named, len(found) - len(wanted)
