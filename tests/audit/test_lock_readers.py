"""uv.lock and pylock.toml: files that uv made (tests/fixtures/generate.py), and broken ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifests import FIXTURES, by_name, gaps, made, text_at

from lockgate.inputs.lockfiles import uv_lock
from lockgate.inputs.lockfiles.base import LARGEST, read_manifests
from lockgate.inputs.toml_positions import array_of_tables
from lockgate.inputs.tree import Tree
from lockgate.model.package import Origin
from support import write

REGISTRY = {"click", "colorama", "flask", "itsdangerous", "jinja2", "markupsafe", "werkzeug"}


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml"])
def test_a_lock_by_uv(name: str) -> None:
    found = by_name(made(name))
    from_index = {p.name for group in found.values() for p in group if p.origin is Origin.INDEX}
    assert from_index == REGISTRY | {"zipp"}
    assert [package.version for package in found["flask"]] == ["2.0.1"]
    assert [package.version for package in found["zipp"]] == ["3.18.0", "3.19.0"]
    assert all("python_full_version" in package.marker for package in found["zipp"])
    assert found["demo-git"][0].origin is Origin.VCS
    assert (found["demo-url"][0].origin, found["demo-url"][0].version) == (Origin.URL, "1.0")
    assert (found["demo-path"][0].origin, found["demo-path"][0].version) == (Origin.FILE, "1.0")
    assert found["demo-member"][0].origin is Origin.LOCAL
    for package in found["flask"] + found["zipp"]:
        assert text_at(package) == f'version = "{package.version}"'
        assert len(package.hashes) == 2
        assert package.hashes[0].startswith("sha256:")


def test_the_project_itself_is_local() -> None:
    assert by_name(made("uv.lock"))["demo-app"][0].origin is Origin.LOCAL


def test_requirements_by_uv() -> None:
    found = by_name(made("requirements.txt"))
    assert set(found) == REGISTRY
    assert all(package.hashes for group in found.values() for package in group)
    assert text_at(found["jinja2"][0]) == "jinja2==3.0.0"


UV_LOCK = (FIXTURES / "uv.lock").read_text()
PYLOCK = (FIXTURES / "pylock.toml").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (UV_LOCK[:1200], f"uv.lock:{UV_LOCK[:1200].count(chr(10)) + 1} "),
        ("version = 1\n<<<<<<< HEAD\n", "uv.lock:2 "),
        ("version = 1\nversion = 1\n", "uv.lock:2 "),
        (UV_LOCK.replace("version = 1", "version = 2", 1), "lock version 2 is not known"),
        (UV_LOCK.replace("[package", "[distribution"), "names no package"),
        ("version = 1\n", "names no package"),
        ("version = 1\npackage = []\n", "names no package"),
        ("version = 1\npackage = {}\n", "names no package"),
        ('version = 1\npackage = [1, "x"]\n', "not an array of tables"),
        ("", "uv.lock has no lock version; is it cut off?"),
        ("version = 0x" + "f" * 900, "is not known"),
        ("version = 1\npackage = 3\n", "not an array of tables"),
        ('version = 1\n[[package]]\nname = 3\nsource = { registry = "x" }\n', "uv.lock:3 can't be understood"),
        (
            'version = 1\n[[package]]\nname = "x"\nsource = { moon = "x" }\n',
            "uv.lock:3 can't be understood: its source is of an unknown kind",
        ),
        (
            # `uv export --frozen` takes it from the registry.
            'version = 1\n[[package]]\nname = "x"\nsource = { directory = "x", registry = "https://index.example/simple" }\n',
            "uv.lock:3 can't be understood: its source is of more than one kind",
        ),
        (f"x = {'[' * 100_000}", "nested too deeply"),
        (f"{'a.' * 200_000}b = 1", "uv.lock:1 a key of more than 64 parts"),
        ("x = " + '{ "a"."a"' + '."a"' * 100 + " = 1 }", "uv.lock:1 a key of more than 64 parts"),
        ("x = " + "9" * 5000, "a number of too many digits"),
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


def test_a_lock_that_is_cut_between_two_packages_is_a_gap(tmp_path: Path) -> None:
    """It is valid TOML; uv itself refuses it, because flask needs werkzeug."""
    told = gaps(tmp_path, "uv.lock", UV_LOCK[: UV_LOCK.index('[[package]]\nname = "werkzeug"')])
    line = UV_LOCK[: UV_LOCK.index('version = "2.0.1"')].count("\n") + 1
    assert f"uv.lock:{line} needs werkzeug, which the file does not lock; is it cut off?" in told


def test_a_lock_of_a_script_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"tool.py.lock": UV_LOCK})
    (manifest,) = read_manifests(Tree(tmp_path))
    assert "flask" in by_name(manifest)


@pytest.mark.parametrize(
    "name",
    ["pixi.lock", "conda-lock.yml", "x.conda-lock.yml"],
)
def test_a_format_that_is_not_read_is_a_gap(tmp_path: Path, name: str) -> None:
    (gap,) = gaps(tmp_path, f"sub/{name}", "")
    assert gap.startswith(f"sub/{name} this format is not read yet")


@pytest.mark.parametrize("name", ["requirements.txt", "uv.lock", "pylock.toml"])
def test_a_manifest_that_is_too_large_is_a_gap(tmp_path: Path, name: str) -> None:
    assert gaps(tmp_path, name, "#" * (LARGEST + 1)) == [f"{name} larger than 8 MiB"]


@pytest.mark.parametrize("name", ["Requirements.txt", "REQUIREMENTS-DEV.TXT", "Requirements/Base.txt"])
def test_names_are_known_whatever_their_case(tmp_path: Path, name: str) -> None:
    write(tmp_path, {name: "flask==1.0\n"})
    (manifest,) = read_manifests(Tree(tmp_path))
    assert [(package.name, package.at.path) for package in manifest.packages] == [("flask", name)]


def test_what_is_said_of_a_broken_lock_quotes_none_of_its_values(tmp_path: Path) -> None:
    word = "hunter" + "2" * 9
    url = f"https://me:{word}@index.example/simple"
    broken = [
        (PYLOCK.replace('name = "flask"', f'name = "{word}!"', 1), "pylock.toml"),
        (PYLOCK.replace("flask-2.0.1.tar.gz", f"{word}.tar.gz"), "pylock.toml"),
        (f'lock-version = "{word}"\ncreated-by = "x"\npackages = []\n', "pylock.toml"),
        (f'version = "{word}"\n', "uv.lock"),
        (f'version = 1\n[[package]]\nname = "{word} x"\nsource = {{ registry = "{url}" }}\n', "uv.lock"),
        (f'version = 1\n[[package]]\nname = "x"\nsource = {{ moon = "{url}" }}\n', "uv.lock"),
        (f'version = 1\n[[package]]\nname = "x"\nversion = "{url}"\nsource = {{ registry = "x" }}\n', "uv.lock"),
        (f'version = 1\n[[package]]\nname = "x"\nsource = "{url}"\n', "uv.lock"),
        (f"# coding: {word}\n", "requirements.txt"),
        (f"x=={word}/y\n-r http:{url}\n{url} ; {word}\n'{word}\n", "requirements.txt"),
    ]
    for text, name in broken:
        (tmp_path / name).write_text(text)
        for manifest in read_manifests(Tree(tmp_path)):
            assert manifest.skipped or manifest.packages
            assert word not in repr(manifest), name
        (tmp_path / name).unlink()


def test_a_broken_entry_of_a_pylock_file_is_named(tmp_path: Path) -> None:
    (gap,) = gaps(tmp_path, "pylock.toml", PYLOCK.replace('version = "2.0.1"', "version = 2", 1))
    line = PYLOCK.split("\n").index('name = "flask"')
    assert (
        gap == f"pylock.toml:{line} not a valid pylock file: Unexpected type int (expected str) in packages[6].version"
    )


def test_one_bad_entry_does_not_hide_the_others(tmp_path: Path) -> None:
    text = UV_LOCK.replace('name = "click"\nversion = "8.5.1"', 'name = "click"\nversion = 8', 1)
    write(tmp_path, {"uv.lock": text})
    (manifest,) = uv_lock.read(Tree(tmp_path), ["uv.lock"])
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
