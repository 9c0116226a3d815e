"""Times lockgate and its peers as whole processes on the same trees in the same run, and prints medians and ratios.

    nox -s bench                      # this repository and the standard library, three runs each
    nox -s bench -- --runs 5 --only secrets

Runs alternate (A B A B …), so that a machine whose speed drifts does not favour one of them. Each run of ours starts without
the results of earlier ones, but for the contests that are called unchanged. A peer that is not installed is left out. Peers: `detect-secrets scan --all-files`, `kingfisher scan` (no validation, no history), `pip-audit` on the same
requirements.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import history

ROOT = Path(__file__).parent.parent
STDLIB = Path(sysconfig.get_path("stdlib"))
SCRIPTS = Path(sysconfig.get_path("scripts"))
COMMITTED = ["enum.py", "bdb.py", "calendar.py", "cmd.py", "heapq.py"]


@dataclass(frozen=True)
class Contest:
    """One command of ours and the peers that do the nearest thing, in one directory."""

    name: str
    folder: Path
    ours: list[str]
    peers: dict[str, list[str]]
    unchanged: bool = False


def tool(name: str) -> str | None:
    beside = SCRIPTS / name
    return str(beside) if beside.exists() else shutil.which(name)


def contests(stdlib: Path, commit: Path, past: Path) -> list[Contest]:
    lockgate = tool("lockgate") or sys.exit("lockgate is not installed")
    secret_peers = {}
    if detect := tool("detect-secrets"):
        secret_peers["detect-secrets scan --all-files"] = [detect, "scan", "--all-files", "--no-verify", "."]
    if kingfisher := tool("kingfisher"):
        secret_peers["kingfisher scan"] = [
            kingfisher,
            "scan",
            ".",
            "--no-validate",
            "--git-history",
            "none",
            "--no-update-check",
        ]
    hook_peers = {}
    if hook := tool("detect-secrets-hook"):
        hook_peers["detect-secrets-hook"] = [hook, *COMMITTED]
    audit_peers = {}
    if pip_audit := tool("pip-audit"):
        requirements = str(ROOT / "requirements" / "tests.txt")
        audit_peers["pip-audit (network)"] = [pip_audit, "--disable-pip", "--require-hashes", "-r", requirements]
    history_peers = {}
    if kingfisher:
        history_peers["kingfisher scan"] = [kingfisher, "scan", ".", "--no-validate", "--no-update-check"]
    check, scan = [lockgate, "check"], [lockgate, "secrets", "scan"]
    quiet = ["--no-progress"]
    return [
        Contest("secrets, this repository", ROOT, [*scan, ".", *quiet], secret_peers),
        Contest("secrets, standard library", stdlib, [*scan, ".", *quiet], secret_peers),
        Contest("secrets, standard library, unchanged", stdlib, [*scan, ".", *quiet], {}, unchanged=True),
        Contest("secrets, history", past, [*scan, "--history", *quiet], history_peers),
        Contest("secrets, history, unchanged", past, [*scan, "--history", *quiet], {}, unchanged=True),
        Contest("hook, five clean files (170 KB)", commit, [tool("lockgate-hook") or "", *COMMITTED], hook_peers),
        Contest("audit, this repository", ROOT, [*check, "audit", ".", *quiet], audit_peers),
        Contest("pins, this repository", ROOT, [*check, "pins", ".", *quiet], {}),
        Contest("lint, this repository", ROOT, [*check, "lint", ".", *quiet], {}),
        Contest("gate, this repository", ROOT, [lockgate, "gate", ".", *quiet], {}),
        Contest("gate, this repository, unchanged", ROOT, [lockgate, "gate", ".", *quiet], {}, unchanged=True),
    ]


def environ(cache: Path) -> dict[str, str]:
    # Without compiled modules every Python program, ours and the peers, would start at the pace of its compiler.
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"NO_COLOR": "1", "XDG_CACHE_HOME": str(cache)}


def seconds(command: list[str], folder: Path, cache: Path) -> float:
    # The peers' caches stay warm; what a run prints is read and thrown away.
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, check=False, env=environ(cache))
    return time.perf_counter() - started


def run(contest: Contest, runs: int, warmups: int, cache: Path) -> None:
    commands = {"lockgate": contest.ours, **contest.peers}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(warmups + runs):
        for name, command in commands.items():
            if not contest.unchanged:
                for kind in ("secrets", "lint", "history"):
                    shutil.rmtree(cache / "lockgate" / kind, ignore_errors=True)
            taken = seconds(command, contest.folder, cache)
            if number >= warmups:
                times[name].append(taken)
    ours = times["lockgate"]
    print(f"| {contest.name} | `lockgate {' '.join(contest.ours[1:])}` | {statistics.median(ours):.2f} | 1 |")
    for name in contest.peers:
        ratio = statistics.median(theirs / mine for theirs, mine in zip(times[name], ours, strict=True))
        print(f"| | `{name}` | {statistics.median(times[name]):.2f} | {ratio:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--warmups", type=int, default=1)
    parser.add_argument("--only", default="", help="run the contests whose name holds this text")
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {options.runs} runs\n")
    print("| what | command | median s | peer's time / lockgate's, median of pairs |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        # The standard library with its tests, and nothing that was installed or compiled beside it.
        stdlib = Path(scratch) / "stdlib"
        shutil.copytree(STDLIB, stdlib, ignore=shutil.ignore_patterns("site-packages", "__pycache__"))
        commit = Path(scratch) / "commit"
        commit.mkdir()
        for name in COMMITTED:
            shutil.copy(STDLIB / name, commit)
        subprocess.run(["git", "init", "--quiet"], cwd=commit, check=True)
        subprocess.run(["git", "add", "--all"], cwd=commit, check=True)
        past = Path(scratch) / "history"
        if options.only in "secrets, history, unchanged":
            history.make(past, stdlib)
        for contest in contests(stdlib, commit, past):
            if options.only in contest.name:
                run(contest, options.runs, options.warmups, Path(scratch) / "cache")


if __name__ == "__main__":
    main()
