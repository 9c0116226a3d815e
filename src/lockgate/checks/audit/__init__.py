"""Known vulnerabilities of the exact versions that the project pins, and what else is wrong with its packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING

from lockgate.checks import base, redact
from lockgate.checks.audit.describe import finding_of, rule_of
from lockgate.checks.audit.evidence import with_imports
from lockgate.checks.audit.inventory import Inventory, query_of, take
from lockgate.checks.audit.source import choose
from lockgate.checks.audit.subject import judge, rule_modules
from lockgate.checks.audit.text import Texts
from lockgate.checks.identity import identify
from lockgate.inputs.tree import Tree
from lockgate.model.advisory import Advisory, Query
from lockgate.model.errors import UnavailableError, counted
from lockgate.model.finding import Finding
from lockgate.model.package import Package
from lockgate.model.record import Coverage, Skip
from lockgate.model.rule import Rule

if TYPE_CHECKING:
    from lockgate.advisories.feeds import Feeds
    from lockgate.config.settings import Settings


def all_rules() -> tuple[Rule, ...]:
    """The rules of this check that are no advisories; each advisory is a rule, too, and its record describes it."""
    return tuple(module.RULE for module in rule_modules())


def run(target: base.Target) -> base.Result:
    """Look up every pinned package of every manifest, and judge all packages by the rules.

    What is not looked up is in the coverage, never clean.
    """
    inventory = take(target.tree, target.settings.python)
    if target.settings.resolve and inventory.unlocked:
        from lockgate.checks.audit.resolve import resolved

        inventory = resolved(inventory, offline=target.settings.offline)
    parts = (_advised(target, inventory.asked), judge(inventory.packages, target))
    rules = [rule for part in parts for rule in part.rules]
    findings, allowed = _told(target.tree, [finding for part in parts for finding in part.findings], rules)
    named = {finding.rule for finding in findings}
    coverages = [part.coverage for part in parts]
    return base.Result(
        coverage=Coverage(
            examined=sum(coverage.examined for coverage in coverages),
            unit="packages",
            skipped=(
                *inventory.not_asked,
                *(skip for coverage in coverages for skip in coverage.skipped),
            ),
            allowed=allowed,
            notes=(*(note for coverage in coverages for note in coverage.notes), *_advice(target.settings, inventory)),
        ),
        findings=findings,
        engines=tuple(engine for part in parts for engine in part.engines),
        rules=tuple(rule for rule in rules if rule.id in named),
        gaps=tuple(gap for part in parts for gap in part.gaps),
        public=tuple(note for part in parts for note in part.public),
    )


def _advice(settings: Settings, inventory: Inventory) -> Iterator[str]:
    """How to complete an audit that open requirements make incomplete."""
    number = len(inventory.unlocked)
    if number and not (settings.resolve or settings.offline):
        yield f"--resolve looks up what uv finds for {counted(number, 'requirement')} without an exact version"


def _advised(target: base.Target, asked: tuple[Package, ...]) -> base.Result:
    """What advisories are known of the packages."""
    from lockgate.advisories.feeds import Feeds

    if not asked:
        return base.Result(coverage=Coverage(examined=0, unit="packages"))
    queries = tuple(dict.fromkeys(map(query_of, asked)))
    try:
        with closing(choose(target.settings)) as source:
            answers = source.lookup(queries, target.progress)
    except UnavailableError as error:
        unknown = _unknown(asked, dict.fromkeys(queries, "there was no source of advisories"))
        coverage = Coverage(examined=0, unit="packages", skipped=tuple(unknown))
        return base.Result(coverage=coverage, gaps=(str(error),))
    feeds = Feeds()
    findings, described = _findings(asked, answers.known, source.engine.name, feeds)
    notes = (*source.notes, *feeds.notes)
    examined = {(query.name, query.version) for query in answers.known if query.version}
    skipped = tuple(_unknown(asked, answers.failed))
    return base.Result(
        coverage=Coverage(examined=len(examined), unit="packages", skipped=skipped, notes=notes),
        findings=with_imports(findings, target.tree, target.settings.python),
        engines=(source.engine,),
        rules=described,
        gaps=source.gaps,
        public=notes,
    )


def _unknown(asked: Iterable[Package], failed: Mapping[Query, str]) -> Iterator[Skip]:
    for package in asked:
        reason = failed.get(query_of(package))
        if reason and package.version:  # without one it is a gap already
            yield Skip(package.at.where, f"{package.name} {package.version} was not looked up: {reason}", gap=True)


def _findings(
    asked: Iterable[Package], known: Mapping[Query, tuple[Advisory, ...]], engine: str, feeds: Feeds
) -> tuple[tuple[Finding, ...], tuple[Rule, ...]]:
    """The findings and their rules."""
    found: list[Finding] = []
    described: dict[str, Rule] = {}
    for package in asked:
        for advisory in known.get(query_of(package), ()):
            rule = described.get(advisory.id) or rule_of(advisory)
            described[rule.id] = rule
            found.append(finding_of(advisory, rule, package, engine, feeds.of(advisory)))
    return tuple(found), tuple(described[name] for name in sorted(described))


def _told(tree: Tree, found: Iterable[Finding], rules: Iterable[Rule]) -> tuple[tuple[Finding, ...], int]:
    """The findings with their names, and how many more an inline comment allows."""
    texts, found = Texts(tree), list(found)
    wanted = [finding for finding in found if not texts.allowed(finding) & {finding.rule, *finding.aliases}]
    # The package and not its line: the same advisory is the same finding after a line moved or a version changed.
    named = identify(
        redact.findings(wanted, rules), texts.masked, key=lambda finding, _: (str(finding.properties["package"]),)
    )
    return named, len(found) - len(wanted)
