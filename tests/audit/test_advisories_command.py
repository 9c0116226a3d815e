"""`lockgate advisories`, as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from osv_reference import record, save_zip, window

from lockgate.advisories.index import Freshness, Meta
from lockgate.cli.advisories import _age


def lockgate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "lockgate", *arguments], capture_output=True, text=True, check=False)


def test_status_without_an_index() -> None:
    done = lockgate("advisories", "status")
    assert (done.returncode, done.stdout) == (3, "")
    assert "run: lockgate advisories sync" in done.stderr


def test_sync_then_status(tmp_path: Path) -> None:
    source = save_zip(tmp_path / "all.zip", [record("PYSEC-1", ranges=[window("0", "2")])], **{"BAD.json": b"{"})
    done = lockgate("advisories", "sync", "--from", str(source))
    assert (done.returncode, done.stdout) == (0, f"1 advisory on 1 package from {source}\n")
    assert "BAD.json" in done.stderr
    done = lockgate("advisories", "status")
    assert done.returncode == 0
    told = {line.split(":")[0]: line for line in done.stdout.splitlines()}
    assert str(source) in told["source"]
    assert "(0 hours ago)" in told["checked"]
    assert told["advisories"].endswith("1 advisory on 1 package; 0 withdrawn left out")
    assert "1 record: BAD.json" in told["not understood"]


def test_sync_obeys_the_user_s_own_configuration(tmp_path: Path) -> None:
    source = save_zip(tmp_path / "all.zip", [record("PYSEC-1", ranges=[window("0", "2")])])
    config = Path(os.environ["XDG_CONFIG_HOME"]) / "lockgate" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'checks = ["audit"]\nosv-export = "{source}"\n')
    done = lockgate("advisories", "sync")
    assert (done.stderr, done.returncode) == ("", 0)
    assert str(source) in done.stdout


def test_a_feed_that_fails_keeps_no_other_from_being_fetched(tmp_path: Path) -> None:
    source = save_zip(tmp_path / "all.zip", [record("PYSEC-1", ranges=[window("0", "2")])])
    (tmp_path / "scores.csv").write_text("cve,epss,percentile\nCVE-2024-0001,0.5,0.6\n")
    feeds = ("--with", f"kev={tmp_path}/none.json", "--with", f"epss={tmp_path}/scores.csv")
    done = lockgate("advisories", "sync", "--from", str(source), *feeds)
    assert done.returncode == 3
    assert done.stderr == f"lockgate: {tmp_path}/none.json can't be read: No such file or directory\n"
    assert "EPSS of 1 CVE from" in done.stdout


@pytest.mark.parametrize("content", [None, b"", b"PK", b"<html>"])
def test_a_bad_source_is_one_clear_line(tmp_path: Path, content: bytes | None) -> None:
    source = tmp_path / "all.zip"
    if content is not None:
        source.write_bytes(content)
    done = lockgate("advisories", "sync", "--from", str(source))
    assert done.returncode == 3
    assert done.stderr.startswith(f"lockgate: {source}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0.04, "1 hour ago"),
        (0.5, "12 hours ago"),
        (1.97, "47 hours ago"),
        (2, "2 days ago"),
        (40, "40 days ago"),
        (-1, "in the future: is the clock right?"),
    ],
)
def test_the_age(days: float, said: str) -> None:
    assert _age(timedelta(days=days)) == said


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "freshness"),
    [
        (0, Freshness.FRESH),
        (24, Freshness.FRESH),
        (24.1, Freshness.OLD),
        (48, Freshness.OLD),
        (48.1, Freshness.TOO_OLD),
        (-1, Freshness.FRESH),
        (-1.1, Freshness.OLD),
        (-9999, Freshness.OLD),
    ],
)
def test_an_index_ages_from_its_last_check(hours: float, freshness: Freshness) -> None:
    checked = (NOW - timedelta(hours=hours)).isoformat()
    meta = Meta(source="x", built="2020-01-01T00:00:00+00:00", checked=checked)
    assert meta.freshness(timedelta(hours=24), NOW) is freshness
