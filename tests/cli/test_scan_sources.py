"""`lockgate secrets scan`: what is scanned."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockgate.cli import root as root_command
from lockgate.cli import run_safely
from support import git, noise, write

TOKEN = f"ghp_{noise(36)}"
LEAK = f'token = "{TOKEN}"\n'
Repository = Callable[..., Path]


def run(*arguments: object, cwd: Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a scan in this process, whose engines are loaded once."""
    command = ["secrets", "scan", *map(str, arguments)]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_safely(lambda: root_command.main(command, prog_name="lockgate", standalone_mode=False))
    return code, out.getvalue(), err.getvalue()


def scan(*arguments: object, cwd: Path) -> tuple[int, dict[str, Any]]:
    """The exit code and the record of a scan."""
    report = cwd / "report.json"
    code, said, error = run("--json", report, *arguments, cwd=cwd)
    assert report.exists(), error
    text = report.read_text(encoding="utf-8")
    report.unlink()
    assert TOKEN not in text + said + error
    (record,) = json.loads(text)["records"]
    return code, record


def paths(*arguments: object, cwd: Path) -> list[str]:
    """The paths of the findings, sorted."""
    return sorted(finding["path"] for finding in scan(*arguments, cwd=cwd)[1]["findings"])


def refused(*arguments: object, cwd: Path) -> str:
    """What a usage error says."""
    code, said, error = run(*arguments, cwd=cwd)
    assert (code, said) == (2, "")
    return error


def test_files_and_directories_are_relative_to_the_current_directory(repository: Repository) -> None:
    root = repository({"a/one.py": LEAK, "a/b/two.py": LEAK, "c.py": LEAK, "d/three.py": LEAK})
    write(root, {".gitignore": "ignored*\n", "ignored.py": LEAK, "a/ignored.py": LEAK})
    assert paths("a", "c.py", "a/one.py", "ignored.py", cwd=root) == ["a/b/two.py", "a/one.py", "c.py", "ignored.py"]
    assert paths("b", "one.py", cwd=root / "a") == ["b/two.py", "one.py"]
    assert paths("a/../d", root / "c.py", cwd=root) == ["c.py", "d/three.py"]
    assert paths(cwd=root) == paths(".", "c.py", cwd=root) == ["a/b/two.py", "a/one.py", "c.py", "d/three.py"]


