"""One file: what the engines see in it, and what is told of that."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from msgspec import Struct

from lockgate.checks import masking
from lockgate.checks.base import Target
from lockgate.checks.identity import identify
from lockgate.checks.secrets import catalogue, merge
from lockgate.checks.secrets.allowed import Comments
from lockgate.checks.secrets.baseline import Secret
from lockgate.checks.secrets.cache import FileResult
from lockgate.checks.secrets.describe import finding_of
from lockgate.checks.secrets.known import Known
from lockgate.engines.secrets.base import Sighting
from lockgate.engines.secrets.scanners import Scanners, Seen, scanners
from lockgate.inputs.files import Start, display, is_binary
from lockgate.model.record import Skip

Choose = Callable[[list[Sighting]], list[Sighting]]
"""Tells which of the sightings in a file are to be told; all are masked."""


class Examined(Struct, frozen=True, kw_only=True):
    """What stands in one file: its text, what the engines saw, and the secrets that no comment allows.

    The text is empty where nothing was seen. `allowed` counts the secrets that a comment allows.
    """

    path: str
    start: Start
    text: str
    seen: Seen
    secrets: list[Secret]
    allowed: int


def examine(
    path: str, start: Start, engines: Scanners, known: Known, choose: Choose = lambda sightings: sightings
) -> Examined:
    """Let the engines look into a file, of which there is all or the beginning."""
    seen = engines.scan(path, known.searched(path, start.data))
    if start.gap:
        told = f"{start.gap.reason}; its first {len(start.data) / 2**20:,.0f} MiB were examined"
        seen.gaps.append(Skip(path, told, gap=True))
    text = start.data.decode("utf-8", "replace") if seen.sightings else ""
    lines = text.split("\n")
    comments = Comments(lines)
    secrets = [(finding_of(group, lines), group) for group in merge.groups(choose(seen.sightings))]
    wanted = [secret for secret in secrets if not comments.allow(secret[0])]
    return Examined(
        path=path, start=start, text=text, seen=seen, secrets=wanted, allowed=len(secrets) - len(wanted)
    )  # fmt: skip


def examine_all(target: Target, known: Known, only: Container[str] | None = None) -> Iterator[Examined | Skip]:
    """Look into every file of the target, or into those of `only` (as reports spell them), whatever is known of them."""
    engines = scanners(target.options)
    files = [path for path in target.tree.files if only is None or display(path) in only]
    for done, path in enumerate(files):
        target.progress(done, len(files))
        start = target.tree.read_start(path)
        yield start if isinstance(start, Skip) else examine(display(path), start, engines, known)


def result_of(file: Examined, known: Known) -> FileResult:
    """What is told of a file: findings for those of its secrets that are not known."""
    seen = file.seen
    looked = bool(seen.looked or not file.start.data)
    skipped = seen.gaps if looked or seen.gaps else [_unseen(file)]
    places = known.matching(file.path, file.secrets)
    new = [finding for (finding, _), entries in zip(file.secrets, places, strict=True) if not entries]
    masked = masking.mask(file.text, seen.sightings) if new else ""
    findings = identify(new, lambda _: masked)
    named = {finding.rule for finding in findings}
    rules = {rule.id: rule for rule in map(catalogue.rule_of, seen.sightings) if rule.id in named}
    return FileResult(
        examined=looked,
        skipped=tuple(skipped),
        left_out=tuple(seen.left_out),
        findings=findings,
        rules=tuple(rules.values()),
        allowed=file.allowed,
        stamp=known.stamp(file.path),
        known=tuple(tuple(entries) for entries in places if entries),
    )


def _unseen(file: Examined) -> Skip:
    """Where no engine looks. A binary file is told; in a text there can be a secret that people can read."""
    if is_binary(file.start.data):
        return Skip(file.path, "binary: no engine looks into it")
    reasons = ", ".join(f"{engine} left it out: {why}" for engine, why in file.seen.left_out)
    advice = "install the missing engine or exclude the file"
    return Skip(file.path, f"no engine looks into it ({reasons}); {advice}", gap=True)
