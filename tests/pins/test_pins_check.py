"""The pins check on whole repositories, good and bad."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.run import run_check
from lockgate.model.record import Outcome
from support import target, write

SHA = "de0fac2e4500dabe0009e67214ff5f5447ce83dd"
USES = """\
on: push
permissions: {{}}
jobs:
  a:
    runs-on: ubuntu-24.04
    steps:
      - uses: {}
"""
Repository = Callable[..., Path]


def test_a_repository_that_pins_nothing_was_not_examined(repository: Repository) -> None:
    record = run_check("pins", target(repository({"a.py": "x = 1\n"})))
    assert record.outcome is Outcome.INCOMPLETE
    assert record.reason.startswith("nothing was examined: no manifest, workflow, pre-commit configuration,")


def test_each_file_counts_once(repository: Repository) -> None:
    files = {
        "requirements.txt": "-r base-requirements.txt\nflask==1.0\n",
        "base-requirements.txt": "jinja2==3.0\n",
        ".github/workflows/a.yml": USES.format(f"a/b@{SHA}"),
        ".pre-commit-config.yaml": "repos: []\n",
    }
    record = run_check("pins", target(repository(files)))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert record.coverage.examined == 4
    assert [(finding.path, finding.line) for finding in record.findings] == [
        ("base-requirements.txt", 1),
        ("requirements.txt", 2),
    ]
    assert [engine.name for engine in record.engines] == ["zizmor"]


@pytest.mark.parametrize(
    "broken",
    [
        "on: push\njobs: [\n",
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps: 7\n",
        b"on: push\n\xff\xfe\n",
        "&a [*a]\n",
        "",
        "[" * 3000,
    ],
)
def test_a_broken_workflow_is_named_and_the_others_are_judged(repository: Repository, broken: str | bytes) -> None:
    files = {f".github/workflows/{name}.yml": USES.format("a/b@v1") for name in "abcdef"}
    root = repository({**files, ".github/workflows/bad.yaml": broken})
    record = run_check("pins", target(root))
    assert record.outcome is Outcome.INCOMPLETE
    assert ".github/workflows/bad.yaml" in record.reason
    assert sorted(finding.path for finding in record.findings) == sorted(files)
    assert record.coverage.examined == len(files)


def test_an_action_of_the_repository_is_judged_and_another_file_of_that_name_is_not(repository: Repository) -> None:
    action = "name: x\ndescription: x\nruns:\n  using: composite\n  steps:\n    - uses: a/b@v1\n"
    record = run_check("pins", target(repository({"tool/action.yml": action, "app/action.yaml": "colour: blue\n"})))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert [(finding.path, finding.line, finding.column) for finding in record.findings] == [("tool/action.yml", 6, 13)]
    assert record.coverage.examined == 1


@pytest.mark.parametrize(
    "action",
    [
        "{name: x, runs: {using: composite, steps: [{uses: 'a/b@v1'}]}}\n",
        "  name: x\n  runs:\n    using: composite\n    steps:\n      - uses: a/b@v1\n",
        "? runs\n: using: composite\n  steps:\n    - uses: a/b@v1\n",
        "\ufeffruns:\n  using: composite\n  steps:\n    - uses: a/b@v1\n",
        "---\nruns:\r\n  using: composite\r\n  steps:\r\n    - uses: a/b@v1\r\n",
    ],
)
def test_an_action_is_one_however_it_is_written(repository: Repository, action: str) -> None:
    record = run_check("pins", target(repository({"action.yml": action})))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert [finding.rule for finding in record.findings] == ["pins/unpinned-action"]


def test_an_action_that_zizmor_does_not_take_is_a_gap(repository: Repository) -> None:
    action = "runs:\n  using: composite\n  steps:\n    - uses: a/b@v1\n"
    files = {"a/action.yml": action.encode("utf-16"), "b/action.yml": action.replace("runs", '"r\\u0075ns"')}
    record = run_check("pins", target(repository(files)))
    assert [skip.subject for skip in record.coverage.skipped if skip.gap] == sorted(files)


def test_odd_names_of_workflows(repository: Repository) -> None:
    names = [f".github/workflows/{name}.yml" for name in ("a\\b", "-x", "a\nb", "a 'b", "ü")]
    record = run_check("pins", target(repository(dict.fromkeys(names, USES.format("a/b@v1")))))
    assert sorted(finding.path for finding in record.findings) == sorted(names)


def test_zizmors_settings_are_obeyed_and_told(repository: Repository) -> None:
    settings = "rules:\n  unpinned-uses:\n    config:\n      policies:\n        a/*: ref-pin\n"
    files = {".github/workflows/a.yml": USES.format("a/b@v1"), ".github/zizmor.yml": settings}
    record = run_check("pins", target(repository(files)))
    assert not record.findings
    assert record.coverage.notes == ("zizmor obeys .github/zizmor.yml",)


def test_broken_settings_of_zizmor_are_named(repository: Repository) -> None:
    files = {".github/workflows/a.yml": USES.format("a/b@v1"), "zizmor.yml": "rules: 7\n"}
    record = run_check("pins", target(repository(files)))
    assert record.outcome is Outcome.INCOMPLETE
    assert "zizmor.yml is wrong" in record.reason


def test_positions_count_characters(repository: Repository) -> None:
    text = USES.format("a/b@v1").replace("- uses", "- {name: ééé, uses").rstrip() + "}\n"
    (finding,) = run_check("pins", target(repository({".github/workflows/a.yml": text}))).findings
    line = text.splitlines()[6]
    assert line[finding.column - 1 : finding.end_column - 1] == "a/b@v1"


def test_neither_path_nor_environment_chooses_zizmor(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository({".github/workflows/a.yml": USES.format("a/b@v1")})
    marker = tmp_path / "ran"
    for folder in (root, tmp_path / "bin"):
        write(folder, {"zizmor": f"#!/bin/sh\ntouch {marker}\n"})
        (folder / "zizmor").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{root}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("ZIZMOR_CONFIG", str(tmp_path / "absent.yml"))
    monkeypatch.chdir(root)
    assert len(run_check("pins", target(root)).findings) == 1
    assert not marker.exists()


def test_a_link_out_of_the_tree_is_not_followed(repository: Repository, tmp_path: Path) -> None:
    write(tmp_path, {"outside.yml": USES.format("a/b@v1"), "outside.txt": "flask\n"})
    root = repository({".github/workflows/a.yml": USES.format(f"a/b@{SHA}")})
    (root / ".github/workflows/link.yml").symlink_to(tmp_path / "outside.yml")
    (root / ".pre-commit-config.yaml").symlink_to(tmp_path / "outside.yml")
    record = run_check("pins", target(root))
    assert not record.findings
    assert {skip.subject: skip.gap for skip in record.coverage.skipped} == {
        ".github/workflows/link.yml": True,
        ".pre-commit-config.yaml": True,
    }


@pytest.mark.parametrize(
    ("text", "subject", "reason"),
    [
        ("repos: [\n", ".pre-commit-config.yaml:2", "not valid YAML"),
        ("repos: {}\n", ".pre-commit-config.yaml", "has no list of repos"),
        ("- a\n", ".pre-commit-config.yaml", "has no list of repos"),
        ("", ".pre-commit-config.yaml", "has no list of repos"),
        ("repos:\n  - rev: v1\n", ".pre-commit-config.yaml:2", "names no repo"),
        ("repos:\n  - repo: https://git.example/x\n", ".pre-commit-config.yaml:2", "names no rev"),
        ("repos: " + "[" * 5000, ".pre-commit-config.yaml", "not valid YAML"),
        ("x: \x00\n", ".pre-commit-config.yaml", "not valid YAML"),
        ("#" * 600_000, ".pre-commit-config.yaml", "larger than 512 KiB"),
        (b"repos: \xff\n", ".pre-commit-config.yaml", "not UTF-8"),
    ],
)
def test_a_broken_pre_commit_configuration_is_a_gap(
    repository: Repository, text: str | bytes, subject: str, reason: str
) -> None:
    record = run_check("pins", target(repository({".pre-commit-config.yaml": text})))
    assert record.outcome is Outcome.INCOMPLETE
    (skip,) = record.coverage.skipped
    assert (skip.subject, skip.gap) == (subject, True)
    assert skip.reason.startswith(reason)
    assert record.coverage.examined == 0


def test_aliases_merges_and_duplicates_of_yaml(repository: Repository) -> None:
    text = """\
