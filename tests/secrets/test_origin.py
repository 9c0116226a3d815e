"""A finding tells which commit first held it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks import secrets
from lockgate.checks.base import Target
from lockgate.checks.secrets import origin
from lockgate.config.settings import Settings
from lockgate.inputs.staged import StagedTree
from lockgate.model.finding import Finding
from support import git, noise, target, write

Repository = Callable[..., Path]
TOKEN = f"ghp_{noise(36)}"
LINE = f'token = "{TOKEN}"\n'


def found(root: Path) -> Finding:
    (finding,) = secrets.run(target(root)).findings
    return finding


def commit(root: Path, text: str, message: str, date: str) -> str:
    write(root, {"a.py": text})
    git(root, "add", "--all")
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@index.example")
    subprocess.run(["git", *identity, "commit", "--quiet", "--message", message, "--date", date], cwd=root, check=True)
    return git(root, "rev-parse", "HEAD").strip()


@pytest.fixture
def root(repository: Repository) -> Path:
    return repository({"a.py": "x = 1\n"})


def test_the_oldest_commit_with_author_and_date(root: Path) -> None:
    first = commit(root, LINE, "leak", "2026-03-04T05:06:07+02:00")
    commit(root, f"import os\n\n{LINE}", "moved", "2026-05-06T07:08:09+02:00")
    finding = found(root)
    assert finding.line == 3
    told = {name: finding.properties[name] for name in ("commit", "author", "date")}
    assert told == {"commit": first, "author": "Ada <ada@index.example>", "date": "2026-03-04T05:06:07+02:00"}
    assert f"First committed in {first[:8]} on 2026-03-04 by Ada <ada@index.example>." in finding.message


def test_what_is_not_committed_says_so(root: Path) -> None:
    write(root, {"a.py": LINE})
    assert "It is not committed yet." in found(root).message
    git(root, "add", "--all")
    tree = StagedTree(root)
    (finding,) = secrets.run(Target(tree=tree, settings=Settings())).findings
    assert "It is not committed yet." in finding.message


def test_in_a_repository_without_commits(tmp_path: Path, own_cache: Path) -> None:
    git(tmp_path, "init", "--quiet")
    write(tmp_path, {"a.py": LINE})
    assert "It is not committed yet." in found(tmp_path).message
    assert own_cache.exists()
    first = commit(tmp_path, LINE, "leak", "2026-03-04T05:06:07+02:00")
    assert found(tmp_path).properties["commit"] == first


def test_a_kept_result_is_asked_again_after_a_commit(root: Path, own_cache: Path) -> None:
    write(root, {"a.py": LINE})
    assert "not committed yet" in found(root).message
    assert own_cache.exists()
    first = commit(root, LINE, "leak", "2026-03-04T05:06:07+02:00")
    assert found(root).properties["commit"] == first
    git(root, "commit", "--quiet", "--amend", "--message", "other")
    assert found(root).properties["commit"] == git(root, "rev-parse", "HEAD").strip()


def test_a_shallow_clone_may_not_know(root: Path, tmp_path: Path) -> None:
    commit(root, LINE, "leak", "2026-03-04T05:06:07+02:00")
    commit(root, f"import os\n{LINE}", "moved", "2026-05-06T07:08:09+02:00")
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", root.as_uri(), tmp_path / "shallow"], check=True)
    assert (
        "on 2026-05-06 by Ada <ada@index.example>, if not earlier (the clone is shallow)."
        in found(tmp_path / "shallow").message
    )


def test_outside_of_a_repository_nothing_is_said(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": LINE})
    assert "ommitted" not in found(tmp_path).message


def test_nothing_is_asked_where_there_is_no_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "SECONDS", -1.0)
    commit(root, LINE, "leak", "2026-03-04T05:06:07+02:00")
    assert "ommitted" not in found(root).message


def test_nothing_is_asked_of_what_is_probably_no_secret(root: Path) -> None:
    commit(root, 'db_password = "change' + 'me-please"\n', "example", "2026-03-04T05:06:07+02:00")
    assert "ommitted" not in found(root).message
