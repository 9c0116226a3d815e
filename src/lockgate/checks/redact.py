"""Keeps what the secrets engines see in a repository out of everything that the other checks tell of it.

Names, revisions and broken lines are quoted in messages and reasons, and hashes are made of lines: any of them may hold a
credential that somebody put in the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TypeGuard

from msgspec.structs import replace

from lockgate.checks import masking
from lockgate.checks.base import Result
from lockgate.engines.secrets.base import Sighting
from lockgate.engines.secrets.scanners import scanners
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Finding
from lockgate.model.record import Skip
from lockgate.model.rule import Rule

NOT_SHOWN = "(not shown: it could not be searched for secrets)"

# The engines look for high entropy in quotation marks only: each word that is long enough is shown to them in such, too.
_WORD = re.compile(r"[\w+/=.~-]{9,}")
# A package's name is told in lower case and with dashes, in which no engine would know the secret that it is.
_NAME = re.compile(r"(?<![a-z0-9-])(?=[a-z-]*\d)[a-z0-9-]{16,}")

# What names files and commits that everybody can have: in a lock, and where an action or hook is pinned.
_DIGEST = re.compile(
    r"\bsha256\s*[:=]\s*[\"']?[0-9a-f]{64}\b[\"']?|\bsha512\s*[:=]\s*[\"']?[0-9a-f]{128}\b[\"']?"
    r"|\b(?:uses\s*:\s*[\"']?[\w.-]+/[\w./-]+@|rev\s*[:=]\s*[\"']?)[0-9a-f]{40}\b[\"']?"
)
# A version of four parts looks like an address, which is no secret, to an engine that looks for these.
_FOUR_PARTS = re.compile(r"\d+(?:\.\d+){3,}")

_NO_TEXT = frozenset(
    {"commit"}
)  # properties that are no text of anybody's, though an engine might take them for a secret

Tell = Callable[[str], str]


def masked(path: str, text: str, public: Collection[str] = ()) -> str:
    """The text of a file with everything that an engine sees in it masked; empty where that can't be told.

    Where an engine may see something in digests and versions of four parts only, there is nothing to mask, and no engine is loaded.
    What is `public` everybody may know, and no engine is shown it.
    """
    shown = _without(public, text)
    if _sightings(path, _without_public(shown), look=False) == []:
        return text
    seen = _sightings(path, shown)
    safe = "" if seen is None else masking.mask(shown, seen)
    return "".join(map(_put_back, text, shown, safe)) if safe else ""


def findings(found: Iterable[Finding], rules: Iterable[Rule] = ()) -> list[Finding]:
    """The findings with everything that an engine sees in their texts masked. It comes before anything is hashed.

    What the `rules` say is no text of the repository: where the findings of an advisory repeat it, no engine is asked for it.
    """
    found = list(found)
    tell = _teller(_by_texts(found, rules)) if found else _as_it_is
    return found if tell is _as_it_is else [_told(finding, tell) for finding in found]


def result(whole: Result) -> Result:
    """The result with everything that an engine sees in its texts masked. Paths stay as they are."""
    skipped = whole.coverage.skipped
    texts = dict.fromkeys((*whole.gaps, *whole.coverage.notes, *(skip.reason for skip in skipped)), "")
    texts |= {note: note for note in whole.public}
    tell = _teller(texts | _by_texts(whole.findings, whole.rules))
    if tell is _as_it_is:
        return whole
    coverage = replace(
        whole.coverage,
        skipped=tuple(Skip(skip.subject, tell(skip.reason), skip.gap) for skip in skipped),
        notes=tuple(map(tell, whole.coverage.notes)),
    )
    return replace(
        whole,
        gaps=tuple(map(tell, whole.gaps)),
        coverage=coverage,
        findings=tuple(_told(finding, tell) for finding in whole.findings),
    )


def text(told: str, public: Collection[str] = ()) -> str:
    """The text with everything that an engine sees in it masked. What is `public` everybody may know."""
    shown = _without(public, told)
    safe = _teller({shown: ""})(shown)
    return told if safe == shown else safe


def _by_texts(found: Iterable[Finding], rules: Iterable[Rule]) -> dict[str, str]:
    """The texts of the findings, each with what its rule says in it."""
    said = {rule.id: rule.summary.rstrip(".") for rule in rules}
    return {text: said.get(finding.rule, "") for finding in found for text in _texts(finding)}


def _texts(finding: Finding) -> Iterator[str]:
    yield from (finding.message, finding.fix)
    yield from (value for name, value in finding.properties.items() if _is_text(value, name))


def _is_text(value: object, name: str) -> TypeGuard[str]:
    return isinstance(value, str) and name not in _NO_TEXT


def _told(finding: Finding, tell: Tell) -> Finding:
    properties = {name: tell(value) if _is_text(value, name) else value for name, value in finding.properties.items()}
    return replace(finding, message=tell(finding.message), fix=tell(finding.fix), properties=properties)


def _as_it_is(text: str) -> str:
    """What to tell of a text where nothing is masked in any."""
    return text


def _teller(texts: Mapping[str, str]) -> Tell:
    """What to tell in place of each of the texts, each given with a part of it that is no text of the repository.

    Where an engine may see something in those parts, digests and versions only, nothing is masked, and no engine is loaded.
    """
    own = {_without_public(text.replace(public, "") if public else text) for text, public in texts.items()} - {""}
    if not own or _sightings("told", _page(own)[0], look=False) == []:
        return _as_it_is
    page, lines, names = _page(texts)
    seen = _sightings("told", page)
    if seen == []:
        return _as_it_is
    safe_page = masking.mask(page, seen) if seen else ""
    if not safe_page:
        return lambda _text: NOT_SHOWN
    shown = safe_page.split("\n")
    told = dict(zip(lines, shown, strict=False))
    hidden = _names_that_are_secrets(names, page, shown)

    def tell(text: str) -> str:
        line = lines[text]
        safe = _NAME.sub(lambda match: masking.MASK * len(match[0]) if match[0] in hidden else match[0], line)
        both = "".join(masking.MASK if masking.MASK in pair else pair[0] for pair in zip(safe, told[text], strict=True))
        return text if both == line else both

    return tell


def _without(public: Collection[str], text: str) -> str:
    """The text with blanks in place of what is public, so that all else keeps its place."""
    return re.sub("|".join(map(re.escape, public)), lambda match: " " * len(match[0]), text) if public else text


def _put_back(letter: str, shown: str, safe: str) -> str:
    return letter if shown == safe else safe


def _without_public(text: str) -> str:
    """The text as it is shown to find out whether an engine has to look at it."""
    return _FOUR_PARTS.sub(lambda match: match[0].replace(".", "-"), _DIGEST.sub("", text))


def _page(texts: Iterable[str]) -> tuple[str, dict[str, str], dict[str, tuple[str, str]]]:
    """What the engines are shown of the texts; it begins with a line for each. With it these lines, and names by spellings."""
    lines = {text: " ".join(text.split()) for text in texts}
    words = {word for line in lines.values() for word in _WORD.findall(line)}
    names = {name: (name.replace("-", "_"), name.upper()) for line in lines.values() for name in _NAME.findall(line)}
    page = "\n".join([*lines.values(), *(f'"{word}"' for word in sorted(words.union(*names.values())))])
    return page, lines, names


def _names_that_are_secrets(names: dict[str, tuple[str, str]], page: str, shown: list[str]) -> set[str]:
    """The names of which another spelling was masked."""
    masked_lines = {line for line, safe in zip(page.split("\n"), shown, strict=True) if line != safe}
    return {name for name, spellings in names.items() if any(f'"{each}"' in masked_lines for each in spellings)}


def _sightings(path: str, text: str, *, look: bool = True) -> list[Sighting] | None:
    """What the engines see in a text, None where they can't look at it, or may see something and are not to `look`.

    Where no engine runs the secrets check says so.
    """
    data = text.encode("utf-8", "replace")
    try:
        engines = scanners()
    except UnavailableError:
        return []
    if not engines.may_find(path, data):
        return []
    if not look:
        return None
    seen = engines.scan(path, data)
    return None if seen.gaps else seen.sightings
