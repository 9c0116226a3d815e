"""`lockgate fix`, with the real uv over wheels in a folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from osv_reference import record, save_zip, window

from lockgate.cli.fix import _write
from lockgate.fixes import mend
from lockgate.fixes.base import Upgrade
from lockgate.fixes.mend import Change
from lockgate.inputs.overlay import Overlay
from lockgate.inputs.tree import Tree
from lockgate.model.advisory import Answers, Query
from lockgate.model.errors import UnavailableError
from lockgate.model.finding import Location
from lockgate.model.package import Package
from lockgate.model.record import Engine
from support import Files, lockgate, noise, wheel, write

uv = pytest.importorskip("uv")

RECORDS = [
    record("PYSEC-1", "app", ranges=[window("0", "2.0")]),
    record("PYSEC-2", "app", ranges=[window("0", "1.5")]),
    record("PYSEC-3", "middle", ranges=[window("0", "1.5")]),
    record("PYSEC-4", "fresh", ranges=[window("0", "3.0")]),
    record("PYSEC-5", "worse", ranges=[window("0", "2.0")]),
    record("PYSEC-6", "hopeless", ranges=[[{"introduced": "0"}]]),
    record("PYSEC-7", "partly", ranges=[window("0", "2.0")]),
    record("PYSEC-8", "partly", ranges=[[{"introduced": "0"}]]),
    record("PYSEC-9", "traded", ranges=[window("0", "2.0")]),
    record("PYSEC-10", "traded", ranges=[window("2.0", "3.0")]),
    record("PYSEC-11", "astray", ranges=[window("0", "2.0")]),
    record("PYSEC-12", "astray", ranges=[[{"introduced": "2.0"}]]),
    record("MAL-1", "evil", versions=["1.0"]),
]


class Project:
    """A project, and a folder of wheels that stands for the package index."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.wheels = folder / "wheels"
        self.env = {
            "UV_DEFAULT_INDEX": str(self.wheels),
            "UV_CACHE_DIR": str(folder / "uv-cache"),
            "LOCKGATE_ADVISORIES": str(save_zip(folder / "all.zip", RECORDS)),
        }
        self.root.mkdir()
        self.wheels.mkdir()

    def fix(self, files: Files, *options: str) -> tuple[int, str]:
        write(self.root, files)
        done = lockgate("fix", *options, cwd=self.root, env=self.env)
        assert not done.stderr
        return done.returncode, done.stdout

    def read(self, name: str) -> str:
        return (self.root / name).read_text()

    def uv(self, *arguments: str) -> None:
        environ = {**os.environ, **self.env, "UV_PYTHON": sys.executable}
        subprocess.run([uv.find_uv_bin(), *arguments], cwd=self.root, env=environ, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    for version in ("1.0", "1.5", "2.0", "3.0"):
        wheel(made.wheels, "app", version)
        wheel(made.wheels, "middle", version)
    wheel(made.wheels, "partly", "1.0")
    wheel(made.wheels, "partly", "2.0")
    return made


def test_a_pin_gets_the_lowest_version_without_advisories_and_all_else_stays(project: Project) -> None:
    text = "# our pins\r\nApp[x] == 1.0 ; python_version > '3'  # the app\r\n\r\nmiddle==2.0"
    code, out = project.fix({"requirements.txt": text.encode()})
    assert (project.root / "requirements.txt").read_bytes().decode() == text.replace("== 1.0", "== 2.0")
    assert code == 0
    assert "fixed:     requirements.txt:2  app 1.0 -> 2.0 (PYSEC-1, PYSEC-2)" in out
    assert "-App[x] == 1.0 ; python_version > '3'  # the app" in out
    assert out.endswith("1 pin upgraded, 0 left\n")


def test_hashes_are_those_of_the_new_version(project: Project) -> None:
    wheel(project.wheels, "fresh", "3.0", "added==1.0")
    wheel(project.wheels, "fresh", "1.0")
    wheel(project.wheels, "added", "1.0")
    write(project.root, {"requirements.in": "fresh<2\nmiddle==2.0\n"})
    project.uv("pip", "compile", "--generate-hashes", "--no-header", "requirements.in", "-o", "requirements.txt")
    before = project.read("requirements.txt")
    code, _ = project.fix({"requirements.in": "fresh\nmiddle==2.0\n"})
    assert code == 0
    (project.root / "wanted.in").write_text("fresh==3.0\nmiddle==2.0\n")
    project.uv("pip", "compile", "--generate-hashes", "--no-header", "--no-annotate", "wanted.in", "-o", "wanted.txt")
    after = project.read("requirements.txt")
    wanted = set(re.findall(r"\S+==\S+|--hash=\S+", project.read("wanted.txt")))
    assert set(re.findall(r"\S+==\S+|--hash=\S+", after)) == wanted
    assert after.index("# via -r requirements.in") < after.index("middle==2.0")
    assert before.count("# via") == after.count("# via")


def test_a_dry_run_writes_nothing(project: Project) -> None:
    code, out = project.fix({"requirements.txt": "app==1.0\n"}, "--dry-run")
    assert (code, project.read("requirements.txt")) == (0, "app==1.0\n")
    assert "+app==2.0" in out
    assert "would fix: requirements.txt:1  app 1.0 -> 2.0" in out


def test_what_holds_a_package_back_is_named(project: Project) -> None:
    wheel(project.wheels, "holder", "1.0", "app<2")
    code, out = project.fix({"requirements.txt": "app==1.0\nholder==1.0\nmiddle==1.0\n"})
    assert project.read("requirements.txt") == "app==1.0\nholder==1.0\nmiddle==1.5\n"
    assert code == 1
    assert "left:      requirements.txt:1  app 1.0: 2.0 can't be installed with the others" in out
    assert "holder depend on app<2" in out


def test_the_projects_own_bounds_hold(project: Project) -> None:
    files = {"requirements.in": "app<2\n", "requirements.txt": "app==1.0\n"}
    code, out = project.fix(files)
    assert (code, project.read("requirements.txt")) == (1, "app==1.5\n")
    assert (
        "left:      requirements.txt:1  app 1.0: PYSEC-1: fixed in 2.0, but requirements.in:1 allows only <2; allow 2.0 there"
        in out
    )


def test_what_can_not_be_fixed_is_said(project: Project) -> None:
    text = "hopeless==1.0\nevil==1.0\npartly==1.0\n# kept\napp==1.0  # lockgate: allow[PYSEC-1,PYSEC-2]\n"
    code, out = project.fix({"requirements.txt": text})
    assert code == 1
    assert "hopeless 1.0: PYSEC-6: no fixed version is known; replace hopeless" in out
    assert "evil 1.0: MAL-1: it is malware; remove evil" in out
    assert "partly 1.0: PYSEC-8: 2.0 has it as well" in out
    assert project.read("requirements.txt") == text.replace("partly==1.0", "partly==2.0")
    assert "what the other packages need was not checked" in out


def test_a_version_with_other_advisories_is_passed_over(project: Project) -> None:
    for version in ("1.0", "2.0", "3.0"):
        wheel(project.wheels, "traded", version)
        wheel(project.wheels, "astray", version)
    code, out = project.fix({"requirements.txt": "app==1.0\ntraded==1.0\nastray==1.0\n"})
    assert (code, project.read("requirements.txt")) == (1, "app==2.0\ntraded==3.0\nastray==1.0\n")
    assert "astray 1.0: PYSEC-11: 2.0 would have PYSEC-12; replace astray" in out


def test_an_upgrade_that_brings_in_more_is_taken_back(project: Project) -> None:
    wheel(project.wheels, "worse", "1.0")
    wheel(project.wheels, "worse", "2.0", "partly==1.0")
    code, out = project.fix({"requirements.txt": "worse==1.0\n"})
    assert (code, project.read("requirements.txt")) == (1, "worse==1.0\n")
    assert "worse 1.0: 2.0 was taken back: partly would have PYSEC-7" in out


def test_a_uv_lock_is_locked_anew(project: Project) -> None:
    wheel(project.wheels, "top", "1.0", "middle")
    files = {
        "pyproject.toml": '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["top", "app<2"]\n'
    }
    write(project.root, files)
    project.uv("lock", "--upgrade-package", "middle==1.0", "--upgrade-package", "app==1.0")
    code, out = project.fix({})
    assert code == 1
    assert "fixed:     uv.lock" in out
    assert "middle 1.0 -> 1.5 (PYSEC-3)" in out
    assert "app 1.0 -> 1.5 (PYSEC-2)" in out
    assert "PYSEC-1: fixed in 2.0, but pyproject.toml:" in out
    lock = project.read("uv.lock")
    assert 'name = "middle"\nversion = "1.5"' in lock
    project.uv("lock", "--check")


def test_no_code_of_the_project_tells_its_version(project: Project) -> None:
    """Uv builds what is editable in spite of --no-build, and a file called like a readme could be what it builds with."""
    text = '[project]\nname = "own"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["app"]\n'
    text += '[build-system]\nrequires = []\nbuild-backend = "readme"\nbackend-path = ["."]\n'
    write(project.root, {"pyproject.toml": text})
    project.uv("lock", "--upgrade-package", "app==1.0")
    marker = project.root / "ran"
    code = f"open({str(marker)!r}, 'w')\n"
    write(project.root, {"pyproject.toml": text.replace('version = "1"', 'dynamic = ["version"]'), "readme.py": code})
    _, out = project.fix({})
    assert not marker.exists()
    assert "app 1.0: pyproject.toml leaves what it says of the project to code, which is not run" in out
    assert "in .: uv lock --upgrade-package app==2.0" in out


def test_no_code_of_a_part_of_the_project_is_run(project: Project) -> None:
    own = '[project]\nname = "{}"\nversion = "1"\nrequires-python = ">=3.11"\n'
    built = '[build-system]\nrequires = []\nbuild-backend = "readme"\nbackend-path = ["."]\n'
    main = (
        own.format("own")
        + 'dependencies = ["app", "lib"]\n[tool.uv.sources]\nlib = { path = "lib", editable = true }\n'
    )
    write(project.root, {"pyproject.toml": main, "lib/pyproject.toml": own.format("lib") + built})
    project.uv("lock", "--upgrade-package", "app==1.0")
    marker = project.root / "ran"
    lib = (own.format("lib") + built).replace('version = "1"', 'dynamic = ["version"]')
    _, out = project.fix({"lib/pyproject.toml": lib, "lib/readme.py": f"open({str(marker)!r}, 'w')\n"})
    assert not marker.exists()
    assert "app 1.0: uv failed: " in out


@pytest.mark.parametrize("path", ["/elsewhere", "../elsewhere", "sub/../../elsewhere"])
def test_uv_does_not_look_outside_of_the_project(project: Project, path: str) -> None:
    text = '[project]\nname = "own"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["app"]\n'
    write(project.root, {"pyproject.toml": text})
    project.uv("lock", "--upgrade-package", "app==1.0")
    code, out = project.fix(
        {"pyproject.toml": f'{text}[tool.uv.sources]\nx = [{{ path = "{path}", editable = true }}]\n'}
    )
    assert code == 1
    assert "app 1.0: pyproject.toml names a path outside of the project" in out


def test_uv_says_why_a_lock_can_not_be_made(project: Project) -> None:
    project_text = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["app==1.0"]\n'
    write(project.root, {"pyproject.toml": project_text})
    project.uv("lock")
    before = project.read("uv.lock")
    code, out = project.fix({})
    assert (code, project.read("uv.lock")) == (1, before)
    assert "your project depends on app==1.0" in out
    assert "uv lock --upgrade-package app==2.0" in out
    assert "app 1.0: 2.0 clears PYSEC-1, PYSEC-2; write version 2.0 there" in out


@pytest.mark.parametrize("where", ["backend in the project", "backend elsewhere", "interpreter", "cache"])
def test_a_repository_can_not_have_uv_run_or_write_anything(project: Project, tmp_path: Path, where: str) -> None:
    ran, cache, code = tmp_path / "ran", tmp_path / "planted", tmp_path / "code"
    hook = f"open({str(ran)!r}, 'w').close()\nraise SystemExit(1)\n"
    write(code, {"readme.py": hook, "python": f"#!/bin/sh\n: > '{ran}'\nexec '{sys.executable}' \"$@\"\n"})
    (code / "python").chmod(0o755)
    head = '[project]\nname = "x"\nrequires-python = ">=3.11"\n'
    static = f'{head}version = "1"\ndependencies = ["app"]\n'
    build = '[build-system]\nrequires = []\nbuild-backend = "readme"\nbackend-path = ["."]\n'
    dynamic = f'{head}dynamic = ["version", "dependencies"]\n{build}'
    write(project.root, {"pyproject.toml": static})
    project.uv("lock", "--upgrade-package", "app==1.0")
    hostile = {
        "backend in the project": {"pyproject.toml": dynamic, "readme.py": hook},
        "backend elsewhere": {
            "pyproject.toml": static.replace('["app"]', '["app", "y"]')
            + f'[tool.uv.sources]\ny = {{ path = "{code}", editable = true }}\n'
        },
        "interpreter": {".python-version": f"{code / 'python'}\n"},
        "cache": {"pyproject.toml": f'{static}[tool.uv]\ncache-dir = "{cache}"\n'},
    }[where]
    write(code, {"pyproject.toml": dynamic.replace('"x"', '"y"')})
    if where == "cache":
        del project.env["UV_CACHE_DIR"]  # which uv heeds before any file
    status, out = project.fix(hostile)
    assert not ran.exists()
    assert not cache.exists()
    if "backend" in where:
        assert (status, "left:      uv.lock" in out) == (1, True)
    else:
        assert (status, "app 1.0 -> 2.0 (PYSEC-1, PYSEC-2)" in out) == (0, True)


def test_other_locks_get_a_command(project: Project) -> None:
    lock = '[[package]]\nname = "app"\nversion = "1.0"\noptional = false\npython-versions = "*"\nfiles = []\n\n'
    lock += '[metadata]\nlock-version = "2.1"\npython-versions = "*"\ncontent-hash = "x"\n'
    code, out = project.fix({"sub/poetry.lock": lock})
    assert code == 1
    assert "app 1.0: 2.0 clears PYSEC-1, PYSEC-2; in sub: poetry update --lock app" in out


def test_a_file_that_can_not_be_written_leaves_all_as_it_was(project: Project) -> None:
    project.fix({"a/requirements.txt": "middle==1.5\n"})
    write(project.root, {"a/requirements.txt": "app==1.0\n", "b/requirements.txt": "app==1.0\n"})
    (project.root / "b").chmod(0o500)
    try:
        done = lockgate("fix", cwd=project.root, env=project.env)
        if project.read("b/requirements.txt") != "app==1.0\n":
            pytest.skip("this user may write anywhere")
        assert done.returncode == 3
        assert "nothing was changed" in done.stderr
        assert project.read("a/requirements.txt") == "app==1.0\n"
    finally:
        (project.root / "b").chmod(0o700)


def test_no_secret_is_in_what_is_shown(project: Project) -> None:
    word = noise(24)
    code, out = project.fix({"requirements.txt": f"--index-url https://me:{word}@index.example/simple\napp==1.0\n"})
    assert code == 0
    assert word not in out
    assert word in project.read("requirements.txt")


def test_the_pin_that_is_written_is_that_of_the_package(project: Project) -> None:
    wheel(project.wheels, "top", "1.0")
    text = "# one line\x0c to people\x85, two to str.splitlines\ntop==1.0\napp==1.0\n"
    project.fix({"requirements.txt": text})
    assert project.read("requirements.txt") == text.replace("app==1.0", "app==2.0")


def test_the_marks_of_a_file_stay(project: Project) -> None:
    wheel(project.wheels, "fresh", "1.0")
    wheel(project.wheels, "fresh", "3.0", "middle>=3")
    project.fix({"requirements.txt": b"\xef\xbb\xbffresh==1.0\r\napp==3.0"})
    after = (project.root / "requirements.txt").read_bytes()
    assert after == b"\xef\xbb\xbffresh==3.0\r\napp==3.0\r\nmiddle==3.0\r\n"


def test_without_hashes_uv_is_not_asked_for_each_of_very_many_upgrades(project: Project) -> None:
    count = 3_000  # runs of uv would take minutes
    names = [f"package{number}" for number in range(count)]
    save_zip(
        Path(project.env["LOCKGATE_ADVISORIES"]),
        [record(f"PYSEC-{name}", name, ranges=[window("0", "2.0")]) for name in names],
    )
    _, out = project.fix({"requirements.txt": "".join(f"{name}==1.0\n" for name in names)})
    assert out.endswith(f"{count:,} pins upgraded, 0 left\n")


def test_what_is_undone_has_its_mode_again(tmp_path: Path) -> None:
    write(tmp_path, {"first": "old"})
    (tmp_path / "first").chmod(0o600)
    with pytest.raises(UnavailableError, match="nothing was changed"):
        _write(tmp_path, [Change("first", b"old", b"new"), Change("gone", b"old", b"new")])
    assert (tmp_path / "first").read_text() == "old"
    assert (tmp_path / "first").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


def test_nothing_of_a_file_moves_the_terminal(project: Project) -> None:
    _, out = project.fix({"requirements.txt": "#\x1b]0;title\x07\u202e\tx\napp==1.0\n"})
    assert " #\\x1b]0;title\\x07\\u202e\tx\n-app==1.0\n+app==2.0\n" in out


def test_nothing_to_fix(project: Project) -> None:
    code, out = project.fix({"requirements.txt": "app==3.0\n"})
    assert code == 0
    assert out.endswith("nothing is written: no known vulnerability in what this project pins\n")


def test_a_project_without_pins_is_not_called_clean(project: Project) -> None:
    _, out = project.fix({"requirements.txt": "app>=1\n"})
    assert "note:      not looked up: 1 entry; lockgate check audit names them\n" in out
    assert "no package with an exact version was found, so nothing was looked up" in out


def test_options_that_change_nothing_are_not_taken(project: Project) -> None:
    done = lockgate("fix", "--resolve", cwd=project.root, env=project.env)
    assert done.returncode == 2
    assert "No such option '--resolve'" in done.stderr


class Silent:
    """A source that knows of nothing."""

    engine, notes, gaps = Engine("none", "1"), (), ()

    def lookup(self, queries: Sequence[Query], _progress: object) -> Answers:
        return Answers(dict.fromkeys(queries, ()))

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("path", ["a/requirements.txt", "a b/requirements.txt", "c:1/requirements.txt"])
def test_a_file_of_which_less_is_looked_up_is_taken_back(tmp_path: Path, path: str) -> None:
    old, new = b"app==1.0\nopen>1\n", b"app==2.0\nopen>1\nmore>1\n"
    write(tmp_path, {path: old})
    tree = Tree(tmp_path)
    package = Package(name="app", version="1.0", at=Location.of_line(path, 1, "app==1.0"))
    mended = mend.Mended([mend.Change(path, old, new)], [Upgrade(package, "2.0", ("PYSEC-1",))])
    before, after = mend._audited(tree, Silent()), mend._audited(Overlay(tree, {path: new}), Silent())
    mend._take_back(mended, before, after)
    assert (mended.changes, mended.upgrades) == ([], [])
    assert mended.left[0].reason.startswith("2.0 was taken back: less could be looked up: more has no exact version")
