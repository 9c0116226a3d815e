"""The matcher against the reference, on what is really published: the zip that LOCKGATE_ADVISORIES names.

By default on a sample of its packages. LOCKGATE_DIFFERENTIAL_PACKAGES is how many; `all` are compared in the session
`differential`: every version that a record lists, every bound of a range, and the neighbours of the bounds.
"""

from __future__ import annotations

import json
import os
import random
import re
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from osv_reference import Prepared, Record
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from test_advisory_matching import found, index_of

from lockgate.advisories.index import Index

PUBLISHED = Path(os.environ.get("LOCKGATE_ADVISORIES") or "none")
PACKAGES = os.environ.get("LOCKGATE_DIFFERENTIAL_PACKAGES", "120")
SHARES = 8

pytestmark = pytest.mark.skipif(not PUBLISHED.is_file(), reason="LOCKGATE_ADVISORIES names no zip")


@cache
def published() -> tuple[Index, dict[str, list[Record]]]:
    """The index, and the records by package."""
    with zipfile.ZipFile(PUBLISHED) as archive:
        records = [json.loads(archive.read(name)) for name in archive.namelist()]
    packages: dict[str, list[Record]] = {}
    for one in records:
        for name in {canonicalize_name(affected["package"]["name"]) for affected in one["affected"]}:
            packages.setdefault(name, []).append(one)
    return index_of(records), packages


def chosen(packages: list[str]) -> list[str]:
    return packages if PACKAGES == "all" else random.Random(4).sample(packages, int(PACKAGES))


def versions_of(records: list[Record], package: str) -> tuple[set[str], set[str]]:
    """The versions that the records list for a package, and the bounds of their ranges."""
    mine = [
        one for record in records for one in record["affected"] if canonicalize_name(one["package"]["name"]) == package
    ]
    listed = {version for one in mine for version in one.get("versions", [])}
    events = (
        event
        for one in mine
        for held in one.get("ranges", [])
        if held["type"] == "ECOSYSTEM"
        for event in held["events"]
    )
    return listed, {version for event in events for version in event.values()}


def neighbours(bound: str) -> Iterator[str]:
    """Versions a little below and above a bound, and other spellings of it."""
    yield from (
        f"{bound}{suffix}" for suffix in ("", ".0", ".0.1", ".dev0", "a0", "rc9", ".post0", ".post1", "+0", "-1")
    )
    before, last = re.fullmatch(r"(.*?)([0-9]*)", bound, re.DOTALL).groups()  # type: ignore[union-attr]
    if last:
        yield from (f"{before}{max(0, int(last) + step)}{suffix}" for step in (-1, 1) for suffix in ("", ".99", "b1"))
    try:
        yield f"v{Version(bound)}"
    except InvalidVersion:
        yield bound.upper()


@pytest.mark.parametrize("share", range(SHARES))
def test_every_version_and_every_bound_is_matched_as_the_reference_says(share: int) -> None:
    index, packages = published()
    for package in chosen(sorted(packages))[share::SHARES]:
        listed, bounds = versions_of(packages[package], package)
        records = [Prepared(one, package) for one in packages[package]]
        for version in listed | {near for bound in bounds for near in neighbours(bound)}:
            expected = {one.id for one in records if one.affects(version)}
            assert found(index, package, version) == expected, (package, version)
