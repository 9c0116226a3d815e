"""Which source answers where none is named, and what the record says of those that did not."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from osv_reference import Record, record, save_zip, window
from osv_server import OsvServer, point_pip_audit, serving

from lockgate.advisories import osv_api, store
from lockgate.advisories.build import build
from lockgate.checks.run import run_check
from lockgate.config.load import load
from lockgate.inputs.user_dirs import make_private
from lockgate.model.errors import UsageError
from lockgate.model.record import Outcome
from lockgate.model.record import Record as Result
from support import lockgate, target, write

RECORDS = [record("PYSEC-1", ranges=[window("0", "2.0")]), record("PYSEC-2", ranges=[window("0", "2.0")])]
LESS = RECORDS[:1]  # what an index that is not up to date has


@pytest.fixture(autouse=True)
def _own(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test gets the records of another one, and none waits for long."""
    for module, name in ((osv_api, "LIMITS"), (store, "BRIEF")):
        monkeypatch.setattr(module, name, replace(getattr(module, name), first_wait=0.01))


@pytest.fixture
def server() -> Iterator[OsvServer]:
    with serving(RECORDS) as running:
        yield running


@pytest.fixture
def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    write(root, {"requirements.txt": "demo==1.0\n"})
    return root


def make_index(records: list[Record], hours: float, source: str = "test") -> None:
    """The synced index, last checked so many hours ago."""
    checked = (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")
    path = store.synced_file()
    assert make_private(path.parent)
    with path.open("wb") as file:
        build(((one["id"], json.dumps(one).encode()) for one in records), source, file, checked=checked)
    path.chmod(0o600)


def run(project: Path, export: str, api: str, **settings: Any) -> Result:
    return run_check("audit", target(project, osv_export=f"{export}/all.zip", osv_api=api, **settings))


def told(result: Result) -> tuple[str, set[str], Outcome]:
    return result.engines[0].name, {finding.rule for finding in result.findings}, result.outcome


BOTH = {"PYSEC-1", "PYSEC-2"}


def test_a_fresh_index_answers_and_nobody_is_asked(project: Path, server: OsvServer) -> None:
    make_index(LESS, hours=23)
    assert told(run(project, server.url, server.url)) == ("osv", {"PYSEC-1"}, Outcome.COMPLETE)
    assert not server.asked


@pytest.mark.parametrize("hours", [None, 25, 1000])
def test_an_index_that_is_missing_or_old_is_synced(project: Path, server: OsvServer, hours: float | None) -> None:
    if hours:
        make_index(LESS, hours)
    result = run(project, server.url, server.url)
    assert told(result) == ("osv", BOTH, Outcome.COMPLETE), result.coverage.notes
    assert len(result.coverage.notes) == 1
    server.asked.clear()
    assert told(run(project, server.url, server.url)) == told(result)
    assert not server.asked


@pytest.mark.parametrize("hours", [None, 25, 1000])
def test_where_it_can_not_be_synced_the_api_answers(
    project: Path, server: OsvServer, nobody: str, hours: float | None
) -> None:
    if hours:
        make_index(LESS, hours)
    result = run(project, nobody, server.url)
    assert told(result) == ("osv-api", BOTH, Outcome.COMPLETE)
    answered, failed = result.coverage.notes
    assert answered.startswith(f"advisories: {server.url}, asked for each version")
    assert failed.startswith(f"tried before: {nobody}/all.zip can't be fetched")
    if hours:  # nothing is lost
        index = store.open_synced()
        assert index
        assert index.meta.records == len(LESS)
        index.close()


def test_else_the_package_index_answers(
    project: Path, server: OsvServer, nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_pip_audit(monkeypatch, server.url)
    result = run(project, nobody, nobody)
    assert told(result) == ("pip-audit", BOTH, Outcome.COMPLETE)
    assert [note.partition(":")[0] for note in result.coverage.notes] == ["advisories", "tried before", "tried before"]


def test_else_an_old_index_answers_with_a_warning(project: Path, nobody: str) -> None:
    make_index(LESS, hours=47)
    result = run(project, nobody, nobody)
    assert told(result) == ("osv", {"PYSEC-1"}, Outcome.COMPLETE)
    assert [note.partition(":")[0] for note in result.coverage.notes] == [
        "advisories",
        "warning",
        *["tried before"] * 3,
    ]
    assert "over 24 hours ago, and may lack newer ones" in result.coverage.notes[1]


def test_else_one_that_is_too_old_answers_and_the_record_is_incomplete(project: Path, nobody: str) -> None:
    make_index(LESS, hours=49)
    result = run(project, nobody, nobody)
    assert told(result) == ("osv", {"PYSEC-1"}, Outcome.INCOMPLETE)
    assert "over 24 hours ago" in result.reason


def test_else_nothing_is_clean_and_everything_that_was_tried_is_named(project: Path, nobody: str) -> None:
    result = run(project, nobody, nobody)
    assert result.outcome is Outcome.INCOMPLETE
    assert (result.findings, result.coverage.examined) == ((), 0)
    for tried in (
        f"{nobody}/all.zip can't be fetched",
        f"{nobody}/v1/querybatch can't be fetched",
        "the package index is not reached",
    ):
        assert tried in result.reason
    assert [skip.gap for skip in result.coverage.skipped] == [True]


@pytest.mark.parametrize(
    ("hours", "outcome"),
    [(167, Outcome.COMPLETE), (169, Outcome.COMPLETE), (335, Outcome.COMPLETE), (337, Outcome.INCOMPLETE)],
)
def test_offline_the_index_answers_for_longer(project: Path, server: OsvServer, hours: float, outcome: Outcome) -> None:
    make_index(LESS, hours)
    result = run(project, server.url, server.url, offline=True)
    assert told(result) == ("osv", {"PYSEC-1"}, outcome)
    assert any("over 168 hours ago" in note for note in (*result.coverage.notes, result.reason)) == (hours > 168)
    assert not server.asked


def test_offline_without_an_index_nothing_is_clean(project: Path, server: OsvServer) -> None:
    result = run(project, server.url, server.url, offline=True)
    assert result.outcome is Outcome.INCOMPLETE
    assert result.reason.startswith("there are no advisories on this machine; run once: lockgate advisories sync")
    assert not server.asked


@pytest.mark.parametrize("offline", [False, True])
def test_an_index_that_is_damaged_is_replaced_where_that_can_be(
    project: Path, server: OsvServer, offline: bool
) -> None:
    make_index(LESS, hours=1)
    path = store.synced_file()
    path.write_bytes(path.read_bytes()[:-10])
    result = run(project, server.url, server.url, offline=offline)
    if offline:
        assert result.outcome is Outcome.INCOMPLETE
        assert "is damaged" in result.reason
    else:
        assert told(result) == ("osv", BOTH, Outcome.COMPLETE)
        assert "is damaged" in result.coverage.notes[1]


def test_an_answer_of_the_api_that_is_not_whole_is_incomplete(project: Path, server: OsvServer, nobody: str) -> None:
    write(project, {"requirements.txt": "demo==1.0\nother==1.0\n"})
    server.ill = lambda path, _body: (403, b"") if path.endswith("PYSEC-2") else None
    result = run(project, nobody, server.url)
    assert result.outcome is Outcome.INCOMPLETE
    assert result.coverage.examined == 1
    assert "requirements.txt:1 (demo 1.0 was not looked up" in result.reason


def test_the_environment_names_the_servers(project: Path, server: OsvServer, nobody: str) -> None:
    env = {"LOCKGATE_ADVISORIES": "", "LOCKGATE_OSV_EXPORT": f"{nobody}/all.zip", "LOCKGATE_OSV_API": server.url}
    done = lockgate("check", "audit", cwd=project, env=env)
    assert done.returncode == 1
    assert f"advisories: {server.url}, asked for each version" in " ".join(done.stdout.split())


def test_a_source_that_was_named_by_its_path_is_meant_wherever_the_audit_runs(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nobody: str
) -> None:
    """Else the scanned repository, which may be the current directory, could have the advisories about itself."""
    save_zip(tmp_path / "all.zip", RECORDS)
    monkeypatch.chdir(tmp_path)
    store.sync("all.zip")
    save_zip(project / "all.zip", LESS)
    monkeypatch.chdir(project)
    result = run_check("audit", target(project, max_age="1h", osv_api=nobody))
    assert told(result) == ("osv", BOTH, Outcome.COMPLETE)
    index = store.open_synced()
    assert index
    index.close()
    make_index(LESS, hours=2, source=index.meta.source)
    result = run_check("audit", target(project, max_age="1h", osv_api=nobody))
    assert told(result) == ("osv", BOTH, Outcome.COMPLETE)


def test_the_api_can_be_named_and_then_answers_alone(project: Path, server: OsvServer, nobody: str) -> None:
    make_index(LESS, hours=1)
    assert told(run(project, nobody, server.url, advisories="osv-api")) == ("osv-api", BOTH, Outcome.COMPLETE)
    server.ill = lambda _path, _body: (404, b"")
    result = run(project, nobody, server.url, advisories="osv-api")
    assert (result.outcome, result.findings) == (Outcome.INCOMPLETE, ())
    assert "demo 1.0 was not looked up: " in result.reason


@pytest.mark.parametrize("key", ["osv-api", "osv-export"])
def test_the_repository_names_no_server(key: str) -> None:
    text = f'[tool.lockgate]\n{key} = "https://index.example"\n'
    with pytest.raises(UsageError, match=f"line 2: '{key}' can't be set by the repository"):
        load(project=text, environ={}, options={}, known_checks=["audit"])


def test_a_source_that_is_none_is_a_usage_error(project: Path) -> None:
    done = lockgate("check", "audit", "--advisories", "pip-audit:pysec", cwd=project)
    assert done.returncode == 2
    assert "give a path, a URL or one of: osv-api, pip-audit, pip-audit:osv" in " ".join(done.stderr.split())
