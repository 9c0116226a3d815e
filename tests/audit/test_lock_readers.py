"""uv.lock and pylock.toml: files that uv made (tests/fixtures/generate.py), and broken ones."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from lockgate.inputs.lockfiles import pylock, requirements, uv_lock
from lockgate.inputs.lockfiles.base import Manifest, read_manifests
from lockgate.inputs.toml_positions import array_of_tables
from lockgate.inputs.tree import Tree
from lockgate.model.package import Origin, Package
from support import write

FIXTURES = Path(__file__).parents[1] / "fixtures" / "lockfiles"
REGISTRY = {"click", "colorama", "flask", "itsdangerous", "jinja2", "markupsafe", "werkzeug"}


def made_by_uv(reader: ModuleType, name: str) -> Manifest:
    manifest: Manifest = reader.read(Tree(FIXTURES), name)
    assert not manifest.skipped
    return manifest


def by_name(manifest: Manifest) -> dict[str, list[Package]]:
    found: dict[str, list[Package]] = {}
    for package in manifest.packages:
        found.setdefault(package.name, []).append(package)
    return found


def text_at(package: Package) -> str:
    line = (FIXTURES / package.at.path).read_text().split("\n")[package.at.line - 1]
    return line[package.at.column - 1 : package.at.end_column - 1]


@pytest.mark.parametrize(("reader", "name"), [(uv_lock, "uv.lock"), (pylock, "pylock.toml")])
def test_a_lock_by_uv(reader: ModuleType, name: str) -> None:
    found = by_name(made_by_uv(reader, name))
    from_index = {p.name for group in found.values() for p in group if p.origin is Origin.INDEX}
    assert from_index == REGISTRY | {"zipp"}
    assert [package.version for package in found["flask"]] == ["2.0.1"]
    assert [package.version for package in found["zipp"]] == ["3.18.0", "3.19.0"]
    assert all("python_full_version" in package.marker for package in found["zipp"])
    assert found["demo-git"][0].origin is Origin.VCS
    assert found["demo-url"][0].origin is Origin.URL
    assert found["demo-path"][0].origin is Origin.LOCAL
    assert found["demo-member"][0].origin is Origin.LOCAL
    for package in found["flask"] + found["zipp"]:
        assert text_at(package) == f'version = "{package.version}"'
        assert len(package.hashes) == 2
        assert package.hashes[0].startswith("sha256:")


def test_the_project_itself_is_local() -> None:
    assert by_name(made_by_uv(uv_lock, "uv.lock"))["demo-app"][0].origin is Origin.LOCAL


def test_requirements_by_uv() -> None:
    found = by_name(made_by_uv(requirements, "requirements.txt"))
    assert set(found) == REGISTRY
    assert all(package.hashes for group in found.values() for package in group)
    assert text_at(found["jinja2"][0]) == "jinja2==3.0.0"


def gaps(root: Path, name: str, text: str | bytes) -> list[str]:
    write(root, {name: text})
    (manifest,) = read_manifests(Tree(root))
    assert all(skip.gap for skip in manifest.skipped)
    return [f"{skip.subject} {skip.reason}" for skip in manifest.skipped]


UV_LOCK = (FIXTURES / "uv.lock").read_text()
PYLOCK = (FIXTURES / "pylock.toml").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (UV_LOCK[:1200], f"uv.lock:{UV_LOCK[:1200].count(chr(10)) + 1} "),
        ("version = 1\n<<<<<<< HEAD\n", "uv.lock:2 "),
        ("version = 1\nversion = 1\n", "uv.lock:2 "),
        (UV_LOCK.replace("version = 1", "version = 2", 1), "lock version 2 is not known"),
        ("", "lock version None"),
        ("version = 1\npackage = 3\n", "not an array of tables"),
        ('version = 1\n[[package]]\nname = 3\nsource = { registry = "x" }\n', "uv.lock:3 can't be understood"),
        ('version = 1\n[[package]]\nname = "x"\nsource = { moon = "x" }\n', "uv.lock:3 x: its source"),
        (f"x = {'[' * 100_000}", "nested too deeply"),
        (f"{'a.' * 200_000}b = 1", "uv.lock:1 a key of more than 64 parts"),
        ("x = " + '{ "a"."a"' + '."a"' * 100 + " = 1 }", "uv.lock:1 a key of more than 64 parts"),
        ("x = " + "9" * 5000, "not valid TOML"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_broken_uv_lock_is_a_gap(tmp_path: Path, text: str | bytes, said: str) -> None:
    (gap,) = gaps(tmp_path, "uv.lock", text)
    assert gap.startswith("uv.lock")
    assert said in gap


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PYLOCK[:1200], f"pylock.dev.toml:{PYLOCK[:1200].count(chr(10)) + 1} "),
        ('lock-version = "2.0"\ncreated-by = "x"\npackages = []\n', "update lockgate"),
        ('created-by = "x"\npackages = []\n', "lock-version"),
        (PYLOCK.replace('name = "flask"', 'name = "Fl ask"', 1), "not a valid pylock file"),
        (PYLOCK.replace('version = "2.0.1"', "version = 2", 1), "not a valid pylock file"),
    ],
)
def test_a_broken_pylock_is_a_gap(tmp_path: Path, text: str, said: str) -> None:
    (gap,) = gaps(tmp_path, "pylock.dev.toml", text)
    assert gap.startswith("pylock.dev.toml")
    assert said in gap


def test_one_bad_entry_does_not_hide_the_others(tmp_path: Path) -> None:
    text = UV_LOCK.replace('name = "click"\nversion = "8.5.1"', 'name = "click"\nversion = 8', 1)
    write(tmp_path, {"uv.lock": text})
    manifest = uv_lock.read(Tree(tmp_path), "uv.lock")
    assert [skip.subject for skip in manifest.skipped] == ["uv.lock:17"]
    assert "flask" in by_name(manifest)


def test_places_count_characters_and_know_inline_tables() -> None:
    text = 'packages = [{ name = "\u00e9\u00e9", version = "1" }, {name="b"}]\n'
    first, second = array_of_tables(text, "f", "packages", 2)
    assert (first["version"].line, first["version"].column, first["version"].end_column) == (1, 28, 41)
    assert (second["name"].column, second[""].line) == (46, 1)


def test_tables_that_are_not_found_stand_on_the_first_line() -> None:
    (place,) = array_of_tables('[["pack\\u0061ge"]]\nname = "x"\n', "f", "package", 1)
    assert place[""].line == 1
