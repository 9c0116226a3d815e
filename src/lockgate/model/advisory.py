"""What a source of advisories says about one version of one package."""

from __future__ import annotations

from msgspec import Struct

_ID_ORDER = ("MAL-", "PYSEC-", "GHSA-", "CVE-")


class Query(Struct, frozen=True):
    """One package to look up: its name by PEP 503, its exact version, and the hashes of its files (`algorithm:hex`).

    One without a version can be known by a hash only.
    """

    name: str
    version: str
    hashes: tuple[str, ...] = ()


class Answers(Struct, frozen=True):
    """What a source knows of each query, and why it has no answer for the others."""

    known: dict[Query, tuple[Advisory, ...]] = {}
    failed: dict[Query, str] = {}


class Advisory(Struct, frozen=True, kw_only=True):
    """One vulnerability that a version has; every advisory that is an alias of it is merged in.

    `score` is the highest CVSS base score among them, None where nobody has scored it. `fix` is the nearest version
    above the one asked for that has none of them, `fixes` are all versions above it that fix some; both may be empty.
    `matched` is `hash` where not the version was known but a file.
    `affects` are the dotted names of the modules and attributes that are affected, where the advisory tells.
    """

    id: str
    aliases: tuple[str, ...] = ()
    score: float | None = None
    fix: str = ""
    fixes: tuple[str, ...] = ()
    summary: str = ""
    details: str = ""
    published: str = ""
    cwe: tuple[int, ...] = ()
    matched: str = ""
    affects: tuple[str, ...] = ()


class Exploitation(Struct, frozen=True, kw_only=True):
    """Whether the vulnerability is or will be exploited; None is unknown.

    epss, percentile: the probability within 30 days, and the share of all vulnerabilities that have no higher one.
    exploited, ransomware: it is in CISA's catalog of those known to be exploited, and known to be by ransomware.
    """

    epss: float | None = None
    percentile: float | None = None
    exploited: bool | None = None
    ransomware: bool = False


def preference(advisory: str) -> tuple[int, str]:
    """Sort key of ids: malware first, then the Python database's own, GitHub's, CVE, the others; in each by name."""
    ranks = (rank for rank, prefix in enumerate(_ID_ORDER) if advisory.startswith(prefix))
    return next(ranks, len(_ID_ORDER)), advisory
