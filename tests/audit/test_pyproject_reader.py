"""pyproject.toml: the requirements of a project, its groups and its build, and broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifests import by_name, gaps, made, read_all, read_text, text_at

from lockgate.checks.audit.inventory import take
from lockgate.inputs.lockfiles.declared import LARGEST
from lockgate.inputs.tree import Tree
from lockgate.model.package import Origin
from support import write

PROJECT = '[project]\nname = "my.app"\n'


def test_a_project_of_the_standard_tables() -> None:
    found = by_name(made("poetry/pyproject.toml"))
    (web,) = found["demo-web"]
    assert (web.version, web.specifier, web.extras, web.origin, web.direct) == (
        "",
        ">=1.0",
        ("fast",),
        Origin.INDEX,
        True,
    )
    assert text_at(web) == '"demo-web[fast]>=1.0"'
    assert [(package.version, package.marker) for package in found["demo-two"]] == [
        ("1.0", "python_version < '3.12'"),
        ("2.0", "python_version >= '3.12'"),
    ]
    assert found["demo-plot"][0].groups == ("plot",)
    assert (found["demo-url"][0].origin, found["demo-url"][0].version) == (Origin.URL, "1.0")
    assert (found["demo-path"][0].origin, found["demo-path"][0].version) == (Origin.FILE, "1.0")
    assert found["demo-git"][0].origin is Origin.VCS
    (tester,) = found["demo-tester"]
    assert (tester.specifier, tester.groups, text_at(tester)) == (">=1.0,<2", ("dev",), 'demo-tester = "^1.0"')
    assert found["demo-dir"][0].origin is Origin.LOCAL


def test_a_project_of_poetry_tables() -> None:
    found = by_name(made("poetry-1.8/pyproject.toml"))
    assert "python" not in found
    assert text_at(found["demo-web"][0]) == 'version = "^1.0"'
    assert [(package.specifier, package.marker) for package in found["demo-two"]] == [
        ("==1.0", "python_version < '3.12'"),
        (">=2.0,<2.1", "python_version >= '3.12'"),
    ]
    assert found["demo-win"][0].marker == "sys_platform == 'win32'"
    assert (found["demo-plot"][0].specifier, found["demo-plot"][0].groups) == ("==1.*", ("plot",))
    assert (found["demo-url"][0].version, found["demo-path"][0].origin) == ("1.0", Origin.FILE)
    assert found["demo-dir"][0].groups == ("dev",)


def test_groups_of_pdm_hold_editable_ones() -> None:
    (local,) = by_name(made("pdm/pyproject.toml"))["demo-dir"]
    assert (local.origin, local.groups) == (Origin.LOCAL, ("local",))


def test_a_group_lends_what_it_has_to_those_that_include_it(tmp_path: Path) -> None:
    text = """\
