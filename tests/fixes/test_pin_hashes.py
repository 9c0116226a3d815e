"""`lockgate fix` writes hashes as pip-compile does: those that a lock tells, else those of the package index."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fix_runs import Project
from pytest_httpserver import HTTPServer

from lockgate.engines.pip import default_index
from support import advisory, git, wheel, write_advisories

A, B, C = (f"{letter}{letter}" * 32 for letter in "abc")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def file(name: str, sha256: str) -> dict[str, object]:
    return {"filename": name, "url": f"https://index.example/{name}", "hashes": {"sha256": sha256}}


@pytest.fixture
def index(httpserver: HTTPServer, project: Project) -> HTTPServer:
    """It has app 1.0 in two files and app 2.0, one that tells no version, and other 1.0."""
    content = {"Content-Type": "application/vnd.pypi.simple.v1+json"}
    files = {
        "app": [
            file("app-1.0-py3-none-any.whl", B),
            file("app-1.0.tar.gz", A),
            file("app-2.0.tar.gz", C),
            file("app.exe", C),
        ],
        "other": [file("other-1.0.tar.gz", C)],
    }
    for name, listed in files.items():
        answer = {"meta": {"api-version": "1.1"}, "name": name, "files": listed}
        httpserver.expect_request(f"/simple/{name}/").respond_with_json(answer, headers=content)
    httpserver.no_handler_status_code = 404
    project.env["PIP_INDEX_URL"] = httpserver.url_for("/simple/")
    return httpserver


def hashed(*digests: str) -> str:
    return "".join(f" \\\n    --hash=sha256:{digest}" for digest in digests)


def lock(registry: str, *digests: str) -> str:
    """A uv.lock with app 1.0."""
    files = ", ".join(
        f'{{ url = "https://x.example/app-{n}.whl", hash = "sha256:{d}" }}' for n, d in enumerate(digests)
    )
    return (
        'version = 1\nrequires-python = ">=3.11"\n\n[[package]]\nname = "app"\nversion = "1.0"\n'
        f'source = {{ registry = "{registry}" }}\nwheels = [{files}]\n'
    )


@pytest.mark.usefixtures("index")
def test_hashes_of_the_index_are_written_as_pip_compile_does(project: Project) -> None:
    text = "# ours\nApp[x]==1.0 ; python_version > '3'  # see issue 3\n    # via me\nother == 1.0"
    for ending in ("\n", "\r\n"):
        code, out = project.fix({"requirements.txt": text.replace("\n", ending)}, "--online", "--hashes")
        after = f"# ours\nApp[x]==1.0 ; python_version > '3'{hashed(A, B)}  # see issue 3\n    # via me\nother == 1.0{hashed(C)}"
        assert project.read("requirements.txt") == after.replace("\n", ending)
        assert (code, out.splitlines()[-1]) == (0, "2 pinned, 0 left")
    assert "pinned:    requirements.txt:2  app 1.0 -> 2 hashes\n" in out
    assert not project.found()
    assert project.fix({}, "--online", "--hashes")[1].startswith("nothing to fix")


@pytest.mark.usefixtures("index")
def test_a_file_gets_hashes_where_some_entries_have_them_or_they_are_asked_for(project: Project) -> None:
    files = {"requirements.txt": f"app==1.0\nother==1.0{hashed(C)}\n", "dev-requirements.txt": "app==1.0\n"}
    code, out = project.fix(files, "--online")
    assert project.read("requirements.txt") == f"app==1.0{hashed(A, B)}\nother==1.0{hashed(C)}\n"
    assert project.read("dev-requirements.txt") == files["dev-requirements.txt"]
    assert "note:      1 requirement has no hashes: --hashes writes them\n" in out
    assert code == 0


def test_notes_name_options_that_help_and_are_not_given(project: Project) -> None:
    text = {"requirements.txt": "app==1.0\nother==1.0\n", "else/requirements.txt": "app==1.0\n-e .\n"}
    none = "note:      2 requirements have no hashes: --hashes writes them"
    told = "nothing is written\n"
    assert project.fix(text, "--dry-run") == (0, f"{none}, with --online where no lock has them\n{told}")
    assert project.fix({}, "--offline") == (0, f"{none} where a lock has them\n{told}")
    assert project.fix({"else/requirements.txt": ""}, "--online") == (0, f"{none}\n{told}")
    assert project.fix({}, "--hashes") == (0, f"note:      2 pins more can be written with --online\n{told}")
    offline = "note:      2 pins more can't be written: only servers tell what, and offline none is asked\n"
    assert project.fix({}, "--hashes", "--offline") == (0, f"{offline}{told}")
    blocked = {"requirements.txt": f"app==1.0{hashed(A)}\nother==1.0\n-e .\n"}
    assert project.fix(blocked, "--dry-run")[1].endswith("\n0 to pin, 1 left\n")
    assert project.fix(blocked)[1].endswith("\n0 pinned, 1 left\n")


def test_hashes_of_a_lock_need_no_connection(project: Project, index: HTTPServer) -> None:
    files = {
        "uv.lock": lock(default_index(), B, A),
        "requirements.txt": "app==1.0\n",
        "sub/uv.lock": lock(default_index(), C),
        "sub/requirements.txt": "app==1.0.0\n",
        "sub/deep/requirements.txt": "app==1.0\n",
        "else/requirements.txt": "app==2.0\n",
    }
    code, out = project.fix(files, "--hashes")
    assert project.read("requirements.txt") == f"app==1.0{hashed(A, B)}\n"
    assert project.read("sub/requirements.txt") == f"app==1.0.0{hashed(C)}\n"
    assert project.read("sub/deep/requirements.txt") == f"app==1.0{hashed(C)}\n"
    assert project.read("else/requirements.txt") == "app==2.0\n"
    assert "note:      1 pin more can be written with --online\n" in out
    assert (code, index.log) == (0, [])


LOCKS = {
    "poetry.lock": (
        (
            '[[package]]\nname = "app"\nversion = "1.0"\nfiles = [{file = "a", hash = "sha256:HASH"}]\nSOURCE\n'
            '[metadata]\nlock-version = "2.1"\n'
        ),
        '[package.source]\ntype = "legacy"\nurl = "URL"\nreference = "x"\n',
    ),
    "pdm.lock": (
        (
            '[metadata]\nlock_version = "4.5.0"\n[[package]]\nname = "app"\nversion = "1.0"\ngroups = ["default"]\n'
            'files = [{file = "a", hash = "sha256:HASH"}]\n'
        ),
        "",
    ),
    "pylock.toml": (
        (
            'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "app"\nversion = "1.0"\nSOURCE'
            'wheels = [{name = "app-1.0-py3-none-any.whl", url = "https://x.example/a", hashes = {sha256 = "HASH"}}]\n'
        ),
        'index = "URL"\n',
    ),
    "Pipfile.lock": (
        '{"_meta": {"pipfile-spec": 6SOURCE}, "default": {"app": {"version": "==1.0", "hashes": ["sha256:HASH"]}}}',
        ', "sources": [{"name": "x", "url": "URL", "verify_ssl": true}]',
    ),
}


@pytest.mark.parametrize("name", LOCKS)
def test_every_lock_tells_hashes_of_its_own_index(project: Project, name: str) -> None:
    text, source = LOCKS[name]
    for url, taken in (("", True), (default_index(), True), ("https://other.example/simple", not source)):
        content = text.replace("HASH", A).replace("SOURCE", source.replace("URL", url) if url else "")
        project.fix({name: content, "requirements.txt": "app==1.0\n"}, "--hashes")
        assert (project.read("requirements.txt") == f"app==1.0{hashed(A)}\n") is taken, url


def test_a_lock_of_another_index_tells_nothing(project: Project) -> None:
    other = "https://other.example/simple"
    project.fix({"uv.lock": lock(other, A), "requirements.txt": f"--index-url {other}/\napp==1.0\n"}, "--hashes")
    assert project.read("requirements.txt") == f"--index-url {other}/\napp==1.0{hashed(A)}\n"
    text = "--extra-index-url https://more.example/\napp==1.0\n"
    project.fix({"uv.lock": lock(default_index(), A), "requirements.txt": text}, "--hashes")
    assert project.read("requirements.txt") == text


def test_an_index_that_only_the_file_names_is_not_asked(project: Project, index: HTTPServer) -> None:
    mine = index.url_for("/simple")
    text = f"--index-url {mine}\napp==1.0\n"
    project.env["PIP_INDEX_URL"] = "https://mine.invalid/simple"
    code, out = project.fix({"requirements.txt": text}, "--online", "--hashes")
    assert (code, project.read("requirements.txt"), index.log) == (1, text, [])
    assert f"app 1.0: it comes from {mine}, which only the file names (allow it with --index-url), so no hashes" in out
    assert project.fix({}, "--online", "--hashes", "--index-url", f"{mine}/")[0] == 0
    assert project.read("requirements.txt") == text.replace("1.0\n", f"1.0{hashed(A, B)}\n")


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("other>=1", "other >=1: it names no exact version, so no hashes are written: pip wants them for all or none; pin it"),
        ("-e .", "an entry: it is of no index, so no hashes"),
        ("x @ https://x.example/x-1.0.tar.gz", "x 1.0: it is of no index, so no hashes"),
        ("other==9", "other 9: the package index does not have this release, so no hashes"),
        ("gone==1", "gone 1: the package index does not have this release, so no hashes"),
        ("app==${V}", "an entry: can't be understood: it uses an environment variable, so no hashes"),
        ("-r more.txt", "other >1: it names no exact version"),
        ("-r gone.txt", "which can't be read"),
        ("-c limits.txt\nother", "only a constraints file pins it"),
    ],
)  # fmt: skip
def test_pip_wants_hashes_for_all_or_none(project: Project, entry: str, why: str) -> None:
    text = f"app==1.0\n{entry}\n"
    files = {"requirements.txt": text, "more.txt": "other>1\n", "limits.txt": "other==1.0\n"}
    code, out = project.fix(files, "--online", "--hashes")
    assert (code, project.read("requirements.txt")) == (1, text)
    assert why in out


@pytest.mark.usefixtures("index")
def test_files_that_are_installed_together_get_hashes_together(project: Project) -> None:
    files = {"requirements.txt": "-r base.txt\napp==2.0\n", "base.txt": "other==1.0\n"}
    code, _ = project.fix(files, "--online", "--hashes")
    assert code == 0
    assert project.read("requirements.txt") == f"-r base.txt\napp==2.0{hashed(C)}\n"
    assert project.read("base.txt") == f"other==1.0{hashed(C)}\n"


def test_files_that_can_not_all_be_written_are_not_written(project: Project) -> None:
    files = {"uv.lock": lock(default_index(), A), ".gitignore": "kept:1.txt\n", "kept:1.txt": "app==1.0\n"}
    text = "-r kept:1.txt\napp[x]==1.0\n"
    git(project.root, "init", "-q")
    code, out = project.fix({**files, "requirements.txt": text}, "--hashes")
    assert (code, project.read("requirements.txt")) == (1, text)
    assert "left:      kept:1.txt:1  app 1.0: its file is not of the project, so no hashes are written" in out
    code, out = project.fix({**files, "kept:1.txt": "app==${V}\n"}, "--hashes")
    assert (code, project.read("requirements.txt")) == (1, text)
    assert "left:      kept:1.txt:1  an entry: can't be understood" in out


def test_an_upgraded_pin_gets_the_hashes_of_its_new_version(project: Project, tmp_path: Path) -> None:
    pytest.importorskip("uv")
    project.env["LOCKGATE_ADVISORIES"] = str(write_advisories(tmp_path / "osv", advisory(1, "app", fixed="2.0")))
    project.options = ["--offline", "--hashes"]
    newer = lock(default_index(), B, A).replace('"1.0"', '"2.0"')
    code, out = project.fix({"uv.lock": newer, "requirements.txt": "# ours\napp==1.0\n"})
    assert project.read("requirements.txt") == f"# ours\napp==2.0{hashed(A, B)}\n"
    assert "-app==1.0\n+app==2.0 \\\n" in out
    assert "fixed:     requirements.txt:2  app 1.0 -> 2.0 (PYSEC-2024-1)\n" in out
    assert "pinned:    requirements.txt:2  app 2.0 -> 2 hashes\n" in out
    assert (code, out.splitlines()[-1]) == (0, "1 pin upgraded, 1 pinned, 0 left")


def test_encodings(project: Project) -> None:
    text = "# coding: latin-1\n# caf\xe9\napp==1.0\n".encode("latin-1")
    files = {"uv.lock": lock(default_index(), A), "requirements.txt": text, "dev-requirements.txt": "\ufeffapp==1.0\n"}
    code, out = project.fix(files, "--hashes")
    assert (project.root / "requirements.txt").read_bytes() == text
    assert project.read("dev-requirements.txt") == f"\ufeffapp==1.0{hashed(A)}\n"
    assert "left:      requirements.txt:3  app 1.0: not UTF-8 at byte 23, so no hashes are written" in out
    assert code == 1


def test_pip_installs_by_the_hashes_that_are_written(project: Project, tmp_path: Path) -> None:
    """Real pip, with hashes of real files from an index that is a folder; a lock of uv's stands between."""
    import hashlib

    wheel(tmp_path / "wheels", "app", "1.0")
    (built,) = (tmp_path / "wheels").rglob("*.whl")
    digest = hashlib.sha256(built.read_bytes()).hexdigest()
    project.fix({"uv.lock": lock(default_index(), digest), "requirements.txt": "app==1.0  # ours\n"}, "--hashes")
    command = [sys.executable, "-m", "pip", "--isolated", "install", "--dry-run", "--no-index", "--require-hashes"]
    command += ["--ignore-installed", "--find-links", str(built.parent), "-r", "requirements.txt"]
    done = subprocess.run(command, cwd=project.root, check=True, capture_output=True, text=True)
    assert "Would install app-1.0" in done.stdout
