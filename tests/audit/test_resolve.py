"""Requirements without a lock, resolved by the real uv from wheels in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from osv_reference import record, save_zip, window

from lockgate.checks.run import run_check
from lockgate.model.record import Outcome, Record
from support import Files, list_files, target, wheel, write

pytest.importorskip("uv")


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that stands for the package index; an archive in it would run code if it were built."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    wheel(folder, "app", "1.0", "middle>=1", "other ; extra == 'more'")
    wheel(folder, "app", "2.0")
    wheel(folder, "middle", "1.5", "deep==1.0")
    wheel(folder, "deep", "1.0")
    wheel(folder, "other", "3.0")
    source = folder / "sourceonly"
    source.mkdir()
    (source / "sourceonly-1.0.tar.gz").write_bytes(b"no archive at all")
    list_files(source)
    monkeypatch.setenv("UV_DEFAULT_INDEX", str(folder))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    return folder


def run(tmp_path: Path, files: Files, **settings: object) -> Record:
    root = tmp_path / "project"
    root.mkdir()
    write(root, files)
    records = [
        record("PYSEC-1", "deep", ranges=[window("0", "2.0")]),
        record("PYSEC-2", "other", ranges=[window("0", "9")]),
    ]
    source = str(save_zip(tmp_path / "all.zip", records))
    return run_check("audit", target(root, advisories=source, offline=True, resolve=True, **settings))


def test_what_a_range_brings_in_is_told_at_its_line(tmp_path: Path) -> None:
    result = run(tmp_path, {"requirements.txt": "# ranges\napp<2\n"})
    assert (result.outcome, result.reason) == (Outcome.COMPLETE, "")
    (finding,) = result.findings
    assert (finding.rule, finding.path, finding.line) == ("PYSEC-1", "requirements.txt", 2)
    assert finding.properties["via"] == "requirements.txt -> app -> middle -> deep"
    assert result.coverage.examined == 3


def test_extras_and_the_build_system_are_resolved_too(tmp_path: Path) -> None:
    project = '[project]\nname = "x"\nversion = "1"\ndependencies = [\n  "app[more]<2",\n]\n'
    result = run(tmp_path, {"pyproject.toml": f'{project}[build-system]\nrequires = ["app>=2"]\n'})
    assert result.outcome is Outcome.COMPLETE
    assert {(finding.rule, finding.line) for finding in result.findings} == {("PYSEC-1", 5), ("PYSEC-2", 5)}
    assert result.coverage.examined == 5


def test_what_can_only_be_built_is_a_gap(tmp_path: Path) -> None:
    result = run(tmp_path, {"a/requirements.txt": "sourceonly\n", "b/requirements.txt": "app<2\n"})
    assert result.outcome is Outcome.INCOMPLETE
    assert "a/requirements.txt:1 (sourceonly has no exact version, and can't be resolved: uv failed" in result.reason
    assert [finding.path for finding in result.findings] == ["b/requirements.txt"]


def test_what_gets_no_version_for_this_python_is_a_gap(tmp_path: Path) -> None:
    lines = "app==2.0\ndeep ; python_version < '3.9'\napp<2 ; python_version < '3.9'\napp>1\n"
    result = run(tmp_path, {"requirements.txt": lines})
    assert result.outcome is Outcome.INCOMPLETE
    assert [skip.subject for skip in result.coverage.skipped] == ["requirements.txt:2", "requirements.txt:3"]
    assert "deep gets no version in the environments that uv resolves for" in result.reason


def test_of_very_many_files_not_all_are_resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lockgate.checks.audit.resolve.MOST", 1)
    result = run(tmp_path, {"a/requirements.txt": "app<2\n", "b/requirements.txt": "app<2\n"})
    assert [finding.path for finding in result.findings] == ["a/requirements.txt"]
    assert "b/requirements.txt:1 (app has no exact version, and can't be resolved: over the limit" in result.reason


def test_a_constraint_to_a_range_is_a_gap(tmp_path: Path) -> None:
    result = run(tmp_path, {"requirements.txt": "-c held.txt\napp\n", "held.txt": "app<2\ndeep<9\n"})
    assert result.outcome is Outcome.INCOMPLETE
    assert "held.txt:1 (app and 1 more are constrained to no exact version" in result.reason


def test_no_configuration_of_the_repository_is_obeyed(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "app<2\n",
        "uv.toml": 'no-index = false\nindex-url = "http://127.0.0.1:9/"\nnonsense = 1\n',
    }
    assert run(tmp_path, files).outcome is Outcome.COMPLETE
