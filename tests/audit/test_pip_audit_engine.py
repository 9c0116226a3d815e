"""pip-audit's own services against a loopback server, and that nothing they do is taken for clean."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from osv_reference import record, window
from osv_server import Answer, OsvServer, point_pip_audit, serving

from lockgate.checks import audit
from lockgate.engines import pip_audit as engine
from lockgate.model.advisory import Advisory, Answers, Query
from support import lockgate, target, write

RECORDS = [
    record("PYSEC-1", aliases=["CVE-1", "GHSA-1"], summary="One", ranges=[window("0", "2.0")]),
    record("GHSA-1", aliases=["CVE-1", "PYSEC-1"], summary="One again", ranges=[window("0", "2.1")]),
    record("PYSEC-2", summary="Two", ranges=[[*window("1.0", "1.5"), *window("2.0", "2.2")]]),
    record("GHSA-3", aliases=["CVE-3"], details="Three", versions=["1.0", "1.1"]),
    record("PYSEC-4", "other", summary="Four", ranges=[[{"introduced": "0"}, {"last_affected": "1.1"}]]),
    record("PYSEC-5", "other", summary="Five", ranges=[window("0", "9")], withdrawn="2026-01-01T00:00:00Z"),
]


@pytest.fixture(autouse=True)
def _own(own_cache: Path) -> None:
    """No test gets the answers of another one."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OsvServer]:
    with serving(RECORDS) as running:
        point_pip_audit(monkeypatch, running.url)
        yield running


def ask(*queries: Query, osv: str = "", exact: bool = False) -> Answers:
    service = engine.PipAudit(osv=osv, exact=exact)
    try:
        return service.lookup(queries, lambda _done, _total: None)
    finally:
        service.close()


def advisories(version: str, **how: Any) -> list[Advisory]:
    query = Query("demo", version)
    return sorted(ask(query, **how).known[query], key=lambda advisory: advisory.id)


def failure(version: str = "1.0", **how: Any) -> str:
    query = Query("demo", version)
    return ask(query, **how).failed[query]


def test_its_answers_are_told_under_the_ids_that_other_sources_use(server: OsvServer) -> None:
    first, second, third = advisories("1.0")
    assert (first.id, first.aliases, first.fix, first.fixes) == ("GHSA-3", ("CVE-3",), "", ())
    assert (second.id, second.aliases, second.fixes) == ("PYSEC-1", ("CVE-1", "GHSA-1"), ("2.0", "2.1"))
    assert (third.id, third.fix, third.fixes, third.score) == ("PYSEC-2", "1.5", ("1.5", "2.2"), None)


@pytest.mark.parametrize("judge", ["", "osv"])
def test_as_a_judge_it_is_told_as_it_tells(server: OsvServer, judge: str) -> None:
    first, second, third = advisories("1.0", exact=True, osv=server.url if judge else "")
    assert (first.id, first.aliases, first.summary) == ("CVE-3", ("GHSA-3",), "Three")
    assert (second.id, second.aliases, second.summary) == ("PYSEC-1", ("CVE-1", "GHSA-1"), "One")
    assert second.fixes == ("2.0", "2.1")
    assert (third.id, third.fixes) == ("PYSEC-2", ("1.5", "2.2"))
    above = advisories("2.1", exact=True, osv=server.url if judge else "")
    assert [(one.id, one.fix, one.fixes) for one in above] == [("PYSEC-2", "2.2", ("1.5", "2.2"))]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("{}", 404, "has no advisories on it"),
        ("oh", 500, "HTTP 500"),
        ("<html>", 200, "no useful answer"),
        ('{"vulnerabilities": [{}]}', 200, "malformed"),
        ("[]", 200, "malformed"),
        ('{"vulnerabilities": [{"id": "X", "aliases": [], "fixed_in": ["no version"]}]}', 200, "no useful answer"),
    ],
)
@pytest.mark.parametrize("exact", [False, True])
def test_an_answer_that_is_none(server: OsvServer, body: str, status: int, said: str, exact: bool) -> None:
    server.ill = lambda _path, _body: (status, body.encode())
    assert said in failure(exact=exact)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("{}", 404, "HTTP 404"),
        ("oh", 500, "HTTP 500"),
        ("<html>", 200, "no useful answer"),
        ('{"vulns": [{}]}', 200, "malformed"),
        ("[1]", 200, "malformed"),
        ('{"vulns": [{"id": "X", "schema_version": "x"}]}', 200, "malformed"),
        (json.dumps({"vulns": [record("X", ranges=[window("0", "no version")])]}), 200, "malformed"),
    ],
)
def test_an_answer_of_osv_that_is_none(server: OsvServer, body: str, status: int, said: str) -> None:
    server.ill = lambda _path, _body: (status, body.encode())
    assert said in failure(osv=server.url, exact=True)


