"""What a baseline makes known in a scan, and what it does not."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.base import Target
from lockgate.checks.run import run_check
from lockgate.checks.secrets.baselines import keyed
from lockgate.cli import root as program
from lockgate.config.settings import Settings
from lockgate.inputs.staged import StagedTree
from lockgate.model.record import Outcome, Record
from lockgate.policy.verdict import decide
from support import git, lockgate, noise, target, write

Repository = Callable[..., Path]
TOKEN, OTHER = f"ghp_{noise(36)}", f"ghp_{noise(36, seed=8)}"
LINE = f'token = "{TOKEN}"\n'
NAME = ".lockgate-baseline"


def scan(root: Path, **settings: object) -> Record:
    return run_check("secrets", target(root, **settings))


def create(root: Path) -> None:
    program.main(["baseline", "create", str(root)], standalone_mode=False)


def places(record: Record) -> set[tuple[str, int]]:
    return {(finding.path, finding.line) for finding in record.findings}


@pytest.fixture
def root(repository: Repository) -> Path:
    """A repository with one secret, which is known."""
    made = repository({"a.py": LINE})
    create(made)
    return made


def test_a_known_secret_is_counted_and_not_reported(root: Path) -> None:
    record = scan(root)
    assert (record.outcome, record.findings) == (Outcome.COMPLETE, ())
    about = record.coverage
    assert (about.known, about.known_real, about.baseline, about.allowed) == (1, 0, NAME, 0)
    report = decide([record], Settings(), {})
    assert report.exit_code == 0
    assert report.notes == (f"1 secret is known in {NAME} (0 confirmed real)",)


def test_it_stays_known_where_its_line_moves(root: Path) -> None:
    write(root, {"a.py": f"import os\n\n{LINE}{LINE}"})
    record = scan(root)
    assert (record.findings, record.coverage.known) == ((), 2)


def test_a_new_secret_on_its_line_is_new(root: Path) -> None:
    write(root, {"a.py": LINE.replace(TOKEN, OTHER)})
    assert places(scan(root)) == {("a.py", 1)}
    write(root, {"a.py": f'a, b = "{TOKEN}", "{OTHER}"\n'})
    record = scan(root)
    assert (places(record), record.coverage.known) == ({("a.py", 1)}, 1)
    assert record.findings[0].column == len(f'a, b = "{TOKEN}", "') + 1


def test_the_same_secret_in_another_file_is_new(root: Path) -> None:
    write(root, {"b.py": LINE})
    assert places(scan(root)) == {("b.py", 1)}


def test_a_secret_that_holds_a_known_one_is_new(repository: Repository) -> None:
    word = noise(12)
    root = repository({"a.py": f'password = "{word}"\n'})
    create(root)
    assert not scan(root).findings
    write(root, {"a.py": f'password = "{word}"; secret = "{word}{noise(20, seed=9)}"\n'})
    assert places(scan(root)) == {("a.py", 1)}


def test_kept_results_follow_the_baseline(root: Path) -> None:
    for _ in range(2):
        assert not scan(root).findings
    text = (root / NAME).read_text()
    for _ in range(2):
        (root / NAME).write_text("".join(line for line in text.splitlines(keepends=True) if "a.py" not in line))
        assert places(scan(root)) == {("a.py", 1)}
        (root / NAME).write_text(text.replace(" unreviewed ", " real "))
        record = scan(root)
        assert (record.coverage.known, record.coverage.known_real) == (1, 1)
        (root / NAME).unlink()
        assert places(scan(root)) == {("a.py", 1)}


def test_nothing_that_is_kept_identifies_a_secret(own_cache: Path, root: Path) -> None:
    entry = next(line for line in (root / NAME).read_text().splitlines() if "a.py" in line)
    scan(root)
    kept = b"".join(path.read_bytes() for path in (own_cache / "secrets").iterdir())
    assert kept
    assert entry.split()[0].encode() not in kept


def test_what_matches_nothing_any_more_is_told(root: Path) -> None:
    write(root, {"a.py": "x = 1\n"})
    (note,) = scan(root).coverage.notes
    assert (
        note
        == f"1 entry of {NAME} matches nothing any more (a.py); lockgate baseline update --prune removes what is stale"
    )
    (root / "a.py").unlink()
    assert scan(root).coverage.notes == (note,)


@pytest.mark.parametrize(
    "settings", [{"exclude": ("a.py",)}, {"engines": ("kingfisher",)}, {"max_file_size": 10}], ids=str
)
def test_what_was_not_looked_at_is_not_called_stale(root: Path, settings: dict[str, object]) -> None:
    write(root, {"a.py": "import os  # long\n"})
    assert not scan(root, **settings).coverage.notes


def test_a_baseline_that_can_not_be_read_hides_nothing(root: Path) -> None:
    text = (root / NAME).read_text()
    (root / NAME).write_text(text.replace(" unreviewed ", " reviewed "))
    record = scan(root)
    assert ("a.py", 1) in places(record)
    assert record.outcome is Outcome.INCOMPLETE
    line = 1 + next(number for number, each in enumerate(text.splitlines()) if "a.py" in each)
    assert record.reason.startswith(f"{NAME}:{line}: neither an entry nor a divider: ")


def test_a_baseline_that_is_set_and_not_there_hides_nothing(root: Path) -> None:
    record = scan(root, baseline="other.txt")
    assert ("a.py", 1) in places(record)
    assert record.reason == "other.txt: the baseline can't be read: it is not there; lockgate baseline create makes one"


def test_none_is_used_where_none_is_wanted(root: Path) -> None:
    record = scan(root, baseline="")
    assert (places(record), record.coverage.known) == ({("a.py", 1)}, 0)


def test_a_link_is_not_followed(root: Path, tmp_path: Path) -> None:
    (root / NAME).rename(tmp_path / "outside")
    (root / NAME).symlink_to(tmp_path / "outside")
    record = scan(root)
    assert ("a.py", 1) in places(record)
    assert record.reason == f"{NAME}: the baseline can't be read: a symbolic link"


def test_only_identities_are_left_out_of_the_search(root: Path) -> None:
    assert {path for path, _ in places(scan(root))} == set()
    with (root / NAME).open("a") as file:
        file.write(f"{noise(32, '0123456789abcdef')} real secrets/github-token {TOKEN}\n")
    record = scan(root)
    assert {path for path, _ in places(record)} == {NAME}


def test_line_breaks_of_windows_change_nothing(root: Path) -> None:
    (root / NAME).write_bytes((root / NAME).read_bytes().replace(b"\n", b"\r\n"))
    write(root, {"a.py": LINE.replace("\n", "\r\n")})
    record = scan(root)
    assert (record.outcome, record.findings, record.coverage.known) == (Outcome.COMPLETE, (), 1)


def test_a_baseline_with_a_conflict_hides_nothing(root: Path) -> None:
    blob = git(root, "hash-object", "-w", NAME).strip()
    stages = "".join(f"100644 {blob} {stage}\t{NAME}\n" for stage in (1, 2, 3))
    subprocess.run(["git", "update-index", "--index-info"], cwd=root, input=stages, text=True, check=True)
    staged = StagedTree(root, ["a.py"])
    record = run_check("secrets", Target(tree=staged, settings=Settings()))
    assert places(record) == {("a.py", 1)}
    assert record.reason.startswith(f"{NAME}: the baseline can't be read: has a merge conflict")


def test_the_findings_after_too_many_values_are_reported(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyed, "MOST_VALUES", 1)
    write(root, {"a.py": f'other = "{OTHER}"\n{LINE}'})
    assert places(scan(root)) == {("a.py", 1), ("a.py", 2)}


def test_a_secret_that_a_comment_allows_needs_no_entry(root: Path) -> None:
    write(root, {"a.py": LINE.rstrip() + "  # lockgate: allow[secrets/github-token]\n"})
    about = scan(root).coverage
    assert (about.allowed, about.known) == (1, 0)
    assert "matches nothing" in about.notes[0]


def test_a_repository_sets_its_own_and_none_outside_of_it(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.py": LINE, "pyproject.toml": '[tool.lockgate]\nbaseline = "etc/known"\n', "etc/x": ""})
    assert lockgate("baseline", "create", cwd=root).returncode == 0
    assert (root / "etc/known").is_file()
    assert lockgate("check", "secrets", "--no-progress", cwd=root).returncode == 0
    for outside in ("../known", "/known", "a/../../known"):
        write(root, {"pyproject.toml": f'[tool.lockgate]\nbaseline = "{outside}"\n'})
        done = lockgate("check", "secrets", cwd=root)
        assert done.returncode == 2
        assert (
            "pyproject.toml [tool.lockgate] line 2: the repository that is scanned can have its 'baseline'"
            in done.stderr
        )
    write(root, {"pyproject.toml": ""})
    (root / "etc/known").rename(tmp_path / "known")
    assert lockgate("check", "secrets", cwd=root).returncode == 1
    assert lockgate("check", "secrets", "--baseline", "../known", cwd=root).returncode == 0
    assert lockgate("check", "secrets", "--baseline", "nowhere", cwd=root).returncode == 2


def test_a_baseline_is_never_written_through_a_link(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.py": LINE, "pyproject.toml": '[tool.lockgate]\nbaseline = "etc/known"\n'})
    (tmp_path / "outside").mkdir()
    (root / "etc").symlink_to(tmp_path / "outside")
    git(root, "add", "--all")
    done = lockgate("baseline", "create", cwd=root)
    assert done.returncode == 2
    assert "a symbolic link leads out of the repository" in done.stderr
    assert not list((tmp_path / "outside").iterdir())
