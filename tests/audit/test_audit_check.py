"""The audit check: what it finds, where, and that nothing is clean that was not looked up."""

from __future__ import annotations

from pathlib import Path

import pytest
from osv_reference import record, save_zip, window

from lockgate.checks import audit
from lockgate.checks.audit.describe import plain, summary_of
from lockgate.checks.base import Result
from lockgate.checks.run import run_check
from lockgate.model.advisory import Advisory
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Severity
from lockgate.model.record import Outcome
from support import Files, target, write

CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
RECORDS = [
    record(
        "PYSEC-1",
        summary="Demo runs what it is given",
        details="# Demo\nIt *runs* [anything](https://index.example/x).",
        aliases=["CVE-1"],
        severity=CRITICAL,
        ranges=[window("0", "2.0")],
        published="2025-05-05T00:00:00Z",
        database_specific={"cwe_ids": ["CWE-94", "nonsense"]},
    ),
    record("PYSEC-2", details="Something. And more.", ranges=[[{"introduced": "0"}]]),
    record("MAL-1", "evil", versions=["6.6"]),
]
UV_LOCK = """\
version = 1
[[package]]
name = "demo"
version = "1.0"
source = { registry = "https://index.example/simple" }
wheels = [{ hash = "sha256:aa" }]
[[package]]
name = "app"
source = { virtual = "." }
dependencies = [{ name = "demo" }]
"""


@pytest.fixture(autouse=True)
def _own_cache(own_cache: Path) -> None:
    """No test reads the index that another one made."""


@pytest.fixture
def all_zip(tmp_path: Path) -> str:
    return str(save_zip(tmp_path / "all.zip", RECORDS))


def run(tmp_path: Path, files: Files, advisories: str, **settings: object) -> Result:
    root = tmp_path / "project"
    root.mkdir(exist_ok=True)
    write(root, files)
    return audit.run(target(root, advisories=advisories, offline=True, **settings))


def rules(result: Result) -> list[str]:
    return [finding.rule for finding in result.findings]


@pytest.mark.parametrize(
    ("details", "summary"),
    [
        ("Demo takes buffers (e.g. bytes) for text. More.", "Demo takes buffers (e.g. bytes) for text."),
        ("The demo (D) for Python provides a thing. In 1.0 it breaks. More.", "In 1.0 it breaks."),
        ("Demo is a thing. In 1.0 it breaks.", "In 1.0 it breaks."),
        ("Demo provides a thing.", "Demo provides a thing."),
    ],
)
def test_a_summary_is_the_first_sentence_that_tells_what_is_wrong(details: str, summary: str) -> None:
    assert summary_of(Advisory(id="PYSEC-1", details=details)) == summary


def test_open_requirements_are_told_with_what_looks_them_up(tmp_path: Path, all_zip: str) -> None:
    write(tmp_path, {"requirements.txt": "demo==1.0\nother>1\nthird\n"})
    notes = audit.run(target(tmp_path, advisories=all_zip)).coverage.notes
    assert notes[-1] == "--resolve looks up what uv finds for 2 requirements without an exact version"


def test_a_finding_says_what_where_and_what_to_do(tmp_path: Path, all_zip: str) -> None:
    result = run(tmp_path, {"requirements.txt": "# pins\nDemo==1.0 ; os_name == 'nt'\n"}, all_zip)
    first, second = result.findings
    assert (first.rule, first.aliases, first.severity) == ("PYSEC-1", ("CVE-1",), Severity.CRITICAL)
    assert (first.path, first.line, first.column, first.end_line, first.end_column) == ("requirements.txt", 2, 1, 2, 10)
    assert first.message == "demo 1.0: CVE-1, Demo runs what it is given (fixed in 2.0)"
    assert first.fix == "Upgrade demo to 2.0 or later."
    assert first.help_uri == "https://osv.dev/vulnerability/PYSEC-1"
    assert first.properties == {
        "package": "demo",
        "version": "1.0",
        "fix_versions": ["2.0"],
        "fix_version": "2.0",
        "marker": "os_name == 'nt'",
        "published": "2025-05-05T00:00:00Z",
        "score": 9.8,
        "epss": "unknown",
        "kev": "unknown",
        "imported": "unknown",
    }
    assert (second.severity, second.message) == (Severity.UNKNOWN, "demo 1.0: Something (no fixed version is known)")
    assert first.fingerprint
    assert first.line_hash


def test_the_record_describes_its_rules_and_its_source(tmp_path: Path, all_zip: str) -> None:
    result = run(tmp_path, {"requirements.txt": "demo==1.0\n"}, all_zip)
    rule = result.rules[0]
    assert (rule.id, rule.summary, rule.explanation) == (
        "PYSEC-1",
        "Demo runs what it is given",
        "Demo It runs anything.",
    )
    assert (rule.cwe, rule.score, rule.severity, rule.aliases) == ((94,), 9.8, Severity.CRITICAL, ("CVE-1",))
    assert result.engines[0].name == "osv"
    assert f"3 advisories from {all_zip}, index built " in result.coverage.notes[0]
    assert not result.gaps


