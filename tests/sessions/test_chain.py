"""The chain under real Nox: the right verdict and the SARIF file, whatever happens to a check."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from lockgate.engines.secrets.scanners import scanners
from support import LETTERS, advisory, lockgate, noise, write, write_advisories

Repository = Callable[..., Path]
HASH = f"--hash=sha256:{noise(64, '0123456789abcdef')}"
CLEAN = {
    "requirements.txt": f"demo==2.0 {HASH}\n",
    "demo.py": '"""A module."""\n\nVALUE = 1\n',
    "noxfile.py": "import lockgate.sessions\nlockgate.sessions.register(lint_install=())\n",
    ".gitignore": ".nox/\n",
}
ALLOWED = {**CLEAN, "allowed.py": f'"""Allowed."""\n\nVALUE = "ghp_{noise(36)}"  # gitleaks:allow\n'}
LEAK = f'"""A leak."""\n\nTOKEN = "ghp_{noise(36, LETTERS)}"\n'


@pytest.fixture
def advisories(tmp_path: Path) -> Path:
    return write_advisories(tmp_path / "advisories", advisory(1, "demo"))


def call(root: Path, advisories: Path, *arguments: str, **env: str) -> tuple[int, str]:
    """The exit code of Nox, and what it printed."""
    command = [sys.executable, "-m", "nox", *arguments]
    environ = {**os.environ, "LOCKGATE_ADVISORIES": str(advisories), **env}
    done = subprocess.run(command, cwd=root, env=environ, check=False, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def nox(root: Path, advisories: Path, *arguments: str, **env: str) -> tuple[int, dict[str, Any], str]:
    """The exit code of `nox -s gate`, the JSON report that it left, and what it printed. A SARIF file must be there."""
    code, said = call(root, advisories, "--session", "gate", *arguments, **env)
    sarif = root / ".lockgate" / "lockgate.sarif"
    assert sarif.exists(), said
    (run,) = json.loads(sarif.read_text())["runs"]
    report = json.loads((root / ".lockgate" / "lockgate.json").read_text())
    found = [finding for record in report["records"] for finding in record["findings"]]
    assert len(run["results"]) == len(found)
    return code, report, said


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    return {record["check"]: record["outcome"] for record in report["records"]}


def but(broken: str) -> dict[str, str]:
    """The outcomes of a run in which one check is incomplete."""
    return {check: "incomplete" if check == broken else "complete" for check in ("secrets", "audit", "pins", "lint")}


FLAGS = [(), ("-j", "4"), ("-x",)]


@pytest.mark.parametrize("flags", FLAGS, ids=["none", "-j 4", "-x"])
def test_clean(repository: Repository, advisories: Path, flags: tuple[str, ...]) -> None:
    code, report, said = nox(repository(CLEAN), advisories, *flags)
    assert (code, report["verdict"]) == (0, "PASS"), said
    assert outcomes(report) == dict.fromkeys(("secrets", "audit", "pins", "lint"), "complete")


@pytest.mark.parametrize("flags", FLAGS, ids=["none", "-j 4", "-x"])
def test_findings(repository: Repository, advisories: Path, flags: tuple[str, ...]) -> None:
    root = repository({**CLEAN, "leak.py": LEAK, "requirements.txt": f"demo==1.0 {HASH}\n"})
    code, report, said = nox(root, advisories, *flags)
    assert (code, report["verdict"]) == (1, "FAIL"), said
    rules = {finding["rule"] for record in report["records"] for finding in record["findings"]}
    assert {"secrets/github-token", "PYSEC-2024-1"} <= rules


def test_the_gate_without_nox_finds_the_same(repository: Repository, advisories: Path) -> None:
    root = repository({**CLEAN, "leak.py": LEAK, "requirements.txt": "demo==1.0\nother\n"})
    _, chained, _ = nox(root, advisories)
    alone = lockgate("gate", ".", "--json", "-", "--advisories", advisories, cwd=root)
    report = json.loads(alone.stdout)

    def findings(document: dict[str, Any]) -> list[dict[str, Any]]:
        records = sorted(document["records"], key=lambda record: record["check"])
        return [finding for record in records for finding in record["findings"]]

    assert findings(chained) == findings(report)
    assert findings(report)
    assert chained["verdict"] == report["verdict"]


@pytest.fixture
def crashing_engine(tmp_path: Path) -> str:
    """A module path on which kingfisher ends the process that loads it, as a fault in native code would."""
    scanners()  # what the prefilter knows of kingfisher it learned before
    about = f"kingfisher_secret_scanner-{version('kingfisher-secret-scanner')}.dist-info/METADATA"
    write(tmp_path / "crash", {"kingfisher_sdk/__init__.py": "import os\nos.abort()\n", about: ""})
    return str(tmp_path / "crash")


@pytest.mark.parametrize("flags", FLAGS, ids=["none", "-j 4", "-x"])
def test_an_engine_that_crashes(
    repository: Repository, advisories: Path, crashing_engine: str, flags: tuple[str, ...]
) -> None:
    code, report, said = nox(repository(ALLOWED), advisories, *flags, PYTHONPATH=crashing_engine, CI="true")
    assert (code, report["verdict"], report["exit_code"]) == (1, "INCOMPLETE", 3), said
    assert outcomes(report) == but("secrets")


def test_an_engine_that_crashes_without_nox(repository: Repository, advisories: Path, crashing_engine: str) -> None:
    done = lockgate(
        "gate", ".", "--json", "-", "--advisories", advisories,
        cwd=repository(ALLOWED), env={"PYTHONPATH": crashing_engine, "CI": "true"},
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"]) == (3, "INCOMPLETE")
    (record,) = (record for record in report["records"] if record["outcome"] == "incomplete")
    assert record["reason"] == "the process of the secrets check was ended by signal 6"


SKIPPING = """
import nox

