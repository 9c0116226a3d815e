"""Pipfile and Pipfile.lock by Pipenv (tests/fixtures/generate_locks.py), and broken ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from manifests import FIXTURES, by_name, gaps, made, read_all, read_text, text_at

from lockgate.checks.audit.inventory import take
from lockgate.inputs.lockfiles.base import LARGEST
from lockgate.inputs.tree import Tree
from lockgate.model.package import Origin

LOCK = (FIXTURES / "pipenv" / "Pipfile.lock").read_text()
META = '{"_meta": {"pipfile-spec": 6},\n'


def test_a_lock_by_pipenv() -> None:
    manifest = made("pipenv/Pipfile.lock")
    found = by_name(manifest)
    assert manifest.settles == ("pipenv",)
    assert {name: found[name][0].origin.value for name in found if found[name][0].origin is not Origin.INDEX} == {
        "demo-dir": "local", "demo-git": "vcs", "demo-path": "file", "demo-url": "url",
    }  # fmt: skip
    (two,) = found["demo-two"]
    assert (two.version, two.marker, text_at(two)) == ("1.0", "python_version >= '3.8'", '"version": "==1.0"')
    assert two.hashes == ("sha256:3f7f8b3ded9db91450200b07d47dcb0481f6cf34b697ef90b264160ea67b35bb",)
    assert found["demo-web"][0].extras == ("fast",)
    assert [(found[name][0].version, text_at(found[name][0])) for name in ("demo-url", "demo-git")] == [
        ("1.0", '"demo-url"'),
        ("", '"demo-git"'),
    ]
    assert [package.groups for package in found["demo-util"]] == [(), ("dev",), ("plots",)]


def test_what_pipenv_left_open_stays_open() -> None:
    (win,) = by_name(made("pipenv/Pipfile.lock"))["demo-win"]
    assert (win.version, win.specifier) == ("", "")
    where = f"pipenv/Pipfile.lock:{win.at.line}"
    assert [skip.reason for skip in take(Tree(FIXTURES)).not_asked if skip.subject == where] == [
        "demo-win has no exact version; pin or lock it"
    ]


def test_the_pipfile_tells_what_is_direct() -> None:
    found = by_name(made("pipenv/Pipfile.lock"))
    assert (found["demo-web"][0].direct, found["demo-web"][0].via) == (True, ("Pipfile", "demo-web"))
    assert (found["demo-core"][0].direct, found["demo-core"][0].via) == (False, ())
    assert found["demo-tester"][0].direct
    assert found["demo-plot"][0].direct


def test_without_pipfile_nothing_is_known_to_be_direct(tmp_path: Path) -> None:
    manifest = read_text(tmp_path, "Pipfile.lock", LOCK)
    assert {package.direct for package in manifest.packages} == {None}


def test_a_pipfile() -> None:
    found = by_name(made("pipenv/Pipfile"))
    assert set(found) == {
        f"demo-{name}" for name in ["web", "win", "two", "url", "path", "git", "dir", "tester", "plot"]
    }
    (web,) = found["demo-web"]
    assert (web.specifier, web.extras, text_at(web)) == (">=1.0", ("fast",), 'version = ">=1.0"')
    assert found["demo-win"][0].marker == "sys_platform == 'win32'"
    assert found["demo-two"][0].version == "1.0"
    assert found["demo-tester"][0].groups == ("dev",)
    assert found["demo-plot"][0].groups == ("plots",)
    assert found["demo-git"][0].origin is Origin.VCS


def test_the_lock_settles_what_the_pipfile_leaves_open(tmp_path: Path) -> None:
    pipfile = '[packages]\na = "*"\nb = ">=2"\nc = "~=1.0"\n'
    lock = f'{META}"default": {{"a": {{"version": "==1.0"}}, "b": {{"version": "==1.0"}}}}}}'
    read_all(tmp_path, {"Pipfile": pipfile, "Pipfile.lock": lock})
    assert [f"{skip.subject} {skip.reason}" for skip in take(Tree(tmp_path)).not_asked] == [
        "Pipfile:3 b has no exact version; its lock has 1.0, which is not >=2",
        "Pipfile:4 c has no exact version; pin or lock it",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "Pipfile.lock:1 not valid JSON"),
        (LOCK[:1200], f"Pipfile.lock:{LOCK[:1200].count(chr(10)) + 1} not valid JSON"),
        ("[]", "its pipfile-spec is not known"),
        ("{}", "its pipfile-spec is not known"),
        ('{"_meta": {"pipfile-spec": "6"}}', "its pipfile-spec is not known"),
        (LOCK.replace('"pipfile-spec": 6', '"pipfile-spec": 7'), "Pipfile.lock pipfile-spec 7 is not known (known: 6)"),
        (LOCK + "<<<<<<< HEAD\n", "not valid JSON"),
        (META + '"default": {"x": {"version": "==1"},\n"x": {"version": "==2"}}}', "Pipfile.lock:3 gives 'x' twice"),
        (META + '"default": {}, "default": {}}', "Pipfile.lock:2 gives 'default' twice"),
        (META + '"default": []}', "Pipfile.lock:2 is no object of packages"),
        (META + '"default": {"x": 3}}', "Pipfile.lock:2 can't be understood"),
        (META + '"default": {"x": {\n"version": 3}}}', "Pipfile.lock:3 can't be understood"),
        (META + '"default": {"x": {\n"version": ">=3"}}}', "Pipfile.lock:3 can't be understood"),
        (META + '"default": {"x": {\n"version": "==3\\n"}}}', "Pipfile.lock:3 can't be understood"),
        (META + '"default": {"x y": {"version": "==3"}}}', "Pipfile.lock:2 can't be understood"),
        (META + '"default": {"x": {"version": "==3", "markers": "\\u001b"}}}', "Pipfile.lock:2 can't be understood"),
        (META + '"default": {"x": {"version": "==3", "markers": "\\ud800"}}}', "Pipfile.lock:2 can't be understood"),
        (META + '"default": {"\\ud800": {"version": "==3"}}}', "Pipfile.lock:2 can't be understood"),
        (META + '"default": {"x": {"version": "*", "markers": "os_name == \'x\' \\\\"}}}', "Pipfile.lock:2 can't be"),
        (META + '"\\ud800": {}}', "Pipfile.lock:2 is no object of packages"),
        (META + '"\\u001b": {}}', "Pipfile.lock:2 is no object of packages"),
        ("[" * 100_000, "nested too deeply"),
        (b"\xff", "not UTF-8"),
        ("#" * (LARGEST + 1), "Pipfile.lock larger than 8 MiB"),
    ],
)
def test_a_broken_lock_is_a_gap(tmp_path: Path, text: str | bytes, expected: str) -> None:
    (gap,) = gaps(tmp_path, "Pipfile.lock", text)
    assert gap.startswith("Pipfile.lock")
    assert expected in gap


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("packages = 3", "Pipfile:1 is not a table"),
        ("[packages]\nx = 3", "Pipfile:2 is neither a constraint nor a table"),
        ("[packages]\nx = { version = 3 }", "Pipfile:2 can't be understood: its version is not a string"),
        ("[packages]\n'x y' = '*'", "Pipfile:2 can't be understood: no valid name"),
        ('[packages]\nx = { markers = "\\u001b" }', "Pipfile:2 can't be understood: its marker holds characters"),
        ("[packages]\nx = { python_version = '3' }", "Pipfile:2 can't be understood: "),
        ('["\\u001b"]\nx = "*"', "Pipfile:2 can't be understood: the name of its group"),
        ("[packages]\n<<<<<<< HEAD\n", "Pipfile:2 not valid TOML"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_broken_pipfile_is_a_gap(tmp_path: Path, text: str | bytes, expected: str) -> None:
    (gap,) = gaps(tmp_path, "Pipfile", text)
    assert expected in gap


def test_nothing_of_a_broken_lock_is_shown(tmp_path: Path) -> None:
    word = "hunter" + "2" * 9
    url = f"https://me:{word}@index.example/x.git"
    entries = {"a": {"git": url}, f"{word} !": {}, "b": {"version": url}, "c": url, "d": {"hashes": [url]}}
    text = json.dumps({"_meta": {"pipfile-spec": 6, "sources": [{"url": url}]}, "default": entries})
    manifest = read_text(tmp_path, "Pipfile.lock", text)
    assert (len(manifest.packages), len(manifest.skipped)) == (1, 4)
    assert word not in repr(manifest)
