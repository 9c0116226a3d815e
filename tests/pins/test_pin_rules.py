"""The contract of every pin rule: what it finds, what it lets pass, and what a comment allows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks import pins
from lockgate.checks.run import run_check
from lockgate.model.finding import Severity
from lockgate.model.record import Outcome, Record
from lockgate.model.rule import page
from support import noise, target

SHA = "de0fac2e4500dabe0009e67214ff5f5447ce83dd"
PASSWORD = noise(12)
DIGEST = "8c3a2b1f" * 8
WORKFLOW = """\
name: build
on: push
permissions: {{}}
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - uses: {}
"""
HOOKS = """\
repos:
  - repo: https://git.example/hooks
    rev: {}
    hooks: [{{id: x}}]
"""
PROJECT = """\
[project]
name = "x"
version = "1"
requires-python = ">=3.11"
{}
"""
DEPENDENCY = """\
repos:
  - repo: local
    hooks:
      - id: x
        language: {}
        additional_dependencies:
          - {}
"""
Repository = Callable[..., Path]


def requirements(line: str) -> dict[str, str]:
    return {"requirements.txt": f"# what we need\n{line}\n"}


def workflow(uses: str) -> dict[str, str]:
    return {".github/workflows/build.yml": WORKFLOW.format(uses)}


def hooks(rev: str) -> dict[str, str]:
    return {".pre-commit-config.yaml": HOOKS.format(rev)}


def step(command: str) -> dict[str, str]:
    text = WORKFLOW.replace("- uses: {}", "- run: |\n          {}").format(command)
    return {".github/workflows/build.yml": text}


def dockerfile(instruction: str) -> dict[str, str]:
    return {"Dockerfile": f"FROM scratch AS first\n{instruction}\n"}


def dependency(entry: str, language: str = "python") -> dict[str, str]:
    return {".pre-commit-config.yaml": DEPENDENCY.format(language, entry)}


def built(requirement: str) -> dict[str, str]:
    entry, comment, rest = requirement.partition("  #")
    return {"pyproject.toml": f"[build-system]\nrequires = [\n    '{entry}',{comment}{rest}\n]\n"}


def script(line: str) -> dict[str, str]:
    return {"tool.py": f"# /// script\n# dependencies = [\n#   {line}\n# ]\n# ///\nprint()\n"}


def locked(dependencies: str) -> dict[str, str]:
    """A project of uv with the lock that uv makes of `idna>=3`."""
    own = '[[package]]\nname = "x"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "idna" }]\n'
    own += '[package.metadata]\nrequires-dist = [{ name = "idna", specifier = ">=3" }]\n'
    idna = '[[package]]\nname = "idna"\nversion = "3.7"\nsource = { registry = "https://index.example/simple" }\n'
    lock = f'version = 1\nrequires-python = ">=3.11"\n\n{idna}\n{own}'
    return {"pyproject.toml": PROJECT.format(dependencies), "uv.lock": lock}


def unlocked(settings: str) -> dict[str, str]:
    return {"pyproject.toml": PROJECT.format("dependencies = ['idna']") + settings + "\n"}


def ignored(settings: str) -> dict[str, str]:
    return unlocked(settings) | {".gitignore": "*.pyc\n*.lock\n!pdm.lock\n"}


# For each rule: the files that hold a thing of its kind, what is found, what is not, and the line, columns and severity.
CONTRACTS = {
    "pins/unpinned-requirement": (
        requirements,
        ("flask", "flask>=2,<4", "flask==2.*", "flask~=2.0", "flask[async]>1; python_version > '3.8'", "Flask!=1.0"),
        (
            f"flask==2.3.1 --hash=sha256:{DIGEST}",
            f"flask===2.3.1 --hash=sha256:{DIGEST}",
            "-e .",
            "--editable ./sub",
            ".",
            "./wheels/flask-2.3.1-py3-none-any.whl",
            "flask @ https://index.example/flask-2.3.1-py3-none-any.whl",
            "git+https://git.example/flask@main",
            "# flask",
        ),
        (2, 1, Severity.MEDIUM),
    ),
    "pins/unhashed-requirement": (
        requirements,
        ("flask==2.3.1", "flask===2.3.1", "flask[async] == 2.3.1"),
        (f"flask==2.3.1 --hash=sha256:{DIGEST}", f"flask==2.3.1 \\\n    --hash=sha256:{DIGEST}", "flask>=2", "-e ."),
        (2, 1, Severity.LOW),
    ),
    "pins/unpinned-action": (
        workflow,
        ("actions/checkout@v6", "actions/checkout@main", "owner/repo/.github/workflows/x.yml@v1", f"a/b@{SHA[:7]}"),
        (f"actions/checkout@{SHA} # v6.0.2", "./.github/actions/mine", "actions/checkout@v6 # zizmor: ignore[unpinned-uses]"),
        (8, 15, Severity.HIGH),
    ),
    "pins/pre-commit-branch": (
        hooks,
        (
            "main", "master", "HEAD", "develop", "stable", "release/1.2", "feature/2", "refs/heads/main", "some-branch",
            "1.x", "v2.x-dev", "2.0-branch",
        ),
        (
            "v1.2.3", "1.2.3", "v4", "24.1.0b2", "rel-1.0", "ruff-0.1.2", "pkg/v2.0.1", "v1.2.3+build.5", "2024-01-31",
            "release_1_2", SHA, SHA[:7], f"{SHA}{SHA[:24]}", f"'{SHA}'",
        ),
        (3, 10, Severity.HIGH),
    ),
    # test_shell_pins.py has more of these.
    "pins/unpinned-install": (
        step,
        ("pip install -q flask", "uv pip install flask", "npx --yes --qq flask@1"),
        ("pip install -q flask==1.0", "pip install -q $FLASK", "uvx flask@1.0"),
        (9, 26, Severity.MEDIUM),
    ),
    "pins/unhashed-install": (
        step,
        ("pip install -q flask==1.0",),
        (f"pip install flask==1.0 --hash=sha256:{DIGEST}", "pip install flask", "uvx flask@1.0"),
        (9, 26, Severity.LOW),
    ),
    "pins/piped-script": (
        step,
        ("curl https://git.example/x | sh",),
        ("curl https://git.example/x | jq .",),
        (9, 11, Severity.HIGH),
    ),
    "pins/unverified-script": (
        step,
        ("curl -o x.sh https://git.example/x.sh && sh x.sh", "curl -O https://git.example/x.sh; ./x.sh"),
        (
            "curl -o x.sh https://git.example/x.sh && sha256sum -c sums && sh x.sh", "curl -O https://git.example/x.sh; sh y.sh",
            f"curl -O https://git.example/{SHA}/x.sh; ./x.sh",
        ),
        (9, 11, Severity.HIGH),
    ),
    "pins/unpinned-image": (
        dockerfile,
        (
            "FROM python:3.12", "FROM python:3.12 AS base", "from python:3.12 as base", "FROM registry.example:5000/a/b:1",
            "FROM docker.io/library/python:3.12-slim", f"FROM python:3.12@sha256:{DIGEST[:12]}", "FROM first-not:1",
        ),
        (
            f"FROM python@sha256:{DIGEST}", f"FROM python:3.12@sha256:{DIGEST} AS base", "FROM first", "FROM First AS b",
            "FROM scratch", "FROM $NAME", "FROM ${NAME}:1", "COPY --from=first /a /b", "COPY --from=0 /a /b",
            "FROM localhost/app:1", "FROM localhost:5000/app:1", "RUN --mount=type=bind,from=first,target=/x make",
        ),
        (2, 6, Severity.MEDIUM),
    ),
    "pins/unverified-download": (
        dockerfile,
        (
            "ADD https://files.example/a.tgz /a", "ADD https://files.example/a.tgz b /a/", "add https://files.example/a /a",
            "ADD https://git.example/a/b.git /b", "ADD https://git.example/a/b.git#main /b",
            f"ADD https://git.example/a/b.git#{SHA[:7]} /b", "ADD git@git.example:a/b.git#v1.0 /b",
            "ADD ssh://git@git.example/a/b.git?ref=main /b",
        ),
        (
            f"ADD --checksum=sha256:{DIGEST} https://files.example/a.tgz /a", "ADD --checksum=$SUM https://files.example/a /a",
            f"ADD https://git.example/a/b.git#{SHA} /b", f"ADD https://git.example/a/b.git#{SHA}:folder /b",
            f"ADD git@git.example:a/b.git#{SHA} /b", f"ADD https://git.example/a/b.git?ref=v1&commit={SHA} /b",
            f"ADD --checksum={SHA} https://git.example/a/b.git#v1 /b", "ADD a.tgz /a", "ADD $URL /a", "ADD ${URL}/a.tgz /a",
            "ADD http://localhost:8000/a /a", "ADD https://127.0.0.1/a /a", "COPY a b /c/", "ADD <<EOF /a\nhttps://x\nEOF",
            "ADD https://files.example/a.tgz /a/\nRUN echo x a.tgz | sha256sum -c -",
            "ADD https://files.example/a.tgz /a/b\nRUN gpg --verify b.asc /a/b",
        ),
        (2, 5, Severity.MEDIUM),
    ),
    "pins/pre-commit-tag": (
        hooks,
        ("v1.2.3", "1.2.3", "v4", "24.1.0b2", "pkg/v2.0.1", SHA[:7], SHA[:39]),
        (SHA, f"{SHA} # frozen: v1.2.3", f"'{SHA}'", f"{SHA}{SHA[:24]}", "main", "1.x"),
        (3, 10, Severity.LOW),
    ),
    "pins/pre-commit-unnamed": (
        hooks,
        (SHA, f"{SHA} # frozen", f"{SHA}{SHA[:24]}"),
        (f"{SHA} # frozen: v1.2.3", f"{SHA}  # v4", "v1.2.3", "main"),
        (3, 10, Severity.NONE),
    ),
    "pins/pre-commit-dependency": (
        dependency,
        ("flake8-bugbear", "flake8-bugbear>=24", "flake8[x]==24.*", "flake8 ~= 7.0", "mypy; python_version > '3.8'"),
        (
            "flake8-bugbear==24.1.17", "flake8[x] === 7.0", ".", "./plugin", "-e .", "git+https://git.example/x",
            "x @ https://index.example/x-1.0.tar.gz", "--extra-index-url=https://index.example",
        ),
        (7, 13, Severity.MEDIUM),
    ),
    "pins/stale-lock": (
        locked,
        ('dependencies = ["idna>=4"]', "dependencies = []", 'dependencies = ["idna>=3", "six"]', 'dependencies = ["six>=3"]'),
        ('dependencies = ["idna>=3"]', "dependencies = ['IDNA >= 3.0']", 'dynamic = ["dependencies"]'),
        (5, 1, Severity.MEDIUM),
    ),
    "pins/extra-index": (
        requirements,
        ("--extra-index-url https://index.example/simple", "--extra-index-url=https://index.example/simple"),
        ("--index-url https://index.example/simple", "-i https://index.example/simple", "--no-index", "-f ./wheels"),
        (2, None, Severity.MEDIUM),
    ),
    "pins/insecure-index": (
        requirements,
        (
            "--index-url http://index.example/simple", "-i http://index.example:80/simple", "-f http://index.example/",
            "--extra-index-url http://localhost.index.example/", "--trusted-host index.example",
            "--trusted-host=index.example:8080",
        ),
        (
            "--index-url https://index.example/simple", "--index-url http://localhost:3141/root", "--trusted-host localhost",
            "-i http://127.0.0.1:8080/simple", "-i http://[::1]:80/x", "-i http://${HOST}/simple", "-f ./http://x",
        ),
        (2, None, Severity.HIGH),
    ),
    "pins/credential-in-index": (
        requirements,
        (f"--index-url https://user:{PASSWORD}@index.example/simple", f"-i https://:{PASSWORD}@index.example/x"),
        (
            "-i https://user@index.example/simple", "-i https://user:${TOKEN}@index.example/simple",
            "-i https://index.example/user:x@y", "-i https://user:@index.example/",
        ),
        (2, None, Severity.HIGH),
    ),
    "pins/unpinned-build-requirement": (
        built,
        ("hatchling", "setuptools>=61", "setuptools[x]~=61.0", "hatchling==1.*"),
        ("hatchling==1.33.0", "x @ file:///srv/x", "x @ https://index.example/x-1.0.tar.gz"),
        (3, 5, Severity.LOW),
    ),
    "pins/unpinned-script-requirement": (
        script,
        ('"requests<3",', '"requests",', '"rich==13.*",', '"requests>2; python_version > \'3\'",'),
        ('"requests==2.32.3",', '"x @ git+https://git.example/x",', ""),
        (3, 5, Severity.MEDIUM),
    ),
    "pins/missing-lock": (
        unlocked,
        ("[tool.uv]\ndev-dependencies = ['x']", "[tool.pdm]\nx = 1", "[tool.poetry]\npackage-mode = false"),
        ("[tool.uv]\npackage = true", "[build-system]\nrequires = []\n[tool.uv]\nx = 1", "[tool.hatch]\nx = 1"),
        (6, 2, Severity.LOW),
    ),
    "pins/ignored-lock": (
        ignored,
        ("[tool.uv]\nx = 1", "[tool.poetry]\nsource = []"),
        ("[tool.pdm]\nx = 1", "[tool.hatch]\nx = 1"),
        (6, 2, Severity.LOW),
    ),
}  # fmt: skip
ABOVE = {"pins/unpinned-image", "pins/unverified-download"}  # where a comment stands on a line of its own
CASES = [(rule, kind, case) for rule, (_, *both, _) in CONTRACTS.items() for kind in (0, 1) for case in both[kind]]


def judge(repository: Repository, files: dict[str, str]) -> Record:
    return run_check("pins", target(repository(files)))


def allowing(case: str, rule: str) -> str:
    """The case with a comment at the end of its first line."""
    first, newline, rest = case.partition("\n")
    return f"{first}  # lockgate: allow[{rule}]{newline}{rest}"


def test_every_rule_has_a_contract() -> None:
    assert {rule.id for rule in pins.all_rules() if rule.help_uri == page(rule.id)} == set(CONTRACTS)


@pytest.mark.parametrize(("rule", "kind", "case"), CASES)
def test_contract(repository: Repository, rule: str, kind: int, case: str) -> None:
    files, _, _, (line, column, severity) = CONTRACTS[rule]
    record = judge(repository, files(case))
    found = [finding for finding in record.findings if finding.rule == rule]
    if kind == 1:
        assert not found
        return
    (finding,) = found
    assert (finding.line, finding.column, finding.severity) == (line, column or finding.column, severity)
    assert finding.message
    assert finding.fix
    assert finding.help_uri.endswith(f"/{rule}.md")
    assert finding.fingerprint
    assert finding.line_hash
    assert [described.id for described in record.rules if described.id == rule] == [rule]
    assert record.outcome is Outcome.COMPLETE, record.reason


def commented(rule: str, named: str) -> dict[str, str]:
    """The first thing that a rule finds, with a comment."""
    files, hits, *_ = CONTRACTS[rule]
    comment = f"# lockgate: allow[{named}]"
    return files(f"{comment} because\n# of this\n{hits[0]}" if rule in ABOVE else allowing(hits[0], named))


@pytest.mark.parametrize("rule", CONTRACTS)
def test_a_comment_allows_its_line(repository: Repository, rule: str) -> None:
    record = judge(repository, commented(rule, rule))
    assert rule not in {finding.rule for finding in record.findings}
    assert record.coverage.allowed == 1


@pytest.mark.parametrize("rule", CONTRACTS)
def test_a_comment_for_another_rule_allows_nothing(repository: Repository, rule: str) -> None:
    record = judge(repository, commented(rule, "pins/other"))
    assert rule in {finding.rule for finding in record.findings}
    assert record.coverage.allowed == 0


def test_only_a_comment_directly_before_allows(repository: Repository) -> None:
    comment = "# lockgate: allow[pins/unpinned-requirement]\n"
    text = f"{comment}flask\njinja2\n{comment}\nclick\nwerkzeug  {comment}attrs\n"
    record = judge(repository, {"requirements.txt": text})
    assert [finding.properties["pinned"] for finding in record.findings] == ["jinja2", "click", "attrs"]


def test_a_finding_keeps_its_fingerprint_when_its_line_moves(repository: Repository) -> None:
    before = judge(repository, {"requirements.txt": "flask\n"})
    after = run_check("pins", target(repository({"requirements.txt": "# new\n\nflask  # why\n"}, name="moved")))
    assert before.findings[0].fingerprint == after.findings[0].fingerprint
    assert before.findings[0].line != after.findings[0].line


def test_how_sure_a_branch_is(repository: Repository) -> None:
    sure = judge(repository, hooks("main")).findings[0]
    guess = run_check("pins", target(repository(hooks("some-branch"), name="other"))).findings[0]
    assert (sure.confidence, guess.confidence) == ("high", "medium")


def test_severities_are_zizmors(repository: Repository) -> None:
    (finding,) = judge(repository, workflow("example/step@v6")).findings
    assert (finding.severity, finding.confidence, finding.engines) == (Severity.HIGH, "high", ("zizmor",))


@pytest.mark.parametrize(
    "value",
    [
        "example/step@v4",
        '"example/step@v4"',
        "'example/step@v4'",
        ">-\n          example/step@v4",
        "!!str example/step@v4",
    ],
)
def test_an_action_is_named_without_what_yaml_writes_around_it(repository: Repository, value: str) -> None:
    _assert_named(judge(repository, workflow(value)))


def test_an_action_in_json_is_named(repository: Repository) -> None:
    files = workflow("x")
    _assert_named(
        judge(
            repository,
            {name: text.replace("uses: x", '{"uses":"example/step@v4"}') for name, text in files.items()},
        )
    )


def _assert_named(record: Record) -> None:
    (finding,) = record.findings
    assert finding.message == "example/step is not pinned to a full commit SHA"
    assert finding.fix.startswith("Write example/step@SHA #")
    assert finding.properties["pinned"] == "example/step"
