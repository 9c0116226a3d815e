"""What pre-commit and prek fetch: languages of hooks, both formats, and what is no pin at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.run import run_check
from lockgate.model.record import Outcome, Record
from support import target

SHA = "de0fac2e4500dabe0009e67214ff5f5447ce83dd"
PREK = """\
[[repos]]
repo = "https://git.example/hooks"
rev = "main"
hooks = [
  { id = "x" },
  { id = "y", additional_dependencies = ["flake8-bugbear", "flake8==7.0"] },
]

[[repos]]
repo = "builtin"
hooks = [{ id = "z" }]

[[repos]]
repo = "https://git.example/more"
rev = "v1.2.3"

[[repos.hooks]]
id = "first"

[[repos.hooks]]
id = "second"
language = "node"
additional_dependencies = [
  "eslint@9",  # lockgate: allow[pins/pre-commit-dependency] the newest is wanted
  "prettier@3",
]

[[repos]]
repo = "https://git.example/frozen"
rev = "de0fac2e4500dabe0009e67214ff5f5447ce83dd" # frozen: v2.0
hooks = [{ id = "x" }]
"""
Repository = Callable[..., Path]


def told(record: Record) -> list[tuple[str, int]]:
    return sorted((finding.rule, finding.line) for finding in record.findings)


def dependency(entry: str, language: str) -> dict[str, str]:
    told = f", language: {language}" if language else ""
    hook = f"{{id: x{told}, additional_dependencies: ['{entry}']}}"
    text = f"repos:\n  - repo: https://git.example/x\n    rev: {SHA} # frozen: v1\n    hooks:\n      - {hook}\n"
    return {".pre-commit-config.yaml": text}


@pytest.mark.parametrize(
    ("language", "entry", "confidence"),
    [
        ("node", "eslint", "high"),
        ("node", "eslint@9", "high"),
        ("node", "@scope/eslint@^9.1.0", "high"),
        ("node", "@scope/eslint@latest", "high"),
        ("node", "@scope/eslint@9.1.0", ""),
        ("node", "eslint@9.1.0-beta.2", ""),
        ("node", "eslint@file:./x", ""),
        ("node", "./plugin", ""),
        ("node", "https://index.example/x.tgz", ""),
        ("golang", "golang.example/x/tools/cmd/goimports@latest", "high"),
        ("golang", "golang.example/x/tools@v1", "high"),
        ("golang", "golang.example/x/tools@v1.2.3", ""),
        ("golang", "golang.example/x/tools@v0.0.0-20240102150405-0123456789ab", ""),
        ("rust", "cli:ripgrep", "high"),
        ("rust", "cli:ripgrep:14.1.0", ""),
        ("rust", "serde:1.0.2", ""),
        ("ruby", "rubocop", "high"),
        ("ruby", "rubocop:1.60.0", ""),
        ("conda", "numpy", ""),
        ("docker_image", "x", ""),
        ("", "flake8-bugbear", "medium"),
        ("", "types-requests>=2", "medium"),
        ("", "types-requests==2.31.0.6", ""),
        ("", "eslint@9.1.0", ""),
        ("", "prettier@3", "medium"),
        ("", "tomli; python_version < '3.11'".replace("'", '"'), "medium"),
    ],
)
def test_the_form_of_a_pin_is_that_of_the_language(
    repository: Repository, language: str, entry: str, confidence: str
) -> None:
    record = run_check("pins", target(repository(dependency(entry, language))))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert [finding.confidence for finding in record.findings] == [confidence] * bool(confidence)


def test_prek_has_the_same_in_toml(repository: Repository) -> None:
    record = run_check("pins", target(repository({"prek.toml": PREK})))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert told(record) == [
        ("pins/pre-commit-branch", 3),
        ("pins/pre-commit-dependency", 6),
        ("pins/pre-commit-dependency", 25),
        ("pins/pre-commit-tag", 15),
    ]
    assert (record.coverage.examined, record.coverage.allowed) == (1, 1)
    named = next(finding for finding in record.findings if finding.line == 25)
    assert PREK.splitlines()[24][named.column - 1 : named.end_column - 1] == '"prettier@3"'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("repos = 7\n", "has no list of repos"),
        ("", "has no list of repos"),
        ("[[repos]\n", "not valid TOML"),
        ("repos = [7]\n", "names no repo"),
        ("[[repos]]\nrepo = 'https://git.example/x'\nrev = 7\n", "names no rev"),
        ("#" * 600_000, "larger than 512 KiB"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_broken_prek_configuration_is_a_gap(repository: Repository, text: str | bytes, reason: str) -> None:
    record = run_check("pins", target(repository({"prek.toml": text})))
    assert record.outcome is Outcome.INCOMPLETE
    assert [skip.reason.startswith(reason) for skip in record.coverage.skipped] == [True]


def test_hooks_of_other_types_are_passed_over(repository: Repository) -> None:
    hooks = "[7, {id: x, additional_dependencies: 7}, {id: [x], additional_dependencies: [7, [x], {a: b}, '']}]"
    text = f"repos: [{{repo: local, hooks: {hooks}}}, {{repo: local, hooks: 7}}]\n"
    record = run_check("pins", target(repository({".pre-commit-config.yaml": text})))
    assert [finding.message.split(",")[0] for finding in record.findings] == ["7"]


def test_images_that_hooks_run(repository: Repository) -> None:
    entries = ("demo/lint:v1 -x", "--entrypoint /bin/x demo/check", f"demo/firm@sha256:{'8c3a2b1f' * 8}", "'  '")
    hooks = "".join(f"  - {{id: x, name: x, language: docker_image, entry: {entry}}}\n" for entry in entries)
    text = f"repos:\n- repo: local\n  hooks:\n{hooks}  - {{id: x, name: x, language: system, entry: demo/other}}\n"
    record = run_check("pins", target(repository({".pre-commit-config.yaml": text})))
    assert told(record) == [("pins/unpinned-image", 4), ("pins/unpinned-image", 5)]
    assert [finding.properties["pinned"] for finding in record.findings] == ["demo/lint", "demo/check"]


def test_hooks_behind_aliases_are_bounded(repository: Repository) -> None:
    hooks = f"&h [{{id: x, additional_dependencies: &d [{'a, ' * 5000}]}}{', {additional_dependencies: *d}' * 2000}]"
    text = f"x: {hooks}\nrepos: [{'{repo: local, hooks: *h}, ' * 2000}]\n"
    record = run_check("pins", target(repository({".pre-commit-config.yaml": text})))
    assert "over the limit of 20,000 hooks" in record.reason


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("prek.toml", "[[repos]]\nrepo = 'https://git.example/x'\nrev = ''\n"),
        (
            ".pre-commit-config.yaml",
            f"# \x85\u2028\u2029\x85\nrepos:\n  - repo: https://git.example/x\n    rev: {SHA}\n",
        ),
    ],
)
def test_odd_revisions_and_lines(repository: Repository, name: str, text: str) -> None:
    record = run_check("pins", target(repository({name: text})))
    assert "Error" not in record.reason
    assert record.coverage.examined == 1
