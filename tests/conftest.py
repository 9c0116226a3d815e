"""What all tests share: repositories made on the spot, and settings that no user's machine changes."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.engines.secrets.scanners import scanners
from lockgate.inputs.user_dirs import cache_dir
from support import Files, git, write


@pytest.fixture(autouse=True)
def _own_user_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the configuration and data of whoever runs it; the engines' caches stay warm."""
    home = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    for name in ("CI", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GITHUB_ACTIONS", "GITHUB_SERVER_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _no_service_outside(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing asks an advisory service or a package index: what would is refused on this machine."""
    for name in ("LOCKGATE_OSV_API", "LOCKGATE_OSV_EXPORT"):
        monkeypatch.delenv(name, raising=False)
    if "package_index" in request.fixturenames or request.node.get_closest_marker("installs"):
        return
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1,localhost")


@pytest.fixture
def package_index() -> None:
    """The test installs something."""


@pytest.fixture(autouse=True)
def _own_scanners() -> None:
    """A test may take engines away; the next one has them again."""
    scanners.cache_clear()


@pytest.fixture
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory that has nothing but the prefilter, which takes seconds to make."""
    assert scanners().prefilter
    shared = cache_dir("prefilter")
    own = tmp_path_factory.mktemp("cache") / "lockgate" / "prefilter"
    own.mkdir(parents=True, mode=0o700)
    if shared:  # the one that was used just now
        shutil.copy2(max(shared.iterdir(), key=lambda path: path.stat().st_mtime), own)
    monkeypatch.setenv("XDG_CACHE_HOME", str(own.parent.parent))
    return own.parent


@pytest.fixture
def canary(tmp_path: Path) -> tuple[str, Path]:
    """A program that leaves a mark, and the mark."""
    mark = tmp_path / "it-ran"
    program = tmp_path / "canary.sh"
    program.write_text(f'#!/bin/sh\ntouch "{mark}"\ncat\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program), mark


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., Path]:
    """Makes a Git repository in which the given files are committed."""

    def make(files: Files, name: str = "repository") -> Path:
        root = tmp_path / name
        root.mkdir()
        git(root, "init", "--quiet")
        write(root, files)
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--allow-empty", "--message", "first")
        return root

    return make
