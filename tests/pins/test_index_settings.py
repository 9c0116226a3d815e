"""Where packages come from: every file that says so, and what of it passes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.pins.addresses import has_password, is_plain
from lockgate.checks.run import run_check
from lockgate.model.record import Outcome, Record
from support import noise, target

PASSWORD = noise(12)
LOGIN = f"https://user:{PASSWORD}@index.example/simple"
Repository = Callable[..., Path]


def told(record: Record) -> list[tuple[str, int]]:
    return sorted((finding.rule.removeprefix("pins/"), finding.line) for finding in record.findings)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "pip.conf",
            (
                "[global]\nindex-url = https://index.example/simple\nextra_index_url =\n    https://a.example/\n    http://b.example/\n"
                "trusted-host: a.example b.example\n# index-url = http://c.example\ntimeout = 60\n    http://d.example\n"
            ),
            [("extra-index", 4), ("extra-index", 5), ("insecure-index", 5), *[("insecure-index", 6)] * 2],
        ),
        ("sub/pip.ini", f"[install]\r\nindex-url={LOGIN}\r\n", [("credential-in-index", 2)]),
        (
            "pyproject.toml",
            (
                f'[tool.uv]\nindex-strategy = "unsafe-best-match"\nextra-index-url = ["https://a.example", "http://b.example"]\n'
                f'allow-insecure-host = ["a.example", "localhost:80"]\n\n[[tool.uv.index]]\nname = "a"\nurl = "{LOGIN}"\n'
                "[tool.uv.pip]\nverify-hashes = false\n"
            ),
            [("credential-in-index", 8), ("extra-index", 2), *(("insecure-index", line) for line in (3, 4, 10))],
        ),
        (
            "uv.toml",
            (
                'index-strategy = "first-index"\nindex-url = "http://a.example"\n[[index]]\nurl = "http://b.example"\nexplicit = true\n'
                "[pip]\nno-verify-hashes = true\n"
            ),
            [("insecure-index", 2), ("insecure-index", 4), ("insecure-index", 7)],
        ),
        (
            "pyproject.toml",
            (
                '[project]\nname = "x"\n[[tool.poetry.source]]\nname = "a"\nurl = "http://a.example"\npriority = "explicit"\n'
                f'[[tool.poetry.source]]\nname = "b"\nurl = "{LOGIN}"\n[[tool.pdm.source]]\nurl = "https://c.example"\nverify_ssl = false\n'
            ),
            [("credential-in-index", 9), ("insecure-index", 5), ("insecure-index", 12)],
        ),
        (
            "Pipfile",
            (
                '[[source]]\nname = "a"\nurl = "https://${USER}:${TOKEN}@a.example"\nverify_ssl = true\n'
                '[[source]]\nname = "b"\nurl = "https://b.example"\nverify_ssl = false\n'
            ),
            [("insecure-index", 8)],
        ),
        ("pyproject.toml", "[tool.uv]\nindex-url = 7\nindex = [7, {url = 7}]\nallow-insecure-host = [7]\n", []),
        ("requirements.txt", "--extra-index-url \\\n  https://a.example\n", [("extra-index", 2)]),
        ("pip.conf", "  x\n=\n[\nindex-url\n", []),
    ],
)
def test_each_file_that_names_indexes(
    repository: Repository, name: str, text: str, expected: list[tuple[str, int]]
) -> None:
    record = run_check("pins", target(repository({name: text})))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert told(record) == expected
    assert record.coverage.examined == 1
    assert PASSWORD not in str(record)


def test_an_included_requirements_file_is_judged_once(repository: Repository) -> None:
    files = {
        "requirements.txt": "-r base.in\n",
        "base.in": "--trusted-host index.example\n",
        "other.in": "-i http://x.example\n",
    }
    record = run_check("pins", target(repository(files)))
    assert [(finding.path, finding.line) for finding in record.findings] == [("base.in", 1)]


@pytest.mark.parametrize("name", ["pip.conf", "uv.toml"])
def test_what_can_not_be_read_is_a_gap(repository: Repository, name: str) -> None:
    record = run_check("pins", target(repository({name: b"\xff = 1\n"})))
    assert record.outcome is Outcome.INCOMPLETE
    assert [(skip.subject, skip.gap) for skip in record.coverage.skipped] == [(name, True)]


@pytest.mark.parametrize(
    ("url", "plain", "password"),
    [
        ("http://a.example", True, False),
        ("HTTP://a.example", True, False),
        (f"http://u:{PASSWORD}@a.example", True, True),
        ("http://u:p@localhost:80/x", False, True),
        ("http://localhost.example", True, False),
        ("http://127.0.0.1.example", True, False),
        ("http://%HOST%/", False, False),
        ("https://u:%TOKEN%@a.example", False, False),
        ("https://u:****@a.example", False, False),
        ("https://u:<token>@a.example", False, False),
        ("https://a.example/x:y@z", False, False),
        ("git+http://a.example/x", True, False),
        ("file:///srv/x", False, False),
        ("./wheels", False, False),
        ("", False, False),
    ],
)
def test_what_an_address_tells(url: str, plain: bool, password: bool) -> None:
    assert (is_plain(url), has_password(url)) == (plain, password)


def test_a_comment_allows_what_its_line_says(repository: Repository) -> None:
    files = {
        "pip.conf": "[global]\ntrusted-host = a.example  # lockgate: allow[pins/insecure-index] our own\n",
        "uv.toml": 'index-url = "http://a.example"  # lockgate: allow[pins/insecure-index] our own\n',
    }
    record = run_check("pins", target(repository(files)))
    assert {finding.message for finding in record.findings} == set()
    assert record.coverage.allowed == 2


def test_hostile_settings_are_read_in_time(repository: Repository) -> None:
    files = {
        "pip.conf": "[global]\nextra-index-url = " + "a" * 500_000 + "\n" + " \t" * 200_000 + "\n",
        "requirements.txt": "-i" + " -" * 2_000 + "\n#" + " -x" * 300_000 + "\n",
        "uv.toml": f"index-url = [{'[' * 60}{']' * 60}]\nindex-strategy = 'unsafe-{'x' * 100_000}'\n",
        "poetry.lock": f"[metadata]\nlock-version = '2.1'\ncontent-hash = {'[' * 60}{']' * 60}\n",
        "pyproject.toml": "[tool]\npoetry = 7\npdm = [7]\nuv = 'x'\n",
        "Pipfile": "packages = 7\nsource = 7\n",
        "Pipfile.lock": "[]",
        ".gitignore": "!\n[\n" + "*" * 10_000 + "\n",
    }
    record = run_check("pins", target(repository(files)))
    assert "Error" not in record.reason
    assert all(len(finding.message) < 1000 for finding in record.findings)
