"""The contract of every rule of the secrets check: what it finds, what it passes over, how it is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples import SAMPLES, SILENT

from lockgate.checks import base, secrets
from lockgate.checks.secrets import catalogue
from lockgate.engines.secrets.scanners import engines
from lockgate.model.finding import Finding
from lockgate.model.modules import loaded
from support import target, write


def scan(root: Path, text: str, name: str = "settings.py") -> base.Result:
    write(root, {name: text})
    return secrets.run(target(root))


def found(result: base.Result) -> dict[str, Finding]:
    return {finding.rule: finding for finding in result.findings}


def test_every_own_rule_has_a_sample() -> None:
    own = {module.RULE.id for module in loaded("lockgate.checks.secrets.rules")}
    assert own == {*SAMPLES, *SILENT}


@pytest.mark.parametrize("rule", SILENT)
def test_a_rule_that_the_default_filters_silence(rule: str, tmp_path: Path) -> None:
    assert not found(scan(tmp_path, f"{SILENT[rule]}\n"))


def test_every_kind_of_detect_secrets_has_a_rule_of_our_own() -> None:
    own = {module.RULE.id for module in loaded("lockgate.checks.secrets.rules")}
    kinds = engines()["detect-secrets"].kinds()
    assert len(kinds) == 27
    assert {catalogue._rule("detect-secrets", kind)[0].id for kind in kinds} <= own


@pytest.mark.parametrize("rule", SAMPLES)
def test_hit(rule: str, tmp_path: Path) -> None:
    result = scan(tmp_path, f"# first line\n{SAMPLES[rule][0]}\n")
    assert rule in found(result), sorted(found(result))
    assert found(result)[rule].line == 2
    assert rule in {described.id for described in result.rules}


@pytest.mark.parametrize("rule", SAMPLES)
def test_miss(rule: str, tmp_path: Path) -> None:
    assert rule not in found(scan(tmp_path, f"# first line\n{SAMPLES[rule][1]}\n"))


ALLOWED = ("pragma: allowlist secret", "kingfisher:ignore", "gitleaks:allow")


@pytest.mark.parametrize("rule", SAMPLES)
@pytest.mark.parametrize("comment", [*ALLOWED, "lockgate: allow[{rule}]"])
def test_inline_allowed(rule: str, comment: str, tmp_path: Path) -> None:
    line, newline, rest = SAMPLES[rule][0].partition("\n")
    result = scan(tmp_path, f"# first line\n{line}  # {comment.format(rule=rule)}{newline}{rest}\n")
    assert rule not in found(result)


def test_the_comment_for_the_next_line(tmp_path: Path) -> None:
    result = scan(tmp_path, f"# pragma: allowlist nextline secret\n{SAMPLES['secrets/github-token'][0]}\n")
    assert not result.findings
    assert result.coverage.allowed == 1


def test_allowing_another_rule_allows_nothing(tmp_path: Path) -> None:
    line = f"{SAMPLES['secrets/github-token'][0]}  # lockgate: allow[secrets/gitlab-token]\n"
    assert "secrets/github-token" in found(scan(tmp_path, line))


def test_our_own_comment_allows_nothing_but_what_it_names(tmp_path: Path) -> None:
    """detect-secrets takes the brackets of the comment for a call, and would pass over the line."""
    line = SAMPLES["secrets/hard-coded-password"][0]
    result = scan(tmp_path, f"{line}\n{line}  # lockgate: allow[PYSEC-2020-1]\n")
    assert [finding.line for finding in result.findings] == [1, 2]
    assert result.coverage.allowed == 0
    result = scan(tmp_path, f"{line}  # lockgate: allow[secrets/hard-coded-password]\n")
    assert (result.findings, result.coverage.allowed) == ((), 1)


def test_kinds_that_only_kingfisher_knows_have_rules() -> None:
    rules = {rule.id: rule for rule in secrets.all_rules()}
    assert len(rules) > 400
    assert rules["secrets/adobe-client-secret"].help_uri.endswith("/secrets/kingfisher.md")