@nox.session(venv_backend="none", requires=["lockgate-start"])
def audit(session):
    session.skip("not today")
"""


def test_a_skipped_session(repository: Repository, advisories: Path) -> None:
    root = repository({**CLEAN, "noxfile.py": CLEAN["noxfile.py"] + SKIPPING})
    code, report, said = nox(root, advisories, CI="true")
    assert (code, report["verdict"]) == (1, "INCOMPLETE"), said
    (audit,) = (record for record in report["records"] if record["check"] == "audit")
    assert audit["reason"] == "the audit check left no record in this run: it was skipped or did not end"


def test_a_record_of_an_earlier_run_does_not_count(repository: Repository, advisories: Path) -> None:
    keeping = """
@nox.session(venv_backend="none", requires=["lockgate-start"])
def audit(session):
    import shutil
    shutil.copy("old.json", ".lockgate/audit.json")
"""
    root = repository(CLEAN)
    nox(root, advisories)
    (root / "old.json").write_bytes((root / ".lockgate" / "audit.json").read_bytes())
    (root / "noxfile.py").write_text(CLEAN["noxfile.py"] + "import nox\n" + keeping)
    code, report, said = nox(root, advisories, CI="true")
    assert (code, report["verdict"]) == (1, "INCOMPLETE"), said
    (audit,) = (record for record in report["records"] if record["check"] == "audit")
    assert audit["reason"] == "the audit check left no record in this run: audit.json is of an earlier one"


def test_a_missing_interpreter_in_ci(repository: Repository, advisories: Path) -> None:
    noxfile = 'import lockgate.sessions\nlockgate.sessions.register(lint_python="python9.99")\n'
    code, report, said = nox(repository({**CLEAN, "noxfile.py": noxfile}), advisories, CI="true")
    assert (code, report["verdict"]) == (1, "INCOMPLETE"), said
    assert outcomes(report) == but("lint")


def test_nox_told_to_use_a_missing_interpreter_in_ci(repository: Repository, advisories: Path) -> None:
    code, report, said = nox(repository(CLEAN), advisories, "--force-python", "9.99", CI="true")
    assert (code, report["verdict"]) == (0, "PASS"), said


def test_incomplete_warns_on_the_machine_of_a_developer(
    repository: Repository, advisories: Path, crashing_engine: str
) -> None:
    code, report, said = nox(repository(ALLOWED), advisories, PYTHONPATH=crashing_engine)
    assert (code, report["verdict"], report["exit_code"]) == (0, "INCOMPLETE", 0)
    assert "this is not a pass" in said


def test_options_reach_the_checks_and_the_gate(repository: Repository, advisories: Path) -> None:
    root = repository({**CLEAN, "requirements.txt": "demo\n"})
    code, report, _ = nox(root, advisories, "--", "--fail-on", "medium")
    assert (code, report["verdict"], report["threshold"]["severity"]) == (1, "FAIL", "medium")


def test_what_came_since_a_revision(repository: Repository, advisories: Path) -> None:
    root = repository({**CLEAN, "demo.py": LEAK})
    code, report, said = nox(root, advisories, "--", "--since", "HEAD")
    assert (code, report["verdict"]) == (0, "PASS"), said
    assert "1 older finding left out" in said
    write(root, {"other.py": LEAK})
    code, report, _ = nox(root, advisories, "--", "--since", "HEAD")
    found = {finding["path"] for record in report["records"] for finding in record["findings"]}
    assert (code, found) == (1, {"other.py"})
    code, said = call(root, advisories, "--session", "gate", "--", "--since", "nosuch")
    assert code == 1
    assert "there is no commit 'nosuch'" in said


@pytest.mark.usefixtures("package_index")
def test_the_lint_session_installs_the_project(repository: Repository, advisories: Path) -> None:
    noxfile = 'import lockgate.sessions\nlockgate.sessions.register(checks=("lint",))\n'
    code, report, said = nox(repository({**CLEAN, **PROJECT, "noxfile.py": noxfile}), advisories)
    assert (code, report["verdict"]) == (0, "PASS"), said
    code, report, again = nox(tmp := repository({**CLEAN, "noxfile.py": noxfile}, name="second"), advisories)
    assert code == 0, again
    assert (tmp / ".nox").exists()


# A build backend of a few lines: the test must not fetch one.
BACKEND = """
import zipfile