[dependency-groups]
All_ = [{ include-group = "test" }, "x==1"]
Test = ["y>=2", { include-group = "base" }]
base = ["z"]
"""
    found = by_name(read_text(tmp_path, "pyproject.toml", text))
    assert {name: packages[0].groups for name, packages in found.items()} == {
        "x": ("all-",), "y": ("all-", "test"), "z": ("all-", "base", "test"),
    }  # fmt: skip


def test_tables_say_where_a_requirement_comes_from(tmp_path: Path) -> None:
    text = f"""\
{PROJECT}dependencies = ["a", "b>=1", "c", "d==1", "e"]
optional-dependencies.all = ["My-App[x]"]
[tool.uv.sources]
A = {{ workspace = true }}
b = {{ git = "https://index.example/b" }}
c = [{{ path = "../c", marker = "os_name == 'nt'" }}, {{ index = "mine" }}]
d = {{ index = "mine" }}
[tool.poetry.dependencies]
e = {{ path = "e-1.0.tar.gz" }}
[build-system]
requires = ["a"]
"""
    found = by_name(read_text(tmp_path, "pyproject.toml", text))
    assert {name: [package.origin.value for package in packages] for name, packages in found.items()} == {
        "a": ["local", "index"], "b": ["vcs"], "c": ["local", "index"], "d": ["index"], "e": ["file"], "my-app": ["local"],
    }  # fmt: skip


def test_a_file_of_settings_requires_nothing(tmp_path: Path) -> None:
    manifest = read_text(tmp_path, "pyproject.toml", "[tool.ruff]\nline-length = 120\n[tool.x]\ndependencies = 3\n")
    assert (manifest.packages, manifest.skipped, manifest.unlocked) == ((), (), ())


def said(root: Path) -> list[str]:
    return [f"{skip.subject} {skip.reason}" for skip in take(Tree(root)).not_asked if skip.gap]


def test_dependencies_that_only_the_build_tells_are_a_gap_unless_a_lock_has_them(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": f'{PROJECT}dynamic = ["version", "dependencies"]\n'})
    assert said(tmp_path) == [
        "pyproject.toml:3 its dependencies are dynamic, so that only its build tells them; lock them"
    ]
    write(
        tmp_path, {"uv.lock": 'version = 1\n[[package]]\nname = "my-app"\nversion = "1"\nsource = { editable = "." }\n'}
    )
    assert said(tmp_path) == []


def test_requirements_of_the_docs_do_not_tell_what_the_build_would(tmp_path: Path) -> None:
    dynamic = ["pyproject.toml:3 its dependencies are dynamic, so that only its build tells them; lock them"]
    write(
        tmp_path, {"pyproject.toml": f'{PROJECT}dynamic = ["dependencies"]\n', "requirements-docs.txt": "sphinx==8\n"}
    )
    assert said(tmp_path) == dynamic
    write(tmp_path, {"requirements-docs.txt": "sphinx==8\n    # via my-app (pyproject.toml)\n"})
    assert said(tmp_path) == []
    write(tmp_path, {"requirements-docs.txt": "sphinx==8\n", "requirements.txt": "a==1\n"})
    assert said(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("setup.py", "from setuptools import setup\nsetup(install_requires=['a==1'])\n"),
        ("setup.cfg", "[options]\ninstall_requires =\n  a==1\n"),
    ],
)
def test_what_setuptools_files_require_is_a_gap_unless_a_lock_has_it(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, {"pyproject.toml": '[build-system]\nrequires = ["setuptools==80"]\n', name: text})
    assert said(tmp_path) == [f"{name}:2 its install_requires is not read; lock it"]
    write(tmp_path, {"requirements.txt": "a==1\n"})
    assert said(tmp_path) == []


def test_what_uv_constrains_is_a_gap_where_no_lock_has_it(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\ndependencies = ["a>1"]\n[tool.uv]\nconstraint-dependencies = ["b<2"]\n'
    write(tmp_path, {"pyproject.toml": text})
    assert "pyproject.toml:5 its constraint-dependencies are not read; lock them" in said(tmp_path)


def test_files_that_setuptools_takes_dependencies_from_are_read(tmp_path: Path) -> None:
    text = f"""\
{PROJECT}dynamic = ["dependencies", "optional-dependencies"]
[tool.setuptools.dynamic]
dependencies = {{ file = ["needs/base.in.list", "gone.txt"] }}
optional-dependencies.dev.file = "requirements.txt"
"""
    found = read_all(tmp_path, {"pyproject.toml": text, "needs/base.in.list": "a==1\n", "requirements.txt": "b==1\n"})
    assert [package.name for package in found["needs/base.in.list"].packages] == ["a"]
    assert set(found) == {"pyproject.toml", "needs/base.in.list", "requirements.txt"}
    (skip,) = found["pyproject.toml"].skipped
    assert (skip.subject, skip.reason) == ("pyproject.toml:5", "takes dependencies from a file that is not there")
    assert found["pyproject.toml"].unlocked == ()


def test_a_constraint_of_two_ranges_is_a_gap_of_its_own_that_no_resolver_mends(tmp_path: Path) -> None:
    text = '[tool.poetry.dependencies]\na = "^1.0 || ^2.0"\nb = { version = "===1\\\\" }\n'
    write(tmp_path, {"pyproject.toml": text})
    assert [f"{skip.subject} {skip.reason}" for skip in take(Tree(tmp_path)).skipped] == [
        "pyproject.toml:2 its constraint is not one range of versions; lock it",
        "pyproject.toml:3 its constraint is not one range of versions; lock it",
    ]


def test_an_open_requirement_is_settled_by_a_lock_or_told(tmp_path: Path) -> None:
    text = f'{PROJECT}dependencies = ["a>=1", "b>=2"]\n[build-system]\nrequires = ["flit_core>=3"]\n'
    entry = '[[package]]\nname = "{}"\nversion = "{}"\noptional = false\npython-versions = "*"\nfiles = []\n'
    lock = entry.format("a", "1.5") + entry.format("b", "1.0") + '[metadata]\nlock-version = "2.1"\n'
    write(tmp_path, {"pyproject.toml": text, "poetry.lock": lock})
    assert said(tmp_path) == [
        "pyproject.toml:3 b has no exact version; its lock has 1.0, which is not >=2",
        "pyproject.toml:5 flit-core has no exact version; pin it: locks don't hold what a build needs",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("project = 3", "pyproject.toml:1 is not a table"),
        ("[project]\ndependencies = 3", "pyproject.toml:2 is not an array"),
        ("[project]\ndependencies = [\n'a', 3]", "pyproject.toml:3 is not a string"),
        ("[project]\ndependencies = [\n'a', 'b c']", "pyproject.toml:3 can't be understood: "),
        ("[project]\ndependencies = [\n'-e .']", "pyproject.toml:3 can't be understood: Expected"),
        ("[project]\ndependencies = ['a===\\u001b[31m']".replace("'", '"'), "pyproject.toml:2 can't be understood"),
        ("[project]\noptional-dependencies = ['a']", "pyproject.toml:2 is not a table"),
        ("[project.optional-dependencies]\nx = 'a'", "pyproject.toml:2 is not an array"),
        ("build-system = ['x']", "pyproject.toml:1 is not a table"),
        ("dependency-groups = ['x']", "pyproject.toml:1 is not a table"),
        ("[dependency-groups]\nx = 'a'", "pyproject.toml:2 is not an array"),
        ("[dependency-groups]\nx = [{ include-group = 'y' }]", "pyproject.toml:2 includes a group that is not there"),
        ("[dependency-groups]\nx = [{ y = 'y' }]", "pyproject.toml:2 is neither a requirement nor an include-group"),
        (
            "[dependency-groups]\nx = [{ include-group = 'X' }]",
            "pyproject.toml:2 includes a group that includes this one",
        ),
        ("[dependency-groups]\nx = []\nX = ['a']", "pyproject.toml:1 names a group twice"),
        ("[dependency-groups]\n" + "".join(f"x{n} = []\n" for n in range(101)), "over the limit of 100 groups"),
        ("[tool.poetry]\ndependencies = 'x'", "pyproject.toml:2 is not a table"),
        ("[tool.poetry.dependencies]\nx = 3", "pyproject.toml:2 is neither a constraint nor a table"),
        ("[tool.poetry.dependencies]\nx = ['1', 3]", "pyproject.toml:2 is neither a constraint nor a table"),
        ("[tool.poetry.dependencies]\nx = { version = 3 }", "pyproject.toml:2 can't be understood: its version is not"),
        (
            "[tool.poetry.dependencies]\nx = { extras = 'y' }",
            "pyproject.toml:2 can't be understood: its extras are not",
        ),
        ("[tool.poetry.dependencies]\n'x y' = '1'", "pyproject.toml:2 can't be understood: no valid name"),
        ("[tool.poetry.dependencies]\nx = { markers = 'os_name' }", "pyproject.toml:2 can't be understood: "),
        (
            "[tool.poetry.dependencies]\nx = { markers = 'os_name == \"x\" \\' }",
            "pyproject.toml:2 can't be understood: ",
        ),
        ("[project]\ndependencies = ['a===1\\']", "pyproject.toml:2 can't be understood: no valid requirement"),
        ("[tool.poetry.group]\ndev = 1", "pyproject.toml:2 is not a table"),
        ("[tool]\npoetry = 1", "pyproject.toml:2 is not a table"),
        ("[tool.pdm]\ndev-dependencies = 'x'", "pyproject.toml:2 is not a table"),
        ("[tool.uv]\ndev-dependencies = 'x'", "pyproject.toml:2 is not an array"),
        ("[tool.uv]\nsources = 'x'", "pyproject.toml:2 is not a table"),
        ("[project]\n<<<<<<< HEAD\n", "pyproject.toml:2 not valid TOML"),
        ("[project]\nname = 'x'\nname = 'y'\n", "pyproject.toml:3 not valid TOML"),
        ("x = " + "[" * 100_000, "nested too deeply"),
        (b"\xff", "not UTF-8"),
        ("#" * (LARGEST + 1), "pyproject.toml larger than 512 KiB"),
    ],
)
def test_a_broken_file_is_a_gap(tmp_path: Path, text: str | bytes, expected: str) -> None:
    (gap, *more) = gaps(tmp_path, "pyproject.toml", text)
    assert gap.startswith("pyproject.toml")
    assert expected in gap
    assert not more


def test_groups_that_include_each_other_are_told_and_read(tmp_path: Path) -> None:
    text = "[dependency-groups]\na = ['x==1', { include-group = 'b' }]\nb = ['y==1', { include-group = 'a' }]\n"
    manifest = read_text(tmp_path, "pyproject.toml", text)
    assert [skip.subject for skip in manifest.skipped] == ["pyproject.toml:2", "pyproject.toml:3"]
    assert [(package.name, package.groups) for package in manifest.packages] == [("x", ("a", "b")), ("y", ("a", "b"))]


def test_more_requirements_than_are_read_are_a_gap(tmp_path: Path) -> None:
    manifest = read_text(tmp_path, "pyproject.toml", "[project]\ndependencies = [" + "'a==1'," * 10_500 + "]")
    assert len(manifest.packages) == 10_000
    assert [skip.reason for skip in manifest.skipped] == [
        "over the limit of 10,000 requirements; this one and the rest were not read"
    ]


def test_nothing_of_a_broken_entry_is_shown(tmp_path: Path) -> None:
    word = "hunter" + "2" * 9
    url = f"https://me:{word}@index.example/x.git"
    text = f"""\
[project]
dependencies = ["{url}", "x @ git+{url}", "x {word}!", "x @ {url}?{word} ; {word}"]
[tool.poetry.dependencies]
y = {{ git = "{url}" }}
z = {{ version = "{word}!" }}
[tool.uv.sources]
x = {{ url = "{url}" }}
"""
    manifest = read_text(tmp_path, "pyproject.toml", text)
    assert word not in repr(manifest)
    assert len(manifest.skipped) == 3
