"""The whole command on good and bad input: what people see, the exit code, and no traceback."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks import base
from support import advisory, lockgate, noise, write, write_advisories

Repository = Callable[..., Path]
TOKEN = f"ghp_{noise(36)}"


def test_every_number_people_see_is_in_the_json(repository: Repository, tmp_path: Path) -> None:
    root = repository({"leak.py": f'TOKEN = "{TOKEN}"\n', "requirements.txt": "demo==1.0\n"})
    advisories = write_advisories(tmp_path / "osv", advisory(1, "demo"))
    out = tmp_path / "report.json"
    done = lockgate("gate", root, "--json", out, "--advisories", advisories, "--checks", "secrets,audit", cwd=tmp_path)
    report = json.loads(out.read_text())
    assert (done.returncode, report["exit_code"], report["verdict"]) == (1, 1, "FAIL")
    assert report["counted"] == 2
    assert "FAIL: 2 findings" in done.stdout
    for record in report["records"]:
        assert f"{record['coverage']['examined']} {record['coverage']['unit'][:-1]}" in done.stdout
        assert f"{record['seconds']} s" in done.stdout
        for finding in record["findings"]:
            assert f"{finding['path']}:{finding['line']}" in done.stdout
            assert finding["rule"] in done.stdout


def test_the_checks_that_are_named_are_run_in_their_order(repository: Repository, tmp_path: Path) -> None:
    done = lockgate("gate", repository({"a.py": "x = 1\n"}), "--checks", "pins, secrets", "--json", "-", cwd=tmp_path)
    assert [record["check"] for record in json.loads(done.stdout)["records"]] == ["pins", "secrets"]


MISTAKES = [
    (("gate", "nowhere"), "lockgate: nowhere: no such file or directory; give the directory of a repository"),
    (("gate", "file.py"), "lockgate: file.py: not a directory; give the directory that holds it"),
    (("gate", "--checks", "secrest"), "no check is named 'secrest'; did you mean 'secrets'?"),
    (("gate", "--checks", ""), "no check is named ''"),
    (("gate", "--fail-on", "hgih"), "'fail-on' can't be 'hgih'; did you mean 'high'?"),
    (("gate", "--min-confidence", "hi"), "'min-confidence' can't be 'hi'; did you mean 'high'?"),
    (("gate", "--srif", "x"), "No such option '--srif'"),
    (("check", "pin"), "no check is named 'pin'; did you mean 'pins'?"),
    (("gaet",), "no command is named 'gaet'; did you mean 'gate'?"),
    (("gate", "--sarif", "no/such/folder/x.sarif"), "no/such/folder"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=lambda value: " ".join(value)[:40])
def test_a_mistake_is_exit_2_and_names_what_is_right(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    write(tmp_path, {"file.py": "x = 1\n"})
    done = lockgate(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert done.stderr.startswith("lockgate: ")
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_an_unknown_key_in_the_project_is_exit_2(repository: Repository, tmp_path: Path) -> None:
    root = repository({"pyproject.toml": "[tool.lockgate]\nfial-on = 'low'\n"})
    done = lockgate("gate", root, cwd=tmp_path)
    assert done.returncode == 2
    assert "line 2: unknown key 'fial-on'; did you mean 'fail-on'?" in done.stderr


@pytest.mark.parametrize("ci", ["", "true"])
def test_an_empty_repository_is_incomplete(repository: Repository, tmp_path: Path, ci: str) -> None:
    advisories = write_advisories(tmp_path / "osv", advisory(1, "demo"))
    done = lockgate("gate", repository({}), "--advisories", advisories, "--json", "-", cwd=tmp_path, env={"CI": ci})
    report = json.loads(done.stdout)
    assert report["verdict"] == "INCOMPLETE"
    assert done.returncode == report["exit_code"] == (3 if ci else 0)
    assert {record["outcome"] for record in report["records"]} == {"incomplete"}
    assert all("nothing was examined" in record["reason"] for record in report["records"])
    assert "this is not a pass" in done.stderr


def test_a_repository_without_python_says_what_was_not_examined(repository: Repository, tmp_path: Path) -> None:
    done = lockgate("gate", repository({"README": "hello\n"}), "--checks", "lint", "--json", "-", cwd=tmp_path)
    (record,) = json.loads(done.stdout)["records"]
    assert record["outcome"] == "incomplete"
    assert "nothing was examined" in record["reason"]


def test_no_check_breaks_on_hostile_files(repository: Repository, tmp_path: Path) -> None:
    root = repository({
        "requirements.txt": b"\xff\xfe broken \x00 ===\n==1.0\n",
        "uv.lock": "version = [[[[\n",
        "pylock.toml": "lock-version = 3\n",
        "broken.py": b"def f(:\n\xff\n",
        ".github/workflows/a.yml": "on: [push\njobs: {{{\n",
        ".pre-commit-config.yaml": "repos: [&a [], *a, {repo: 3}]\n",
    })  # fmt: skip
    (root / "link").symlink_to("/")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "requirements-dev.txt")
    os.mkfifo(root / "pylintrc")
    advisories = write_advisories(tmp_path / "osv", advisory(1, "demo"))
    done = lockgate("gate", root, "--advisories", advisories, "--json", "-", cwd=tmp_path)
    report = json.loads(done.stdout)
    assert "check broke" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    reasons = {record["check"]: record["reason"] for record in report["records"]}
    assert reasons["secrets"] == ""
    assert "requirements.txt" in reasons["audit"]


def test_no_module_of_the_scanned_directory_is_imported(repository: Repository, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    names = (
        "click",
        "msgspec",
        "json",
        "rich",
        "lockgate",
        "sitecustomize",
        "detect_secrets",
        "kingfisher_sdk",
        "pylint",
    )
    root = repository({f"{name}.py": f"open({str(mark)!r}, 'w')\n" for name in names})
    done = lockgate("gate", ".", "--checks", "secrets,pins,lint", "--json", "-", cwd=root)
    assert done.returncode in (0, 1)
    assert json.loads(done.stdout)["records"][0]["coverage"]["examined"] == len(names)
    assert not mark.exists()


def test_check_leaves_a_record(repository: Repository, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    root = repository({"a.py": f'TOKEN = "{TOKEN}"\n'})
    done = lockgate("check", "secrets", root, "--record", record, cwd=tmp_path)
    assert done.returncode == 1
    left = json.loads(record.read_text())
    assert (left["check"], left["outcome"], len(left["findings"])) == ("secrets", "complete", 1)


def test_every_check_is_there() -> None:
    assert base.names() == ["audit", "lint", "pins", "secrets"]


def test_checks_may_be_named_in_one_option_or_in_several(repository: Repository) -> None:
    root = repository({"a.py": "x = 1\n", "requirements.txt": "flask\n"})
    for options in (["--checks", "pins,secrets"], ["--checks", "pins", "--checks", "secrets"]):
        done = lockgate("gate", ".", "--json", "-", *options, cwd=root)
        assert [record["check"] for record in json.loads(done.stdout)["records"]] == ["pins", "secrets"]
