"""The secrets check as a whole: which files, which engines, which places, and nothing that leaks."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from samples import SAMPLES

from lockgate.checks import secrets
from lockgate.checks.run import run_check
from lockgate.engines.secrets.base import Sighting
from lockgate.model.finding import Location
from lockgate.model.record import Outcome
from lockgate.model.secret import SecretValue
from support import git, noise, target, write

TOKEN = f"ghp_{noise(36)}"
LINE = f'token = "{TOKEN}"\n'
Repository = Callable[..., Path]


def paths(root: Path, **settings: object) -> set[str]:
    return {finding.path for finding in secrets.run(target(root, **settings)).findings}


def test_tracked_and_untracked_but_not_ignored_files_are_scanned(repository: Repository) -> None:
    root = repository({"tracked.py": LINE, ".gitignore": "ignored.py\n"})
    write(root, {"untracked.py": LINE, "ignored.py": LINE})
    assert paths(root) == {"tracked.py", "untracked.py"}


def test_a_tracked_file_is_scanned_though_ignored(repository: Repository) -> None:
    root = repository({"settings.env": LINE})
    write(root, {".gitignore": "*.env\n"})
    assert paths(root) == {"settings.env"}


def test_outside_git_every_file_is_scanned(tmp_path: Path) -> None:
    write(tmp_path, {"a/b.py": LINE, ".gitignore": "*\n"})
    assert paths(tmp_path) == {"a/b.py"}


def test_excluded_files_are_told_and_are_no_gap(repository: Repository) -> None:
    root = repository({"keep.py": LINE, "data/drop.py": LINE})
    record = run_check("secrets", target(root, exclude=("data/",)))
    assert {finding.path for finding in record.findings} == {"keep.py"}
    assert [(skip.subject, skip.gap) for skip in record.coverage.skipped] == [("data/drop.py", False)]
    assert record.outcome is Outcome.COMPLETE


def test_one_finding_names_both_engines_and_its_exact_place(tmp_path: Path) -> None:
    write(tmp_path, {"settings.py": f"é = 1\nx = 'ü'; {LINE}"})
    (finding,) = secrets.run(target(tmp_path)).findings
    assert finding.engines == ("detect-secrets", "kingfisher")
    assert (finding.line, finding.column) == (2, len("x = 'ü'; token = \"") + 1)
    assert (finding.end_line, finding.end_column) == (2, finding.column + len(TOKEN))


def test_the_same_secret_on_two_lines_is_two_findings(tmp_path: Path) -> None:
    write(tmp_path, {"settings.py": LINE * 2})
    first, second = secrets.run(target(tmp_path)).findings
    assert (first.line, second.line) == (1, 2)
    assert first.fingerprint != second.fingerprint


def test_the_fingerprint_survives_a_moved_line_and_tells_nothing_of_the_value(tmp_path: Path) -> None:
    write(tmp_path, {"settings.py": LINE})
    (before,) = secrets.run(target(tmp_path)).findings
    write(tmp_path, {"settings.py": f"\n\n{LINE}"})
    (moved,) = secrets.run(target(tmp_path)).findings
    write(tmp_path, {"settings.py": LINE.replace(TOKEN, f"ghp_{noise(36, seed=8)}")})
    (other,) = secrets.run(target(tmp_path)).findings
    assert before.fingerprint == moved.fingerprint == other.fingerprint
    assert before.line_hash == other.line_hash


def test_utf_16_and_invalid_utf_8_are_scanned_by_the_engine_that_can(tmp_path: Path) -> None:
    write(tmp_path, {"utf16.txt": LINE.encode("utf-16"), "bad.py": b"# \xfd\xfa\n" + LINE.encode()})
    found = {finding.path: finding for finding in secrets.run(target(tmp_path)).findings}
    assert set(found) == {"utf16.txt", "bad.py"}
    assert found["utf16.txt"].line == 1


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
def test_names_that_are_hard_to_print(repository: Repository) -> None:
    root = repository({"new\nline.py": LINE, "-dash.py": LINE, 'quo"te.py': LINE})
    Path(os.fsdecode(os.fsencode(root) + b"/\xff.py")).write_text(LINE)
    assert paths(root) == {"new\nline.py", "-dash.py", 'quo"te.py', "\\xff.py"}


def test_links_pipes_and_sockets_are_told_and_not_followed(repository: Repository, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text(LINE)
    root = repository({"kept.py": "x = 1\n"})
    (root / "out.py").symlink_to(outside)
    (root / "loop.py").symlink_to("loop.py")
    os.mkfifo(root / "pipe.py")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(root / "socket.py"))
    record = run_check("secrets", target(root))
    assert not record.findings
    assert record.outcome is Outcome.COMPLETE
    told = {skip.subject: skip.reason for skip in record.coverage.skipped}
    assert told == {"out.py": "a symbolic link", "loop.py": "a symbolic link"}  # Git lists no pipes and sockets
    shutil.rmtree(root / ".git")
    record = run_check("secrets", target(root))
    assert record.outcome is Outcome.COMPLETE
    told |= {"pipe.py": "a FIFO", "socket.py": "a socket"}
    assert {skip.subject: skip.reason for skip in record.coverage.skipped} == told


def test_what_is_committed_is_scanned_though_it_is_not_checked_out(repository: Repository, tmp_path: Path) -> None:
    root = repository({"kept/a.py": "x = 1\n", "sparse/in.py": LINE, "folder/in.py": LINE, "deleted.py": LINE})
    real = tmp_path / "elsewhere"
    write(real, {"in.py": "x = 1\n"})
    git(root, "update-index", "--skip-worktree", "sparse/in.py")
    for path in ("sparse/in.py", "folder/in.py", "deleted.py"):
        (root / path).unlink()
    (root / "folder").rmdir()
    (root / "folder").symlink_to(real)
    record = run_check("secrets", target(root))
    assert {finding.path for finding in record.findings} == {"sparse/in.py", "folder/in.py"}
    assert [(skip.subject, skip.gap) for skip in record.coverage.skipped] == [("deleted.py", False), ("folder", False)]
    assert record.outcome is Outcome.COMPLETE


def test_a_file_over_the_size_limit_is_a_gap(repository: Repository) -> None:
    root = repository({"a.py": "x = 1\n"})
    with (root / "huge.bin").open("wb") as file:
        file.truncate(10**9)
    record = run_check("secrets", target(root))
    assert record.outcome is Outcome.INCOMPLETE
    assert "huge.bin (954 MiB is over max-file-size (32 MiB); raise it or exclude the file)" in record.reason


def test_an_empty_repository_is_not_clean(repository: Repository) -> None:
    record = run_check("secrets", target(repository({})))
    assert record.outcome is Outcome.INCOMPLETE
    assert record.reason == "nothing was examined: no files found"


def test_no_engine_is_no_clean_result(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("kingfisher_sdk", "detect_secrets"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    record = run_check("secrets", target(repository({"a.py": LINE})))
    assert record.outcome is Outcome.INCOMPLETE
    assert "kingfisher is not installed" in record.reason


def test_an_engine_that_is_installed_and_broken_is_no_clean_result(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "detect_secrets.settings", None)
    record = run_check("secrets", target(repository({"a.py": LINE})))
    assert record.outcome is Outcome.INCOMPLETE


def test_one_missing_engine_is_told_and_the_other_goes_on(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "kingfisher_sdk", None)
    record = run_check("secrets", target(repository({"a.py": LINE})))
    assert [engine.name for engine in record.engines] == ["detect-secrets"]
    assert record.coverage.notes[0].startswith("kingfisher took no part: kingfisher is not installed")
    assert record.findings[0].engines == ("detect-secrets",)


def test_a_secret_shows_itself_nowhere() -> None:
    secret = SecretValue(TOKEN)
    at = Location(path="a", line=1, column=1, end_line=1, end_column=2)
    seen = Sighting("engine", "kind", secret, at)
    for text in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret:>50}",
        repr(seen),
        repr([secret]),
        repr({1: secret}),
    ):
        assert TOKEN not in text
        assert "[redacted]" in text
    for serialise in (pickle.dumps, json.dumps, msgspec.json.encode, msgspec.msgpack.encode):
        with pytest.raises(TypeError) as caught:
            serialise(secret)  # type: ignore[operator]
        assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("name", ["index.py", "new name.py"])
def test_staged_content_is_what_is_scanned(repository: Repository, name: str) -> None:
    from lockgate.checks.base import Target
    from lockgate.config.settings import Settings
    from lockgate.inputs.staged import StagedTree

    root = repository({"old.py": LINE, "clean.py": "x = 1\n"})
    write(root, {name: LINE})
    git(root, "add", "--all")
    write(root, {name: "nothing = 1\n", "clean.py": LINE})
    staged = secrets.run(Target(tree=StagedTree(root), settings=Settings()))
    assert {finding.path for finding in staged.findings} == {name}
    named = StagedTree(root, ["old.py", "clean.py"])
    assert {finding.path for finding in secrets.run(Target(tree=named, settings=Settings())).findings} == {"old.py"}


def test_samples_are_all_different() -> None:
    assert len({line for line, _ in SAMPLES.values()}) == len(SAMPLES)


def test_a_file_on_which_an_engine_hangs_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """detect-secrets never ends on a YAML list that holds itself; kingfisher still sees the file."""
    monkeypatch.setattr("lockgate.engines.secrets.detect_secrets.SECONDS_PER_FILE", 0.5)
    write(tmp_path, {"cycle.yaml": f"a: &a [*a, *a]\nb: {TOKEN}\n", "other.py": LINE})
    record = run_check("secrets", target(tmp_path))
    assert {finding.path: finding.engines for finding in record.findings} == {
        "cycle.yaml": ("kingfisher",),
        "other.py": ("detect-secrets", "kingfisher"),
    }
    assert "cycle.yaml (detect-secrets took too long" in record.reason


def test_a_submodule_and_a_nested_repository_hide_nothing_else(repository: Repository) -> None:
    other = repository({"inner.py": LINE}, name="other")
    root = repository({"leak.py": LINE})
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "sub")
    git(root, "clone", "--quiet", str(other), "nested")
    record = run_check("secrets", target(root))
    assert {finding.path for finding in record.findings} == {"leak.py"}
    told = {skip.subject for skip in record.coverage.skipped}
    assert told == {"sub", "nested/"}


def test_text_that_is_full_of_comments_takes_no_time(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.txt": "lockgate: allow[" * 40_000,
            "b.json": f'{{"a": "lockgate: allow[", "password": "{noise(16)}", "b": "]"}}',
        },
    )
    assert {finding.path for finding in secrets.run(target(tmp_path)).findings} == {"b.json"}
