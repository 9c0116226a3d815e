"""The hooks as pre-commit and prek install and run them, from this checkout. `nox -s hooks` runs these."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from support import git, noise, write

pytestmark = pytest.mark.installs

Repository = Callable[..., Path]
Runner = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]
LEAK = f'TOKEN = "ghp_{noise(36)}"\n'
TOOLS = {"pre-commit": "PRE_COMMIT_HOME", "prek": "PREK_HOME"}


@pytest.fixture(scope="module", params=TOOLS)
def runner(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Runs one hook of a clean clone of this checkout; its environment is made once a tool."""
    tool = shutil.which(request.param, path=f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}")
    assert tool
    source = tmp_path_factory.mktemp("source") / "lockgate"
    git(tmp_path_factory.getbasetemp(), "clone", "--quiet", str(ROOT), str(source))
    revision = git(source, "rev-parse", "HEAD").strip()
    environ = {**os.environ, TOOLS[request.param]: str(tmp_path_factory.mktemp("home"))}

    def run(root: Path, hook: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        config = f"repos:\n- repo: {source}\n  rev: {revision}\n  hooks:\n  - id: {hook}\n"
        (root / ".pre-commit-config.yaml").write_text(config)
        git(root, "add", ".pre-commit-config.yaml")
        command = [tool, "run", hook, *arguments]
        return subprocess.run(command, cwd=root, env=environ, check=False, capture_output=True, text=True)

    return run


def test_secrets_sees_what_is_staged(runner: Runner, repository: Repository) -> None:
    root = repository({"a.py": "x = 1\n"})
    clean = runner(root, "lockgate-secrets")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    write(root, {"a.py": LEAK})
    git(root, "add", "a.py")
    write(root, {"a.py": "x = 1\n"})
    found = runner(root, "lockgate-secrets")
    assert found.returncode == 1, found.stdout + found.stderr
    assert "a.py:1" in found.stdout


def test_pins_runs_when_a_pin_changes(runner: Runner, repository: Repository) -> None:
    root = repository({"a.py": "x = 1\n"})
    write(root, {"requirements.txt": "demo\n", "pyproject.toml": '[tool.lockgate]\nfail-on = "medium"\n'})
    git(root, "add", "--all")
    done = runner(root, "lockgate-pins")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "pins/unpinned-requirement" in done.stdout


def test_gate_runs_before_a_push(runner: Runner, repository: Repository) -> None:
    root = repository({"a.py": LEAK, "pyproject.toml": '[tool.lockgate]\nchecks = ["secrets"]\n'})
    done = runner(root, "lockgate-gate", "--hook-stage", "pre-push", "--all-files")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "secrets/github-token" in done.stdout


def test_try_repo(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.py": LEAK})
    environ = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home")}
    tool = str(Path(sysconfig.get_path("scripts")) / "pre-commit")
    command = [tool, "try-repo", str(ROOT), "lockgate-secrets", "--all-files"]
    done = subprocess.run(command, cwd=root, env=environ, check=False, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "a.py:1" in done.stdout
