"""What a revision of a repository is, as far as its name tells."""

from __future__ import annotations

import re

from lockgate.model.finding import Confidence

_BRANCHES = frozenset(
    """
    canary default dev devel develop development edge head latest main mainline master next nightly production release
    stable staging trunk
    """.split()  # noqa: SIM905 - words read better so
)
_BRANCH_FOLDERS = (
    "bugfix/",
    "feature/",
    "fix/",
    "heads/",
    "hotfix/",
    "origin/",
    "refs/heads/",
    "release/",
    "releases/",
)
_ABBREVIATED = re.compile(r"[0-9a-f]{7,64}")
_VERSION = re.compile(r"(?:^|[^a-z0-9])(?:v|version|release|rel|r)?[.-]?\d[a-z0-9._-]*(?:\+[a-z0-9.]+)?$")
_LONGEST = 100  # characters of a name that is looked at
_OPEN_VERSION = re.compile(r"(?:^|[._-])[x*](?:$|[._-])|-dev$|-branch$")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def is_commit(rev: str) -> bool:
    """Whether a revision is a full commit SHA, of SHA-1 or SHA-256."""
    return bool(_COMMIT.fullmatch(rev.strip().lower()))


def as_branch(rev: str) -> Confidence | None:
    """How sure it is that a revision is a branch, None where it is a tag or commit."""
    name = rev.strip().lower()[:_LONGEST]
    if name in _BRANCHES or name.startswith(_BRANCH_FOLDERS):
        return Confidence.HIGH
    if _ABBREVIATED.fullmatch(name) or (_VERSION.search(name) and not _OPEN_VERSION.search(name)):
        return None
    return Confidence.MEDIUM
