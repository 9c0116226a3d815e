"""Leaked secrets: every engine over every file, one finding per secret and line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain

from lockgate.checks import base
from lockgate.checks.secrets import catalogue
from lockgate.checks.secrets.cache import FileResult
from lockgate.checks.secrets.pool import scan_files
from lockgate.checks.secrets.scan import FileScan
from lockgate.engines.secrets import extract
from lockgate.inputs.files import display
from lockgate.model.engine_options import EngineOptions
from lockgate.model.record import Coverage, Skip
from lockgate.model.rule import Rule


def all_rules() -> tuple[Rule, ...]:
    """Our own rules, and one for every kind of the engines that none of them covers."""
    return catalogue.all_rules()


def run(target: base.Target) -> base.Result:
    """Scan every file of the target. Raises UnavailableError where no engine can run here."""
    if target.commits:
        from lockgate.checks.secrets import history

        return history.run(target, target.commits)
    scan = FileScan(target)
    files = target.tree.files
    unchanged = {path: result for path in files if (result := scan.unchanged(path))}
    read = scan_files(target, scan, [path for path in files if path not in unchanged])
    scan.cache.close()
    return _result(target, scan, {path: unchanged.get(path) or read[path] for path in files})


def _result(target: base.Target, scan: FileScan, by_path: Mapping[str, FileResult | Skip]) -> base.Result:
    skipped = list(target.tree.skipped)
    results: list[FileResult] = []
    for path, result in by_path.items():
        if isinstance(result, Skip):
            skipped.append(result)
            scan.known.account(display(path), (), whole=not result.gap)
        else:
            results.append(result)
            scan.known.account(display(path), result.known, whole=result.examined and not result.skipped)
    left_out = Counter(reason for result in results if result.examined for reason in result.left_out)
    coverage = Coverage(
        examined=sum(result.examined for result in results),
        unit="files",
        skipped=(*skipped, *chain.from_iterable(result.skipped for result in results)),
        allowed=sum(result.allowed for result in results),
        notes=(*scan.engines.notes, *asked_for(target.options), *_told(left_out)),
    )
    return base.Result(
        coverage=scan.known.told(coverage, whole=not (scan.engines.notes or target.options.engines)),
        findings=tuple(chain.from_iterable(result.findings for result in results)),
        engines=tuple(scan.engines.engines),
        rules=tuple({rule.id: rule for result in results for rule in result.rules}.values()),
        gaps=scan.known.gaps,
    )


def asked_for(options: EngineOptions) -> Iterator[str]:
    """Notes on what was done beyond what is done by default."""
    if options.deep:
        yield f"deep: looked into {extract.LIMITS}"
    if options.verify:
        yield "asked the providers of what kingfisher sees and can verify; of all else it is unknown whether it is active"


def _told(left_out: Counter[tuple[str, str]]) -> Iterator[str]:
    """A note for every engine that left out files into which another one looked."""
    for name in dict.fromkeys(engine for engine, _ in left_out):
        reasons = {why: count for (engine, why), count in left_out.items() if engine == name}
        each = ", ".join(f"{count} {why}" for why, count in reasons.items())
        number = sum(reasons.values())
        yield f"{name} left out {number} file{'' if number == 1 else 's'}, into which another engine looked ({each})"
