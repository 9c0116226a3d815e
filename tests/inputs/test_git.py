"""Git on hostile repositories, and what is told of honest ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.inputs import git, objects
from lockgate.inputs.staged import StagedTree
from lockgate.inputs.tree import Tree
from lockgate.model.errors import UnavailableError
from support import git as real_git
from support import write

Repository = Callable[..., Path]


def hostile(root: Path, program: str) -> None:
    """A configuration in which everything that Git could run is `program`."""
    config = root / ".git" / "config"
    text = f"""
[core]
    fsmonitor = {program}
    hooksPath = {Path(program).parent / "hooks"}
    pager = {program}
    sshCommand = {program}
    gitProxy = {program}
    editor = {program}
    askPass = {program}
    attributesFile = {root}/.gitattributes
[diff]
    external = {program}
[diff "evil"]
    textconv = {program}
    command = {program}
[filter "evil"]
    clean = {program}
    smudge = {program}
    process = {program}
    required = true
[credential]
    helper = "!{program}"
[alias]
    ls-files = "!{program}"
    diff = "!{program}"
"""
    (root / ".git" / "hostile").write_text(text)
    config.write_text(config.read_text() + text + "[include]\n    path = hostile\n")
    hooks = Path(program).parent / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "post-checkout", "post-index-change", "fsmonitor-watchman", "reference-transaction"):
        (hooks / name).symlink_to(program)


def test_nothing_of_a_hostile_configuration_runs(repository: Repository, canary: tuple[str, Path]) -> None:
    program, mark = canary
    root = repository({"a.txt": "one\n", ".gitattributes": "* filter=evil diff=evil\n"})
    hostile(root, program)
    write(root, {"a.txt": "two\n", "b.txt": "new\n"})
    tree = Tree(root)
    assert set(tree.files) == {"a.txt", "b.txt", ".gitattributes"}
    assert tree.read("a.txt") == b"two\n"
    staged = StagedTree(root, ["a.txt"])
    assert staged.read("a.txt") == b"one\n"
    assert StagedTree(root).files == ()
    git.revision(root)
    assert not mark.exists()


def test_the_canary_would_sing(repository: Repository, canary: tuple[str, Path]) -> None:
    program, mark = canary
    root = repository({"a.txt": "one\n", ".gitattributes": "* filter=evil diff=evil\n"})
    hostile(root, program)
    write(root, {"a.txt": "two\n"})
    with pytest.raises(Exception, match="status"):
        real_git(root, "status", "--bogus")
    os.system(f"cd {root} && git status >/dev/null 2>&1")  # noqa: S605
    assert mark.exists()


def test_a_work_tree_that_leads_out_is_not_followed(repository: Repository, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside, {"private.txt": "mine"})
    root = repository({"a.txt": "one\n"})
    real_git(root, "config", "core.worktree", str(outside))
    tree = Tree(root)
    assert "private.txt" not in [path for path in tree.files if isinstance(tree.read(path), bytes)]


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://index.example/owner/name.git", "https://index.example/owner/name"),
        (f"https://user:{'word'}@index.example/owner/name", "https://index.example/owner/name"),
        ("git@index.example:owner/name.git", "https://index.example/owner/name"),
        ("ssh://git@index.example:22/owner/name.git", "https://index.example/owner/name"),
        ("https://index.example:8443/a b/name.git/", "https://index.example:8443/a b/name"),
        ("http://index.example:8080/name", "http://index.example:8080/name"),
        (f"https://index.example/name?token={'word'}#x", "https://index.example/name"),
        (f"index.example:owner/name?token={'word'}", "https://index.example/owner/name"),
        (f"https:user:{'word'}@index.example/owner/name", ""),
        (f"https://user/{'word'}@index.example/owner/name", ""),
        (f"https://user:wo/{'rd'}@index.example/owner/name", ""),
        (f"https://user:wo#{'rd'}@index.example/owner/name", ""),
        ("https://index.example:99999/name", ""),
        ("/srv/git/name.git", ""),
        ("file:///srv/git/name.git", ""),
        ("https://[broken", ""),
    ],
)
def test_the_address_of_a_remote_has_no_credentials(repository: Repository, remote: str, address: str) -> None:
    root = repository({"a.txt": "one\n"})
    real_git(root, "remote", "add", "origin", remote)
    told = git.revision(root)
    assert told.uri == address
    assert told.branch == "main"
    assert told.commit == real_git(root, "rev-parse", "HEAD").strip()


def test_the_prefix_is_the_path_in_the_repository(repository: Repository) -> None:
    root = repository({"a b/ü /x.py": "x = 1\n"})
    assert git.revision(root).prefix == ""
    assert git.revision(root / "a b" / "ü ").prefix == "a b/ü /"
    real_git(root, "config", "core.worktree", "/")
    assert git.revision(root).prefix == ""


def test_a_tree_without_git_says_nothing(tmp_path: Path) -> None:
    told = git.revision(tmp_path)
    assert (told.uri, told.commit, told.branch) == ("", "", "")


def test_git_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match="git is not installed"):
        git.run(tmp_path, "status")


def test_a_missing_blob_is_named(repository: Repository) -> None:
    blobs = objects.Blobs(repository({"a.txt": "one\n"}))
    with pytest.raises(UnavailableError, match="git has no blob"):
        blobs.read("0" * 40, 100)


def test_a_large_blob_is_passed_over_and_the_next_is_read(repository: Repository) -> None:
    root = repository({"large": b"x" * 3_000_000, "small": "s"})
    blobs = objects.Blobs(root)
    large, small = (real_git(root, "rev-parse", f"HEAD:{name}").strip() for name in ("large", "small"))
    assert blobs.read(large, 10) == (b"x" * 10, 3_000_000)
    assert blobs.read(small, 10) == (b"s", 1)


def test_the_variables_of_a_hook_do_not_lead_to_another_repository(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = repository({"theirs.txt": "x\n"}, name="other")
    root = repository({"ours.txt": "x\n"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    assert Tree(root).files == ("ours.txt",)