def test_what_is_fixed_is_no_finding(tmp_path: Path, all_zip: str) -> None:
    result = run(tmp_path, {"requirements.txt": "demo==2.0  # lockgate: allow[PYSEC-2]\nother==1\n"}, all_zip)
    assert rules(result) == []
    assert result.coverage.examined == 2


def test_malware_is_critical(tmp_path: Path, all_zip: str) -> None:
    (finding,) = run(tmp_path, {"requirements.txt": "evil==6.6\n"}, all_zip).findings
    assert finding.severity is Severity.CRITICAL
    assert finding.fix.startswith("Remove evil 6.6")


def test_the_same_pin_in_several_files_is_several_findings_and_one_look_up(tmp_path: Path, all_zip: str) -> None:
    result = run(tmp_path, {"requirements.txt": "demo==1.0\n", "uv.lock": UV_LOCK}, all_zip)
    assert {(f.path, f.line) for f in result.findings} == {("requirements.txt", 1), ("uv.lock", 4)}
    assert len(result.findings) == 4
    assert result.coverage.examined == 1


@pytest.mark.parametrize(
    ("text", "left", "allowed"),
    [
        ("demo==1.0  # lockgate: allow[PYSEC-1]\n", ["PYSEC-2"], 1),
        ("demo==1.0  # lockgate: allow[CVE-1, PYSEC-2]\n", [], 2),
        ("demo==1.0 \\\n  --hash=sha256:aa \\\n  --hash=sha256:bb  # lockgate: allow[CVE-1]\n", ["PYSEC-2"], 1),
        ("demo==1.0\nother==1  # lockgate: allow[PYSEC-1]\n", ["PYSEC-1", "PYSEC-2"], 0),
        ("demo==1.0  # lockgate: allow[PYSEC-11]\n", ["PYSEC-1", "PYSEC-2"], 0),
    ],
)
def test_an_inline_comment_allows_by_id_or_alias(
    tmp_path: Path, all_zip: str, text: str, left: list[str], allowed: int
) -> None:
    result = run(tmp_path, {"requirements.txt": text}, all_zip)
    assert (rules(result), result.coverage.allowed) == (left, allowed)


def test_a_fingerprint_survives_moved_lines_and_other_versions(tmp_path: Path, all_zip: str) -> None:
    before = run(tmp_path, {"requirements.txt": "demo==1.0\n"}, all_zip)
    after = run(tmp_path, {"requirements.txt": "# new\nother==1\ndemo==1.1\n"}, all_zip)
    assert [f.fingerprint for f in before.findings] == [f.fingerprint for f in after.findings]
    assert len({f.fingerprint for f in before.findings}) == 2


def test_what_was_not_looked_up_is_a_gap_unless_it_is_local(tmp_path: Path, all_zip: str) -> None:
    text = (
        "demo==2.0\nopen>1\n-e .\nx @ https://index.example/x.zip\n./z.zip\ny @ git+https://index.example/y\n= broken\n"
    )
    result = run(tmp_path, {"requirements.txt": text}, all_zip)
    assert [(skip.subject, skip.gap) for skip in result.coverage.skipped] == [
        ("requirements.txt:7", True),
        ("requirements.txt:3", False),
        ("requirements.txt:4", True),
        ("requirements.txt:5", True),
        ("requirements.txt:6", True),
        ("requirements.txt:2", True),
    ]
    assert result.coverage.examined == 1


def test_a_pin_that_only_constrains_is_looked_up_once_at_its_place(tmp_path: Path, all_zip: str) -> None:
    files = {
        "requirements.txt": "-c constraints.txt\nother==1\n",
        "requirements-dev.txt": "-c constraints.txt\n-c requirements.txt\nother\nopen\n",
        "constraints.txt": "# all of them\ndemo==1.0\nopen==1\n",
    }
    result = run(tmp_path, files, all_zip)
    assert [(f.rule, f.path, f.line) for f in result.findings] == [
        ("PYSEC-1", "constraints.txt", 2),
        ("PYSEC-2", "constraints.txt", 2),
    ]
    assert (result.coverage.examined, result.coverage.skipped) == (3, ())


def test_the_pins_check_judges_what_is_required_only(tmp_path: Path) -> None:
    files = {"requirements.txt": "-c constraints.txt\nother==1 --hash=sha256:aa\n", "constraints.txt": "demo==1.0\n"}
    write(tmp_path, files)
    record = run_check("pins", target(tmp_path))
    assert (record.findings, record.reason) == ((), "")


@pytest.mark.parametrize(
    "line",
    [
        "./vendor/demo-1.0-py3-none-any.whl",
        "./vendor/Demo-1.0.tar.gz ; python_version > '3'",
        "demo @ https://index.example/demo-1.0.zip",
        "https://index.example/demo-1.0%2Bcpu-py3-none-any.whl",
    ],
)
def test_a_file_whose_name_tells_the_version_is_looked_up(tmp_path: Path, all_zip: str, line: str) -> None:
    result = run(tmp_path, {"requirements.txt": f"{line}\n"}, all_zip)
    assert rules(result) == ["PYSEC-1", "PYSEC-2"]
    assert not result.coverage.skipped


