"""What the other checks quote of a repository holds no credential that the secrets engines see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from lockgate.checks import redact
from lockgate.checks.identity import _digest
from lockgate.checks.run import run_check
from lockgate.engines.secrets import detect_secrets
from lockgate.engines.secrets.scanners import Scanners
from lockgate.inputs.line_hash import line_hashes
from lockgate.model.record import Outcome
from support import lockgate, noise, target

Repository = Callable[..., Path]
TOKEN = f"ghp_{noise(36)}"
USES = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - uses: {}\n"
HOOKS = "repos:\n- repo: {}\n  rev: {}\n  hooks: [{{id: x}}]\n"
LOCK = 'version = 1\n[[package]]\nname = "{}"\nversion = "1.0"\nsource = {{ {} = "x" }}\n'


def tells(text: str, token: str = TOKEN) -> bool:
    """Whether a text holds a quarter of a token, in whatever case and with whatever dashes."""
    plain, whole = (each.lower().replace("-", "_") for each in (text, token))
    size = len(whole) // 4
    return any(whole[start : start + size] in plain for start in range(4, len(whole) - size))


@pytest.mark.parametrize(
    ("check", "path", "text"),
    [
        ("pins", "requirements.txt", f"demo==={TOKEN} oops\n"),
        ("pins", "requirements.txt", f"demo=={TOKEN}\n"),
        ("pins", "requirements.txt", f"-r {TOKEN}.txt\n"),
        ("pins", "requirements.txt", f"--what={TOKEN}\n"),
        ("pins", "requirements.txt", f"{TOKEN}\n"),
        ("pins", "requirements.txt", f"# coding: {TOKEN}\n"),
        ("pins", ".pre-commit-config.yaml", HOOKS.format(f"https://h.example/x?token={TOKEN}", "main")),
        ("pins", ".pre-commit-config.yaml", HOOKS.format(f"https://h.example/{TOKEN}/x", "main")),
        ("pins", ".pre-commit-config.yaml", HOOKS.format("https://h.example/x", TOKEN)),
        ("pins", ".pre-commit-config.yaml", f"repos: {{{TOKEN}: [}}\n"),
        ("pins", ".github/workflows/a.yml", USES.format(f"{TOKEN}/b@v1")),
        ("pins", ".github/workflows/a.yml", USES.format(f"a/b@{TOKEN}")),
        ("pins", "requirements.txt", f"-r {'a' * 21}/{TOKEN}.txt\n"),
        ("pins", "requirements.txt", f"--{'x' * 21}-{TOKEN}\n"),
        ("pins", ".pre-commit-config.yaml", HOOKS.format(f"https://h.example/{'a' * 145}/{TOKEN}", "main")),
        ("audit", "requirements.txt", f"demo==={TOKEN}\n"),
        ("audit", "requirements.txt", f"demo @ https://u:{TOKEN}@h.example/x.zip\n"),
        ("audit", "uv.lock", LOCK.format(TOKEN, "registry")),
        ("audit", "uv.lock", LOCK.format("demo", TOKEN)),
        ("audit", "uv.lock", f'version = "{TOKEN}"\n'),
        ("audit", "pylock.toml", f'lock-version = "{TOKEN}"\n'),
        ("audit", "pylock.toml", f'lock-version = "1.0"\ncreated-by = "x"\npackages = [{{ name = "{TOKEN}!" }}]\n'),
        ("lint", ".pylintrc", f"[MAIN]\n{TOKEN}=1\njobs={TOKEN}\n"),
        ("lint", "pkg/a.py", f"import {TOKEN}\n{TOKEN}()\n"),
    ],
)
def test_no_record_quotes_a_token(repository: Repository, check: str, path: str, text: str) -> None:
    root = repository({path: text, "pkg/__init__.py": "X = 1\n"})
    told = msgspec.json.encode(run_check(check, target(root, offline=True)))
    assert not tells(told.decode())


@pytest.mark.parametrize("before", ["", "a" * 21 + "-", "a" * 100])
def test_no_error_quotes_a_token(repository: Repository, before: str) -> None:
    root = repository({"pyproject.toml": f'[tool.lockgate]\n"{before}{TOKEN}" = 1\n'})
    done = lockgate("gate", ".", cwd=root)
    assert done.returncode == 2
    assert "unknown key" in done.stderr
    assert not tells(done.stderr)


def test_ordinary_texts_stay() -> None:
    for text in (
        "requests is not pinned to an exact version (any version)",
        "requests 2.19.1: CVE-2018-18074, sends credentials to another host (fixed in 2.20.0)",
        "https://github.com/psf/requests is fetched from the branch 'main'",
        "Write actions/checkout@SHA # VERSION, with the full commit SHA of that version.",
        "Unused import 'a_long_name_with_many_words_in_it'",
    ):
        assert redact.text(text) == text


def test_a_line_hash_is_that_of_github_unless_a_secret_stands_there(repository: Repository) -> None:
    plain = "flask>=1\njinja2>=2\n"
    secret = f'flask>=1\n# password = "{noise(12)}"\n'
    for text, same in ((plain, True), (secret, False)):
        root = repository({"requirements.txt": text}, name=f"repository-{same}")
        first = run_check("pins", target(root)).findings[0]
        assert first.line_hash
        assert (first.line_hash == line_hashes(text)[1]) is same


def test_a_single_text_that_can_not_be_masked_is_not_shown() -> None:
    word = noise(7)
    assert redact.text(f'pwd = "{word}"') != redact.NOT_SHOWN
    assert redact.text(f'pwd = "{word}" \0') == redact.NOT_SHOWN


def test_a_text_that_an_engine_gives_up_on_is_not_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_path: str, _data: bytes) -> list[object]:
        raise TimeoutError

    monkeypatch.setattr(detect_secrets, "load_scanner", lambda _options, _prefilter: broken)
    monkeypatch.setattr(redact, "scanners", Scanners)
    text = f'password = "{noise(12)}"\n'
    assert redact.masked("a.py", text) == ""
    assert redact.text(text) == redact.NOT_SHOWN


AWS = f"AKIA{noise(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}"
STRIPE = f"sk_live_{noise(24)}"


@pytest.mark.parametrize("check", ["pins", "audit"])
@pytest.mark.parametrize("name", [AWS, STRIPE])
def test_a_name_that_is_a_secret_is_not_told_in_another_spelling(repository: Repository, check: str, name: str) -> None:
    record = run_check(check, target(repository({"requirements.txt": f"{name}\nother\n"}), offline=True))
    told = msgspec.json.encode(record).decode()
    assert not tells(told, name)
    assert "other" in told
    for finding in record.findings:
        for spelling in (name, name.lower().replace("_", "-")):
            about = (finding.rule, "requirements.txt", spelling)
            assert finding.fingerprint.partition(":")[0] != _digest(*about)


def test_a_package_with_a_long_name_is_told(repository: Repository) -> None:
    names = ["apache2-airflow-providers", "python3-some-long-library-name", "types-psycopg2-binary-extra"]
    record = run_check("pins", target(repository({"requirements.txt": "\n".join(names)})))
    assert [finding.message.split()[0] for finding in record.findings] == names


def test_a_long_name_takes_no_square_of_its_length(repository: Repository) -> None:
    """Nor does a word of many pieces, which the grammar splits."""
    shell = "pip install " + "a\\\n" * 80_000
    (finding,) = run_check("pins", target(repository({"a.sh": shell}))).findings
    assert finding.properties["pinned"] == f"pip {'a' * 80_000}"


def test_more_secrets_than_can_be_masked_hide_every_text_and_no_finding(repository: Repository) -> None:
    names = [f"ghp-{noise(36, seed=number)}" for number in range(1_200)]
    record = run_check("pins", target(repository({"requirements.txt": "\n".join(names)})))
    assert len(record.findings) == len(names)
    assert {finding.message for finding in record.findings} == {redact.NOT_SHOWN}


def test_a_gap_that_can_not_be_told_is_a_gap(repository: Repository) -> None:
    allowed = "".join(f"ghp_{noise(36, seed=number)} = 1 # gitleaks:allow\n" for number in range(1_100))
    files = {"pylintrc.toml": f'[tool.pylint.main]\nignore-patterns=".*"\n{allowed}', "m.py": "x = 1\n"}
    record = run_check("lint", target(repository(files)))
    assert record.outcome is Outcome.INCOMPLETE
    assert record.reason


def test_what_breaks_an_engine_costs_no_finding(repository: Repository) -> None:
    names = "\n".join(noise(40, seed=number) for number in range(11_000))
    hooks = HOOKS.format("https://h.example/x", "main")
    files = {".pre-commit-config.yaml": hooks, "requirements.txt": names}
    record = run_check("pins", target(repository(files)))
    assert "pins/pre-commit-branch" in {finding.rule for finding in record.findings}
