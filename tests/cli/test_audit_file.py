"""`lockgate check audit FILE`: one manifest and nothing beside it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from support import advisory, lockgate, write, write_advisories


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_advisories(tmp_path / "osv", advisory(1, "demo"), advisory(2, "other"))
    files = {"requirements.txt": "-r base\ndemo==1.0\n", "base": "demo==1.5\n", "dev-requirements.txt": "other==1.0\n"}
    write(tmp_path / "project" / "sub", files)
    return tmp_path / "project"


def audit(project: Path, path: str, check: str = "audit") -> tuple[int, set[str], str]:
    """The exit code, the places of the findings, and what was said."""
    options = ("--offline", "--advisories", project.parent / "osv", "--json", project.parent / "report.json")
    (project.parent / "report.json").unlink(missing_ok=True)
    ran = lockgate("check", check, path, *options, cwd=project)
    report = project.parent / "report.json"
    records = json.loads(report.read_text())["records"] if report.exists() else []
    found = [finding for record in records for finding in record["findings"]]
    return ran.returncode, {f"{finding['path']}:{finding['line']}" for finding in found}, ran.stdout + ran.stderr


def test_one_file_is_examined_with_what_it_includes(project: Path) -> None:
    code, places, said = audit(project, "sub/requirements.txt")
    assert (code, places) == (1, {"requirements.txt:2", "base:1"})
    assert "only" not in said


def test_a_file_that_is_excluded_is_examined_where_it_is_named(project: Path) -> None:
    write(project, {"sub/pyproject.toml": '[tool.lockgate]\nexclude = ["*.txt"]\n'})
    assert audit(project, "sub/dev-requirements.txt")[1] == {"dev-requirements.txt:1"}


def test_a_file_that_is_known_by_its_folder_is_examined(project: Path) -> None:
    write(
        project,
        {"requirements/base.txt": "demo==1.0\n", "tool.py": '# /// script\n# dependencies = ["other==1.0"]\n# ///\n'},
    )
    assert audit(project, "requirements/base.txt")[1] == {"requirements/base.txt:1"}
    assert audit(project, "tool.py")[1] == {"tool.py:2"}


def test_a_wheel_is_examined_with_what_it_needs(project: Path) -> None:
    said = "Name: demo\nVersion: 1.0\nRequires-Dist: other==1.0\nRequires-Dist: open>1\n"
    with zipfile.ZipFile(project / "demo-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("demo-1.0.dist-info/METADATA", said)
    code, places, told = audit(project, "demo-1.0-py3-none-any.whl")
    assert (code, places) == (1, {"demo-1.0-py3-none-any.whl:1"})
    assert "open has no exact version" in " ".join(told.split())


def test_a_file_that_is_no_manifest_is_refused(project: Path) -> None:
    code, _, said = audit(project, "sub/base")
    assert (code, said.strip()) == (
        2,
        "lockgate: sub/base: by its name no manifest that lockgate reads; give one, or the directory that holds it",
    )


def test_the_other_checks_want_a_directory(project: Path) -> None:
    code, _, said = audit(project, "sub/requirements.txt", check="pins")
    assert code == 2
    assert "not a directory; give the directory that holds it" in said


def test_what_is_not_there_is_told(project: Path) -> None:
    code, _, said = audit(project, "requirements.txt")
    assert code == 2
    assert "no such file or directory" in said
