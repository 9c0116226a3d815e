"""The formats of baselines: what is read, and what is said of files that are broken or hostile."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.run import run_check
from lockgate.checks.secrets.baseline import Entry, Verdict, parse
from lockgate.checks.secrets.known import LIMIT
from lockgate.cli import root as program
from lockgate.engines.secrets import detect_secrets_settings
from lockgate.model.errors import UsageError
from lockgate.model.record import Outcome
from support import HEX, noise, target, write

Repository = Callable[..., Path]
TOKEN = f"ghp_{noise(36)}"
LINE = f'token = "{TOKEN}"\n'
OURS, THEIRS = ".lockgate-baseline", ".secrets.baseline"
HEAD = f"lockgate-baseline 1\nkey {noise(64, HEX)}\n"
IDENTITY = noise(32, HEX)


def refused(name: str, data: bytes | str) -> str:
    with pytest.raises(UsageError) as error:
        parse(name, data.encode() if isinstance(data, str) else data)
    return str(error.value)


def test_the_identity_is_what_the_page_says(repository: Repository) -> None:
    root = repository({"src/a b.py": LINE})
    program.main(["baseline", "create", str(root)], standalone_mode=False)
    text = (root / OURS).read_text()
    key = bytes.fromhex(next(line.removeprefix("key ") for line in text.splitlines() if line.startswith("key ")))
    slow = hashlib.scrypt(TOKEN.encode(), salt=key, n=2**12, r=8, p=1, dklen=32)
    identity = hmac.digest(key, slow + b"src/a b.py", "sha256").hex()[:32]
    assert f"\n{identity} unreviewed secrets/github-token src/a\\u0020b.py\n" in text
    assert TOKEN not in text


def test_each_baseline_has_its_own_key(repository: Repository) -> None:
    made = []
    for name in ("one", "two"):
        root = repository({"a.py": LINE}, name=name)
        program.main(["baseline", "create", str(root)], standalone_mode=False)
        made.append({line for line in (root / OURS).read_text().splitlines() if "a.py" in line or "key " in line})
    assert len(made[0]) == 2
    assert not made[0] & made[1]


@pytest.mark.parametrize(
    "path",
    ["a.py", "a b.py", " ", "ü/\u202e.py", 'quo"te\\xff.py', "new\nline.py", "tab\t.py", "\U0001f511.py", "# 3", "000"],
)
def test_every_path_comes_back_as_it_was(path: str) -> None:
    entry = Entry(path=path, identity=IDENTITY, rule="secrets/our rule", verdict=Verdict.FALSE)
    data = parse(OURS, HEAD.encode()).rendered([entry])
    assert parse(OURS, data).entries == (entry,)
    assert len([line for line in data.split(b"\n") if len(line) > 3]) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: the file is empty"),
        ("lockgate-baseline 2\n", ":1: version 2 is none that this lockgate reads"),
        ("lockgate-baseline x\n", ":1: neither an entry nor a divider"),
        ("<<<<<<< HEAD\n", ":1: a merge conflict"),
        ("lockgate-baseline 1\n", ":1: there is no line with the key"),
        (f"{HEAD}key {noise(64, HEX, 9)}\n", ":3: a second key"),
        (f"{HEAD}{IDENTITY} unreviewed secrets/x\n", ":3: neither an entry"),
        (f"{HEAD}{IDENTITY[1:]} unreviewed secrets/x a.py\n", ":3: neither an entry"),
        (f"{HEAD}{IDENTITY} maybe secrets/x a.py\n", ":3: neither an entry"),
        (f"{HEAD}{IDENTITY} real secrets/x a\\q.py\n", ":3: an escape in it is none"),
        (f'{HEAD}{IDENTITY} real secrets/x a".py\n', ":3: an escape in it is none"),
        (f"{HEAD}\n# {TOKEN}\n", ":4: neither an entry"),
        (HEAD.encode() + b"000\n\xff\n", ":4: not UTF-8"),
        ("lockgate-baseline 99999999999\n", ":1: neither"),
    ],
)
def test_a_broken_line_is_named(text: str | bytes, said: str) -> None:
    assert refused(OURS, text).startswith(OURS + said)


def test_a_file_of_no_format(repository: Repository) -> None:
    assert refused("known.txt", "secrets:\n- a\n").startswith("known.txt:1: not a baseline of a format that is known")


def test_hostile_files_are_refused_or_read_at_once(repository: Repository) -> None:
    many = HEAD + f"{IDENTITY} real secrets/x a.py\n" * 100_000
    assert len(parse(OURS, many.encode()).entries) == 1
    assert "Expected `object`, got `array`" in refused(THEIRS, b'{"version": "1", "results": ' + b"[" * 10**6)
    assert "nested too deeply" in refused(THEIRS, b'{"version": "1", "results": {}, "x": ' + b"[" * 10**6)
    for line in (b"  path: " + b"[" * 10**6, b"- &a [x, x]", b"  path: *a", b"  line: 1e99", b"  path: 'x"):
        assert refused("k.yml", b"ExactFindings:\n" + line).startswith("k.yml:2: kingfisher writes no such line: ")
    root = repository({"a.py": LINE})
    with (root / OURS).open("wb") as file:
        file.truncate(LIMIT + 1)
    record = run_check("secrets", target(root, exclude=(OURS,)))
    assert [finding.path for finding in record.findings] == ["a.py"]
    assert record.outcome is Outcome.INCOMPLETE
    assert record.reason.startswith(f"{OURS}: the baseline can't be read: 16 MiB is over")
    (root / OURS).unlink()
    os.mkfifo(root / OURS)
    assert run_check("secrets", target(root)).reason == f"{OURS}: the baseline can't be read: a FIFO"


def results(**about: object) -> dict[str, list[dict[str, object]]]:
    sha1 = hashlib.sha1(TOKEN.encode(), usedforsecurity=False).hexdigest()
    return {"a.py": [{"type": "GitHub Token", "hashed_secret": sha1, **about}]}


DOCUMENTS = {
    "0.9": {
        "generated_at": "2018-01-01T00:00:00Z",
        "version": "0.9.1",
        "exclude_regex": "",
        "results": results(line_number=7),
    },
    "0.14": {
        "custom_plugin_paths": ["evil.py"],
        "exclude": {"files": "a.py", "lines": None},
        "word_list": {"file": None, "hash": None},
        "plugins_used": [{"name": "PrivateKeyDetector"}],
        "version": "0.14.3",
        "results": results(line_number=1, is_secret=False, is_verified=False),
    },
    "1.5": {
        "version": "1.5.0",
        "plugins_used": [{"name": "Evil", "path": "file://evil.py"}],
        "filters_used": [{"path": "file://evil.py::keep"}, {"path": "evil.keep"}],
        "results": results(filename="a.py", is_verified=True, line_number=1, is_secret=True),
        "generated_at": "2024-01-01T00:00:00Z",
    },
    "slim": {
        "version": "1.5.0",
        "plugins_used": [],
        "filters_used": [],
        "results": results(filename="a.py", is_verified=False),
    },
    "windows": {"version": "1.5.0", "results": {".\\a.py": results()["a.py"]}},
}


@pytest.mark.parametrize("version", DOCUMENTS)
def test_a_baseline_of_detect_secrets_is_read_and_runs_no_code(repository: Repository, version: str) -> None:
    root = repository({"a.py": "\n" + LINE, "evil.py": "open('canary', 'w')\nraise SystemExit(0)\n"})
    write(root, {THEIRS: json.dumps(DOCUMENTS[version], indent=2)})
    record = run_check("secrets", target(root))
    assert (record.outcome, record.findings) == (Outcome.COMPLETE, ())
    about = record.coverage
    assert (about.baseline, about.known, about.known_real) == (THEIRS, 1, 1 if version == "1.5" else 0)
    assert not list(root.glob("**/canary"))
    write(root, {"a.py": LINE.replace(TOKEN, f"ghp_{noise(36, seed=8)}")})
    record = run_check("secrets", target(root))
    assert [finding.path for finding in record.findings] == ["a.py"]
    assert f"1 entry of {THEIRS} matches nothing any more" in record.coverage.notes[-1]


def test_ours_goes_before_that_of_detect_secrets(repository: Repository) -> None:
    root = repository({"a.py": LINE, OURS: HEAD, THEIRS: json.dumps(DOCUMENTS["1.5"])})
    record = run_check("secrets", target(root))
    assert [(finding.path, finding.line) for finding in record.findings] == [("a.py", 1)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n"version": "1",\n"results": {]}', ":3: not valid JSON"),
        ('{\n"version": "1"', ":2: not valid JSON"),
        (
            '{"version": "1", "results": []}',
            ": no baseline of detect-secrets: Expected `object`, got `array` - at `$.results`",
        ),
        ('{"results": {}}', ": no baseline of detect-secrets: Object missing required field `version`"),
        (
            '{"version": "1", "results": {"a": [{"type": 1}]}}',
            ": no baseline of detect-secrets: Expected `str`, got `int`",
        ),
        (
            '{"version": "1", "results": {"a": [{"type": "x", "hashed_secret": "y"}]}}',
            ": no baseline of detect-secrets: ",
        ),
    ],
)
def test_a_broken_baseline_of_detect_secrets_is_refused(text: str, said: str) -> None:
    assert refused(THEIRS, text).startswith(THEIRS + said)


def test_what_is_written_begins_as_detect_secrets_writes_it() -> None:
    """In a process of its own: the settings of detect-secrets are global."""
    code = """
import json
from detect_secrets.settings import default_settings
with default_settings() as settings:
    print(json.dumps(settings.json()))
"""
    done = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True)
    assert {"version": "1.5.0", **json.loads(done.stdout)} == detect_secrets_settings.default_document()


def test_nothing_else_in_it_is_left_out_of_the_search(repository: Repository) -> None:
    document = {**DOCUMENTS["1.5"], "comment": TOKEN}
    root = repository({"a.py": LINE, THEIRS: json.dumps(document, indent=2)})
    assert [finding.path for finding in run_check("secrets", target(root)).findings] == [THEIRS]


@pytest.mark.parametrize("name", [".gitleaksignore", "kingfisher.yml"])
def test_what_knows_only_lines_is_no_baseline_to_scan_with(repository: Repository, name: str) -> None:
    texts = {".gitleaksignore": "a.py:github-pat:1\n", "kingfisher.yml": "ExactFindings:\n  matches: []\n"}
    root = repository({"a.py": LINE, name: texts[name]})
    record = run_check("secrets", target(root, baseline=name))
    assert [finding.path for finding in record.findings] == ["a.py"]
    assert record.reason == f"{name}: it knows lines and no secrets; import it: lockgate baseline create --from {name}"
