"""Gives findings the two names by which they are known again after their lines moved."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import groupby
from operator import attrgetter

import msgspec

from lockgate.inputs.line_hash import line_hashes
from lockgate.model.finding import Finding

HASHED_CHARACTERS = 4_000_000  # larger texts get no line hashes: in Python they cost seconds


def identify(
    findings: Iterable[Finding],
    text_of: Callable[[str], str],
    key: Callable[[Finding, str], tuple[str, ...]] = lambda _finding, line: (line,),
) -> tuple[Finding, ...]:
    """The findings with `fingerprint` and `line_hash`, sorted by place.

    text_of: the text of a path, with every secret that was found masked, so that no hash is one of a secret;
    where it is empty there is no line hash.
    key: what, beside rule and path, tells a finding from others; it is given the finding and its line without the
    blanks around it. Findings that are alike in all of it are numbered in the order of their lines.
    """
    seen: Counter[str] = Counter()
    named: list[Finding] = []
    ordered = sorted(findings, key=attrgetter("path", "line", "column", "rule", "message"))
    for path, grouped in groupby(ordered, key=attrgetter("path")):
        group = list(grouped)
        text = text_of(path)
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        hashes = line_hashes(text, {finding.line for finding in group}) if 0 < len(text) <= HASHED_CHARACTERS else {}
        plain: dict[int, str] = {}  # a line may be long, and have very many findings
        for finding in group:
            if finding.line not in plain:
                plain[finding.line] = " ".join(lines[finding.line - 1].split()) if finding.line <= len(lines) else ""
            name = _digest(finding.rule, path, *key(finding, plain[finding.line]))
            seen[name] += 1
            named.append(
                msgspec.structs.replace(
                    finding,
                    fingerprint=f"{name}:{seen[name]}",
                    line_hash=hashes.get(finding.line, ""),
                )
            )
    return tuple(named)


def _digest(*parts: str) -> str:
    """32 hexadecimal digits of the SHA-256 of the parts, each ended by NUL."""
    data = "".join(f"{part}\0" for part in ("lockgate/v1", *parts))
    return hashlib.sha256(data.encode("utf-8", "backslashreplace")).hexdigest()[:32]
