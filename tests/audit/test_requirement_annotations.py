"""`# via` in requirements files: real ones (tests/fixtures/generate_graphs.py), and each way to write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockgate.checks import audit
from lockgate.checks.audit.inventory import take
from lockgate.checks.run import run_check
from lockgate.inputs.lockfiles.base import read_manifests
from lockgate.inputs.requirement_lines import parse
from lockgate.inputs.tree import Tree
from lockgate.model.package import Package
from support import advisory, target, write, write_advisories

FIXTURES = Path(__file__).parents[1] / "fixtures" / "graph"
# As the fixtures' own lock (uv.lock) has the edges; requests[socks] brings pysocks.
WAYS = {
    "certifi": "requests -> certifi",
    "charset-normalizer": "requests -> charset-normalizer",
    "click": "flask -> click",
    "flask": "flask",
    "idna": "requests -> idna",
    "itsdangerous": "flask -> itsdangerous",
    "jinja2": "flask -> jinja2",
    "markupsafe": "flask -> jinja2 -> markupsafe",
    "pysocks": "requests -> pysocks",
    "requests": "requests",
    "urllib3": "requests -> urllib3",
    "werkzeug": "flask -> werkzeug",
}


def packages(text: str) -> dict[str, Package]:
    parsed = parse(text.encode(), "requirements.txt")
    assert not parsed.skipped
    return {package.name: package for package in parsed.packages}


@pytest.mark.parametrize("name", ["requirements.txt", "line-requirements.txt"])
def test_annotations_by_uv(name: str) -> None:
    found = packages((FIXTURES / name).read_text())
    assert {name: " -> ".join(package.via) for name, package in found.items()} == {
        name: f"requirements.in -> {way}" for name, way in WAYS.items()
    }
    assert {name for name, package in found.items() if package.direct} == {"flask", "requests"}
    assert (found["markupsafe"].ways, found["markupsafe"].direct) == (2, False)


@pytest.mark.parametrize(
    "text",
    [
        "a==1\n    # via -r base.in\nb==1\n    # via a\n",
        "a==1\n    # via\n    #   -r base.in\nb==1\n    # via\n    #   a\n",
        "a==1  # via -r base.in\nb==1  # via a\n",
        "a==1  # via -r base.in, -c pins.txt\nb==1  # via A, a[x]\n",
        "a==1 \\\n    --hash=sha256:aa\n    # via\n    #   -c pins.txt\n    #   -r sub/base.in\nb==1 \\\n    # via a\n",
        "a==1 --hash=sha256:aa\r\n    # via --requirement=base.in\r\nb==1\r\n    # via a\r\n",
        "b==1\n    # via a\na==1\n    # via -r C:\\x\\base.in\n",
    ],
)
def test_each_way_to_write_them(text: str) -> None:
    found = packages(text)
    assert (found["a"].via, found["a"].direct, found["a"].ways) == (("base.in", "a"), True, 1)
    assert (found["b"].via, found["b"].direct, found["b"].ways) == (("base.in", "a", "b"), False, 1)


@pytest.mark.parametrize(
    ("said", "via", "groups"),
    [
        ("demo (pyproject.toml)", ("demo", "a"), ()),
        ("demo (pyproject.toml:dev)", ("demo", "a"), ("dev",)),
        ("demo", ("demo", "a"), ()),  # as `uv export` names a project that it does not install
        ("-c pins.txt", (), ()),
        ("--override x.txt", (), ()),
        ("what I read in the news", (), ()),
        ("-r a\u202eb.in", (), ()),
        ("-r " + "x" * 300, (), ()),
        ("a", (), ()),  # a circle
    ],
)
def test_what_leads_to_it(said: str, via: tuple[str, ...], groups: tuple[str, ...]) -> None:
    (package,) = packages(f"a==1\n    # via {said}\n").values()
    assert (package.via, package.groups, package.direct) == (via, groups, True if via else None)


@pytest.mark.parametrize(
    "text",
    [
        "a==1\n# via -r x.in\n",
        "a==1\n\n    # via -r x.in\n",
        "# via -r x.in\na==1\n",
        "a==1  # see via -r x.in\n",
        "a==1\n",
    ],
)
def test_what_is_no_annotation_tells_nothing(text: str) -> None:
    (package,) = packages(text).values()
    assert (package.direct, package.via) == (None, ())


def test_entries_of_one_name_are_each_a_parent() -> None:
    found = packages(
        "p==1 ; os_name == 'a'\n    # via -r x.in\np==2 ; os_name == 'b'\n    # via -r x.in\nq==1\n    # via p\n"
    )
    assert found["q"].ways == 2


def test_very_many_annotations_end_in_good_time() -> None:
    """Each of 20,000 names each of 60: of 30 entries each, so 36 million edges without a bound."""
    forks = "".join(f"p{number % 60}=={number}\n" for number in range(1800))
    names = "".join(f"    #   p{number}\n" for number in range(60))
    found = packages(forks + "".join(f"q{number}==1\n    # via\n{names}" for number in range(20_000)))
    assert found["q0"].via == ()


def test_extras_are_told() -> None:
    found = packages("a[X,y_z]==1\nb[c] @ https://index.example/b-1.zip\n")
    assert (found["a"].extras, found["b"].extras) == (("x", "y-z"), ("c",))


def open_in(root: Path, files: dict[str, str]) -> list[str]:
    write(root, files)
    return [skip.subject for skip in take(Tree(root)).not_asked if skip.gap]


def test_what_is_compiled_settles_its_sources_and_no_other_requirements_file(tmp_path: Path) -> None:
    files = {
        "requirements.in": "flask>=1\nsix\n-c pins.txt\n",
        "requirements.txt": "flask==2.0\n",
        "requirements-dev.txt": "flask\n",
        "pins.txt": "six>1\n",
        "requirements/dev.in": "flask<2\n",
        "sub/requirements.in": "django\n",
        "sub/requirements/base.txt": "django==5.0\n",
        "sub/requirements/base.in": "django>=5\n",
    }
    assert open_in(tmp_path, files) == ["requirements-dev.txt:1", "requirements.in:2", "requirements/dev.in:1"]


def test_a_source_that_is_installed_as_it_is_is_not_settled(tmp_path: Path) -> None:
    files = {
        "requirements.in": "flask\n",
        "requirements.txt": "flask==2.0\n",
        "dev-requirements.txt": "-r requirements.in\n",
    }
    assert open_in(tmp_path, files) == ["requirements.in:1"]


def test_a_source_is_read_and_its_pins_are_looked_up(tmp_path: Path) -> None:
    advisories = write_advisories(tmp_path / "osv", advisory(1, "demo"))
    write(tmp_path / "project", {"requirements.in": "-r more.in\n", "more.in": "demo==1.0\n"})
    result = audit.run(target(tmp_path / "project", advisories=str(advisories), offline=True))
    assert [(finding.path, finding.line) for finding in result.findings] == [("more.in", 1)]


def test_a_source_needs_no_pins(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.in": "flask\n", "requirements.txt": "flask==2.0 --hash=sha256:aa\n"})
    record = run_check("pins", target(tmp_path))
    assert (record.findings, record.reason) == ((), "")


@pytest.mark.parametrize(
    "name", ["requirements-dev.in", "dev-requirements.in", "x_requirements.in", "requirements/a.in"]
)
def test_names_of_sources(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: "a==1\n"})
    (manifest,) = read_manifests(Tree(tmp_path))
    assert (manifest.path, len(manifest.packages), manifest.settles) == (name, 1, ())