def test_one_directory_elsewhere_is_the_root(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.py": LEAK})
    here = tmp_path / "here"
    here.mkdir()
    assert paths(root, cwd=here) == ["a.py"]
    assert "change to a directory that holds all" in refused(root / "a.py", cwd=here)
    assert "is not in the current directory" in refused(".", root, cwd=here)


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": LEAK})
    assert refused("a.py", "b.py", cwd=tmp_path) == "lockgate: b.py: no such file or directory\n"


def test_a_directory_that_git_ignores_is_scanned_when_it_is_named(repository: Repository) -> None:
    root = repository({".gitignore": "build/\n"})
    write(root, {"build/deep/a.py": LEAK})
    assert paths("build", cwd=root) == ["build/deep/a.py"]
    assert paths("build/deep", cwd=root) == ["build/deep/a.py"]


def test_a_repository_in_a_directory_is_listed_by_its_own_rules(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.py": LEAK, ".gitignore": "b.py\n"})
    write(root, {"b.py": LEAK})
    assert paths(root.name, cwd=tmp_path) == [f"{root.name}/a.py"]


def test_what_is_excluded_is_excluded_by_its_path_from_the_root(repository: Repository) -> None:
    root = repository({"a/one.py": LEAK, "pyproject.toml": '[tool.lockgate]\nexclude = ["/a/"]\n'})
    code, record = scan("a", cwd=root)
    assert [skip["subject"] for skip in record["coverage"]["skipped"]] == ["a/one.py"]
    left_out = record["coverage"]["skipped"][0]["reason"]
    assert record["reason"] == f"nothing was examined: no files found; left out: a/one.py ({left_out})"
    assert code == 0


@pytest.mark.skipif(os.name != "posix", reason="such names are no names there")
def test_names_that_are_hard_to_tell(repository: Repository) -> None:
    names = ["-dash.py", "line\nbreak.py", "quote'\".py", "Case.py", "case.py", " blank .py", "ü.py"]
    root = repository(dict.fromkeys(names, LEAK))
    latin = os.fsdecode(b"latin-\xe9.py")
    write(root, {latin: LEAK})
    git(root, "add", "--all")
    told = sorted([*names, "latin-\\xe9.py"])
    assert paths("--", *names, latin, cwd=root) == told
    assert paths("--staged", cwd=root) == ["latin-\\xe9.py"]
    git(root, "commit", "--quiet", "--message", "second")
    assert paths("--history", cwd=root) == told
    assert paths("--range", "HEAD^..HEAD", cwd=root) == ["latin-\\xe9.py"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "lockgate", "secrets", "scan", "--stdin", "--path", latin, "--json", "-"],
        cwd=root, input=LEAK.encode(), capture_output=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout)["records"][0]["findings"][0]["path"] == "latin-\\xe9.py"


def test_what_is_staged_and_not_what_the_working_tree_holds(repository: Repository) -> None:
    root = repository({"a.py": "x = 1\n", "b.py": "x = 1\n", "c.py": LEAK})
    write(root, {"a.py": LEAK})
    git(root, "add", "a.py")
    write(root, {"a.py": "x = 1\n", "b.py": LEAK})
    assert paths("--staged", cwd=root) == ["a.py"]


def test_what_is_staged_under_another_name(repository: Repository) -> None:
    root = repository({"a.py": f"x = 1\n{LEAK}"})
    git(root, "mv", "a.py", "b.py")
    assert paths("--staged", cwd=root) == ["b.py"]


@pytest.mark.parametrize(("chosen", "code"), [("y\nn\n", 1), ("n\ny\n", 0)], ids=["the secret", "the rest"])
def test_a_part_of_a_file_that_is_committed(repository: Repository, chosen: str, code: int) -> None:
    lines = [f"x{number} = {number}\n" for number in range(30)]
    root = repository({"a.py": "".join(lines)})
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.write_text(f"#!/bin/sh\nexec '{sys.executable}' -P -m lockgate secrets scan --staged --json '{root}/r.json'\n")
    hook.chmod(0o755)
    write(root, {"a.py": "".join([LEAK, *lines, "y = 1\n"])})
    command = ["git", "-c", "user.name=T", "-c", "user.email=t@index.example", "commit", "-p", "-m", "part"]
    done = subprocess.run(command, cwd=root, input=chosen, capture_output=True, text=True, check=False)
    assert (done.returncode, TOKEN in git(root, "show", "HEAD:a.py")) == (code, False), done.stderr
    (record,) = json.loads((root / "r.json").read_text())["records"]
    assert len(record["findings"]) == code


def piped(text: bytes, *arguments: str, cwd: Path) -> tuple[int, str, str]:
    command = [sys.executable, "-P", "-m", "lockgate", "secrets", "scan", "--stdin", *arguments]
    done = subprocess.run(command, cwd=cwd, input=text, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_standard_input_is_a_file_of_the_name_that_is_given(tmp_path: Path) -> None:
    code, said, _ = piped(LEAK.encode(), "--path", "a/../b.py", "--json", "-", cwd=tmp_path)
    assert code == 1
    assert json.loads(said)["records"][0]["findings"][0]["path"] == "b.py"
    code, said, _ = piped(b"x = 1\n", "--json", "-", cwd=tmp_path)
    assert (code, json.loads(said)["records"][0]["coverage"]["examined"]) == (0, 1)


def test_standard_input_is_read_up_to_the_size_limit(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": f"[tool.lockgate]\nmax-file-size = {len(LEAK) + 5}\nincomplete = 'fail'\n"})
    command = f"yes '{LEAK.strip()}' | '{sys.executable}' -P -m lockgate secrets scan --stdin --json -"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, check=False, timeout=60)
    (record,) = json.loads(done.stdout)["records"]
    assert [finding["line"] for finding in record["findings"]] == [1]
    assert record["outcome"] == "incomplete"
    assert "over max-file-size" in record["reason"]


def test_a_name_outside_of_the_current_directory_is_a_usage_error(tmp_path: Path) -> None:
    code, _, said = piped(b"", "--path", "../b.py", cwd=tmp_path)
    assert code == 2
    assert "is no name of a file in the current directory" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--staged", "--history"], "--staged and --history can't be given together; run lockgate once for each"),
        (["--range", "HEAD", "--stdin"], "--range and --stdin can't be given together"),
        (["--path", "a.py"], "--path is the name of what comes with --stdin; give both"),
        (["--stdin", "a.py"], "--stdin takes no PATH; say with --path NAME which file it is"),
        (["--staged", "a.py", "b.py"], "--staged takes one PATH, the directory of the repository"),
        (["--history", "a.py"], "a.py: not a directory"),
        (["--range", "--all"], "--range: '--all' names no commit; give A..B, or one commit"),
        (["--range", "HEAD..^HEAD"], "--range: '^HEAD' names no commit"),
        (["--range", "nowhere..HEAD"], "--range: there is no commit 'nowhere'"),
        (["--range", "HEAD:a.py"], "--range: there is no commit 'HEAD:a.py'"),
    ],
)
def test_options_that_make_no_sense(repository: Repository, arguments: list[str], said: str) -> None:
    root = repository({"a.py": "x = 1\n", "b.py": "x = 1\n"})
    assert said in refused(*arguments, cwd=root)


@pytest.mark.parametrize("option", [["--staged"], ["--history"], ["--range", "A..B"]])
def test_outside_of_a_repository_there_is_nothing_committed(tmp_path: Path, option: list[str]) -> None:
    assert "not a git repository" in refused(*option, cwd=tmp_path)
