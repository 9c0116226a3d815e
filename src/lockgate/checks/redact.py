"""Keeps what the secrets engines see in a repository out of everything that the other checks tell of it.

Names, revisions and broken lines are quoted in messages and reasons, and hashes are made of lines: any of them may hold a
credential that somebody put in the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from lockgate.checks.base import Result
from lockgate.checks.secrets import merge
from lockgate.engines.secrets.base import Sighting
from lockgate.engines.secrets.scanners import scanners
from lockgate.inputs.allow import without_brackets
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Finding
from lockgate.model.record import Coverage, Skip

# The engines look for high entropy in quotation marks only: each word that is long enough is shown to them in such, too.
_WORD = re.compile(r"[\w+/=.~-]{9,}")


def masked(path: str, text: str) -> str:
    """The text of a file with everything that an engine sees in it masked; empty where an engine breaks on it."""
    try:
        return merge.mask(text, _sightings(path, text))
    except UnavailableError:
        return ""  # what could not be looked at is not hashed


def redacted(result: Result) -> Result:
    """The result with everything that an engine sees in its texts masked. Paths stay as they are."""
    tell = _teller(set(_texts(result)))
    return replace(
        result,
        gaps=tuple(map(tell, result.gaps)),
        coverage=_coverage(result.coverage, tell),
        findings=tuple(_finding(finding, tell) for finding in result.findings),
    )


def redacted_text(text: str) -> str:
    """The text with everything that an engine sees in it masked."""
    return _teller({text})(text)


Tell = Callable[[str], str]


def _texts(result: Result) -> Iterator[str]:
    yield from result.gaps
    yield from result.coverage.notes
    yield from (skip.reason for skip in result.coverage.skipped)
    for finding in result.findings:
        yield from (finding.message, finding.fix, *map(str, finding.properties.values()))


def _coverage(coverage: Coverage, tell: Tell) -> Coverage:
    skipped = tuple(Skip(skip.subject, tell(skip.reason), skip.gap) for skip in coverage.skipped)
    return replace(coverage, skipped=skipped, notes=tuple(map(tell, coverage.notes)))


def _finding(finding: Finding, tell: Tell) -> Finding:
    properties = {name: tell(value) if isinstance(value, str) else value for name, value in finding.properties.items()}
    return replace(finding, message=tell(finding.message), fix=tell(finding.fix), properties=properties)


def _teller(texts: set[str]) -> Tell:
    """What to tell in place of each of the texts."""
    lines = [" ".join(text.split()) for text in sorted(texts)]
    words = sorted({word for line in lines for word in _WORD.findall(line)})
    page = "\n".join([*lines, *(f'"{word}"' for word in words)])
    seen = _sightings("told", page)
    if not seen:
        return lambda text: text
    told = dict(zip(sorted(texts), merge.mask(page, seen).split("\n"), strict=False))
    plain = dict(zip(sorted(texts), lines, strict=True))
    return lambda text: text if told.get(text, "") == plain[text] else told.get(text, "")


def _sightings(path: str, text: str) -> list[Sighting]:
    """What the engines see in a text; nothing where none can run, which the secrets check tells."""
    data = without_brackets(text.encode("utf-8", "replace"))
    try:
        engines = scanners()
    except UnavailableError:
        return []
    if not engines.may_find(path, data):
        return []
    seen = engines.scan(path, data)
    if seen.gaps:
        raise UnavailableError(f"{path} can't be searched for secrets: {seen.gaps[0].reason}")
    return seen.sightings
