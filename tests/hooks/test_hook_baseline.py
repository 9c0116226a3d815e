"""lockgate-hook --baseline: it stands in for detect-secrets-hook."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support import git, lockgate, noise, write

Repository = Callable[..., Path]
TOKEN = f"ghp_{noise(36)}"
LEAK = f'TOKEN = "{TOKEN}"\n'
OURS, THEIRS = ".lockgate-baseline", ".secrets.baseline"
LISTED = "import sys, lockgate.hook as h\ntry:\n    h.main()\nfinally:\n    print(*sys.modules, file=sys.stderr)\n"


def hook(root: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-c", "from lockgate.hook import main; main()", *arguments]
    return subprocess.run(command, cwd=root, env={**os.environ, **env}, check=False, capture_output=True, text=True)


@pytest.fixture(params=[OURS, THEIRS])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def root(repository: Repository, name: str) -> Path:
    """A repository in whose baseline, of either format, a secret is known that is staged again after its line moved."""
    made = repository({"a.py": LEAK})
    form = "lockgate" if name == OURS else "detect-secrets"
    assert lockgate("baseline", "create", "--format", form, cwd=made).returncode == 0
    (made / name).rename(made / "known")
    git(made, "add", "known")
    write(made, {"a.py": f"import os\n\n{LEAK}"})
    git(made, "add", "a.py")
    return made


def test_only_what_is_new_fails(root: Path) -> None:
    before = (root / "known").read_bytes()
    assert hook(root, "a.py").returncode == 1
    for option in (["--baseline", "known"], ["--baseline=known"], ["--baseline", str(root / "known")]):
        done = hook(root, *option, "a.py")
        assert done.returncode == 0, done.stdout
        assert "1 secret is known in known (0 confirmed real)" in done.stdout
    write(root, {"a.py": LEAK + LEAK.replace(TOKEN, f"ghp_{noise(36, seed=8)}")})
    git(root, "add", "a.py")
    done = hook(root, "--baseline", "known", "a.py")
    assert done.returncode == 1
    assert "a.py:2" in done.stdout
    assert "a.py:1" not in done.stdout
    assert (root / "known").read_bytes() == before


def test_the_staged_baseline_counts(root: Path) -> None:
    whole = (root / "known").read_text()
    (root / "known").write_text("".join(line for line in whole.splitlines(keepends=True) if "a.py" not in line))
    assert hook(root, "--baseline", "known", "a.py").returncode == 0
    git(root, "rm", "--quiet", "--cached", "--force", "known")
    assert hook(root, "--baseline", "known", "a.py").returncode == 1


@pytest.mark.parametrize("name", [OURS])
def test_mistakes(root: Path) -> None:
    done = hook(root, "--baseline", "nowhere", "a.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "lockgate: nowhere does not exist; lockgate baseline create makes a baseline\n"
    write(root, {"broken": "lockgate-baseline 1\nkey x\n"})
    done = hook(root, "--baseline", "broken", "a.py")
    assert done.returncode == 1
    assert "broken:2: neither an entry nor a divider" in " ".join(done.stdout.split())
    write(root, {"a.py": 'password = ""  # nothing\n', "b.py": f'secret = "{noise(20)}"  # pragma: allowlist secret\n'})
    git(root, "add", "--all")
    assert hook(root, "--baseline", "broken", "a.py", "b.py", CI="true").returncode == 3
    assert "there is neither an option nor a file '--baseline'" in hook(root, "a.py", "--baseline").stderr


@pytest.mark.parametrize("name", [OURS])
def test_a_file_that_is_named_like_the_option(root: Path) -> None:
    write(root, {"--baseline": LEAK})
    git(root, "add", "--all")
    done = hook(root, "--baseline", "a.py")
    assert done.returncode == 1
    assert "--baseline:1" in done.stdout


@pytest.mark.parametrize("name", [OURS])
def test_a_quiet_commit_does_not_read_it(root: Path) -> None:
    write(root, {"a.py": "x = 1\n", "broken": "no baseline\n"})
    git(root, "add", "a.py")
    command = [sys.executable, "-P", "-c", LISTED, "--baseline", "broken", "a.py"]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    tools = {"lockgate.checks.secrets.known", "detect_secrets", "kingfisher_sdk", "click"}
    assert not tools & set(done.stderr.split())
