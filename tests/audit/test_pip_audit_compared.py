"""The local index and pip-audit as the judge on the same records: equal but for the exceptions that docs/audit.md lists.

Each exception has a name here, and is only accepted where the data has what causes it.
"""

from __future__ import annotations

import json
import os
import random
import zipfile
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from osv_reference import Record, holds, record, window
from osv_server import OsvServer, point_pip_audit, serving
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from test_advisory_matching import index_of

from lockgate.advisories.index import Index
from lockgate.engines.pip_audit import PipAudit
from lockgate.model.advisory import Advisory, Answers, Query

PUBLISHED = Path(os.environ.get("LOCKGATE_ADVISORIES") or "none")
PINS = int(os.environ.get("LOCKGATE_DIFFERENTIAL_PINS", "60"))
EXCEPTIONS = {  # whether only its service for OSV has it
    "local version": False,
    "pin that is no version": False,
    "fix that is no version": False,
    "aliases that are told apart": False,
    "fixes of aliases": False,
    "fixes of other ranges": True,
    "fixes under another spelling": True,
    "record of another schema": True,
    "date in nanoseconds": True,
}


@pytest.fixture(autouse=True)
def _own(own_cache: Path) -> None:
    """No test gets the answers of another one."""


def is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def ids(advisory: Advisory) -> set[str]:
    return {advisory.id, *advisory.aliases}


def fixes_of(one: Record, package: str) -> list[list[str]]:
    """The fixes of each range of a package, in all entries that name it."""
    mine = [held for held in one["affected"] if canonicalize_name(held["package"]["name"]) == package]
    ranges = [held for each in mine for held in each.get("ranges", []) if held["type"] == "ECOSYSTEM"]
    return [[event["fixed"] for event in held["events"] if "fixed" in event] for held in ranges]


class Comparison:
    """What differs between the two, by the name of the exception; anything else that does is an assertion that fails."""

    def __init__(self, index: Index, records: Iterable[Record], *, osv: bool) -> None:
        self.index = index
        self.osv = osv
        self.exceptions: dict[str, list[Query]] = {}
        self.packages: dict[str, list[Record]] = {}
        for one in records:
            for name in {canonicalize_name(held["package"]["name"]) for held in one["affected"]}:
                self.packages.setdefault(name, []).append(one)

    def exception(self, name: str, query: Query) -> None:
        assert self.osv or not EXCEPTIONS[name], (name, query)
        self.exceptions.setdefault(name, []).append(query)

    def compare(self, answers: Answers) -> dict[str, list[Query]]:
        for query in (*answers.known, *answers.failed):
            ours = self.index.lookup(query.name, query.version)
            matching = [one for one in self.packages.get(query.name, []) if holds(one, query.name, query.version)]
            if query in answers.failed:
                self.failed(query, matching, answers.failed[query])
            elif "+" in query.version:
                told = set().union(*map(ids, answers.known[query]))
                assert told <= set().union(*map(ids, ours)), query
                self.exception("local version", query)
            else:
                self.known(query, matching, ours, answers.known[query])
        return self.exceptions

    def failed(self, query: Query, matching: list[Record], reason: str) -> None:
        fixes = [fix for one in matching for held in fixes_of(one, query.name) for fix in held]
        if not is_version(query.version):
            assert "is not a version" in reason
            name = "pin that is no version"
        else:
            assert not all(map(is_version, fixes)), (query, reason)
            name = "fix that is no version"
        self.exception(name, query)

    def known(self, query: Query, matching: list[Record], ours: Iterable[Advisory], theirs: Iterable[Advisory]) -> None:
        left = list(theirs)
        for own in ours:
            same = [one for one in left if ids(one) & ids(own)]
            assert same, (query, own.id, "is told by us only")
            assert all(ids(one) <= ids(own) for one in same), (query, own.id)
            left = [one for one in left if one not in same]
            for one, other in combinations(same, 2):
                assert not ids(one) & ids(other) or (one.id.startswith("PYSEC-") and other.id.startswith("PYSEC-"))
            if len(same) > 1:
                self.exception("aliases that are told apart", query)
            self.fixes(query, [one for one in matching if one["id"] in ids(own)], own, same)
        assert not left, (query, "is told by pip-audit only")

    def fixes(self, query: Query, matching: list[Record], own: Advisory, same: list[Advisory]) -> None:
        told = {fix for one in same for fix in map(Version, one.fixes) if fix > Version(query.version)}
        expected = set(map(Version, own.fixes))
        if told == expected:
            return
        assert told < expected, (query, own)
        if len(matching) > len(same):
            name = "fixes of aliases"
        else:
            named = {held["package"]["name"] for one in matching for held in one["affected"]}
            several = any(len(fixes_of(one, query.name)) > 1 for one in matching)
            assert several or query.name not in named, (query, own, same)
            name = "fixes of other ranges" if several else "fixes under another spelling"
        self.exception(name, query)


def judged(server: OsvServer, queries: Iterable[Query], *, osv: bool) -> Answers:
    judge = PipAudit(osv=server.url if osv else "", exact=True)
    try:
        return judge.lookup(list(dict.fromkeys(queries)), lambda _done, _total: None)
    finally:
        judge.close()


