"""environment.yml: the part for pip, and broken files."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from manifests import by_name, gaps, read_all, read_text, text_at

from lockgate.checks.audit.inventory import take
from lockgate.inputs.lockfiles.base import LARGEST
from lockgate.inputs.tree import Tree
from lockgate.model.package import Origin

# After the examples of conda's documentation.
EXAMPLE = """\
name: stats2
channels:
  - javascript
dependencies:
  - python=3.9
  - bokeh=2.4.2
  - conda-forge::numpy=1.21.*
  - pip:
    - Flask-Testing
    - requests==2.0 ; os_name == 'nt'
    - "rich==13.0"
    - git+https://index.example/x.git#egg=x
    - -e ./local
    - -r more/requirements.txt
    - -r gone.txt
    - --extra-index-url=https://index.example/simple
variables:
  A: b
"""


def test_the_part_for_pip(tmp_path: Path) -> None:
    files = {"environment.yml": EXAMPLE, "more/requirements.txt": "more==1.0\n"}
    manifest = read_all(tmp_path, files)["environment.yml"]
    found = {name: packages[0] for name, packages in by_name(manifest).items()}
    assert {name: (package.version, package.origin.value) for name, package in found.items()} == {
        "flask-testing": ("", "index"), "requests": ("2.0", "index"), "rich": ("13.0", "index"), "x": ("", "vcs"),
        "": ("", "local"), "more": ("1.0", "index"),
    }  # fmt: skip
    assert text_at(found["requests"], tmp_path) == "requests==2.0"
    assert found["requests"].marker == "os_name == 'nt'"
    assert text_at(found["rich"], tmp_path) == '"rich==13.0"'
    assert text_at(found["flask-testing"], tmp_path) == "Flask-Testing"
    assert found["more"].at.path == "more/requirements.txt"
    assert [(skip.subject, skip.reason, skip.gap) for skip in manifest.skipped] == [
        ("environment.yml:15", "includes 'gone.txt', which can't be read: not in the working tree", True),
        ("environment.yml", "3 packages of conda not looked up", False),
    ]
    assert found["x"].origin is Origin.VCS


@pytest.mark.parametrize("name", ["environment.yaml", "environment-dev.yml", "Environment_test.YAML"])
def test_names(tmp_path: Path, name: str) -> None:
    manifest = read_text(tmp_path, name, "dependencies:\n- pip:\n  - a==1\n")
    assert [package.name for package in manifest.packages] == ["a"]


@pytest.mark.parametrize("text", ["", "a: b\n", "- a\n", "dependencies: []\n", "dependencies:\n- pip:\n"])
def test_a_file_without_any_is_no_gap(tmp_path: Path, text: str) -> None:
    manifest = read_text(tmp_path, "environment.yml", text)
    assert (manifest.packages, manifest.skipped) == ((), ())


def test_a_block_of_several_lines_is_several_requirements(tmp_path: Path) -> None:
    text = "dependencies:\n- pip:\n  - |\n    a==1\n    b==1 \\\n      --hash=sha256:00\n  - c=1\n"
    manifest = read_text(tmp_path, "environment.yml", text)
    assert [(package.name, package.at.line, package.hashes) for package in manifest.packages] == [
        ("a", 3, ()),
        ("b", 3, ("sha256:00",)),
    ]
    assert [skip.subject for skip in manifest.skipped] == ["environment.yml:7"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dependencies:\n- pip: [a==1\n", "environment.yml:3 not valid YAML"),
        ("dependencies:\n<<<<<<< HEAD\n- a\n", "environment.yml:3 not valid YAML"),
        ("a: b\n---\na: b\n", "environment.yml:2 not valid YAML"),
        ("dependencies: a\n", "environment.yml:1 is no list of dependencies"),
        ("dependencies:\n- [a]\n", "environment.yml:2 is neither a package nor a part for pip"),
        ("dependencies:\n- npm: [a]\n", "environment.yml:2 is neither a package nor a part for pip"),
        ("dependencies:\n- pip: a\n", "environment.yml:2 is no list of requirements"),
        ("dependencies:\n- pip:\n  - a: b\n", "environment.yml:3 is no requirement"),
        ("dependencies:\n- pip: []\n  pip: []\n", "environment.yml:3 gives pip twice"),
        ("dependencies: []\ndependencies: []\n", "environment.yml:2 gives dependencies twice"),
        ("dependencies:\n- pip:\n  - a b\n", "environment.yml:3 can't be understood"),
        (
            "dependencies:\n- pip:\n  - -r ../x.txt\n",
            "environment.yml:3 includes '../x.txt', which is outside of the tree",
        ),
        ('dependencies:\n- pip:\n  - "a\\ud800"\n', "environment.yml:3 can't be understood"),
        ("[" * 100_000, "not valid YAML (RecursionError)"),
        (b"\xff", "not UTF-8"),
        ("#" * (2**19 + 1), "environment.yml larger than 512 KiB"),
        ("#" * (LARGEST + 1), "environment.yml larger than 8 MiB"),
    ],
)
def test_a_broken_file_is_a_gap(tmp_path: Path, text: str | bytes, expected: str) -> None:
    (gap,) = gaps(tmp_path, "environment.yml", text)
    assert expected in gap


def test_what_is_given_twice_is_read_twice(tmp_path: Path) -> None:
    manifest = read_text(tmp_path, "environment.yml", "dependencies:\n- pip: [a==1]\n  pip: [b==1]\n")
    assert [package.name for package in manifest.packages] == ["a", "b"]


def test_aliases_are_read_once(tmp_path: Path) -> None:
    """As often as they are named these were a billion lines."""
    laughs = "a: &a ['x==1']\n" + "".join(f"{n}: &{n} [{', '.join([f'*{p}'] * 9)}]\n" for p, n in pairwise("abcdefghi"))
    parts = (
        "p: &p\n  pip: &q [" + "y==1, " * 10_000 + "]\ndependencies: [" + "*p, " * 10_000 + "{pip: *i}, {pip: *q}]\n"
    )
    manifest = read_text(tmp_path, "environment.yml", laughs + parts)
    assert {package.name for package in manifest.packages} == {"y"}
    assert len(manifest.packages) == 10_000
    assert {skip.reason for skip in manifest.skipped} == {"is no requirement"}


def test_nothing_of_a_broken_line_is_shown(tmp_path: Path) -> None:
    word = "hunter" + "2" * 9
    text = f"dependencies:\n- pip:\n  - a b {word}\n  - git+https://me:{word}@index.example/x.git\n- {word}\n"
    manifest = read_text(tmp_path, "environment.yml", text)
    assert word not in repr(manifest)
    assert len(take(Tree(tmp_path)).not_asked) == 3
