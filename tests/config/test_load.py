"""Settings: which layer wins, and what each mistake says."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lockgate.config.load import load
from lockgate.config.settings import Settings
from lockgate.model.errors import UsageError
from lockgate.model.finding import Confidence, Severity

CHECKS = ["audit", "secrets"]


def settings(project: str | None = None, environ: dict[str, str] | None = None, **options: Any) -> Settings:
    return load(project=project, environ=environ or {}, options=options, known_checks=CHECKS)


@pytest.fixture
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "lockgate" / "config.toml"
    path.parent.mkdir()
    return path


def test_defaults() -> None:
    assert settings() == Settings(fail_on=Severity.HIGH, min_confidence=Confidence.MEDIUM)


def test_the_nearest_layer_wins_and_is_named(user_file: Path) -> None:
    user_file.write_text('fail-on = "low"\nadvisories = "user"\noffline = true\n')
    project = '[tool.lockgate]\nfail-on = "medium"\nexclude = ["data/"]\n'
    chosen = settings(project, {"LOCKGATE_ADVISORIES": "env"}, min_confidence="low", fail_on=None)
    assert (chosen.fail_on, chosen.advisories, chosen.offline) == (Severity.MEDIUM, "env", True)
    assert chosen.exclude == ("data/",)
    assert chosen.sources == {
        "fail-on": "pyproject.toml [tool.lockgate]",
        "exclude": "pyproject.toml [tool.lockgate]",
        "advisories": "environment",
        "offline": str(user_file),
        "min-confidence": "command line",
    }


@pytest.mark.parametrize(
    ("environ", "urls"),
    [
        ({}, ()),
        ({"PIP_INDEX_URL": "https://pip.example"}, ("https://pip.example",)),
        ({"PIP_INDEX_URL": "https://pip.example", "UV_INDEX_URL": "https://uv.example"}, ("https://uv.example",)),
        ({"UV_INDEX_URL": "https://old.example", "UV_DEFAULT_INDEX": "https://uv.example"}, ("https://uv.example",)),
        ({"UV_DEFAULT_INDEX": "main=https://uv.example"}, ("https://uv.example",)),
        (
            {
                "UV_INDEX": "own=https://own.example?x=https://y https://b.example",
                "PIP_EXTRA_INDEX_URL": "https://c.example",
            },
            ("default", "https://own.example?x=https://y", "https://b.example", "https://c.example"),
        ),
    ],
)
def test_the_package_indexes_of_uv_and_pip_are_taken(environ: dict[str, str], urls: tuple[str, ...]) -> None:
    chosen = settings("[tool.lockgate]\ncooldown = 7\n", environ)
    assert (chosen.index_url, chosen.index_checks, chosen.cooldown) == (urls, False, 7)
    assert chosen.sources.get("index-url") == ("environment" if urls else None)
    assert settings(environ=environ, index_url=("https://mine.example",)).index_url == ("https://mine.example",)


def test_what_the_repository_replaces_of_the_users_own_is_named(user_file: Path) -> None:
    user_file.write_text('fail-on = "low"\ncooldown = 7\ndeep = true\n')
    project = '[tool.lockgate]\nfail-on = "high"\ncooldown = 0\ndeep = true\nmin-confidence = "low"\n'
    assert settings(project).replaced == ("fail-on", "cooldown")
    assert settings(project, cooldown=7).replaced == ("fail-on",)


def test_a_check_that_is_named_twice_is_taken_once() -> None:
    assert settings(checks=("secrets", "audit", "secrets")).checks == ("secrets", "audit")
    assert settings('[tool.lockgate]\nchecks = ["audit", "audit"]\n').checks == ("audit",)


@pytest.mark.parametrize(
    ("project", "message"),
    [
        (
            '[tool.other]\nx = 1\n[tool.lockgate]\nfial-on = "low"\n',
            "pyproject.toml [tool.lockgate] line 4: unknown key 'fial-on'; did you mean 'fail-on'?",
        ),
        (
            '[tool.lockgate]\nfail-on = "hihg"\n',
            "line 2: 'fail-on' can't be 'hihg'; did you mean 'high'? valid: critical, high, medium, low",
        ),
        ("[tool.lockgate]\nexclude = 3\n", "line 2: 'exclude': expected array, got int"),
        ("[tool.lockgate]\nmax-file-size = true\n", "'max-file-size': expected int, got bool"),
        ('[tool.lockgate]\nchecks = ["secret"]\n', "no check is named 'secret'; did you mean 'secrets'?"),
        ("[tool.lockgate]\ntrust = true\n", "line 2: 'trust' can't be set by the repository that is scanned"),
        ('[tool.lockgate]\nadvisories = "x"\n', "'advisories' can't be set by the repository"),
        ('[tool.lockgate]\nmax-age = "99d"\n', "'max-age' can't be set by the repository"),
        ('[tool.lockgate]\npython = "x"\n', "'python' can't be set by the repository"),
        ("[tool.lockgate]\noffline = false\n", "'offline' can't be set by the repository"),
        ("[tool.lockgate]\nindex-checks = true\n", "'index-checks' can't be set by the repository"),
        ('[tool.lockgate]\nindex-url = ["https://index.example"]\n', "'index-url' can't be set by the repository"),
        ("[tool.lockgate]\ncooldown = -1\n", "'cooldown': expected int >= 0"),
        (
            '[tool.lockgate]\nincomplete = "warn"\n',
            "line 2: the repository that is scanned can set 'incomplete' to 'fail'",
        ),
        ("[tool.lockgate]\nsources = {}\n", "unknown key 'sources'"),
        ("[tool\n", "pyproject.toml: line 1: not valid TOML"),
        ("x = [\n", "pyproject.toml: line 2: not valid TOML"),
        ("tool = 3\n", "tool must be a table"),
        (f"x = {'1' * 5000}\n", "pyproject.toml: a number of too many digits"),
        (f"\nx = 0x{'f' * 5000}\n", "pyproject.toml: line 2: a number of too many digits"),
        (f"{'a.' * 1_000_000}b = 1", "pyproject.toml: line 1: a key of more than 64 parts"),
        (f"x = {'[' * 100_000}", "pyproject.toml: nested too deeply"),
        ('[tool.lockgate]\nexclude = ["data/", "!"]\n', "'exclude': '!' is no valid gitignore pattern"),
        ("[tool.lockgate]\nexclude = ['\\']\n", "is no valid gitignore pattern"),
        ('[tool.lockgate]\nexclude = ["[z-a]"]\n', "'[z-a]' is no valid gitignore pattern"),
        ('[tool.lockgate]\nexclude = ["[[:x:]]"]\n', "'[[:x:]]' is no valid gitignore pattern"),
        ('[tool.lockgate]\nexclude = ["*' + "a*" * 10 + '"]\n', "has more than 10 wildcards"),
        ('[tool.lockgate]\nexclude = ["' + "a" * 201 + '"]\n', "line 2: 'exclude': expected str of length <= 200"),
        ("[tool.lockgate]\nexclude = [" + '"a",' * 501 + "]\n", "line 2: 'exclude': expected array of length <= 500"),
        (f"[tool.lockgate]\nmax-file-size = 1{'0' * 30}\n", "line 2: 'max-file-size': expected int <="),
        ("[tool]\nlockgate = 3\n", "tool.lockgate must be a table"),
    ],
)
def test_mistakes_in_the_project(project: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings(project)
    assert message in str(caught.value)


def test_mistakes_on_the_command_line() -> None:
    with pytest.raises(UsageError, match=r"command line: 'fail-on' can't be 'hi'; did you mean 'high'\?"):
        settings(fail_on="hi")
    with pytest.raises(UsageError, match=r"command line: no check is named 'pinz'; valid: audit, secrets"):
        settings(checks=("pinz",))


@pytest.mark.parametrize("wrong", ["7", "d", "0h", "-1d", "7 d", "99999d", "7w"])
def test_an_age_is_hours_or_days(wrong: str) -> None:
    with pytest.raises(UsageError, match=r"command line: 'max-age': expected hours or days, such as 24h or 7d"):
        settings(max_age=wrong)
    assert settings(max_age="36h").oldest_advisories == timedelta(hours=36)
    assert settings(max_age="3d", offline=True).oldest_advisories == timedelta(days=3)
    assert settings().oldest_advisories == timedelta(days=1)
    assert settings(offline=True).oldest_advisories == timedelta(days=7)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[", "line 1: not valid TOML"),
        (b"\n\xff", "not UTF-8 at byte 1"),
        (b"x = " + b"1" * 5000, "a number of too many digits"),
        (b"x = " + b"[" * 100_000, "nested too deeply"),
        (None, "Is a directory"),
    ],
)
def test_a_broken_user_file_is_named(user_file: Path, content: bytes | None, said: str) -> None:
    if content is None:
        user_file.mkdir()
    else:
        user_file.write_bytes(content)
    with pytest.raises(UsageError, match=rf"config\.toml: can't be read: {said}"):
        settings()


@pytest.mark.parametrize(
    "table",
    [
        '"KEY" = 1',
        '"\\u001bKEY" = 1',
        'fail-on = "KEY"',
        'checks = ["KEY"]',
        'exclude = ["KEY*?*?*?*?*?*?"]',
        '["KEY"]\n["KEY"]',
    ],
)
def test_little_is_told_of_foreign_text(table: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings(f"[tool.lockgate]\n{table.replace('KEY', 'k' * 150)}\n")
    assert len(str(caught.value)) < 500
    assert "k" * 61 not in str(caught.value)
    assert str(caught.value).isprintable()
