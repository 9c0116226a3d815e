"""lockgate-hook, and the offered hooks as pre-commit runs them, with the lockgate of this environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from support import git, noise, write

Repository = Callable[..., Path]
TOKEN = f"ghp_{noise(36)}"
LEAK = f'TOKEN = "{TOKEN}"\n'
OFFERED = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"


def hook(root: Path, *names: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", "from lockgate.hook import main; main()", *names]
    return subprocess.run(command, cwd=root, env={**os.environ, **env}, check=False, capture_output=True, text=True)


def test_it_scans_the_index(repository: Repository) -> None:
    root = repository({"a.py": "x = 1\n"})
    assert hook(root).returncode == 0
    write(root, {"a.py": LEAK})
    assert hook(root, "a.py").returncode == 0
    git(root, "add", "a.py")
    write(root, {"a.py": "x = 1\n"})
    for done in (hook(root), hook(root, "a.py"), hook(root, "--", "a.py")):
        assert done.returncode == 1
        assert "a.py:1" in done.stdout
        assert TOKEN not in done.stdout


@pytest.mark.parametrize("name", ["-x.py", "--help", "-h", "--"])
def test_a_file_that_is_named_like_an_option(repository: Repository, name: str) -> None:
    root = repository({"a.py": "x = 1\n"})
    write(root, {name: LEAK})
    git(root, "add", "--all")
    (root / name).unlink()
    done = hook(root, *(["--"] if name == "--" else []), name)
    assert done.returncode == 1, done.stderr
    assert f"{name}:1" in done.stdout


def test_options(repository: Repository, tmp_path: Path) -> None:
    assert hook(tmp_path, "--help").stdout.startswith("usage: lockgate-hook")
    done = hook(repository({"a.py": LEAK}), "a.py", "--bogus")
    assert done.returncode == 2
    assert done.stderr.startswith("lockgate: there is neither an option nor a file '--bogus'\nusage: lockgate-hook")


def test_outside_of_a_repository(repository: Repository, tmp_path: Path) -> None:
    done = hook(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not in a Git repository, so nothing is staged; lockgate check secrets scans it" in done.stderr
    root = repository({"a.py": "x = 1\n", "b/c.py": LEAK})
    for elsewhere in (str(tmp_path / "a.py"), "../a.py"):
        done = hook(root, "a.py", elsewhere)
        assert done.returncode == 2
        assert f"lockgate: {elsewhere} is not in the repository in " in done.stderr
    assert hook(root / "b", "../a.py", "c.py").returncode == 1
    assert "no files found; left out: gone.py (" in " ".join(hook(root, "gone.py").stdout.split())


@pytest.fixture
def broken_engine(tmp_path: Path) -> str:
    """A module path on which kingfisher can't be used, in a way that nobody foresaw."""
    write(tmp_path / "broken", {"kingfisher_sdk.py": "raise RuntimeError\n"})
    return str(tmp_path / "broken")


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 3)])
def test_incomplete_is_said_and_fails_in_ci(repository: Repository, broken_engine: str, ci: str, code: int) -> None:
    done = hook(repository({"a.py": "x = 1\n"}), "a.py", PYTHONPATH=broken_engine, CI=ci)
    assert done.returncode == code, done.stderr
    assert "INCOMPLETE: this is not a pass" in done.stdout
    assert "reason: the secrets check broke: RuntimeError" in " ".join(done.stdout.split())


@pytest.mark.parametrize(("ci", "code", "state"), [("", 0, "Passed"), ("true", 1, "Failed")])
@pytest.mark.parametrize(("name", "stage"), [("lockgate-secrets", "pre-commit"), ("lockgate-gate", "pre-push")])
def test_a_user_of_pre_commit_sees_that_it_is_incomplete(
    repository: Repository, tmp_path: Path, broken_engine: str, name: str, stage: str, ci: str, code: int, state: str
) -> None:
    offered = {each["id"]: each for each in yaml.safe_load(OFFERED.read_text(encoding="utf-8"))}
    config = {"repos": [{"repo": "local", "hooks": [offered[name] | {"language": "system"}]}]}
    settings = '[tool.lockgate]\nchecks = ["secrets"]\n'
    root = repository({".pre-commit-config.yaml": yaml.safe_dump(config), "pyproject.toml": settings})
    scripts = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    tool = shutil.which("pre-commit", path=scripts)
    assert tool
    done = subprocess.run(
        [tool, "run", name, "--all-files", "--hook-stage", stage],
        cwd=root,
        env={**os.environ, "PATH": scripts, "PRE_COMMIT_HOME": str(tmp_path), "PYTHONPATH": broken_engine, "CI": ci},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert state in done.stdout
    assert "INCOMPLETE: this is not a pass" in done.stdout
