"""OSV records, as far as they matter here. Schema: https://ossf.github.io/osv-schema/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from lockgate.model.package import normalised

ECOSYSTEM = "PyPI"

_SHA256 = re.compile(r"(?:sha-?256[:=])?([0-9a-f]{64})", re.IGNORECASE | re.ASCII)
MOST_NAMES = 50  # of what is affected

_DOTTED = re.compile(r"[^\W\d]\w{0,99}(?:\.[^\W\d]\w{0,99}){0,9}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")


class _Severity(Struct):
    type: str
    score: str


class _Range(Struct):
    type: str
    events: list[dict[str, str]]


class _Package(Struct):
    ecosystem: str
    name: str


class Affected(Struct):
    """One package that a record affects."""

    package: _Package | None = None
    ranges: list[_Range] | None = None
    versions: list[str] | None = None
    severity: list[_Severity] | None = None
    database_specific: Any = None
    ecosystem_specific: Any = None


class Record(Struct):
    """One OSV record."""

    id: str
    modified: str
    published: str | None = None
    withdrawn: str | None = None
    aliases: list[str] | None = None
    summary: str | None = None
    details: str | None = None
    severity: list[_Severity] | None = None
    affected: list[Affected] | None = None
    database_specific: dict[str, Any] | None = None

    def packages(self) -> Iterator[tuple[str, Affected]]:
        """The names (PEP 503) of the affected packages of the Python index, with what is affected of each."""
        for affected in self.affected or ():
            if affected.package and affected.package.ecosystem.partition(":")[0] == ECOSYSTEM:
                yield normalised(affected.package.name), affected

    def score(self) -> float | None:
        """The highest CVSS base score, of the record or of a package in it; None where there is no valid vector."""
        given = list(self.severity or ())
        for _, affected in self.packages():
            given += affected.severity or ()
        scores = [score for score in (base_score(severity.score) for severity in given) if score is not None]
        return max(scores, default=None)

    def artifacts(self) -> set[bytes]:
        """The SHA-256 digests of files that are malware; none where this is no record of malware.

        Sources that examine files give these under `indicators`. What they call the digest of an origin is mostly that of
        their report, which no file has. Schema: https://github.com/ossf/malicious-packages.
        """
        if not self.id.startswith("MAL-"):
            return set()
        files = [
            _at(file, "hashes", "sha256")
            for _, affected in self.packages()
            for file in _list(_at(affected.database_specific, "indicators", "package_integrity"))
        ]
        files += [_at(origin, "sha256") for origin in _list(_at(self.database_specific, "malicious-packages-origins"))]
        return {digest for file in files if isinstance(file, str) and (digest := sha256_of(file))}

    def cwe(self) -> tuple[int, ...]:
        """The CWE numbers that the database gives."""
        named = (self.database_specific or {}).get("cwe_ids")
        texts = [str(name) for name in named] if isinstance(named, list) else []
        return tuple(int(text[4:]) for text in texts if re.fullmatch(r"CWE-\d{1,5}", text))

    def affects(self) -> tuple[str, ...]:
        """The dotted names of what is affected, as the Python Packaging Advisory Database gives them.

        Format: https://github.com/pypa/advisory-database#format, `imports` in `ecosystem_specific`.
        """
        entries = [
            entry
            for _, affected in self.packages()
            for entry in _list(_at(affected.ecosystem_specific, "imports"))
            if isinstance(entry, dict)
        ]
        names = {
            f"{module}.{attribute}" if (attribute := entry.get("attribute")) else f"{module}"
            for entry in entries
            for module in _list(entry.get("modules"))
        }
        return tuple(sorted(filter(_DOTTED.fullmatch, names)))[:MOST_NAMES]


def sha256_of(text: str) -> bytes | None:
    """The digest that `sha256:HEX` or HEX names; None for everything else."""
    found = _SHA256.fullmatch(text)
    return bytes.fromhex(found[1]) if found else None


def _at(value: Any, *keys: str) -> Any:
    """What is at a path in foreign JSON; None where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def is_id(text: str) -> bool:
    """Whether the text may be the id of a record."""
    return _ID.fullmatch(text) is not None


_decoder = msgspec.json.Decoder(Record)


def decode(data: bytes) -> Record:
    """The record in `data`. Raises ValueError, saying where, for anything that is not one."""
    try:
        record = _decoder.decode(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    for name in (record.id, *(record.aliases or ())):
        if not is_id(name):
            raise ValueError("an id in it is not one")
    return record


@lru_cache(maxsize=2**14)
def base_score(vector: str) -> float | None:
    """The base score of a CVSS vector of version 2, 3 or 4; None where it is not valid."""
    from cvss import CVSS2, CVSS3, CVSS4, CVSSError

    kind = CVSS4 if vector.startswith("CVSS:4") else CVSS3 if vector.startswith("CVSS:3") else CVSS2
    try:
        return float(kind(vector).base_score)
    except CVSSError:
        return None
