"""What is installed for an interpreter: real virtual environments, and what may be wrong with one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from made_archives import metadata, wheel
from manifests import gaps_of

from lockgate.checks import audit
from lockgate.inputs import installed
from lockgate.model.package import Origin, Package
from support import advisory, lockgate, target, write, write_advisories


def environment(folder: Path, *arguments: str) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", *arguments, str(folder)], check=True)
    return folder


def install(folder: Path, *what: object) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(folder),
        "install",
        "-q",
        "--no-index",
        "--disable-pip-version-check",
    ]
    subprocess.run([*command, *map(str, what)], check=True, env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"})


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """app, which is asked for, needs lib[fast] of the same version; lib needs deep, and speed for its extra."""
    folder = tmp_path_factory.mktemp("installed")
    wheels = folder / "wheels"
    wheel(wheels, "app", "1.0", "lib[fast]==2.0")
    wheel(wheels, "lib", "2.0", "deep; python_version > '3'", "speed; extra == 'fast'", "never; extra == 'slow'")
    wheel(wheels, "deep", "1.0")
    wheel(wheels, "speed", "1.0")
    wheel(wheels, "direct", "3.0")
    environment(folder / "env")
    install(folder / "env", "--find-links", wheels, "app")
    install(folder / "env", wheels / "direct-3.0-py3-none-any.whl")
    return folder / "env"


def read(python: Path, root: Path) -> dict[str, Package]:
    manifest = installed.read(str(python), root)
    assert not manifest.skipped
    return {package.name: package for package in manifest.packages}


def test_what_pip_installed(real: Path) -> None:
    found = read(real / "bin" / "python", real.parent)
    assert {name: (package.version, package.direct, package.via) for name, package in found.items()} == {
        "app": ("1.0", True, ("env", "app")),
        "lib": ("2.0", False, ("env", "app", "lib")),
        "deep": ("1.0", False, ("env", "app", "lib", "deep")),
        "speed": ("1.0", False, ("env", "app", "lib[fast]", "speed")),
        "direct": ("3.0", True, ("env", "direct")),
    }
    assert (found["direct"].origin, found["app"].origin) == (Origin.FILE, Origin.INDEX)
    assert found["direct"].hashes[0].startswith("sha256:")
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    at = found["app"].at
    assert at.path == f"env/lib/{version}/site-packages/app-1.0.dist-info/METADATA"
    assert (real.parent / at.path).read_text().split("\n")[at.line - 1] == "Version: 1.0"


def test_outside_of_the_root_its_path_is_absolute(real: Path, tmp_path: Path) -> None:
    assert read(real / "bin" / "python", tmp_path)["app"].at.path.startswith(f"{real.as_posix()}/lib/python3")


def test_packages_of_the_system_count_where_the_environment_sees_them(tmp_path: Path) -> None:
    """A base made by hand: an interpreter that is none, so nothing can have run it."""
    base = tmp_path / "usr"
    write(base, {"bin/python3.99": "", "lib/python3.99/site-packages/a-1.dist-info/METADATA": metadata("a", "1")})
    write(base, {"lib/python3/dist-packages/b-1.egg-info": metadata("b", "1")})
    write(base, {"local/lib/python3.99/dist-packages/c-1.egg-info/PKG-INFO": metadata("c", "1")})
    write(base, {"lib/python3.98/site-packages/d-1.dist-info/METADATA": metadata("d", "1")})
    (base / "bin" / "python3").symlink_to("python3.99")
    (base / "bin" / "python3.99").chmod(0o755)
    assert set(read(base / "bin" / "python3", tmp_path)) == {"a", "b", "c"}
    env = tmp_path / "env"
    write(env, {"lib/python3.99/site-packages/e-1.dist-info/METADATA": metadata("e", "1")})
    (env / "bin").mkdir()
    (env / "bin" / "python").symlink_to(base / "bin" / "python3")
    for seen, names in (("true", {"a", "b", "c", "e"}), ("false", {"e"})):
        write(env, {"pyvenv.cfg": f"home = {base}/bin\ninclude-system-site-packages = {seen}\n"})
        assert set(read(env / "bin" / "python", tmp_path)) == names


def test_without_notes_of_what_was_asked_for_it_is_what_nothing_else_needs(tmp_path: Path) -> None:
    folder = "env/lib/python3.11/site-packages"
    write(
        tmp_path,
        {
            "env/pyvenv.cfg": "",
            f"{folder}/a-1.dist-info/METADATA": metadata("a", "1", "Requires-Dist: b"),
            f"{folder}/b-1.dist-info/METADATA": metadata("b", "1", "Requires-Dist: a; extra == 'x'"),
        },
    )
    found = read(tmp_path / "env" / "bin" / "python", tmp_path)
    assert (found["a"].direct, found["b"].direct, found["b"].via) == (True, None, ("env", "a", "b"))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ({"url": "https://index.example/x", "vcs_info": {"vcs": "git"}}, Origin.VCS),
        ({"url": "file:///srv/x", "dir_info": {"editable": True}}, Origin.LOCAL),
        ({"url": "https://index.example/x-1.zip", "archive_info": {}}, Origin.URL),
        ({"url": "file:///srv/x-1.zip", "archive_info": {"hashes": 3}}, Origin.FILE),
        ([], Origin.INDEX),
        ({}, Origin.INDEX),
    ],
)
def test_where_it_was_taken_from(tmp_path: Path, url: object, origin: Origin) -> None:
    folder = "env/lib/python3.11/site-packages/x-1.dist-info"
    write(
        tmp_path,
        {"env/pyvenv.cfg": "", f"{folder}/METADATA": metadata("x", "1"), f"{folder}/direct_url.json": json.dumps(url)},
    )
    assert read(tmp_path / "env" / "bin" / "python", tmp_path)["x"].origin is origin


def test_what_is_wrong_with_an_environment_is_a_gap(tmp_path: Path) -> None:
    site = tmp_path / "env/lib/python3.11/site-packages"
    write(tmp_path, {"env/pyvenv.cfg": ""})
    write(site, {"a-1.dist-info/METADATA": "Name: a\n", "~b-1.dist-info/METADATA": "", "c-1.dist-info/RECORD": ""})
    (site / "d-1.dist-info").mkdir()
    os.mkfifo(site / "d-1.dist-info" / "METADATA")
    write(site, {"e-1.dist-info/METADATA": metadata("e", "1") + "x" * 3_000_000})
    manifest = installed.read(str(tmp_path / "env/bin/python"), tmp_path)
    assert [package.name for package in manifest.packages] == ["e"]
    shown = "env/lib/python3.11/site-packages"
    assert gaps_of(manifest) == [
        f"{shown}/a-1.dist-info/METADATA can't be understood: its metadata does not tell one name and version",
        f"{shown}/c-1.dist-info/METADATA its metadata can't be read",
        f"{shown}/d-1.dist-info/METADATA its metadata can't be read",
    ]


def test_a_folder_that_can_not_be_read_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stood in for, because root may read every folder."""
    write(
        tmp_path, {"env/pyvenv.cfg": "", "env/lib/python3.11/site-packages/a-1.dist-info/METADATA": metadata("a", "1")}
    )

    def refuse(_folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    (gap,) = gaps_of(installed.read(str(tmp_path / "env/bin/python"), tmp_path))
    assert gap == "env/lib/python3.11/site-packages can't be read: Permission denied"


@pytest.mark.parametrize("home", ["a\0b", "", "../../../..", "x" * 5000])
def test_a_strange_base_breaks_nothing(tmp_path: Path, home: str) -> None:
    write(tmp_path, {"env/pyvenv.cfg": f"home = {home}\ninclude-system-site-packages = true\n", "env/bin/python": ""})
    assert not installed.read(str(tmp_path / "env/bin/python"), tmp_path).packages or home.startswith("..")


def test_no_environment_is_a_gap(tmp_path: Path) -> None:
    (gap,) = gaps_of(installed.read(str(tmp_path / "bin" / "python"), tmp_path))
    assert gap == "bin/python no folder of installed packages belongs to it"


def test_the_audit_tells_of_it(real: Path, tmp_path: Path) -> None:
    advisories = write_advisories(tmp_path / "osv", advisory(1, "speed"))
    python = str(real / "bin" / "python")
    (tmp_path / "project").mkdir()
    (finding,) = audit.run(
        target(tmp_path / "project", advisories=str(advisories), offline=True, python=python)
    ).findings
    assert finding.path.endswith("speed-1.0.dist-info/METADATA")
    assert finding.message.endswith("it comes by env -> app -> lib[fast] -> speed")


@pytest.mark.parametrize("given", ["", "bin/python"])
def test_the_folder_of_an_environment_names_its_interpreter(real: Path, tmp_path: Path, given: str) -> None:
    advisories = write_advisories(tmp_path / "osv", advisory(1, "speed"))
    (tmp_path / "project").mkdir()
    ran = lockgate(
        "check", "audit", tmp_path / "project", "--python", real / given, "--advisories", advisories, "--offline",
        "--sarif", "r.sarif", cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 1, ran.stderr
    (result,) = json.loads((tmp_path / "r.sarif").read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"].startswith(f"{real.as_uri()}/lib/python3")
    assert "uriBaseId" not in place