def test_a_file_in_a_lock_is_looked_up_and_a_directory_is_not(tmp_path: Path, all_zip: str) -> None:
    lock = UV_LOCK.replace('registry = "https://index.example/simple"', 'path = "demo-1.0.zip"')
    result = run(tmp_path, {"uv.lock": lock.replace("virtual =", "directory =")}, all_zip)
    assert {finding.line for finding in result.findings} == {4}
    (skip,) = result.coverage.skipped
    assert (skip.subject, skip.gap, skip.reason) == (
        "uv.lock:8",
        False,
        "app is a local directory and was not looked up",
    )


def test_a_lock_that_is_not_read_is_never_clean(tmp_path: Path, all_zip: str) -> None:
    root = tmp_path / "project"
    root.mkdir()
    write(root, {"requirements.txt": "other==1\n", "pixi.lock": ""})
    record = run_check("audit", target(root, advisories=all_zip, offline=True))
    assert record.outcome is Outcome.INCOMPLETE
    assert record.reason.startswith("not examined: pixi.lock (this format is not read yet")


def test_only_excluded_lockfiles_are_told(tmp_path: Path, all_zip: str) -> None:
    files = {"requirements.txt": "other==1\n", "old/uv.lock": UV_LOCK, "old/notes.md": "x"}
    result = run(tmp_path, files, all_zip, exclude=("old",))
    assert [(skip.subject, skip.gap) for skip in result.coverage.skipped] == [("old/uv.lock", False)]
    assert not result.findings


def test_a_malformed_advisory_makes_every_audit_incomplete(tmp_path: Path) -> None:
    broken = str(save_zip(tmp_path / "broken.zip", RECORDS, **{"PYSEC-0.json": b"{"}))
    result = run(tmp_path, {"requirements.txt": "demo==1.0\n"}, broken)
    assert len(result.findings) == 2
    assert "1 advisory can't be understood, such as PYSEC-0.json" in result.gaps[0]


@pytest.mark.parametrize("advisories", ["", "missing.zip", "https://index.example/all.zip"])
def test_without_a_source_nothing_is_clean(tmp_path: Path, advisories: str) -> None:
    result = run(tmp_path, {"requirements.txt": "demo==1.0\n"}, advisories)
    assert result.coverage.examined == 0
    assert [(skip.subject, skip.gap) for skip in result.coverage.skipped] == [("requirements.txt:1", True)]
    assert result.gaps


def test_without_a_lockfile_no_source_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "choose", None)
    root = tmp_path / "project"
    root.mkdir()
    record = run_check("audit", target(root))
    assert (record.outcome, record.reason) == (Outcome.INCOMPLETE, "nothing was examined: no packages found")


def test_a_look_up_that_fails_is_a_gap(tmp_path: Path, all_zip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise UnavailableError("it broke")

    monkeypatch.setattr("lockgate.advisories.index.Index.lookup", fail)
    result = run(tmp_path, {"requirements.txt": "demo==1.0\n"}, all_zip)
    (skip,) = result.coverage.skipped
    assert (skip.gap, skip.reason) == (True, "demo 1.0 was not looked up: it broke")
    assert result.coverage.examined == 0


def test_a_password_in_a_lockfile_goes_nowhere(tmp_path: Path, all_zip: str) -> None:
    word = "hunter" + "22222"
    text = f"-i https://me:{word}@index.example/simple\n-r https://me:{word}@index.example/r.txt\ndemo==1.0\n"
    text += (
        f"x @ https://me:{word}@index.example/x.zip\nhttps://me:{word}@index.example/y.zip\n--bad https://{word}@x\n"
    )
    result = run(tmp_path, {"requirements.txt": text}, all_zip)
    assert result.findings
    assert word not in repr(result)


def test_foreign_markdown_becomes_plain_text() -> None:
    assert plain("## A\n\n**b** `c` ![d](e) <img src=x> \u202e\x1b[31m", 100) == "A b c d [31m"
    assert plain("word " * 100, 20) == "word word word word…"


def test_a_finding_in_a_poetry_lock_says_how_the_project_comes_by_it(tmp_path: Path, all_zip: str) -> None:
    entry = '[[package]]\nname = "{}"\nversion = "1.0"\n'
    lock = entry.format("tester") + 'dependencies = { Demo = "*" }\n' + entry.format("Demo")
    files: Files = {
        "pyproject.toml": '[tool.poetry]\nname = "app"\n[tool.poetry.group.dev.dependencies]\ntester = "^1.0"\n',
        "poetry.lock": lock + '[metadata]\nlock-version = "2.1"\n',
    }
    result = run(tmp_path, files, all_zip)
    finding = result.findings[0]
    assert (finding.path, finding.line, finding.properties["groups"]) == ("poetry.lock", 7, ["dev"])
    assert finding.message.endswith("it comes by app -> tester -> demo")
    assert result.coverage.examined == 2
    assert not any(skip.gap for skip in result.coverage.skipped)