NAME = "demo-1.0-py3-none-any.whl"
FILES = {
    "demo.py": "VALUE = 1\\n",
    "demo-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n",
    "demo-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    "demo-1.0.dist-info/RECORD": "",
}


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(f"{wheel_directory}/{NAME}", "w") as wheel:
        for name, text in FILES.items():
            wheel.writestr(name, text)
    return NAME
"""

PROJECT = {
    "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    '[project]\nname = "demo"\nversion = "1.0"\n',
    "backend.py": BACKEND,
}


def test_a_gate_without_its_checks_does_not_pass(repository: Repository, advisories: Path) -> None:
    root = repository(CLEAN)
    assert nox(root, advisories)[0] == 0
    code, _, said = nox(root, advisories, "--no-dependencies")
    assert code == 1, said


def redefined(name: str) -> dict[str, str]:
    """A noxfile that has a session of that name of its own, behind lockgate's."""
    own = f'\nimport nox\n\n@nox.session(name="{name}", venv_backend="none")\ndef own(session):\n    pass\n'
    return {**CLEAN, "noxfile.py": CLEAN["noxfile.py"] + own}


def test_a_session_named_start_is_the_users(repository: Repository, advisories: Path) -> None:
    code, report, said = nox(repository(redefined("start")), advisories)
    assert (code, report["verdict"]) == (0, "PASS"), said


def test_a_check_that_the_noxfile_replaces_has_left_no_record(repository: Repository, advisories: Path) -> None:
    code, report, said = nox(repository(redefined("secrets")), advisories, CI="true")
    assert (code, report["verdict"]) == (1, "INCOMPLETE"), said
    assert outcomes(report) == but("secrets")


def test_a_start_that_the_noxfile_replaces_is_no_run(repository: Repository, advisories: Path) -> None:
    root = repository(CLEAN)
    call(root, advisories, "--session", "secrets", "audit", "pins", "lint")  # a run that never came to its gate
    write(root, {**redefined("lockgate-start"), "leak.py": LEAK})
    code, said = call(root, advisories, "--session", "gate", "--no-dependencies")
    assert code == 1, said
    assert "another session named 'lockgate-start', so no run has begun; rename it" in said


@pytest.mark.usefixtures("package_index")
def test_only_installing_decides_nothing_and_says_so(repository: Repository, advisories: Path) -> None:
    noxfile = 'import lockgate.sessions\nlockgate.sessions.register(lint_install=((".",),))\n'
    root = repository({**CLEAN, **PROJECT, "noxfile.py": noxfile})
    code, said = call(root, advisories, "--session", "gate", "--install-only")
    assert code == 0, said
    assert "nothing was decided, because Nox was told to install only" in said
    assert "gate: skipped" in said
    assert (root / ".nox/.cache/lockgate-lint/lockgate-installed").exists()
    assert not (root / ".lockgate/lockgate.sarif").exists()


def test_help_is_no_verdict(repository: Repository, advisories: Path) -> None:
    code, said = call(repository(CLEAN), advisories, "--session", "gate", "--", "--help")
    assert code == 1, said
    assert "nothing was decided: lockgate wrote no report into .lockgate" in said


def test_a_report_that_goes_elsewhere_is_a_verdict(repository: Repository, advisories: Path) -> None:
    root = repository(CLEAN)
    code, said = call(root, advisories, "--session", "gate", "--", "--sarif", "own.sarif")
    assert code == 0, said
    assert json.loads((root / "own.sarif").read_text())["runs"][0]["properties"]["verdict"] == "PASS"