base: &base {rev: main}
name: &name https://git.example/named
repos:
  - {<<: *base, repo: *name}
  - {<<: *base, repo: https://git.example/over, rev: v1}
  - {repo: https://git.example/twice, rev: main, rev: v2}
  - {<<: [{rev: v1}, *base], repo: https://git.example/first}
  - repo: local
    hooks: []
  - repo: meta
    hooks: []
"""
    record = run_check("pins", target(repository({".pre-commit-config.yaml": text})))
    assert [
        (finding.line, finding.properties["pinned"])
        for finding in record.findings
        if finding.rule == "pins/pre-commit-branch"
    ] == [(1, "https://git.example/named")]
    assert record.outcome is Outcome.COMPLETE


def test_a_billion_laughs_costs_nothing(repository: Repository) -> None:
    levels = ["a0: &a0 {repo: https://git.example/x, rev: main}\n"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)]
    record = run_check("pins", target(repository({".pre-commit-config.yaml": "".join(levels) + "repos: *a1\n"})))
    assert len(record.findings) == 9


def test_merges_of_merges_are_searched_once(repository: Repository) -> None:
    levels = ["a0: &a0 {x: y}\n", *(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 40)}]}}\n" for n in range(1, 9))]
    record = run_check("pins", target(repository({".pre-commit-config.yaml": "".join(levels) + "repos: [*a8]\n"})))
    assert "names no repo" in record.reason


def test_one_large_mapping_behind_many_aliases_is_searched_once(repository: Repository) -> None:
    text = f"x: &x {{{'a: b, ' * 20_000}}}\nrepos: [{'*x , ' * 60_000}]\n"
    record = run_check("pins", target(repository({".pre-commit-config.yaml": text})))
    assert "names no repo" in record.reason


@pytest.mark.parametrize(
    "url",
    ["https://{}@git.example/x", "https://{}/1@git.example/x", "https://git.example/x?{}", "https://git.example/x#{}"],
)
def test_no_login_is_told(repository: Repository, url: str) -> None:
    login = "user:" + "hunter" + "2"
    text = f"repos:\n  - repo: '{url.format(login)}'\n    rev: main\n"
    record = run_check("pins", target(repository({".pre-commit-config.yaml": text})))
    assert record.findings[0].message.startswith("https://git.example/x is fetched")
    assert login not in str(record)


def test_excluded_files_are_not_judged(repository: Repository) -> None:
    root = repository({"requirements.txt": "flask\n", ".github/workflows/a.yml": USES.format("a/b@v1")})
    record = run_check("pins", target(root, exclude=("requirements.txt",)))
    assert [finding.path for finding in record.findings] == [".github/workflows/a.yml"]


def test_what_else_pins_a_build_or_a_script(repository: Repository) -> None:
    block = "# /// script\n# dependencies = ['requests']\n{}# ///\n"
    build = "[build-system]\nrequires = ['hatchling', 'editables>=0.5']\n"
    files = {
        "locked.py": block.format(""),
        "locked.py.lock": "version = 1\n",
        "dated.py": block.format("# [tool.uv]\n# exclude-newer = '2026-01-01T00:00:00Z'\n"),
        "open.py": block.format(""),
        "plain.py": "print('# /// script')\n",
        "pyproject.toml": f"{build}[tool.uv]\nbuild-constraint-dependencies = ['hatchling==1.33.0', 'editables<1']\n",
    }
    record = run_check("pins", target(repository(files)))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert [(finding.path, finding.line, finding.properties["pinned"]) for finding in record.findings] == [
        ("open.py", 2, "requests"),
        ("pyproject.toml", 2, "editables"),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tool.py", "# /// script\n# dependencies = [\n# ///\n"),
        ("tool.py", "# /// script\n# dependencies = [7]\n# ///\n"),
        ("pyproject.toml", "[build-system]\nrequires = 7\n"),
        ("pyproject.toml", "[build-system]\nrequires = ['=x']\n"),
    ],
)
def test_a_script_or_build_that_can_not_be_read_is_a_gap(repository: Repository, name: str, text: str) -> None:
    record = run_check("pins", target(repository({name: text})))
    assert record.outcome is Outcome.INCOMPLETE
    assert [skip.subject.partition(":")[0] for skip in record.coverage.skipped if skip.gap] == [name]
