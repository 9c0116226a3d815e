"""Leaked secrets: every engine over every file, one finding per secret and line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain

from lockgate.checks import base
from lockgate.checks.identity import identify
from lockgate.checks.secrets import catalogue, merge
from lockgate.checks.secrets.allowed import Comments
from lockgate.checks.secrets.cache import Cache, FileResult
from lockgate.checks.secrets.describe import finding_of
from lockgate.engines.secrets import extract
from lockgate.engines.secrets.base import Sighting
from lockgate.engines.secrets.scanners import Scanners, Seen, scanners
from lockgate.inputs.files import Start, display, is_binary
from lockgate.inputs.tree import Tree
from lockgate.model.engine_options import EngineOptions
from lockgate.model.finding import Finding
from lockgate.model.record import Coverage, Skip
from lockgate.model.rule import Rule

Choose = Callable[[list[Sighting]], list[Sighting]]


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
    files = target.tree.files
    for done, path in enumerate(files):
        target.progress(done, len(files))
        result = _of_file(target.tree, path, engines, cache)
        if isinstance(result, Skip):
            skipped.append(result)
        else:
            results.append(result)
    cache.close()
    left_out = Counter(reason for result in results if result.examined for reason in result.left_out)
    rules = {rule.id: rule for result in results for rule in result.rules}
    return base.Result(
        coverage=Coverage(
            examined=sum(result.examined for result in results),
            unit="files",
            skipped=(*skipped, *chain.from_iterable(result.skipped for result in results)),
            allowed=sum(result.allowed for result in results),
            notes=(*engines.notes, *asked_for(options), *_told(left_out)),
        ),
        findings=tuple(chain.from_iterable(result.findings for result in results)),
        engines=tuple(engines.engines),
        rules=tuple(rules.values()),
    )


def _of_file(tree: Tree, path: str, engines: Scanners, cache: Cache) -> FileResult | Skip:
    shown, state = display(path), tree.state(path)
    result = cache.unchanged(shown, state)
    if result:
        return result
    start = tree.read_start(path)
    if isinstance(start, Skip):
        return start
    result = None if start.gap else cache.known(shown, state, start.data)
    if result is None:
        result = scanned(shown, start, engines)
        cache.keep(shown, state, start.data, result)
    return result


def scanned(path: str, start: Start, engines: Scanners, choose: Choose = lambda sightings: sightings) -> FileResult:
    """What is to be told of one file, and of those sightings in it that are chosen."""
    seen = engines.scan(path, start.data)
    if start.gap:
        told = f"{start.gap.reason}; its first {len(start.data) / 2**20:,.0f} MiB were examined"
        seen.gaps.append(Skip(path, told, gap=True))
    return _examined(path, start.data, seen, choose(seen.sightings))


def _examined(path: str, data: bytes, seen: Seen, chosen: list[Sighting]) -> FileResult:
    looked = bool(seen.looked or not data)
    skipped = seen.gaps if looked or seen.gaps else [_unseen(path, data, seen)]
    findings, allowed = _findings(seen.sightings, data, chosen)
    named = {finding.rule for finding in findings}
    rules = {rule.id: rule for rule in map(catalogue.rule_of, seen.sightings) if rule.id in named}
    return FileResult(
        examined=looked,
        skipped=tuple(skipped),
        left_out=tuple(seen.left_out),
        findings=findings,
        rules=tuple(rules.values()),
        allowed=allowed,
    )


def _unseen(path: str, data: bytes, seen: Seen) -> Skip:
    """Where no engine looks. A binary file is told; in a text there can be a secret that people can read."""
    if is_binary(data):
        return Skip(path, "binary: no engine looks into it")
    reasons = ", ".join(f"{engine} left it out: {why}" for engine, why in seen.left_out)
    return Skip(path, f"no engine looks into it ({reasons}); install the missing engine or exclude the file", gap=True)


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


def _findings(
    sightings: list[Sighting], data: bytes, chosen: list[Sighting] | None = None
) -> tuple[tuple[Finding, ...], int]:
    """The findings of one file, and how many more an inline comment allows.

    Only those sightings that are chosen, by default all, are told; all are masked.
    """
    chosen = sightings if chosen is None else chosen
    if not chosen:
        return (), 0
    text = data.decode("utf-8", "replace")
    lines = text.split("\n")
    merged = [finding_of(group, lines) for group in merge.groups(chosen)]
    comments = Comments(lines)
    wanted = [finding for finding in merged if not comments.allow(finding)]
    masked = merge.mask(text, sightings) if wanted else ""
    return identify(wanted, lambda _: masked), len(merged) - len(wanted)
