"""Leaked secrets: every engine over every file, one finding per secret and line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from itertools import chain

from msgspec import Struct

from lockgate.checks import base
from lockgate.checks.identity import identify
from lockgate.checks.secrets import catalogue, merge
from lockgate.checks.secrets.allowed import Comments
from lockgate.checks.secrets.baseline import Secret
from lockgate.checks.secrets.cache import Cache, FileResult
from lockgate.checks.secrets.known import Known
from lockgate.engines.secrets.base import Sighting
from lockgate.engines.secrets.scanners import Scanners, Seen, scanners
from lockgate.inputs.files import display, is_binary
from lockgate.inputs.tree import Tree
from lockgate.model.finding import Finding
from lockgate.model.record import Coverage, Skip
from lockgate.model.rule import Rule


def all_rules() -> tuple[Rule, ...]:
    """Our own rules, and one for every kind of the engines that none of them covers."""
    return catalogue.all_rules()


def run(target: base.Target) -> base.Result:
    """Scan every file of the target. Raises UnavailableError where no engine can run here."""
    engines = scanners(target.settings.engine_options)
    skipped = list(target.tree.skipped)
    results: list[FileResult] = []
    cache = Cache(target.tree, engines.key)
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
    rules = {rule.id: rule for result in results for rule in result.rules}
    coverage = Coverage(
        examined=sum(result.examined for result in results),
        unit="files",
        skipped=(*skipped, *chain.from_iterable(result.skipped for result in results)),
        allowed=sum(result.allowed for result in results),
        notes=(*engines.notes, *_told(left_out)),
    )
    every_engine = not (engines.notes or target.settings.engine_options.engines)
    return base.Result(
        coverage=known.told(coverage, whole=every_engine),
        findings=tuple(chain.from_iterable(result.findings for result in results)),
        engines=tuple(engines.engines),
        rules=tuple(rules.values()),
        gaps=known.gaps,
    )


class Examined(Struct, frozen=True, kw_only=True):
    """What stands in one file: its text, what the engines saw, and the secrets that no comment allows."""

    path: str
    text: str
    seen: Seen
    secrets: list[Secret]
    allowed: int


def examine(target: base.Target, known: Known, only: Container[str] | None = None) -> Iterator[Examined | Skip]:
    """Look into every file of the target, or into those of `only` (as reports spell them), whatever is known of them."""
    engines = scanners(target.settings.engine_options)
    files = [path for path in target.tree.files if only is None or display(path) in only]
    for done, path in enumerate(files):
        target.progress(done, len(files))
        data = target.tree.read(path)
        yield data if isinstance(data, Skip) else _examined(display(path), data, engines, known)


def _of_file(tree: Tree, path: str, engines: Scanners, cache: Cache, known: Known) -> FileResult | Skip:
    shown, state = display(path), tree.state(path)
    stamp = known.stamp(shown)
    result = cache.unchanged(shown, state)
    if result and result.stamp == stamp:
        return result
    data = tree.read(path)
    if isinstance(data, Skip):
        return data
    result = cache.known(shown, state, data)
    if result is None or result.stamp != stamp:
        result = _result(data, _examined(shown, data, engines, known), known)
        cache.keep(shown, state, data, result)
    return result


def _examined(path: str, data: bytes, engines: Scanners, known: Known) -> Examined:
    seen = engines.scan(path, known.searched(path, data))
    text = data.decode("utf-8", "replace") if seen.sightings else ""
    secrets = list(_merged(seen.sightings))
    comments = Comments(text.split("\n"))
    wanted = [secret for secret in secrets if not comments.allow(secret[0])]
    return Examined(path=path, text=text, seen=seen, secrets=wanted, allowed=len(secrets) - len(wanted))


def _result(data: bytes, file: Examined, known: Known) -> FileResult:
    seen = file.seen
    examined = bool(seen.looked or not data)
    skipped = seen.gaps if examined or seen.gaps else [_unseen(file.path, data, seen)]
    places = known.matching(file.path, file.secrets)
    new = [finding for (finding, _), entries in zip(file.secrets, places, strict=True) if not entries]
    masked = merge.mask(file.text, seen.sightings) if new else ""
    findings = identify(new, lambda _: masked)
    named = {finding.rule for finding in findings}
    rules = {rule.id: rule for rule in map(catalogue.rule_of, seen.sightings) if rule.id in named}
    return FileResult(
        examined=examined,
        skipped=tuple(skipped),
        left_out=tuple(seen.left_out),
        findings=findings,
        rules=tuple(rules.values()),
        allowed=file.allowed,
        stamp=known.stamp(file.path),
        known=tuple(tuple(entries) for entries in places if entries),
    )


def _unseen(path: str, data: bytes, seen: Seen) -> Skip:
    """Where no engine looks. A binary file is told; in a text there can be a secret that people can read."""
    if is_binary(data):
        return Skip(path, "binary: no engine looks into it")
    reasons = ", ".join(f"{engine} left it out: {why}" for engine, why in seen.left_out)
    return Skip(path, f"no engine looks into it ({reasons}); install the missing engine or exclude the file", gap=True)


def _told(left_out: Counter[tuple[str, str]]) -> Iterator[str]:
    """A note for every engine that left out files into which another one looked."""
    for name in dict.fromkeys(engine for engine, _ in left_out):
        reasons = {why: count for (engine, why), count in left_out.items() if engine == name}
        each = ", ".join(f"{count} {why}" for why, count in reasons.items())
        yield f"{name} left out {sum(reasons.values())} files, into which another engine looked ({each})"


def _merged(sightings: list[Sighting]) -> Iterator[Secret]:
    for group in merge.groups(sightings):
        rule = catalogue.rule_of(min(group, key=catalogue.breadth))
        widest = group[0].at
        finding = Finding(
            **{field: getattr(widest, field) for field in widest.__struct_fields__},
            rule=rule.id,
            severity=rule.severity,
            confidence=min(map(catalogue.confidence_of, group), key=lambda level: level.rank),
            message=rule.summary,
            fix=rule.fix.partition(" Then ")[0],
            help_uri=rule.help_uri,
            engines=tuple(sorted({seen.engine for seen in group})),
        )
        yield finding, group
