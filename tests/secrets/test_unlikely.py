"""What looks like a secret and is probably none: it is told all the same, of low confidence and with the reason."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from pathlib import Path

import pytest

from lockgate.checks import secrets
from lockgate.checks.secrets import unlikely
from lockgate.model.finding import Confidence, Finding
from support import HEX, noise, target, write

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@pytest.mark.parametrize(
    "value",
    [
        "changeme", "CHANGE_ME", "change-me!"[:-1], "your-api-key-here", "YourSecretToken", "<token>", "<your password>",
        "${VAR}", "{{ secrets.TOKEN }}", "$(get-password)", "$PASSWORD", "%(password)s", "%PASSWORD%", "@PASSWORD@",
        "__TOKEN__", "[password]", "xxxx", "xxxxxxxxxxxxxxxx", "****", "password123", "my_secret_1", "ghp_" + "x" * 36,
        "AKIA" + "X" * 16, "sk_live_" + "0" * 24, "insert-token-here", "postgres://user:password@db/app", "REDACTED",
    ],
)  # fmt: skip
def test_placeholders(value: str) -> None:
    assert unlikely.placeholder(value) == "a placeholder"


@pytest.mark.parametrize(
    "value",
    [
        noise(20), "hunter2", "admin", "admin123", "123456", "correct-horse-battery", "$ecret99", "p@ssw0rd!", "tiger",
        "ghp_" + noise(36), f"postgres://user:{noise(12)}@db/app", "<a><b>", "x1x2x3x4", "xxx" + noise(12),
        "BEGIN RSA PRIVATE" + " KEY", "Kd83" + "#" * 8 + "jfQz9sLw", "{" + noise(9) + "'}", f"xoxb-{'x' * 8}{noise(16)}",
    ],
)  # fmt: skip
def test_what_may_be_a_secret(value: str) -> None:
    assert not unlikely.placeholder(value)


def test_examples_of_documentations() -> None:
    assert unlikely.placeholder("AKIAIOSFODNN7" + "EXAMPLE") == "the example of AWS's documentation"
    assert "Stripe" in unlikely.placeholder("sk_test_4eC39HqL" + "yjWDarjtT1zdp7dc")


SHA256 = hashlib.sha256(b"one").hexdigest()
SRI = f"sha384-{b64encode(hashlib.sha384(b'one').digest()).decode()}"


@pytest.mark.parametrize(
    ("value", "path", "before", "why"),
    [
        (SRI, "index.html", '<script integrity="', "a subresource integrity digest"),
        (SRI[:-4], "index.html", '<script integrity="', ""),
        (SHA256, "uv.lock", 'x = "', "a digest in a lockfile"),
        (SHA256, "sub/package-lock.json", '"x": "', "a digest in a lockfile"),
        (SHA256, "a.py", 'sha256="', "a digest by its name and length"),
        (SHA256, "a.json", '{"sha256": "', "a digest by its name and length"),
        (SHA256, "a.rb", "checksum => '", "a digest by its name and length"),
        (SHA256[:40], "a.yaml", "rev: '", "a digest by its name and length"),
        (SHA256, "a.py", 'key = "', ""),
        (SHA256[:42], "a.py", 'sha256 = "', ""),
        (SHA256, "a.py", 'sha256(b"x"); key = "', ""),
        (SHA256, "lock.py", 'key = "', ""),
    ],
)
def test_digests(value: str, path: str, before: str, why: str) -> None:
    assert unlikely.digest(value, path, before) == why


def found(root: Path, files: dict[str, str]) -> tuple[Finding, ...]:
    write(root, files)
    return secrets.run(target(root)).findings


def test_it_is_told_with_low_confidence_and_the_reason(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, {"settings.py": 'db_password = "change' + 'me-please"\n'})
    assert (finding.rule, finding.confidence) == ("secrets/hard-coded-password", Confidence.LOW)
    assert finding.properties["unlikely"] == "a placeholder"
    assert "Probably it is none: this is a placeholder." in finding.message


def test_a_digest_keeps_its_reason(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, {"a.py": f'sha256 = "{noise(64, HEX)}"\n'})
    assert (finding.rule, finding.properties["unlikely"]) == ("secrets/hex-entropy", "a digest by its name and length")


def test_a_provider_format_is_no_digest_by_its_name(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, {"a.py": f'hash = "AKIA{noise(16, UPPER)}"\n'})
    assert (finding.rule, "unlikely" in finding.properties) == ("secrets/aws-access-key", False)


def test_the_message_says_what_it_opens_and_the_fix_what_to_do(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, {"a.py": f'token = "ghp_{noise(36)}"\n'})
    assert "access to repositories" in finding.message
    for step in ("Revoke", "rotate", "purge"):
        assert step in finding.fix


def test_the_other_rules_are_listed(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, {"a.py": f'password = "ghp_{noise(36)}"\n'})
    assert finding.rule == "secrets/github-token"
    assert finding.properties["also"] == ["secrets/hard-coded-password", "secrets/base64-entropy"]
