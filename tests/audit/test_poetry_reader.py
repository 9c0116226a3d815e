"""poetry.lock by Poetry 1.1, 1.8 and 2 (tests/fixtures/generate_locks.py), and broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifests import FIXTURES, by_name, gaps, made, read_all, read_text, text_at

from lockgate.inputs.lockfiles.base import LARGEST
from lockgate.model.package import Origin

LOCK = (FIXTURES / "poetry" / "poetry.lock").read_text()
END = '[metadata]\nlock-version = "2.1"\n'
ENTRY = '[[package]]\nname = "{}"\nversion = "1.0"\n'


@pytest.mark.parametrize("folder", ["poetry", "poetry-1.8", "poetry-1.1"])
def test_a_lock_of_each_version(folder: str) -> None:
    manifest = made(f"{folder}/poetry.lock")
    found = by_name(manifest)
    assert manifest.settles == (folder,)
    assert len(manifest.packages) == 15
    assert {name: found[name][0].origin.value for name in found if found[name][0].origin is not Origin.INDEX} == {
        "demo-dir": "local", "demo-git": "vcs", "demo-path": "file", "demo-url": "url",
    }  # fmt: skip
    assert [package.version for package in found["demo-two"]] == ["1.0", "2.0"]
    assert all(text_at(package) == f'version = "{package.version}"' for package in manifest.packages)
    assert found["demo-path"][0].hashes[0].startswith("sha256:49db4a27004b")
    assert found["demo-web"][0].extras == ("fast",)


@pytest.mark.parametrize("folder", ["poetry", "poetry-1.8", "poetry-1.1"])
def test_the_project_beside_tells_the_ways(folder: str) -> None:
    found = {name: packages[0] for name, packages in by_name(made(f"{folder}/poetry.lock")).items()}
    util = found["demo-util"]
    # web, web -> core, web -> accel, plot -> core, tester
    assert (util.direct, util.ways, util.groups) == (False, 5, ())
    assert util.via in (("demo-app", "demo-web", "demo-util"), ("demo-app", "demo-tester", "demo-util"))
    assert (found["demo-web"].direct, found["demo-web"].via) == (True, ("demo-app", "demo-web"))
    assert (found["demo-plot"].groups, found["demo-tester"].groups) == (("plot",), ("dev",))
    assert found["demo-accel"].via == ("demo-app", "demo-web", "demo-accel")
    ring = found["demo-ring-two"]
    assert (ring.via, ring.ways, ring.groups) == (
        ("demo-app", "demo-tester", "demo-ring-one", "demo-ring-two"), 1, ("dev",),
    )  # fmt: skip


def test_markers_are_told_since_2_1() -> None:
    markers = [package.marker for package in by_name(made("poetry/poetry.lock"))["demo-two"]]
    assert markers == ['python_version == "3.11"', 'python_version >= "3.12"']


def test_without_the_project_the_lock_tells_its_groups(tmp_path: Path) -> None:
    found = by_name(read_text(tmp_path, "poetry.lock", LOCK))
    assert (found["demo-tester"][0].groups, found["demo-util"][0].groups) == (("dev",), ())
    assert (found["demo-util"][0].direct, found["demo-util"][0].via) == (None, ())
    old = by_name(read_text(tmp_path, "poetry.lock", (FIXTURES / "poetry-1.1" / "poetry.lock").read_text()))
    assert (old["demo-tester"][0].groups, old["demo-util"][0].groups) == (("dev",), ())


def test_an_extra_that_nothing_asks_for_leads_nowhere(tmp_path: Path) -> None:
    text = (FIXTURES / "poetry" / "pyproject.toml").read_text().replace("[fast]", "")
    found = by_name(read_all(tmp_path, {"poetry.lock": LOCK, "pyproject.toml": text})["poetry.lock"])
    assert found["demo-accel"][0].via == ()
    assert found["demo-util"][0].ways == 4


def test_markers_by_group(tmp_path: Path) -> None:
    entry = ENTRY.format("x") + 'groups = ["main", "dev"]\nmarkers = {{main = "os_name == \'nt\'"{}}}\n' + END
    (package,) = read_text(tmp_path, "poetry.lock", entry.format("")).packages
    assert package.marker == ""
    (package,) = read_text(tmp_path, "poetry.lock", entry.format(", dev = \"os_name == 'x'\"")).packages
    assert package.marker == "(os_name == 'nt') or (os_name == 'x')"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "poetry.lock has no metadata with its lock version"),
        (LOCK[: LOCK.index("[metadata]")], "poetry.lock has no metadata with its lock version"),
        (LOCK[:1200], f"poetry.lock:{LOCK[:1200].count(chr(10)) + 1} not valid TOML"),
        (LOCK.replace('"2.1"', '"2.2"'), "poetry.lock lock version 2.2 is not known (known: 1.0, 1.1, 2.0, 2.1)"),
        (LOCK.replace('"2.1"', '"3\\u001b"'), "poetry.lock has no metadata"),
        (LOCK.replace('"2.1"', "2.1"), "poetry.lock has no metadata"),
        (LOCK + "<<<<<<< HEAD\n", "not valid TOML"),
        (LOCK + '\n[metadata]\nlock-version = "2.1"\n', "not valid TOML"),
        (f"package = 3\n{END}", "poetry.lock 'package' is not an array of tables"),
        (f"package = [3]\n{END}", "poetry.lock 'package' is not an array of tables"),
        (ENTRY.format("x y") + END, "poetry.lock:3 can't be understood"),
        (ENTRY.format("x\\n") + END, "poetry.lock:3 can't be understood"),
        (ENTRY.format("x").replace('"1.0"', "1.0") + END, "poetry.lock:3 can't be understood"),
        (ENTRY.format("x").replace('"1.0"', '"1.0\\u001b"') + END, "poetry.lock:3 can't be understood"),
        (f'[[package]]\nname = "x"\n{END}', "poetry.lock:2 can't be understood"),
        (ENTRY.format("x") + 'markers = "\\u001b"\n' + END, "poetry.lock:3 can't be understood: its markers"),
        (ENTRY.format("x") + 'dependencies = ["y"]\n' + END, "poetry.lock:3 can't be understood"),
        (ENTRY.format("x") + "files = 3\n" + END, "poetry.lock:3 can't be understood"),
        (ENTRY.format("x") + 'source = { type = "moon" }\n' + END, "its source is of an unknown kind"),
        (
            ENTRY.format("x") + 'dependencies = { y = "*" }\n' + END,
            "poetry.lock:3 needs y, which the file does not lock",
        ),
        (
            ENTRY.format("x") + 'dependencies = { "\\u001b" = "*" }\n' + END,
            "poetry.lock:3 needs ?, which the file does",
        ),
        ((ENTRY.format("x") + "\n") * 31 + END, "poetry.lock locks x more than 30 times"),
        ("x = " + "[" * 100_000, "nested too deeply"),
        (b"\xff", "not UTF-8"),
        ("#" * (LARGEST + 1), "poetry.lock larger than 8 MiB"),
    ],
)
def test_a_broken_lock_is_a_gap(tmp_path: Path, text: str | bytes, expected: str) -> None:
    (gap,) = gaps(tmp_path, "poetry.lock", text)
    assert gap.startswith("poetry.lock")
    assert expected in gap


def test_a_need_that_a_condition_may_leave_out_is_not_missed(tmp_path: Path) -> None:
    needs = """\
