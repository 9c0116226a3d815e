"""Standard streams that are closed, full or read by nobody, and reports that can't be written: the verdict stays."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support import HEX, lockgate, noise, write

Repository = Callable[..., Path]
LEAK = f'TOKEN = "ghp_{noise(36)}"\n'
PINNED = f"demo==1.0 --hash=sha256:{noise(64, HEX)}\n"
GATE = f"{sys.executable} -P -m lockgate gate --checks pins --fail-on medium"
HOOK = f"{sys.executable} -P -c 'from lockgate.hook import main; main()'"
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


def bash(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash; its exit code is that of the first command of a pipe."""
    line = f"{command}; exit ${{PIPESTATUS[0]}}"
    return subprocess.run(["bash", "-c", line], cwd=cwd, check=False, capture_output=True, text=True, timeout=120)


STREAMS = [
    "| true",
    "--json - | true",
    "--sarif - | head -c 10",
    ">&-",
    "2>&-",
    "<&- >&- 2>&-",
    pytest.param(">/dev/full", marks=FULL),
    pytest.param("2>/dev/full", marks=FULL),
    pytest.param("--json - 2>/dev/full", marks=FULL),
    pytest.param(">/dev/full 2>/dev/full", marks=FULL),
]


@pytest.mark.parametrize("streams", STREAMS)
@pytest.mark.parametrize(("content", "code"), [(PINNED, 0), ("demo\n", 1)], ids=["PASS", "FAIL"])
def test_the_exit_code_is_the_verdicts(
    repository: Repository, tmp_path: Path, streams: str, content: str, code: int
) -> None:
    root = repository({"requirements.txt": content})
    done = bash(f"{GATE} {root} --sarif {tmp_path}/r.sarif {streams}" if "--sarif" not in streams else
                f"{GATE} {root} {streams}", tmp_path)  # fmt: skip
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    if "--sarif" not in streams:
        (run,) = json.loads((tmp_path / "r.sarif").read_text())["runs"]
        assert len(run["results"]) == code


@pytest.mark.parametrize("streams", ["| true", ">&-", "2>&-", pytest.param(">/dev/full", marks=FULL)])
def test_the_exit_code_of_the_hook_is_the_verdicts(repository: Repository, streams: str) -> None:
    root = repository({"a.py": LEAK})
    assert bash(f"{HOOK} a.py {streams}", root).returncode == 1


@FULL
def test_it_says_so_where_the_result_can_not_be_shown(repository: Repository) -> None:
    done = bash(f"{GATE} >/dev/full", repository({"requirements.txt": PINNED}))
    assert done.stderr == "lockgate: not all could be shown on standard output: No space left on device\n"


@FULL
@pytest.mark.parametrize("report", ["--json /dev/full", "--sarif /dev/full", "--json - >/dev/full"])
@pytest.mark.parametrize(("content", "code"), [(PINNED, 3), ("demo\n", 1)], ids=["PASS", "FAIL"])
def test_a_report_that_can_not_be_written_is_no_pass(
    repository: Repository, tmp_path: Path, report: str, content: str, code: int
) -> None:
    done = bash(f"{GATE} {repository({'requirements.txt': content})} {report}", tmp_path)
    assert done.returncode == code, done.stderr
    assert done.stderr.count("No space left on device") == 1
    assert "Traceback" not in done.stderr


def test_a_disk_that_is_full_for_one_report_leaves_the_other(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.py": LEAK * 50})
    command = [sys.executable, "-P", "-m", "lockgate", "check", "secrets", str(root), "--json", "r.json",
               "--sarif", "/dev/null", "--record", "record.json"]  # fmt: skip

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    write(tmp_path, {"r.json": "old", "record.json": "old"})
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, preexec_fn=limit)
    assert done.returncode == 1, done.stderr
    assert "lockgate: the report can't be written to r.json: File too large" in done.stderr
    assert "secrets  complete" in done.stdout
    assert {path.name: path.read_text() for path in tmp_path.glob("*.json")} == {"r.json": "old", "record.json": "old"}


MISTAKES = [
    ("--json x.json --sarif x.json", "x.json is named for two reports; give each a file of its own"),
    ("--json x.json --sarif ./x.json", "x.json is named for two reports"),
    ("--json link/x.json --sarif x.json", "x.json is named for two reports"),
    ("--json - --sarif -", "- is named for two reports"),
    ("--json - >&-", "standard output is closed; give the name of a file for the report"),
    ("--sarif .git", ".git is a directory"),
    ("--sarif no/x.sarif", "there is no directory no"),
    ("--sarif ''", "a report needs a file name"),
]


@pytest.mark.parametrize(("options", "message"), MISTAKES)
def test_a_place_that_can_not_be_is_exit_2_before_anything_runs(
    repository: Repository, options: str, message: str
) -> None:
    root = repository({"a.py": LEAK})
    (root / "link").symlink_to(".")
    done = bash(f"{GATE} {options}", root)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert not done.stdout
    assert not (root / "x.json").exists()


def test_the_record_is_a_report_like_the_others(repository: Repository) -> None:
    root = repository({"a.py": LEAK})
    for record, message in (("x.json", "x.json is named for two reports"), ("no/x", "there is no directory no")):
        done = lockgate("check", "secrets", "--record", record, "--json", "x.json", cwd=root)
        assert done.returncode == 2, done.stderr
        assert message in done.stderr


@pytest.mark.parametrize("command", [GATE, HOOK, f"{GATE} /"], ids=["gate", "hook", "gate /"])
def test_a_current_directory_that_was_deleted(tmp_path: Path, command: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    done = bash(f"rmdir {gone}; {command}", gone)
    assert done.returncode == 2, done.stderr
    assert done.stderr.endswith("lockgate: the current directory is no longer there; change to one that is\n")


def test_other_commands_end_like_others_where_nobody_reads(tmp_path: Path) -> None:
    rules = f"{sys.executable} -P -m lockgate rules"
    assert bash(f"{rules} | true", tmp_path).returncode == 141
    assert bash(f"{rules} >&-", tmp_path).returncode == 0
    full = bash(f"{rules} >/dev/full", tmp_path)
    assert (full.returncode, full.stderr) == (4, "lockgate: the output: No space left on device\n")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be somebody else")
def test_somebody_elses_repository_in_a_directory_that_is_read_only(repository: Repository, tmp_path: Path) -> None:
    """Git calls this a dubious ownership; our own user may read the repository and write nothing."""
    root = repository({"a.py": LEAK, ".gitignore": "ignored.py\n", "ignored.py": LEAK})
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    for folder in (root, *tmp_path.parents):
        if str(folder).startswith("/tmp/"):  # noqa: S108 - pytest's folders are for their owner only
            folder.chmod(folder.stat().st_mode | 0o055)
    tmp_path.chmod(0o755)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-m", "lockgate", "gate", "--checks", "secrets", *arguments]
        environ = {
            **os.environ,
            "HOME": str(home),
            "TMPDIR": str(home),
            "XDG_CACHE_HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
        }
        return subprocess.run(
            command, cwd=root, env=environ, user=65534, group=65534, check=False, capture_output=True, text=True
        )

    try:
        subprocess.run([sys.executable, "-c", "import lockgate"], user=65534, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("what is installed is for root only")
    done = run("--json", "-")
    assert done.returncode == 1, done.stderr
    (record,) = json.loads(done.stdout)["records"]
    assert record["outcome"] == "complete", record["reason"]
    assert record["coverage"]["examined"] == 2
    done = run("--sarif", "r.sarif")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "lockgate: r.sarif: you may not write there; choose another place for the report\n"