def hang(_path: str, _body: bytes) -> Answer:
    time.sleep(0.6)
    return 200, b"{}"


def test_a_server_that_hangs(server: OsvServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SECONDS", 0.2)
    server.ill = hang
    assert "not reached" in failure()


def test_a_server_that_never_comes_to_an_end(server: OsvServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SECONDS_IN_ALL", 0.2)
    server.ill = hang
    assert "no answer in good time" in failure()


def test_an_answer_without_end(server: OsvServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LARGEST", 1000)
    server.ill = lambda _path, _body: (200, b"[" + b" " * 2000 + b"]")
    assert "more than 1,000 bytes" in failure()


@pytest.mark.parametrize("version", ["not-a-version", "1.*", "==1", "1" * 5000])
def test_a_version_that_can_not_be_asked_for(server: OsvServer, version: str) -> None:
    assert "is not a version" in failure(version)
    assert not server.asked


def test_what_has_no_version_is_not_asked_for(server: OsvServer) -> None:
    assert failure("") == "only a hash is known of it"


def closed_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_server_that_refuses_is_not_asked_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    point_pip_audit(monkeypatch, closed_port())
    reasons = list(ask(*(Query("demo", f"1.{number}") for number in range(100))).failed.values())
    assert len(reasons) == 100
    asked = [reason for reason in reasons if "not reached" in reason]
    assert engine.PATIENCE <= len(asked) < engine.PATIENCE + engine.WORKERS
    assert {reason for reason in reasons if reason not in asked} == {
        "not asked, because 3 requests in a row were not answered"
    }


def test_many_are_asked_at_once(server: OsvServer) -> None:
    queries = [Query("demo", f"1.{number}") for number in range(40)]
    assert set(ask(*queries).known) == set(queries)
    assert len(server.asked) == 40


@pytest.mark.parametrize("judge", ["pip-audit", "pip-audit:osv"])
def test_what_a_judge_does_not_know_is_a_gap(server: OsvServer, tmp_path: Path, judge: str) -> None:
    server.ill = lambda path, body: (404, b"{}") if "/unknown/" in path or b"unknown" in body else None
    write(tmp_path, {"requirements.txt": "demo==1.0\nunknown==1.0\nodd===x-y\n"})
    result = audit.run(target(tmp_path, advisories=judge, osv_api=server.url))
    assert {finding.rule for finding in result.findings} == {"PYSEC-1", "PYSEC-2", "CVE-3"}
    assert {finding.severity for finding in result.findings} == {"unknown"}
    assert result.coverage.examined == 1
    assert [skip.subject for skip in result.coverage.skipped if skip.gap] == [
        "requirements.txt:2",
        "requirements.txt:3",
    ]
    assert result.engines[0].name == "pip-audit"


def test_a_judge_is_not_asked_offline(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "demo==1.0\n"})
    done = lockgate("check", "audit", "--offline", "--advisories", "pip-audit", cwd=tmp_path, env={"CI": "1"})
    assert done.returncode == 3
    assert "pip-audit can't be asked with --offline" in " ".join(done.stdout.split())


def test_no_module_of_the_current_directory_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing pip-audit runs `python -m pip`, which would run a pip.py of the scanned repository."""
    write(tmp_path, {"pip.py": "import pathlib\npathlib.Path('ran').touch()\nprint('pip 99.0 from x')\n"})
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    for name in [name for name in sys.modules if name.split(".")[0] in ("pip_audit", "pip_api")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    engine.PipAudit().close()
    assert not (tmp_path / "ran").exists()
