"""The matcher against a plain reading of OSV's schema."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osv_reference import Record, affecting, parse, record, window

from lockgate.advisories.build import build
from lockgate.advisories.index import Index
from lockgate.advisories.osv import base_score
from lockgate.advisories.versions import key, keys, stretches
from lockgate.model.advisory import preference


def index_of(records: list[Record]) -> Index:
    file = io.BytesIO()
    build(((one["id"], json.dumps(one).encode()) for one in records), "test", file)
    return Index(file, "the index of a test")


def found(index: Index, package: str, version: str) -> set[str]:
    """The ids of the records that matched, before aliases are merged."""
    return {entry.id for entry in index._entries(package) if entry.affects(keys(version))}


release = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
suffix = st.sampled_from(["", "", "", "a1", "rc2", ".post1", ".dev3", "+cu118", "+local.1"])
legacy = st.sampled_from(["2.0-final", "dev", "1.0-SNAPSHOT", "2004d", "0.0.0-r1", "1_2_x", "1.0.x"])
version = st.one_of(st.builds(str.__add__, release, suffix), legacy)
event = st.builds(lambda kind, at: {kind: at}, st.sampled_from(["introduced", "fixed", "last_affected"]), version)
events = st.builds(
    lambda first, others, limits: [*first, *others, *({"limit": limit} for limit in limits)],
    st.sampled_from([[], [{"introduced": "0"}]]),
    st.lists(event, min_size=1, max_size=6),
    st.lists(st.one_of(version, st.just("*")), max_size=1),
)


@settings(max_examples=400)
@given(st.lists(events, max_size=3), st.lists(version, max_size=3), st.lists(version, min_size=1, max_size=8))
def test_it_matches_what_the_schema_says(
    ranges: list[list[dict[str, str]]], listed: list[str], pins: list[str]
) -> None:
    records = [record("PYSEC-1", "Demo_Package", ranges=ranges, versions=listed)]
    index = index_of(records)
    for pin in pins:
        assert found(index, "demo-package", pin) == affecting(records, "demo-package", pin), pin


@settings(max_examples=400)
@given(version, version)
def test_versions_are_ordered_as_packaging_21_did(one: str, other: str) -> None:
    assert (key(one) < key(other)) == (parse(one) < parse(other))
    assert (key(one) == key(other)) == (parse(one) == parse(other))


number = st.one_of(st.integers(0, 3), st.sampled_from([9, 10, 127, 128, 255, 256, 65535, 65536, 20260102030405, 2**70]))
part = st.sampled_from(
    [
        "",
        "",
        "a",
        "b1",
        "rc",
        "c2",
        "-alpha.1",
        "_pre3",
        ".post",
        "-1",
        ".r2",
        ".dev",
        "dev4",
        ".post1.dev0",
        "a1.post2",
    ]
)
local = st.sampled_from(["", "", "+1", "+1.2", "+a", "+A.10", "+abc.9", "+a1", "+1a", "+0", "+a-b_c"])
odd = st.text("0129.-_+!abcdeprvx* ", min_size=1, max_size=8)
spelled = st.one_of(
    st.builds(
        lambda before, numbers, *after: before + ".".join(map(str, numbers)) + "".join(after),
        st.sampled_from(["", "", "", "v", "0!", "1!"]), st.lists(number, min_size=1, max_size=4), part, local,
    ),
    odd,
)  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(spelled, spelled)
def test_any_spelling_has_the_order_that_packaging_21_gave_it(one: str, other: str) -> None:
    assert (key(one) < key(other)) == (parse(one) < parse(other))
    assert (key(one) == key(other)) == (parse(one) == parse(other))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.lists(st.builds(lambda kind, at: {kind: at}, st.sampled_from(["introduced", "fixed", "last_affected"]), spelled), max_size=5), max_size=2),
    st.lists(spelled, max_size=3),
    st.lists(spelled, min_size=1, max_size=5),
)  # fmt: skip
def test_it_matches_what_the_schema_says_of_any_spelling(
    ranges: list[list[dict[str, str]]], listed: list[str], pins: list[str]
) -> None:
    records = [record("PYSEC-1", ranges=ranges, versions=listed)]
    index = index_of(records)
    for pin in [*pins, *listed, *(at for events in ranges for one in events for at in one.values())]:
        assert found(index, "demo", pin) == affecting(records, "demo", pin), pin


def test_bounds_are_exclusive_and_inclusive_as_they_should_be() -> None:
    index = index_of(
        [
            record("PYSEC-FIXED", ranges=[window("1.0", "1.5")]),
            record("PYSEC-LAST", ranges=[[{"introduced": "1.0"}, {"last_affected": "1.5"}]]),
            record("PYSEC-LIMIT", ranges=[[{"introduced": "1.0"}, {"limit": "1.2"}]]),
        ]
    )
    assert found(index, "demo", "0.9") == set()
    assert found(index, "demo", "1.0") == {"PYSEC-FIXED", "PYSEC-LAST", "PYSEC-LIMIT"}
    assert found(index, "demo", "1.2") == {"PYSEC-FIXED", "PYSEC-LAST"}
    assert found(index, "demo", "1.5.0") == {"PYSEC-LAST"}
    assert found(index, "demo", "1.5.post1") == set()


def test_introduced_0_is_below_pre_releases_and_legacy_versions() -> None:
    index = index_of([record("PYSEC-1", ranges=[window("0", "0.1")])])
    assert found(index, "demo", "0.dev1") == found(index, "demo", "very-old") == {"PYSEC-1"}


def test_windows_that_touch_leave_no_hole() -> None:
    events = [*window("0", "2.0.0"), *window("2.0.0", "2.11.2")]
    index = index_of([record("PYSEC-1", ranges=[events])])
    assert found(index, "demo", "2.0.0") == {"PYSEC-1"}


def test_a_local_version_has_what_its_public_version_has() -> None:
    index = index_of([record("PYSEC-1", versions=["2.0.1"]), record("PYSEC-2", ranges=[window("0", "2.0.1")])])
    assert found(index, "demo", "2.0.1+cu118") == {"PYSEC-1"}
    assert found(index, "demo", "2.0.0+cu118") == {"PYSEC-2"}


def test_other_ecosystems_and_git_ranges_and_withdrawn_records_match_nothing() -> None:
    git = record("PYSEC-3", ranges=[window("0", "9")])
    git["affected"][0]["ranges"][0]["type"] = "GIT"
    records = [
        record("PYSEC-1", ecosystem="npm", ranges=[window("0", "9")]),
        record("PYSEC-2", withdrawn="2026-01-01T00:00:00Z", ranges=[window("0", "9")]),
        git,
    ]
    index = index_of(records)
    assert index.lookup("demo", "1.0") == ()
    assert (index.meta.records, index.meta.withdrawn) == (1, 1)


def test_aliases_are_one_finding_both_ways_and_through_others() -> None:
    affected = [window("0", "9")]
    index = index_of(
        [
            record(
                "GHSA-1", ranges=affected, aliases=["CVE-1"], severity="CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
            ),
            record("PYSEC-1", ranges=affected, aliases=["CVE-2"]),
            record("OSV-1", ranges=affected, aliases=["CVE-1", "CVE-2"], severity="AV:N/AC:L/Au:N/C:N/I:N/A:P"),
            record("PYSEC-9", ranges=affected),
        ]
    )
    merged, alone = sorted(index.lookup("demo", "1.0"), key=lambda advisory: advisory.id)
    assert (merged.id, merged.aliases) == ("PYSEC-1", ("CVE-1", "CVE-2", "GHSA-1", "OSV-1"))
    assert merged.score == 9.8
    assert (alone.id, alone.aliases, alone.score) == ("PYSEC-9", (), None)


def test_the_id_of_a_finding_is_one_that_matched() -> None:
    index = index_of(
        [
            record("PYSEC-1", ranges=[window("0", "2")], aliases=["GHSA-1"]),
            record("GHSA-1", ranges=[window("0", "3")], aliases=["PYSEC-1"]),
        ]
    )
    assert [advisory.id for advisory in index.lookup("demo", "1")] == ["PYSEC-1"]
    assert [advisory.id for advisory in index.lookup("demo", "2")] == ["GHSA-1"]
    assert min("CVE-1", "OSV-1", "PYSEC-2", "GHSA-1", "MAL-1", key=preference) == "MAL-1"


def test_the_fix_is_the_nearest_version_above_that_is_not_affected_itself() -> None:
    index = index_of(
        [
            record("PYSEC-1", ranges=[[*window("0", "1.5"), *window("2.0", "2.3")]], aliases=["GHSA-1"]),
            record("GHSA-1", ranges=[window("0", "1.6")]),
            record("PYSEC-2", ranges=[[{"introduced": "0"}, {"last_affected": "3.0"}]]),
        ]
    )
    first, second = index.lookup("demo", "1.0")
    assert (first.fix, first.fixes) == ("1.6", ("1.5", "1.6", "2.3"))
    assert (second.fix, second.fixes) == ("", ())
    assert index.lookup("demo", "2.1")[0].fix == "2.3"


# Base scores as FIRST's calculators give them.
@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P", 7.5),
        ("AV:L/AC:H/Au:M/C:N/I:N/A:N", 0.0),
        ("AV:N/AC:L/Au:N/C:P/I:P/A:P/E:U/RL:OF/RC:C", 7.5),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:C", 9.8),
        ("CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0.0),
        ("CVSS:3.1/AV:N", None),
        ("CVSS:4.0/AV:N/AC:L", None),
        ("CVSS:5.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None),
        ("CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", None),
        ("AV:N/AC:L/Au:N/C:P/I:P", None),
        ("av:n/ac:l/au:n/c:p/i:p/a:p", None),
        ("7.5", None),
        ("", None),
        ("high", None),
    ],
)
def test_vectors_are_scored(vector: str, score: float | None) -> None:
    assert base_score(vector) == score


def test_events_keep_their_order_where_versions_are_equal() -> None:
    fixed, introduced, zero = {"fixed": "2"}, {"introduced": "2"}, {"introduced": "0"}
    assert stretches([[fixed, introduced, zero]], []) == (b"", b"\xff")
    assert stretches([[introduced, fixed, zero]], []) == (b"", key("2"))
    assert stretches([[{"introduced": "1"}, {"last_affected": "1"}]], []) == stretches([], ["1.0"])
