"""`lockgate baseline create` and `update`, with the tools themselves for the formats that are others'."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.run import run_check
from lockgate.checks.secrets.baseline import Verdict, parse
from support import git, lockgate, noise, target, write

Repository = Callable[..., Path]
TOKEN, OTHER = f"ghp_{noise(36)}", f"ghp_{noise(36, seed=8)}"
LINE, ELSE = f'token = "{TOKEN}"\n', f'token = "{OTHER}"\n'
OURS, THEIRS = ".lockgate-baseline", ".secrets.baseline"


def run(root: Path, *arguments: str, code: int = 0) -> str:
    done = lockgate("baseline", *arguments, cwd=root)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert TOKEN not in done.stderr
    assert OTHER not in done.stderr
    return done.stderr


def verdicts(root: Path, name: str = OURS) -> dict[str, Verdict]:
    return {entry.path: entry.verdict for entry in parse(name, (root / name).read_bytes()).entries}


def new(root: Path) -> list[str]:
    return [finding.path for finding in run_check("secrets", target(root)).findings]


def detect_secrets(root: Path, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", f"detect_secrets{module}", *arguments]
    return subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)


def test_create_writes_once(repository: Repository) -> None:
    root = repository({"a.py": LINE, "b.py": LINE + ELSE})
    assert run(root, "create") == f"lockgate: {OURS}: 3 entries; lockgate baseline audit goes through them\n"
    before = (root / OURS).read_bytes()
    said = run(root, "create", code=2)
    assert said.startswith(f"lockgate: {OURS} is there already; lockgate baseline update adds what is new to it")
    assert (root / OURS).read_bytes() == before
    assert "there is no directory" in run(root, "create", "--baseline", "nowhere/known", code=2)
    assert git(root, "status", "--short").split() == ["??", OURS]
    assert not stat.S_IMODE((root / OURS).stat().st_mode) & 0o111
    assert new(root) == []


def test_update_adds_what_is_new_and_keeps_verdicts(repository: Repository) -> None:
    root = repository({"a.py": LINE})
    run(root, "create")
    (root / OURS).write_text((root / OURS).read_text().replace(" unreviewed ", " false "))
    write(root, {"b.py": ELSE})
    assert run(root, "update") == f"lockgate: {OURS}: 1 entry added\n  b.py:1  secrets/github-token\n"
    assert verdicts(root) == {"a.py": Verdict.FALSE, "b.py": Verdict.UNREVIEWED}
    before = (root / OURS).stat().st_mtime_ns
    assert run(root, "update") == f"lockgate: {OURS}: 0 entries added\n"
    assert (root / OURS).stat().st_mtime_ns == before


def test_update_removes_what_is_stale_when_asked(repository: Repository) -> None:
    root = repository({"a.py": LINE, "b.py": ELSE})
    run(root, "create")
    (root / "a.py").unlink()
    write(root, {"c.py": ELSE})
    stale = "  a.py  secrets/github-token\n"
    assert run(root, "update", "--no-add").endswith(f"1 entry: no match any more, --prune removes it\n{stale}")
    assert set(verdicts(root)) == {"a.py", "b.py"}
    assert run(root, "update", "--no-add", "--prune").endswith(f"1 entry removed\n{stale}")
    assert set(verdicts(root)) == {"b.py"}
    assert new(root) == ["c.py"]


def test_the_baseline_of_the_repository_is_none_of_a_folder(repository: Repository) -> None:
    """Seen from the folder none of its entries would match, so that all of them would go."""
    root = repository({"a.py": LINE, "b/c.py": LINE})
    run(root, "create")
    before = (root / OURS).read_bytes()
    said = run(root / "b", "update", "--prune", "--baseline", f"../{OURS}", code=2)
    assert f"{OURS} lists files of {root}, and not of b/ alone; run this for {root}" in said
    assert (root / OURS).read_bytes() == before
    run(root, "create", "b", "--baseline", "of-b")
    assert "0 entries added" in run(root, "update", "b", "--baseline", "of-b", "--prune")


def test_update_wants_a_baseline(repository: Repository) -> None:
    root = repository({"a.py": LINE})
    assert "lockgate baseline create makes a baseline" in run(root, "update", code=2)


def test_nothing_is_pruned_while_an_engine_is_left_out(repository: Repository) -> None:
    root = repository({"a.py": LINE, "pyproject.toml": '[tool.lockgate]\nengines = ["kingfisher"]\n'})
    run(root, "create")
    write(root, {"a.py": "x = 1\n"})
    assert "only kingfisher looks" in run(root, "update", "--prune", code=2)
    assert "a.py" in verdicts(root)


def test_what_could_not_be_examined_is_said(repository: Repository) -> None:
    root = repository({"a.py": LINE, "pyproject.toml": "[tool.lockgate]\nmax-file-size = 1000\n"})
    write(root, {"b.py": "x" * 2000})
    assert "lockgate: not examined: b.py (0 MiB is over max-file-size" in run(root, "create", code=3)
    assert set(verdicts(root)) == {"a.py"}


def test_a_merged_file_is_put_in_order(repository: Repository) -> None:
    root = repository({"a.py": LINE})
    run(root, "create")
    whole = (root / OURS).read_bytes()
    lines = whole.splitlines(keepends=True)
    (root / OURS).write_bytes(b"".join([*lines[:3], *reversed(lines[3:]), lines[-5]]))
    run(root, "update")
    assert (root / OURS).read_bytes() == whole


def test_detect_secrets_takes_what_is_written_for_it(repository: Repository) -> None:
    root = repository({"a.py": LINE, "b.env": f"SECRET={noise(14)}\n"})
    run(root, "create", "--format", "detect-secrets")
    assert new(root) == []
    files = ["a.py", "b.env"]
    git(root, "add", THEIRS)
    done = detect_secrets(root, ".pre_commit_hook", "--baseline", THEIRS, *files)
    assert done.returncode == 0, done.stdout
    write(root, {"a.py": ELSE})  # of which the plug-in for GitHub tokens knows no more than the first letters
    assert new(root) == ["a.py"]
    assert detect_secrets(root, ".pre_commit_hook", "--baseline", THEIRS, *files).returncode == 1
    assert "2 entries added" in run(root, "update", "--prune")
    assert new(root) == []
    git(root, "add", "--all")
    assert detect_secrets(root, ".pre_commit_hook", "--baseline", THEIRS, *files).returncode == 0


def test_a_baseline_of_detect_secrets_stays_one(repository: Repository) -> None:
    root = repository({"a.py": LINE, "b.py": ELSE})
    document = json.loads(detect_secrets(root, "", "scan").stdout)
    for found in document["results"]["a.py"]:
        found["is_secret"] = False
        found["is_verified"] = True
    document["plugins_used"] = document["plugins_used"][:3]
    write(root, {THEIRS: json.dumps(document, indent=2) + "\n"})
    run(root, "update")
    assert json.loads((root / THEIRS).read_text()) == document
    write(root, {"a.py": "\n" + LINE, "c.py": ELSE})
    run(root, "update", "--prune")
    after = json.loads((root / THEIRS).read_text())
    assert {found["line_number"] for found in after["results"]["a.py"]} == {2}
    assert {(found["is_secret"], found["is_verified"]) for found in after["results"]["a.py"]} == {(False, True)}
    assert set(after["results"]) == {"a.py", "b.py", "c.py"}
    assert after["plugins_used"] == document["plugins_used"]


def test_a_baseline_of_detect_secrets_is_taken_over(repository: Repository) -> None:
    root = repository({"a.py": LINE, "b.py": ELSE})
    document = json.loads(detect_secrets(root, "", "scan").stdout)
    for found in document["results"]["a.py"]:
        found["is_secret"] = True
    document["results"]["gone.py"] = document["results"]["a.py"]
    write(root, {THEIRS: json.dumps(document, indent=2), "new.py": ELSE})
    said = run(root, "create", "--from", THEIRS)
    assert f"2 entries of {THEIRS} match nothing that is found here:\n  gone.py:1  Base64 High Entropy String\n" in said
    assert verdicts(root) == {"a.py": Verdict.REAL, "b.py": Verdict.UNREVIEWED}
    assert new(root) == ["new.py"]


def test_what_gitleaks_ignores_is_taken_over(repository: Repository) -> None:
    root = repository({"a.py": f"\n{LINE}", "b.py": ELSE})
    commit = "0123456789" * 4
    ignored = f"# kept\n\n{commit}:a.py:generic-api-key:2\nb.py:github-pat:7\nc:d.py:github-pat:1\n"
    write(root, {".gitleaksignore": ignored})
    said = run(root, "create", "--from", ".gitleaksignore")
    assert (
        "2 entries of .gitleaksignore match nothing that is found here:\n  b.py:7  github-pat\n  c:d.py:1  github-pat\n"
        in said
    )
    assert set(verdicts(root)) == {"a.py"}
    write(root, {".gitleaksignore": "a.py\n"})
    (root / OURS).unlink()
    said = run(root, "create", "--from", ".gitleaksignore", code=2)
    assert said == "lockgate: .gitleaksignore:1: no fingerprint of gitleaks: 'a.py'\n"


# As kingfisher 2.14 writes it, and as it wrote it before version 2.
KINGFISHER = """\
version: 2
fingerprint_algorithm: kingfisher-v1
repositories:
- id: local:///somewhere
  findings:
  - path: a.py
    fingerprint: '10050249936359232679'
    rule_id: betterleaks.github-pat
    line: 2
    first_seen_at: 2026-11-22T07:12:12.863211011+00:00
    last_updated_at: 2026-11-22T07:12:12.863211011+00:00
  - path: b.py
    fingerprint: '16778880353480652124'
    rule_id: betterleaks.other
    line: 1
