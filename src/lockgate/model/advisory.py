"""What a source of advisories says about one version of one package."""

from __future__ import annotations

from msgspec import Struct

_ID_ORDER = ("MAL-", "PYSEC-", "GHSA-", "CVE-")


class Advisory(Struct, frozen=True, kw_only=True):
    """One vulnerability that a version has; every advisory that is an alias of it is merged in.

    `score` is the highest CVSS base score among them, None where nobody has scored it. `fix` is the nearest version
    above the one asked for that has none of them, `fixes` are all versions above it that fix some; both may be empty.
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
    affects: tuple[str, ...] = ()


def preference(advisory: str) -> tuple[int, str]:
    """Sort key of ids: malware first, then the Python database's own, GitHub's, CVE, the others; in each by name."""
    ranks = (rank for rank, prefix in enumerate(_ID_ORDER) if advisory.startswith(prefix))
    return next(ranks, len(_ID_ORDER)), advisory
