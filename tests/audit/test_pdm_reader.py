"""pdm.lock by PDM (tests/fixtures/generate_locks.py), and broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifests import FIXTURES, by_name, gaps, made, read_text, text_at

from lockgate.inputs.lockfiles.base import LARGEST
from lockgate.model.package import Origin

LOCK = (FIXTURES / "pdm" / "pdm.lock").read_text()
START = '[metadata]\nlock_version = "4.5.1"\n'
ENTRY = '[[package]]\nname = "{}"\nversion = "1.0"\n'


def test_a_lock_by_pdm() -> None:
    manifest = made("pdm/pdm.lock")
    found = by_name(manifest)
    assert manifest.settles == ("pdm",)
    assert {name: found[name][0].origin.value for name in found if found[name][0].origin is not Origin.INDEX} == {
        "demo-dir": "local", "demo-git": "vcs", "demo-path": "file", "demo-url": "url",
    }  # fmt: skip
    assert [(package.version, package.marker) for package in found["demo-two"]] == [
        ("1.0", 'python_version >= "3.11" and python_version < "3.12"'),
        ("2.0", 'python_version ~= "3.12"'),
    ]
    assert all(text_at(package) == f'version = "{package.version}"' for package in manifest.packages)
    assert found["demo-path"][0].hashes[0].startswith("sha256:49db4a27004b")


def test_a_package_with_extras_is_one_package() -> None:
    (web,) = by_name(made("pdm/pdm.lock"))["demo-web"]
    assert (web.extras, web.direct, web.via, web.at.line) == (("fast",), True, ("demo-app", "demo-web"), 178)


def test_the_project_beside_tells_the_ways() -> None:
    found = {name: packages[0] for name, packages in by_name(made("pdm/pdm.lock")).items()}
    util = found["demo-util"]
    # web, web -> core, web -> accel, plot -> core, tester
    assert (util.direct, util.ways, util.groups) == (False, 5, ())
    assert (found["demo-plot"].groups, found["demo-tester"].groups) == (("plot",), ("dev",))
    assert found["demo-accel"].via == ("demo-app", "demo-web", "demo-accel")
    ring = found["demo-ring-two"]
    assert (ring.via, ring.ways, ring.groups) == (
        ("demo-app", "demo-tester", "demo-ring-one", "demo-ring-two"), 1, ("dev",),
    )  # fmt: skip


def test_without_the_project_the_lock_tells_its_groups(tmp_path: Path) -> None:
    found = by_name(read_text(tmp_path, "pdm.lock", LOCK))
    assert (found["demo-tester"][0].groups, found["demo-util"][0].groups) == (("dev",), ())
    assert (found["demo-util"][0].direct, found["demo-util"][0].via) == (None, ())


def test_hashes_of_an_old_lock_stand_apart(tmp_path: Path) -> None:
    text = (
        ENTRY.format("X") + '[metadata]\nlock_version = "4.0"\n[metadata.files]\n"X 1.0" = [{ hash = "sha256:00" }]\n'
    )
    (package,) = read_text(tmp_path, "pdm.lock", text).packages
    assert (package.name, package.hashes) == ("x", ("sha256:00",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "pdm.dev.lock has no metadata with its lock version"),
        (LOCK[:1200], f"pdm.dev.lock:{LOCK[:1200].count(chr(10)) + 1} not valid TOML"),
        (
            LOCK[: LOCK.index('[[package]]\nname = "demo-util"')],
            "needs demo-util, which the file does not lock; is it cut",
        ),
        (LOCK.replace('"4.5.1"', '"4.6.0"'), "pdm.dev.lock lock version 4.6.0 is not known (known: 4.0 to 4.5)"),
        (LOCK.replace('"4.5.1"', '"3.1"'), "pdm.dev.lock lock version 3.1 is not known"),
        (LOCK.replace('"4.5.1"', "4"), "pdm.dev.lock has no metadata"),
        (LOCK + "<<<<<<< HEAD\n", "not valid TOML"),
        (f"package = 3\n{START}", "pdm.dev.lock 'package' is not an array of tables"),
        (START + ENTRY.format("x y"), "pdm.dev.lock:5 can't be understood"),
        (START + ENTRY.format("x").replace('"1.0"', '"1.0\\n"'), "pdm.dev.lock:5 can't be understood"),
        (START + ENTRY.format("x") + 'marker = "\\u001b"\n', "pdm.dev.lock:5 can't be understood"),
        (START + ENTRY.format("x") + "dependencies = [3]\n", "pdm.dev.lock:5 can't be understood"),
        (START + ENTRY.format("x") + "path = 3\n", "pdm.dev.lock:5 can't be understood"),
        (START + ENTRY.format("x") * 31, "pdm.dev.lock locks x more than 30 times"),
        ("x = " + "[" * 100_000, "nested too deeply"),
        (b"\xff", "not UTF-8"),
        ("#" * (LARGEST + 1), "pdm.dev.lock larger than 8 MiB"),
    ],
)
def test_a_broken_lock_is_a_gap(tmp_path: Path, text: str | bytes, expected: str) -> None:
    told = gaps(tmp_path, "pdm.dev.lock", text)
    assert told
    for gap in told:
        assert gap.startswith("pdm.dev.lock")
        assert expected in gap


def test_a_need_that_a_marker_may_leave_out_is_not_missed(tmp_path: Path) -> None:
    needs = "dependencies = [\"y; os_name == 'nt'\", \"z @ https://index.example/z ; os_name == 'nt'\"]\n"
    assert gaps(tmp_path, "pdm.lock", START + ENTRY.format("x") + needs) == []


def test_an_entry_with_extras_alone_is_kept(tmp_path: Path) -> None:
    (package,) = read_text(tmp_path, "pdm.lock", START + ENTRY.format("x") + 'extras = ["B", "a"]\n').packages
    assert (package.name, package.extras) == ("x", ("b", "a"))


def test_many_extras_of_many_entries_take_bounded_time(tmp_path: Path) -> None:
    """Each entry took in what each other one with extras needs: 25 million of them."""
    needs = "dependencies = [" + '"y",' * 5 + "]\n"
    text = START + (ENTRY.format("x") + needs) * 1_000 + (ENTRY.format("x") + 'extras = ["e"]\n' + needs) * 5_000
    assert len(read_text(tmp_path, "pdm.lock", text).packages) == 1_000


def test_nothing_of_a_broken_lock_is_shown(tmp_path: Path) -> None:
    word = "hunter" + "2" * 9
    url = f"https://me:{word}@index.example/x.git"
    text = f"""\
{START}
{ENTRY.format("x")}
git = "{url}"
{ENTRY.format(word + " !")}
{ENTRY.format("y").replace("1.0", word + " !")}
{ENTRY.format("z")}
dependencies = ["{url} x"]
{ENTRY.format("q")}
files = [{{ hash = "{url}" }}]
"""
    manifest = read_text(tmp_path, "pdm.lock", text)
    assert (len(manifest.packages), len(manifest.skipped)) == (2, 3)
    assert word not in repr(manifest)
