"""`npx` and `npm exec` run what the lock of the project has; what they run that no lock has, and what reads none, is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.run import run_check
from lockgate.model.record import Outcome
from support import target

Repository = Callable[..., Path]

NPM = json.dumps(
    {
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "demo"},
            "node_modules/eslint": {"version": "9.0.0", "bin": {"eslint": "bin/eslint.js"}},
            "node_modules/a/node_modules/@b/c": {"version": "1.0.0"},
            "node_modules/typescript": {"version": "5.0.0", "bin": {"tsc": "bin/tsc", "tsserver": "bin/tsserver"}},
        },
    }
)
NPM_1 = json.dumps({"lockfileVersion": 1, "dependencies": {"eslint": {"version": "9.0.0"}, "@b/c": {}, "tsc": {}}})
PNPM_9 = """\
lockfileVersion: '9.0'
importers:
  .:
    devDependencies:
      other: {specifier: ^1.0.0, version: 1.0.0}
packages:
  '@b/c@1.0.0':
    resolution: {integrity: sha512-x}
  eslint@9.0.0:
    resolution: {integrity: sha512-x}
    hasBin: true
  tsc@2.0.4:
    hasBin: true
"""
PNPM_5 = (
    "lockfileVersion: 5.4\npackages:\n  /eslint/9.0.0:\n    dev: true\n  /@b/c/1.0.0:\n    dev: true\n  /tsc/2.0.4:\n"
)
PNPM_6 = "lockfileVersion: '6.0'\npackages:\n  /eslint@9.0.0(x@1.0.0):\n    dev: true\n  /@b/c@1.0.0:\n  /tsc@2.0.4:\n"
YARN_1 = '# yarn lockfile v1\n\n"@b/c@^1.0.0", "@b/c@^1.1.0":\n  version "1.1.0"\n\neslint@^9.0.0:\n  dependencies:\n    other "^1"\ntsc@x:\n'
YARN_4 = '__metadata:\n  version: 8\n\n"eslint@npm:^9.0.0":\n  version: 9.0.0\n"@b/c@npm:^1.0.0":\n"tsc@npm:x":\n'
LOCKS = [
    ("package-lock.json", NPM),
    ("npm-shrinkwrap.json", NPM_1),
    ("pnpm-lock.yaml", PNPM_9),
    ("pnpm-lock.yaml", PNPM_6),
    ("pnpm-lock.yaml", PNPM_5),
    ("yarn.lock", YARN_1),
    ("yarn.lock", YARN_4),
]
LOCKED = "npx eslint .\nnpx --yes tsc\nnpm exec -- eslint\nnpx -p @b/c x\npnpm exec other\nyarn run other\n"
OPEN = "npx other\nnpx eslint@latest\nnpx eslint@9\nnpm exec other\npnpm dlx eslint\nyarn dlx eslint\npnpx eslint\nbunx eslint\n"


def lines(root: Path) -> dict[str, list[int]]:
    record = run_check("pins", target(root))
    assert record.outcome is Outcome.COMPLETE, record.reason
    found: dict[str, list[int]] = {}
    for finding in record.findings:
        found.setdefault(finding.path, []).append(finding.line)
    return found


@pytest.mark.parametrize(("name", "lock"), LOCKS)
def test_what_a_lock_has_passes(repository: Repository, name: str, lock: str) -> None:
    files = {name: lock, "ci/a.sh": LOCKED, "b.sh": OPEN}
    assert lines(repository(files)) == {"b.sh": list(range(1, OPEN.count("\n") + 1))}


WORKFLOW = """\
on: push
permissions: {}
jobs:
  a:
    runs-on: x
    steps:
      - run: npx eslint
        working-directory: web
"""


@pytest.mark.parametrize(
    ("path", "text", "passes"),
    [
        ("a.sh", "npx eslint\n", False),
        ("web/src/a.sh", "npx eslint\n", True),
        ("other/a.sh", "npx eslint\n", False),
        ("a.sh", "cd web\nnpx eslint\n", True),
        ("a.sh", "(cd ./web/src && npx eslint)\n", True),
        ("ci/a.sh", "cd ../web && npx eslint\n", True),
        ("a.sh", "cd ../web && npx eslint\n", False),
        ("a.sh", 'cd "$X" && npx eslint\n', False),
        ("a.sh", "npx --prefix web eslint\n", True),
        ("a.sh", "npm --prefix web exec eslint\n", True),
        ("a.sh", "npm -C other exec eslint\n", False),
        ("Makefile", "x:\n\tcd web && npx eslint\n", True),
        (".github/workflows/a.yml", WORKFLOW, True),
        (".github/workflows/a.yml", WORKFLOW.replace("web", "other"), False),
        (".github/workflows/a.yml", WORKFLOW.partition("        working")[0], False),
        (".github/workflows/a.yml", "defaults: {run: {working-directory: web}}\n" + WORKFLOW.partition("        w")[0], True),
    ],
)  # fmt: skip
def test_the_lock_is_beside_above_or_where_the_command_runs(
    repository: Repository, path: str, text: str, passes: bool
) -> None:
    assert lines(repository({"web/package-lock.json": NPM, path: text})).get(path, []) == (
        [] if passes else [next(row for row, line in enumerate(text.split("\n"), 1) if "eslint" in line)]
    )


@pytest.mark.parametrize(
    "lock", [b"", b"{", b"[]", b'{"packages": 7}', b"\xff", b'{"packages": {"a": ' + b"[" * 10**5 + b"}}", b'{"a": 1, "packages": {"": 7}}']
)  # fmt: skip
def test_a_lock_that_can_not_be_read_has_nothing(repository: Repository, lock: bytes) -> None:
    assert lines(repository({"package-lock.json": lock, "a.sh": "npx eslint\n"})) == {"a.sh": [1]}


def test_hostile_folders_end(repository: Repository) -> None:
    moves = "".join(f"cd d{number}; npx --prefix e x\n" for number in range(8_000))
    deep = "cd " + "a/" * 2**15 + "; npx x\n"
    root = repository({"package-lock.json": NPM, "a.sh": moves, "b.sh": deep, "/".join("a" * 500) + "/c.sh": "npx x\n"})
    assert "broke" not in run_check("pins", target(root)).reason


def test_a_link_to_a_lock_is_not_followed(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(NPM, encoding="utf-8")
    root = repository({"a.sh": "npx eslint\n"})
    (root / "package-lock.json").symlink_to(tmp_path / "lock")
    record = run_check("pins", target(root))
    assert [finding.rule for finding in record.findings] == ["pins/unpinned-install"]
