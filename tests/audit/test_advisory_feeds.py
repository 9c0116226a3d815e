"""EPSS and KEV: fetched into small files, and told with the findings."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from osv_reference import record, save_zip, window
from pytest_httpserver import HTTPServer

from lockgate.advisories import feeds
from lockgate.advisories.cve_table import CveTable, number_of
from lockgate.advisories.feeds import Feeds, file_of, open_feed, sync_feed
from lockgate.advisories.fetch import Limits
from lockgate.checks import audit
from lockgate.model.advisory import Advisory, Exploitation
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Severity
from support import target, write

QUICK = Limits(tries=2, first_wait=0.01)
EPSS = """\
#model_version:v2025.03.14,score_date:2026-11-21T12:55:00Z
cve,epss,percentile
CVE-2024-9999,0.00043,0.09012
CVE-1999-0001,0.94358,0.99948
CVE-2024-10000,1,1.0
"""
KEV = json.dumps(
    {
        "title": "CISA Catalog of Known Exploited Vulnerabilities",
        "catalogVersion": "2026.11.20",
        "dateReleased": "2026-11-20T15:00:10.1Z",
        "count": 2,
        "vulnerabilities": [
            {"cveID": "CVE-2024-10000", "dateAdded": "2024-07-01", "knownRansomwareCampaignUse": "Known"},
            {"cveID": "CVE-1999-0001", "dateAdded": "2021-11-03", "knownRansomwareCampaignUse": "Unknown"},
        ],
    }
)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "epss.csv.gz").write_bytes(gzip.compress(EPSS.encode()))
    (tmp_path / "kev.json").write_text(KEV)
    return {"epss": str(tmp_path / "epss.csv.gz"), "kev": str(tmp_path / "kev.json")}


def told(*aliases: str, now: datetime | None = None) -> Exploitation:
    return Feeds(now).of(Advisory(id="PYSEC-1", aliases=aliases))


def test_the_highest_of_the_aliases_counts(files: dict[str, str]) -> None:
    assert told("CVE-1999-0001") == Exploitation()
    assert (sync_feed("epss", files["epss"]).rows, sync_feed("kev", files["kev"]).rows) == (3, 2)
    assert told("CVE-2024-9999") == Exploitation(epss=0.00043, percentile=0.09012, exploited=False)
    assert told("CVE-2024-9999", "CVE-1999-0001", "GHSA-1") == Exploitation(
        epss=0.94358, percentile=0.99948, exploited=True
    )
    assert told("CVE-2024-10000") == Exploitation(epss=1.0, percentile=1.0, exploited=True, ransomware=True)
    assert told("CVE-2024-9998") == Exploitation(exploited=False)
    assert told() == told("GHSA-1") == Exploitation()


def test_every_one_of_many_is_found_and_no_other(tmp_path: Path, files: dict[str, str]) -> None:
    rows = {f"CVE-{year}-{number:04}": number / 100_000 for year in (1999, 2026) for number in range(0, 99_999, 7)}
    lines = [f"{cve},{score},{score}" for cve, score in rows.items()]
    (tmp_path / "epss.csv").write_text("cve,epss,percentile\n" + "\n".join(reversed(lines)))
    assert sync_feed("epss", str(tmp_path / "epss.csv")).date == ""
    table = open_feed("epss")
    assert table
    assert all(table.get(cve) == (score, score) for cve, score in rows.items())
    for absent in ("CVE-1998-0007", "CVE-1999-0008", "CVE-2026-99999", "CVE-2027-0001", "GHSA-1", "", "CVE-1-1"):
        assert table.get(absent) is None


def test_cves_sort_by_year_and_number() -> None:
    names = ["CVE-1999-9999", "CVE-2000-0001", "CVE-2000-10000", "CVE-2000-99999999999999", "CVE-2001-0001"]
    numbers = [number_of(name) for name in names]
    assert numbers == sorted(numbers, key=lambda number: number or 0)
    assert [number_of(name) for name in ("CVE-2000-1", "cve-2000-0001", "CVE-2000-0001 ", "CVE-٢٠٠٠-0001")] == [
        None
    ] * 4


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("epss", b"", "its columns are not"),
        ("epss", b"<html>", "its columns are not"),
        ("epss", b"\xff", "utf-8"),
        ("epss", b"cve,epss,percentile\n", "it is empty"),
        ("epss", EPSS.encode() + b"CVE-2024-1,0.1\n", "line 6"),
        ("epss", EPSS.encode() + b"CVE-2024-0001,nan,0.1\n", "line 6"),
        ("epss", EPSS.encode() + b"CVE-2024-0001,2,0.1\n", "line 6"),
        ("epss", EPSS.encode() + b"X,0.2,0.1\n", "line 6"),
        ("epss", gzip.compress(EPSS.encode(), mtime=0)[:-9], "not whole"),
        ("epss", b"\x1f\x8b" + bytes(50), "not whole"),
        ("epss", gzip.compress(bytes(feeds.LARGEST + 1), 1, mtime=0), "unpacked more than"),
        ("kev", b"", "kev.json is no KEV data"),
        ("kev", b"<html>", "is no KEV data"),
        ("kev", b"{}", "vulnerabilities"),
        ("kev", b'{"vulnerabilities": []}', "it is empty"),
        ("kev", KEV.replace("2021-11-03", "soon").encode(), "soon"),
        ("kev", KEV.replace("CVE-1999-0001", "X").encode(), "no CVE"),
        ("kev", b'{"vulnerabilities": ' + b"[" * 100_000, "is no KEV data"),
    ],
)
def test_what_is_no_feed_leaves_the_old_one(files: dict[str, str], name: str, data: bytes, said: str) -> None:
    sync_feed(name, files[name])
    before = file_of(name).read_bytes()
    Path(files[name]).write_bytes(data)
    with pytest.raises(UnavailableError, match=said):
        sync_feed(name, files[name])
    assert file_of(name).read_bytes() == before
    assert list(file_of(name).parent.iterdir()) == [file_of(name)]


def test_a_feed_that_did_not_change_is_only_checked(files: dict[str, str], httpserver: HTTPServer) -> None:
    tag = {"ETag": '"one"'}
    httpserver.expect_oneshot_request("/kev").respond_with_data(KEV, headers=tag)
    first = sync_feed("kev", httpserver.url_for("/kev"), limits=QUICK)
    httpserver.expect_oneshot_request("/kev", headers={"If-None-Match": '"one"'}).respond_with_data("", 304, tag)
    second = sync_feed("kev", httpserver.url_for("/kev"), limits=QUICK)
    assert (second.rows, second.date, second.validator) == (first.rows, "2026-11-20", '"one"')
    assert told("CVE-1999-0001").exploited
    httpserver.expect_oneshot_request("/kev").respond_with_data("", 404)
    with pytest.raises(UnavailableError, match="answered 404; try again, or give a file"):
        sync_feed("kev", httpserver.url_for("/kev"), limits=QUICK)
    assert told("CVE-1999-0001").exploited


@pytest.mark.parametrize("days", [-1, 8, 4000])
def test_an_old_feed_says_nothing(files: dict[str, str], days: int) -> None:
    sync_feed("epss", files["epss"])
    sync_feed("kev", files["kev"])
    now = datetime.now(UTC) + timedelta(days=days)
    assert told("CVE-1999-0001", now=now) == Exploitation()
    assert len(Feeds(now).notes) == 2
    assert "run: lockgate advisories sync --with epss" in Feeds(now).notes[0]
    assert told("CVE-1999-0001", now=datetime.now(UTC) + timedelta(days=6)).exploited


@pytest.mark.parametrize(
    "damage", [lambda _: b"", lambda data: data[:-9], lambda data: data[9:], lambda data: data * 2]
)
def test_a_damaged_feed_says_nothing(files: dict[str, str], damage: Callable[[bytes], bytes]) -> None:
    sync_feed("kev", files["kev"])
    file_of("kev").write_bytes(damage(file_of("kev").read_bytes()))
    assert told("CVE-1999-0001") == Exploitation()
    assert "fetch it again" in Feeds().notes[0]
    with pytest.raises(UnavailableError):
        CveTable.open(file_of("kev"))
    sync_feed("kev", files["kev"])
    assert told("CVE-1999-0001").exploited


def test_a_feed_that_others_can_change_says_nothing(files: dict[str, str]) -> None:
    sync_feed("kev", files["kev"])
    file_of("kev").chmod(0o666)
    assert told("CVE-1999-0001") == Exploitation()
    assert "changed by others" in Feeds().notes[0]


def test_findings_say_whether_they_are_exploited(tmp_path: Path, own_cache: Path, files: dict[str, str]) -> None:
    records = [
        record("PYSEC-1", summary="One", aliases=["CVE-2024-10000"], ranges=[window("0", "2")]),
        record("PYSEC-2", summary="Two", aliases=["CVE-1999-0001"], ranges=[window("0", "2")]),
        record("PYSEC-3", summary="Three", aliases=["CVE-2024-9999"], ranges=[window("0", "2")]),
    ]
    source = str(save_zip(tmp_path / "all.zip", records))
    write(tmp_path / "project", {"requirements.txt": "demo==1\n"})

    def found() -> list[tuple[object, object, object, str, Severity]]:
        result = audit.run(target(tmp_path / "project", advisories=source, offline=True))
        keys = ("epss", "epss_percentile", "kev")
        return [(*map(one.properties.get, keys), one.message, one.severity) for one in result.findings]

    assert [one[:3] for one in found()] == [("unknown", None, "unknown")] * 3
    sync_feed("epss", files["epss"])
    sync_feed("kev", files["kev"])
    one, two, three = found()
    assert one[:3] == (1.0, 1.0, "yes")
    assert one[3] == "demo 1: CVE-2024-10000, One (known to be exploited, also by ransomware; fixed in 2)"
    assert two[3] == "demo 1: CVE-1999-0001, Two (known to be exploited; fixed in 2)"
    assert three[:4] == (0.00043, 0.09012, "no", "demo 1: CVE-2024-9999, Three (fixed in 2)")
    assert {one[4], two[4], three[4]} == {Severity.UNKNOWN}


def test_the_command(tmp_path: Path, files: dict[str, str]) -> None:
    def lockgate(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lockgate", "advisories", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    source = str(save_zip(tmp_path / "all.zip", [record("PYSEC-1", ranges=[window("0", "2")])]))
    with_both = ("--with", f"epss={files['epss']}", "--with", f"kev={files['kev']}")
    done = lockgate("sync", "--from", source, *with_both)
    assert done.stdout.splitlines()[1:] == [
        f"EPSS of 3 CVEs from {files['epss']}",
        f"KEV of 2 CVEs from {files['kev']}",
    ]
    status = lockgate("status").stdout
    assert "EPSS:           3 CVEs of 2026-11-21 from" in status
    assert "KEV:            2 CVEs of 2026-11-20 from" in status
    wrong = lockgate("sync", "--from", source, "--with", "epss,kvv")
    assert wrong.returncode == 2
    assert "--with: no feed is named 'kvv'; did you mean 'kev'?" in wrong.stderr
