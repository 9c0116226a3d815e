"""Leaked secrets: every engine over every file, one finding per secret and line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from lockgate.checks import base
from lockgate.checks.secrets import catalogue
from lockgate.checks.secrets.cache import Cache, FileResult
from lockgate.checks.secrets.examined import examine, result_of
from lockgate.checks.secrets.known import Known
from lockgate.engines.secrets import extract
from lockgate.engines.secrets.scanners import Scanners, scanners
from lockgate.inputs.files import display
from lockgate.inputs.tree import Tree
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
    options = target.options
    engines = scanners(options)
    skipped = list(target.tree.skipped)
    results: list[FileResult] = []
    cache = Cache(target.tree, engines.key, used=not options.verify)
    known = Known.of(target)
    files = target.tree.files
    for done, path in enumerate(files):
        target.progress(done, len(files))
        result = _of_file(target.tree, path, engines, cache, known)
        if isinstance(result, Skip):
            skipped.append(result)
            known.account(display(path), (), whole=not result.gap)
        else:
            results.append(result)
            known.account(display(path), result.known, whole=result.examined and not result.skipped)
    cache.close()
    left_out = Counter(reason for result in results if result.examined for reason in result.left_out)
    coverage = Coverage(
        examined=sum(result.examined for result in results),
        unit="files",
        skipped=(*skipped, *chain.from_iterable(result.skipped for result in results)),
        allowed=sum(result.allowed for result in results),
        notes=(*engines.notes, *asked_for(options), *_told(left_out)),
    )
    return base.Result(
        coverage=known.told(coverage, whole=not (engines.notes or options.engines)),
        findings=tuple(chain.from_iterable(result.findings for result in results)),
        engines=tuple(engines.engines),
        rules=tuple({rule.id: rule for result in results for rule in result.rules}.values()),
        gaps=known.gaps,
    )


def _of_file(tree: Tree, path: str, engines: Scanners, cache: Cache, known: Known) -> FileResult | Skip:
    shown, state = display(path), tree.state(path)
    stamp = known.stamp(shown)
    result = cache.unchanged(shown, state)
    if result and result.stamp == stamp:
        return result
    start = tree.read_start(path)
    if isinstance(start, Skip):
        return start
    result = None if start.gap else cache.known(shown, state, start.data)
    if result is None or result.stamp != stamp:
        result = result_of(examine(shown, start, engines, known), known)
        cache.keep(shown, state, start.data, result)
    return result


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
        yield f"{name} left out {sum(reasons.values())} files, into which another engine looked ({each})"
