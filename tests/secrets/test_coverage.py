"""What each engine looks into, and what is told of the rest."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lockgate.checks.run import run_check
from lockgate.checks.secrets.allowed import Comments
from lockgate.engines.secrets import kingfisher
from lockgate.engines.secrets.base import MOST_SIGHTINGS, Scan
from lockgate.model.engine_options import EngineOptions
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.record import Outcome, Record
from support import noise, target, write

TOKEN = f"ghp_{noise(36)}"
LINE = f'token = "{TOKEN}"\n'
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\xff"
# Where kingfisher does not look by itself: because of the name, the suffix or a directory.
PASSED_OVER = [
    *("package-lock.json", "poetry.lock", "Pipfile.lock", "yarn.lock", "pnpm-lock.yaml", "go.sum", "go.mod", "gradlew"),
    *("a.svg", "a.png", "a.ttf", "a.gif", "jquery.min.js", ".gitleaks.toml", "x-1.0.dist-info/RECORD"),
    *("node_modules/a.js", "deep/node_modules/b/c.yaml", "vendor/github.com/a.go", "lib/python3.11/site-packages/a.py"),
]


@pytest.fixture
def no_kingfisher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kingfisher_sdk", None)


@cache
def scanner() -> Scan:
    return kingfisher.load_scanner(EngineOptions(), None)


@cache
def itself() -> Any:
    """The scanner of kingfisher itself."""
    import kingfisher_sdk as sdk

    return sdk.DetectionScanner(sdk.Rules())


def scan(root: Path, files: dict[str, str | bytes]) -> Record:
    write(root, files)
    return run_check("secrets", target(root))


def skips(record: Record) -> dict[str, bool]:
    return {skip.subject: skip.gap for skip in record.coverage.skipped}


@pytest.mark.parametrize("path", PASSED_OVER)
def test_kingfisher_sees_files_whose_paths_it_would_pass_over(path: str) -> None:
    import kingfisher_sdk as sdk

    by_itself = itself()
    data = LINE.encode()
    assert not by_itself.scan_input(sdk.ScanInput(path=path, data=data))  # else this test is for nothing
    scan = scanner()
    expected = by_itself.scan_input(sdk.ScanInput(path="file", data=data))
    assert [(seen.kind, seen.value.reveal(), seen.at.path) for seen in scan(path, data)] == [
        (finding.rule_id, finding.secret, path) for finding in expected
    ]


@pytest.mark.parametrize("folder", ["", "node_modules/x/"])
def test_rules_of_kingfisher_that_want_a_name_get_it(folder: str) -> None:
    scan = scanner()
    data = f'define("X", array("{"secret" + "_key"}" => "sk_{noise(29)}"));\n'.encode()
    wants_php = "betterleaks.freemius-secret-key"
    assert wants_php in {seen.kind for seen in scan(f"{folder}a.php", data)}
    assert wants_php not in {seen.kind for seen in scan(f"{folder}a.py", data)}


def test_what_one_engine_leaves_out_is_told_in_one_line(tmp_path: Path) -> None:
    files = {"package-lock.json": LINE, "poetry.lock": "x", "a.png": PNG, "latin.txt": b"# \xe9\n", "a.py": "x = 1\n"}
    record = scan(tmp_path, files)
    assert record.outcome is Outcome.COMPLETE
    assert [finding.path for finding in record.findings] == ["package-lock.json"]
    assert (record.coverage.examined, record.coverage.skipped) == (5, ())
    (note,) = record.coverage.notes
    assert note.startswith("detect-secrets left out 4 files, into which another engine looked (")
    assert "3 by their names" in note
    assert "1 not UTF-8" in note


@pytest.mark.usefixtures("no_kingfisher")
def test_text_into_which_no_engine_looks_is_a_gap_and_a_picture_is_told(tmp_path: Path) -> None:
    texts = {"poetry.lock": "x", "a.svg": "<svg/>", "latin.txt": b"# \xe9\n", "wide.txt": LINE.encode("utf-16")}
    record = scan(tmp_path, {**texts, "a.png": PNG, "empty.lock": b"", "a.py": "x = 1\n"})
    assert record.outcome is Outcome.INCOMPLETE
    assert skips(record) == dict.fromkeys(texts, True) | {"a.png": False}
    assert record.coverage.examined == 2
    told = {skip.subject: skip.reason for skip in record.coverage.skipped}
    assert told["a.png"] == "binary: no engine looks into it"
    assert told["latin.txt"].startswith("no engine looks into it (detect-secrets left it out: not UTF-8); install")


@pytest.mark.usefixtures("no_kingfisher")
def test_a_picture_does_not_make_a_repository_incomplete(tmp_path: Path) -> None:
    record = scan(tmp_path, {"a.png": PNG, "a.py": "x = 1\n"})
    assert (record.outcome, record.coverage.examined) == (Outcome.COMPLETE, 1)


def test_a_file_that_breaks_the_only_engine_that_looks_is_not_examined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_path: str, _data: bytes) -> None:
        raise ValueError(TOKEN)

    monkeypatch.setattr(kingfisher, "load_scanner", lambda _options, _prefilter: broken)
    record = scan(tmp_path, {"poetry.lock": LINE, "a.py": "x = 1\n"})
    assert (record.coverage.examined, len(record.coverage.skipped)) == (1, 2)
    assert TOKEN not in repr(record)


def test_too_many_secrets_in_one_file_are_a_gap(tmp_path: Path) -> None:
    lines = (f"ghp_{noise(36, seed=number)}\n" for number in range(MOST_SIGHTINGS + 1))
    record = scan(tmp_path, {"a.txt": "".join(lines)})
    assert record.outcome is Outcome.INCOMPLETE
    assert "a.txt (kingfisher sees more than 10,000 secrets; only these are reported)" in record.reason
    assert len(record.findings) >= MOST_SIGHTINGS


def test_thousands_of_secrets_on_one_line_have_their_columns() -> None:
    scan = scanner()
    tokens = [f"ghp_{noise(36, seed=number)}" for number in range(3_000)]
    text = "\u00fc\n" + "".join(f'\u00fc "{token}",{" " * 500}' for token in tokens)
    found = {seen.value.reveal(): seen.at for seen in scan("a.txt", text.encode())}
    for number, token in enumerate(tokens):
        at = found[token]
        assert (at.line, at.column, at.end_line, at.end_column) == (2, number * 545 + 4, 2, number * 545 + 44)


def test_a_long_line_with_many_findings_is_read_once() -> None:
    """Read for each of them, it would take minutes."""
    about = {"rule": "secrets/x", "message": "", "fix": "", "help_uri": "", "engines": ()}
    levels = {"severity": Severity.HIGH, "confidence": Confidence.HIGH}
    place = {"path": "a", "line": 2, "end_line": 2}
    findings = [Finding(**place, **about, **levels, column=at, end_column=at + 1) for at in range(1, 10_001)]  # type: ignore[arg-type]
    comments = Comments(["", "lockgate: allow[secrets/y] " * 40_000])
    assert not any(map(comments.allow, findings))