"""
BEFORE = """\
ExactFindings:
  matches:
  - filepath: repository/a.py
    fingerprint: c23sfs
    linenum: 2
    lastupdated: Mon, 14 Jul 2025 10:17:56 -0700
  - filepath: repository/b.py
    fingerprint: 0056876
    linenum: 7
"""


@pytest.mark.parametrize("text", [KINGFISHER, BEFORE])
def test_a_baseline_of_kingfisher_is_taken_over(repository: Repository, text: str) -> None:
    root = repository({"a.py": f"\n{LINE}", "b.py": ELSE})
    write(root, {"kingfisher.yml": text})
    said = run(root, "create", "--from", "kingfisher.yml")
    assert "1 entry of kingfisher.yml matches nothing that is found here:\n  b.py:" in said
    assert set(verdicts(root)) == {"a.py"}


def test_what_can_not_be_imported_is_said(repository: Repository) -> None:
    root = repository({"a.py": LINE, "x.txt": "nothing\n"})
    assert "nowhere: it can't be read" in run(root, "create", "--from", "nowhere", code=2)
    assert "x.txt:1: not a baseline of a format that is known" in run(root, "create", "--from", "x.txt", code=2)
    assert "valid: detect-secrets, lockgate" in run(root, "create", "--format", "yaml", code=2)
    assert not (root / OURS).exists()