def generated(seed: int) -> list[Record]:
    """Records of a few packages that share aliases, with ranges and fixes of every kind."""
    chance = random.Random(seed)

    def version() -> str:
        return f"{chance.randint(0, 3)}.{chance.randint(0, 9)}{chance.choice(['', '', '', 'rc1', '.post1'])}"

    def events() -> list[dict[str, str]]:
        low, high, higher, highest = sorted({version() for _ in range(12)}, key=Version)[:4]
        ends: list[dict[str, str]] = chance.choice([[{"fixed": high}], [{"last_affected": high}], []])
        more = chance.choice([[], [], window(higher, highest)]) if ends else []
        return [{"introduced": chance.choice(["0", low])}, *ends, *more]

    records = []
    for number in range(120):
        fields: dict[str, Any] = chance.choice([{"summary": f"Summary {number}"}, {"details": f"Details\nof {number}"}])
        known_as = [
            f"{kind}-{chance.randint(1, 60)}" for kind in chance.choice([["CVE"], ["CVE", "GHSA"], ["GHSA"], []])
        ]
        one = record(
            f"{chance.choice(['PYSEC', 'PYSEC', 'GHSA', 'OSV'])}-{1000 + number}",
            chance.choice(["demo", "demo", "other", "third", "Odd_Name"]),
            aliases=known_as,
            ranges=[events() for _ in range(chance.choice([0, 1, 1, 1, 2]))],
            versions=[version() for _ in range(chance.choice([0, 1, 3]))],
            published="2025-05-05T00:00:00Z",
            **fields,
        )
        if not chance.randrange(10):
            one["withdrawn"] = "2026-01-01T00:00:00Z"
        records.append(one)
    odd = record("PYSEC-1", "fourth", versions=["1.0"], ranges=[window("0", "2.0-final")])
    return [*records, odd]


def pins(records: list[Record], seed: int) -> list[Query]:
    chance = random.Random(seed)
    names = ["demo", "other", "third", "odd-name"]
    some = [Query(chance.choice(names), f"{chance.randint(0, 3)}.{chance.randint(0, 9)}") for _ in range(60)]
    odd = [Query("demo", "1.0+cu118"), Query("demo", "1.x"), Query("fourth", "1.0"), Query("unheard-of", "1.0")]
    return [*some, *odd]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("osv", [False, True])
def test_it_tells_what_the_index_tells_of_generated_records(
    monkeypatch: pytest.MonkeyPatch, seed: int, osv: bool
) -> None:
    records = generated(seed)
    with serving(records) as server:
        point_pip_audit(monkeypatch, server.url)
        answers = judged(server, pins(records, seed), osv=osv)
    exceptions = Comparison(index_of(records), records, osv=osv).compare(answers)
    common = {"local version", "pin that is no version", "fix that is no version", "aliases that are told apart"}
    assert common <= set(exceptions)
    assert not osv or "fixes of other ranges" in exceptions


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="LOCKGATE_ADVISORIES names no zip")
@pytest.mark.parametrize("osv", [False, True])
def test_it_tells_what_the_index_tells_of_what_is_published(monkeypatch: pytest.MonkeyPatch, osv: bool) -> None:
    with zipfile.ZipFile(PUBLISHED) as archive:
        records = [json.loads(archive.read(name)) for name in archive.namelist()]
    chance = random.Random(11)
    queries = [
        Query(canonicalize_name(held["package"]["name"]), version)
        for one in chance.sample(records, min(PINS, len(records)))
        for held in one["affected"]
        for version in chance.sample(held.get("versions", []), min(1, len(held.get("versions", []))))
    ]
    with serving(records) as server:
        point_pip_audit(monkeypatch, server.url)
        answers = judged(server, queries, osv=osv)
    Comparison(index_of(records), records, osv=osv).compare(answers)
    assert len(answers.known) > len(queries) / 2


@pytest.mark.parametrize(
    ("odd", "exception"),
    [
        (record("PYSEC-2", versions=["1.0"], schema_version="2.0.0"), "record of another schema"),
        (record("PYSEC-2", versions=["1.0"], published="2025-05-05T00:00:00.123456789Z"), "date in nanoseconds"),
    ],
)
def test_what_its_service_for_osv_can_not_read(monkeypatch: pytest.MonkeyPatch, odd: Record, exception: str) -> None:
    query = Query("demo", "1.0")
    records = [record("PYSEC-1", versions=["1.0"]), odd]
    with serving(records) as server:
        answers = judged(server, [query], osv=True)
    assert [one.id for one in index_of(records).lookup("demo", "1.0")] == ["PYSEC-1", "PYSEC-2"]
    if exception == "record of another schema":  # left out without a word
        assert [one.id for one in answers.known[query]] == ["PYSEC-1"]
    else:
        assert "malformed answer" in answers.failed[query]


@pytest.mark.parametrize("exception", EXCEPTIONS)
def test_every_exception_is_in_the_documentation(exception: str) -> None:
    assert f"| {exception} |" in (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