[package.dependencies]
a = { version = "*", markers = "os_name == 'nt'" }
b = { version = "*", optional = true }
c = [{ version = "1", python = "<3.8" }, { version = "2", platform = "win32" }]
"""
    assert gaps(tmp_path, "poetry.lock", ENTRY.format("x") + needs + END) == []


def test_what_locks_never_hold_is_not_missed(tmp_path: Path) -> None:
    """Older ones leave what installs to the environment; none holds the project itself, though a package may need it."""
    lock = ENTRY.format("x") + 'dependencies = { setuptools = "*", My_App = "*" }\n' + END
    found = read_all(tmp_path, {"poetry.lock": lock, "pyproject.toml": '[project]\nname = "my.app"\n'})
    assert found["poetry.lock"].skipped == ()


def test_one_bad_entry_does_not_hide_the_others(tmp_path: Path) -> None:
    text = ENTRY.format("x") + 'dependencies = { y = "*" }\n' + ENTRY.format("y").replace('"1.0"', "1") + END
    manifest = read_text(tmp_path, "poetry.lock", text)
    assert [package.name for package in manifest.packages] == ["x"]
    assert [skip.subject for skip in manifest.skipped] == ["poetry.lock:7"]


def test_many_packages_of_one_name_take_bounded_time(tmp_path: Path) -> None:
    """Each of them needs each other one: with no limit these were 16 million edges, each with a specifier to read."""
    needs = "dependencies = { " + ", ".join(f'x = "^{n}"' if n == 0 else f'x{n} = "^1"' for n in range(5)) + " }\n"
    text = "".join(f'[[package]]\nname = "x"\nversion = "{n}"\n{needs}' for n in range(4_000)) + END
    manifest = read_text(tmp_path, "poetry.lock", text)
    assert len(manifest.packages) == 4_000


def test_nothing_of_a_broken_lock_is_shown(tmp_path: Path) -> None:
    word = "hunter" + "2" * 9
    url = f"https://me:{word}@index.example/x.git"
    text = f"""\
{ENTRY.format("x")}
[package.source]
type = "git"
url = "{url}"
{ENTRY.format(word + " !")}
{ENTRY.format("y").replace("1.0", word + " !")}
{ENTRY.format("z")}
source = {{ type = "{word}" }}
{ENTRY.format("q")}
source = "{url}"
{ENTRY.format("r")}
files = [{{ hash = "{url}" }}]
{END}"""
    manifest = read_text(tmp_path, "poetry.lock", text)
    assert (len(manifest.packages), len(manifest.skipped)) == (1, 5)
    assert word not in repr(manifest)


def test_of_several_versions_the_constraint_tells_which_is_needed(tmp_path: Path) -> None:
    text = (
        ENTRY.format("a")
        + 'dependencies = { x = "^1.0" }\n'
        + ENTRY.format("x")
        + ENTRY.format("x").replace('"1.0"', '"2.0"')
        + ENTRY.format("b")
        + 'dependencies = { x = ">=1.5" }\n'
        + END
    )
    project = '[project]\nname = "app"\ndependencies = ["a"]\n'
    packages = read_all(tmp_path, {"poetry.lock": text, "pyproject.toml": project})["poetry.lock"].packages
    assert [(package.version, package.via) for package in packages if package.name == "x"] == [
        ("1.0", ("app", "a", "x")),
        ("2.0", ()),
    ]
