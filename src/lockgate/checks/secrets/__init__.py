"""Leaked secrets: every engine over every file, one finding per secret and line."""

from __future__ import annotations

from collections.abc import Iterator

from lockgate.checks import base
from lockgate.checks.identity import identify
from lockgate.checks.secrets import catalogue, merge
from lockgate.checks.secrets.allowed import is_allowed
from lockgate.engines.base import Scan, Sighting
from lockgate.inputs.allow import without_brackets
from lockgate.inputs.files import display
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Finding
from lockgate.model.record import Coverage, Engine, Skip
from lockgate.model.rule import Rule

Scanners = list[tuple[Engine, Scan]]


def all_rules() -> tuple[Rule, ...]:
    """Our own rules, and one for every kind of the engines that none of them covers."""
    return catalogue.all_rules()


def run(target: base.Target) -> base.Result:
    """Scan every file of the target. Raises UnavailableError where no engine can run here."""
    scanners, notes = _load()
    skipped = list(target.tree.skipped)
    found: list[Finding] = []
    used: dict[str, Rule] = {}
    allowed = examined = 0
    files = target.tree.files
    for done, path in enumerate(files):
        target.progress(done, len(files))
        data = target.tree.read(path)
        if isinstance(data, Skip):
            skipped.append(data)
            continue
        examined += 1
        sightings, gaps = _scan(scanners, display(path), without_brackets(data))
        skipped += gaps
        used |= {rule.id: rule for rule in map(catalogue.rule_of, sightings)}
        findings, passed = _findings(sightings, data)
        found += findings
        allowed += passed
    named = {finding.rule for finding in found}
    return base.Result(
        coverage=Coverage(examined=examined, unit="files", skipped=tuple(skipped), allowed=allowed, notes=tuple(notes)),
        findings=tuple(found),
        engines=tuple(engine for engine, _ in scanners),
        rules=tuple(rule for rule in used.values() if rule.id in named),
    )


def _load() -> tuple[Scanners, list[str]]:
    """The engines that run here, and a note on each that does not."""
    scanners: Scanners = []
    notes: list[str] = []
    for name, engine in catalogue.engines().items():
        try:
            scanners.append(engine.load_scanner())
        except UnavailableError as error:
            notes.append(f"{name} took no part: {error}")
    if not scanners:
        raise UnavailableError("; ".join(notes))
    return scanners, notes


def _scan(scanners: Scanners, path: str, data: bytes) -> tuple[list[Sighting], list[Skip]]:
    """What the engines see in one file, and where one gave up on it.

    Of an engine's error only the type is told: its text may hold the secret.
    """
    sightings: list[Sighting] = []
    gaps: list[Skip] = []
    for engine, scan in scanners:
        try:
            sightings += scan(path, data)
        except TimeoutError:
            gaps.append(Skip(path, f"{engine.name} took too long; exclude the file if it holds no text", gap=True))
        except Exception as error:  # noqa: BLE001 - one file that breaks an engine must not hide the others
            gaps.append(Skip(path, f"{engine.name} broke on it: {type(error).__name__}", gap=True))
    return sightings, gaps


def _findings(sightings: list[Sighting], data: bytes) -> tuple[tuple[Finding, ...], int]:
    """The findings of one file, and how many more an inline comment allows."""
    if not sightings:
        return (), 0
    text = data.decode("utf-8", "replace")
    lines = text.split("\n")
    merged = list(_merged(sightings))
    wanted = [finding for finding in merged if not is_allowed(finding, lines)]
    masked = merge.mask(text, sightings) if wanted else ""
    return identify(wanted, lambda _: masked), len(merged) - len(wanted)


def _merged(sightings: list[Sighting]) -> Iterator[Finding]:
    for group in merge.groups(sightings):
        rule = catalogue.rule_of(min(group, key=catalogue.breadth))
        widest = group[0].at
        yield Finding(
            **{field: getattr(widest, field) for field in widest.__struct_fields__},
            rule=rule.id,
            severity=rule.severity,
            confidence=min(map(catalogue.confidence_of, group), key=lambda level: level.rank),
            message=rule.summary,
            fix=rule.fix.partition(" Then ")[0],
            help_uri=rule.help_uri,
            engines=tuple(sorted({seen.engine for seen in group})),
        )
