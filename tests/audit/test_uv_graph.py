"""How the projects of a uv.lock come by its packages: a real workspace (tests/fixtures/generate_graphs.py), and made ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockgate.checks.audit.inventory import take
from lockgate.inputs.lockfiles import uv_lock
from lockgate.inputs.lockfiles.base import Manifest
from lockgate.inputs.tree import Tree
from lockgate.model.package import Package
from support import write

FIXTURES = Path(__file__).parents[1] / "fixtures" / "graph"
INDEX = '{ registry = "https://index.example/simple" }'


def read(root: Path, name: str = "uv.lock") -> Manifest:
    (manifest,) = uv_lock.read(Tree(root), [name])
    assert isinstance(manifest, Manifest)
    return manifest


def by_name(manifest: Manifest) -> dict[str, Package]:
    return {package.name: package for package in manifest.packages}


def made(root: Path, text: str, name: str = "uv.lock") -> Manifest:
    write(root, {name: f"version = 1\n{text}"})
    return read(root, name)


def entry(name: str, needs: str = "", more: str = "", version: str = "1", source: str = INDEX) -> str:
    files = 'wheels = [{ hash = "sha256:aa" }]\n' if "registry" in source else ""
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {source}\ndependencies = [{needs}]\n{files}{more}\n'


def test_a_workspace_by_uv() -> None:
    manifest = read(FIXTURES)
    assert not manifest.skipped
    assert manifest.settles == ("", "libs/lib")
    found = by_name(manifest)
    told = {name: (package.direct, package.groups, " -> ".join(package.via)) for name, package in found.items()}
    # As `uv tree --all-groups` and `uv tree --invert` tell; both projects name requests.
    assert told == {
        "certifi": (False, (), "demo-graph -> requests -> certifi"),
        "chardet": (False, (), "demo-lib -> requests[use-chardet-on-py3] -> chardet"),
        "charset-normalizer": (False, (), "demo-graph -> requests -> charset-normalizer"),
        "click": (False, ("all", "web"), "demo-graph -> flask -> click"),
        "demo-graph": (None, (), ""),
        "demo-lib": (True, (), "demo-graph -> demo-lib"),
        "flask": (True, ("all", "web"), "demo-graph -> flask"),
        "idna": (False, (), "demo-graph -> requests -> idna"),
        "iniconfig": (True, ("dev",), "demo-graph -> iniconfig"),
        "itsdangerous": (False, ("all", "web"), "demo-graph -> flask -> itsdangerous"),
        "jinja2": (True, ("all", "dev", "docs", "web"), "demo-graph -> jinja2"),
        "markupsafe": (False, ("all", "dev", "docs", "web"), "demo-graph -> jinja2 -> markupsafe"),
        "pysocks": (False, (), "demo-graph -> requests[socks] -> pysocks"),
        "requests": (True, (), "demo-graph -> requests"),
        "urllib3": (False, (), "demo-graph -> requests -> urllib3"),
        "werkzeug": (False, ("all", "web"), "demo-graph -> flask -> werkzeug"),
    }
    # demo-graph, demo-lib, and demo-graph through demo-lib.
    assert found["requests"].ways == 3
    assert found["requests"].extras == ("socks", "use-chardet-on-py3")


def test_the_lock_of_a_script_settles_that_script() -> None:
    manifest = read(FIXTURES, "tool.py.lock")
    assert not manifest.skipped
    assert manifest.settles == ("tool.py",)
    assert by_name(manifest)["click"].via == ("tool.py", "flask", "click")


def test_a_version_picks_the_fork_and_none_means_all(tmp_path: Path) -> None:
    text = (
        entry("app", '{ name = "x", version = "1" }, { name = "y" }', source='{ virtual = "." }')
        + entry("x", '{ name = "old" }')
        + entry("x", '{ name = "new" }', version="2")
        + entry("y", '{ name = "x", version = "2" }, { name = "z" }')
        + "".join(entry("z", version=version) for version in "12")
        + entry("old")
        + entry("new")
    )
    manifest = made(tmp_path, text)
    assert not manifest.skipped
    assert [(p.name, p.version, p.direct, p.via[1:-1]) for p in manifest.packages if p.via] == [
        ("x", "1", True, ()),
        ("x", "2", False, ("y",)),
        ("y", "1", True, ()),
        ("z", "1", False, ("y",)),
        ("z", "2", False, ("y",)),
        ("old", "1", False, ("x",)),
        ("new", "1", False, ("y", "x")),
    ]


def test_only_the_extras_that_are_asked_for_count(tmp_path: Path) -> None:
    extras = '[package.optional-dependencies]\nFast_one = [{ name = "speed" }]\nother = [{ name = "b" }]\n'
    text = (
        entry("app", '{ name = "a", extra = ["fast-one"] }, { name = "b" }', source='{ editable = "." }')
        + entry("a", more=extras)
        + entry("b")
        + entry("speed")
    )
    found = by_name(made(tmp_path, text))
    assert found["speed"].via == ("app", "a[fast-one]", "speed")
    assert (found["b"].ways, found["speed"].ways) == (1, 1)
    assert (found["a"].extras, found["b"].extras) == (("fast-one",), ())


def test_markers_are_those_of_all_that_need_it(tmp_path: Path) -> None:
    nt, mac = "marker = \"os_name == 'nt'\"", "marker = \"os_name == 'mac'\""
    text = (
        entry("app", f'{{ name = "a", {nt} }}, {{ name = "b" }}, {{ name = "c" }}', source='{ virtual = "." }')
        + entry("a")
        + entry("b", f'{{ name = "a", {mac} }}, {{ name = "c", {nt} }}')
        + entry("c")
    )
    found = by_name(made(tmp_path, text))
    assert found["a"].marker == "os_name == 'nt' or os_name == 'mac'"
    assert found["c"].marker == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (entry("a"), "uv.lock:4 locks a, which nothing in it needs; is it cut off?"),
        (
            entry("app", '{ name = "a", version = "2" }', source='{ virtual = "." }') + entry("a"),
            "uv.lock:4 needs a 2, which the file does not lock; is it cut off?",
        ),
        (
            entry("app", '{ name = "a" }, { name = "b" }, { name = "c" }', source='{ virtual = "." }') + entry("a"),
            "uv.lock:4 needs b and 1 more, which the file does not lock; is it cut off?",
        ),
        (
            '[manifest]\nmembers = ["app", "lib"]\n'
            + entry("app", '{ name = "a" }', source='{ virtual = "." }')
            + entry("a"),
            "uv.lock its workspace has lib, which the file does not lock; is it cut off?",
        ),
        (
            entry("app", '{ name = "a" }', source='{ virtual = "." }')
            + f'[[package]]\nname = "a"\nversion = "1"\nsource = {INDEX}\n',
            "uv.lock:10 locks no file of a, the last one; is it cut off?",
        ),
        ("[manifest]\nmembers = 3\n" + entry("app", source='{ virtual = "." }'), "uv.lock its manifest can't be"),
        ('[manifest]\nrequirements = [{ name = "a" }]\n' + entry("b"), "uv.lock needs a, which the file does not lock"),
    ],
)
def test_what_uv_never_writes_is_a_gap(tmp_path: Path, text: str, said: str) -> None:
    gaps = [f"{skip.subject} {skip.reason}" for skip in made(tmp_path, text).skipped if skip.gap]
    assert any(gap.startswith(said) for gap in gaps), gaps


def test_a_group_of_a_workspace_without_project_leads_to_its_packages(tmp_path: Path) -> None:
    manifest = made(tmp_path, '[manifest.dependency-groups]\ndev = [{ name = "a" }]\n' + entry("a"))
    (package,) = manifest.packages
    assert (package.groups, package.direct, manifest.skipped) == (("dev",), True, ())


def test_what_builds_are_held_to_settles_what_they_need(tmp_path: Path) -> None:
    """As `uv lock` writes `build-constraint-dependencies`."""
    lock = (
        "version = 1\n[manifest]\nbuild-constraints = [\n"
        '    { name = "Hatchling", specifier = "==1.27.0" },\n    { name = "other", specifier = ">1" },\n]\n'
    )
    project = '[project]\nname = "app"\nversion = "1"\n[build-system]\nrequires = ["hatchling>=1", "other"]\n'
    write(tmp_path, {"uv.lock": lock + entry("app", source='{ editable = "." }'), "pyproject.toml": project})
    manifest = read(tmp_path)
    package = manifest.packages[-1]
    assert (package.name, package.version, package.groups, package.at.line) == (
        "hatchling",
        "1.27.0",
        ("build-system",),
        4,
    )
    gaps = [skip.reason for skip in take(Tree(tmp_path)).not_asked if skip.gap]
    assert gaps == ["other has no exact version; pin it: locks don't hold what a build needs"]


def test_what_a_project_gets_settles_nothing_of_its_build(tmp_path: Path) -> None:
    project = '[project]\nname = "app"\nversion = "1"\ndependencies = ["a"]\n[build-system]\nrequires = ["a"]\n'
    lock = "version = 1\n" + entry("app", '{ name = "a" }', source='{ editable = "." }') + entry("a")
    write(tmp_path, {"uv.lock": lock, "pyproject.toml": project})
    assert [skip.subject for skip in take(Tree(tmp_path)).not_asked if skip.gap] == ["pyproject.toml:6"]


def test_a_member_outside_of_the_tree_is_not_settled(tmp_path: Path) -> None:
    text = entry("app", source='{ virtual = "." }') + entry("lib", source='{ editable = "../lib" }')
    assert made(tmp_path, text, "sub/uv.lock").settles == ("sub", "lib")
    assert made(tmp_path, text).settles == ("",)


def test_very_many_forks_end_in_good_time(tmp_path: Path) -> None:
    """Each of 30,000 needs each of 10,000 of one name: without a bound that is 300 million ways."""
    forks = "".join(entry("x", version=str(number)) for number in range(10_000))
    text = entry("app", source='{ virtual = "." }') + forks
    needs = "".join(
        f'[[package]]\nname = "n{n}"\nsource = {INDEX}\ndependencies = [{{ name = "x" }}]\n' for n in range(30_000)
    )
    manifest = made(tmp_path, text + needs)
    assert any("locks x more than 30 times" in skip.reason for skip in manifest.skipped)
