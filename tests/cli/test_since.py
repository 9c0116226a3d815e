"""`--since` for every check, in the command line and from session to session."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from string import ascii_uppercase

import pytest

from support import advisory, git, lockgate, noise, write, write_advisories

Repository = Callable[..., Path]
WORKFLOW = (
    "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: pip install one\n"
)


def token(seed: int) -> str:
    return "AKIA" + noise(16, f"{ascii_uppercase}234567", seed)


def findings(root: Path, *arguments: object) -> dict[str, set[tuple[str, str, int]]]:
    """By check, rule, path and line of what is told; the records must say what was left out."""
    done = lockgate(*arguments, "--json", "-", "--no-progress", cwd=root)
    assert done.returncode in (0, 1, 3), done.stderr
    records = json.loads(done.stdout)["records"]
    if "--since" in arguments:
        assert all(record["coverage"]["notes"][0].startswith("only what came since ") for record in records)
    return {
        record["check"]: {(found["rule"], found["path"], found["line"]) for found in record["findings"]}
        for record in records
    }


def test_secrets_that_came_with_a_change(repository: Repository) -> None:
    root = repository({"a.py": f"KEY = '{token(1)}'\n", "b.py": f"KEY = '{token(2)}'\n"})
    write(root, {"a.py": f"# moved\nKEY = '{token(1)}'\nNEW = '{token(3)}'\n"})
    (root / "b.py").rename(root / "c.py")
    rule = "secrets/aws-access-key"
    assert findings(root, "check", "secrets", "--since", "HEAD") == {"secrets": {(rule, "a.py", 3)}}
    assert findings(root, "check", "secrets")["secrets"] == {(rule, "a.py", 2), (rule, "a.py", 3), (rule, "c.py", 1)}


def test_a_secret_that_was_taken_out_of_the_baseline_came_with_the_change(repository: Repository) -> None:
    root = repository({"a.py": f"KEY = '{token(1)}'\n"})
    assert lockgate("baseline", "create", cwd=root).returncode == 0
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "known")
    assert findings(root, "check", "secrets", "--since", "HEAD") == {"secrets": set()}
    (root / ".lockgate-baseline").unlink()
    assert findings(root, "check", "secrets", "--since", "HEAD") == {"secrets": {("secrets/aws-access-key", "a.py", 1)}}


def test_pins_that_came_with_a_change(repository: Repository) -> None:
    root = repository({".github/workflows/a.yml": WORKFLOW, "requirements.txt": "one\ntwo==1.0\n"})
    write(
        root,
        {".github/workflows/a.yml": f"{WORKFLOW}      - run: pip install two\n", "requirements.txt": "three\none\n"},
    )
    assert findings(root, "check", "pins", "--since", "HEAD") == {
        "pins": {
            ("pins/unpinned-install", ".github/workflows/a.yml", 8),
            ("pins/unpinned-requirement", "requirements.txt", 1),
        }
    }


def test_vulnerable_packages_that_came_with_a_change(repository: Repository, tmp_path: Path) -> None:
    osv = write_advisories(tmp_path / "osv", advisory(1, "one"), advisory(2, "two"))
    root = repository({"requirements.txt": "one==1.0\n"})
    write(root, {"requirements.txt": "two==1.0\none==1.0\n"})
    source = ("--advisories", osv, "--offline")
    assert findings(root, "check", "audit", "--since", "HEAD", *source) == {
        "audit": {("PYSEC-2024-2", "requirements.txt", 1)}
    }
    # An advisory that is there only now did not come with the change.
    write_advisories(osv, advisory(3, "one"))
    assert findings(root, "check", "audit", "--since", "HEAD", *source) == {
        "audit": {("PYSEC-2024-2", "requirements.txt", 1)}
    }


def test_the_gate_decides_on_what_came_with_a_change(repository: Repository, tmp_path: Path) -> None:
    osv = write_advisories(tmp_path / "osv", advisory(1, "one"))
    root = repository({"a.py": f"KEY = '{token(1)}'\nprint(absent)\n", "requirements.txt": "one==1.0\n"})
    source = ("--advisories", osv, "--offline", "--no-progress")
    assert lockgate("gate", *source, cwd=root).returncode == 1
    done = lockgate("gate", "--since", "HEAD", *source, cwd=root)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert token(1) not in done.stdout
    commit = git(root, "rev-parse", "HEAD")[:8]
    assert f"note: only what came since {commit} is told; 1 older finding left out" in done.stdout
    write(root, {"a.py": f"KEY = '{token(1)}'\nprint(absent)\nprint(missing)\n"})
    assert lockgate("gate", "--since", "HEAD", *source, cwd=root).returncode == 1


def test_records_of_sessions_and_the_gate_that_takes_the_same_option(repository: Repository) -> None:
    root = repository({"requirements.txt": "one\n"})
    for arguments in (("check", "pins", "--record", "out/pins.json"), ("gate", "--records", "out", "--checks", "pins")):
        (root / "out").mkdir(exist_ok=True)
        done = lockgate(*arguments, "--since", "HEAD", "--run", "x", cwd=root)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "1 older finding left out" in done.stdout


@pytest.mark.parametrize("command", [("check", "pins"), ("gate",)])
def test_a_folder_that_is_no_repository(tmp_path: Path, command: tuple[str, ...]) -> None:
    write(tmp_path, {"requirements.txt": "one\n"})
    done = lockgate(*command, "--since", "HEAD", cwd=tmp_path)
    assert done.returncode == 2
    assert "give the directory of a repository" in done.stderr
