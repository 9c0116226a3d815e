"""Which files a tree has, and what stands in them: in every state that a clone can be in, and in hostile directories."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.inputs import files, git, objects
from lockgate.inputs.staged import StagedTree
from lockgate.inputs.tree import Tree
from lockgate.model.errors import UnavailableError
from lockgate.model.record import Skip
from support import git as real_git
from support import write

Repository = Callable[..., Path]
NOBODY = 65534


def gaps(tree: Tree) -> dict[str, str]:
    """Every gap of a tree, by path."""
    read = (tree.read(path) for path in tree.files)
    return {skip.subject: skip.reason for skip in (*tree.skipped, *read) if isinstance(skip, Skip) and skip.gap}


def told(tree: Tree, path: str) -> Skip:
    skip = tree.read(path)
    assert isinstance(skip, Skip)
    return skip


# What Git tracks, and the working tree does not hold.


def test_what_a_sparse_checkout_leaves_out_is_read_from_the_index(repository: Repository) -> None:
    root = repository({"in/a.txt": "a\n", "out/b.txt": "b\n"})
    real_git(root, "sparse-checkout", "set", "--cone", "--sparse-index", "in")
    assert not (root / "out").exists()
    tree = Tree(root)
    assert tree.files == ("in/a.txt", "out/b.txt")
    assert tree.read("out/b.txt") == b"b\n"
    assert Tree(root / "in").files == ("a.txt",)


@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_a_file_that_git_does_not_look_for_is_read_from_the_index(repository: Repository, flag: str) -> None:
    root = repository({"a.txt": "committed\n"})
    real_git(root, "update-index", flag, "a.txt")
    write(root, {"a.txt": "on disk\n"})
    assert Tree(root).read("a.txt") == b"on disk\n"
    (root / "a.txt").unlink()
    assert Tree(root).read("a.txt") == b"committed\n"


def test_the_size_limit_holds_in_the_index(repository: Repository) -> None:
    root = repository({"a.txt": "x" * 100})
    real_git(root, "update-index", "--skip-worktree", "a.txt")
    (root / "a.txt").unlink()
    assert "over max-file-size" in told(Tree(root, limit=99), "a.txt").reason


@pytest.mark.parametrize("protocol", ["GIT_ALLOW_PROTOCOL", "config"])
def test_what_a_partial_clone_lacks_is_a_gap_and_is_not_fetched(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    origin = repository({"in/a.txt": "a\n", "out/b.txt": "b\n", "out/c.txt": "c\n"}, name="origin")
    real_git(origin, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    real_git(tmp_path, "clone", "--quiet", "--filter=blob:none", "--sparse", f"file://{origin}", str(clone))
    real_git(clone, "sparse-checkout", "set", "in")
    if protocol == "config":
        real_git(clone, "config", "protocol.file.allow", "always")
    else:
        monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    tree = Tree(clone)
    assert tree.read("in/a.txt") == b"a\n"
    assert set(gaps(tree)) == {"out/b.txt", "out/c.txt"}
    assert "the clone is partial" in gaps(tree)["out/b.txt"]
    # With the remote gone, Git has nothing to fetch from: what it has now is all that it had.
    origin.rename(tmp_path / "gone")
    assert set(gaps(Tree(clone))) == {"out/b.txt", "out/c.txt"}


def test_a_deleted_file_is_told_and_is_no_gap(repository: Repository) -> None:
    root = repository({"a.txt": "a\n", "b/c.txt": "c\n"})
    (root / "a.txt").unlink()
    (root / "b" / "c.txt").unlink()
    (root / "b").rmdir()
    (root / "b").touch()
    tree = Tree(root)
    for path in ("a.txt", "b/c.txt"):
        assert told(tree, path) == Skip(path, files.ABSENT)


@pytest.mark.skipif(os.name == "nt", reason="no FIFOs there")
def test_a_tracked_file_that_became_something_else_is_read_from_the_index(
    repository: Repository, tmp_path: Path
) -> None:
    names = ("fifo", "link", "folder", "linked/inside", "linked/within")
    root = repository({name: f"{name}\n" for name in names} | {"elsewhere/inside": "other\n"})
    for name in names:
        (root / name).unlink()
    (root / "linked").rmdir()
    os.mkfifo(root / "fifo")
    (root / "link").symlink_to(tmp_path)
    (root / "folder").mkdir()
    (root / "linked").symlink_to("elsewhere")
    tree = Tree(root)
    assert [tree.read(name) for name in names] == [f"{name}\n".encode() for name in names]


def test_a_tracked_link_is_told(repository: Repository) -> None:
    root = repository({"a.txt": "a\n"})
    (root / "link").symlink_to("a.txt")
    real_git(root, "add", "link")
    assert told(Tree(root), "link") == Skip("link", "a symbolic link")


# Clones and repositories of every kind.


def test_a_linked_working_tree(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository({"a.txt": "a\n"})
    linked = tmp_path / "linked"
    real_git(root, "worktree", "add", "--quiet", str(linked))
    write(linked, {"b.txt": "b\n"})
    assert Tree(linked).files == ("a.txt", "b.txt")
    real_git(linked, "add", "b.txt")
    monkeypatch.setenv("GIT_DIR", str(root / ".git" / "worktrees" / "linked"))
    staged = StagedTree(linked)
    assert (staged.files, staged.read("b.txt")) == (("b.txt",), b"b\n")


def test_a_hook_that_works_on_another_index(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `git commit FILE` does."""
    root = repository({"a.txt": "a\n", "b.txt": "b\n"})
    write(root, {"a.txt": "new\n", "b.txt": "new\n"})
    real_git(root, "add", "a.txt")
    monkeypatch.setenv("GIT_INDEX_FILE", str(root / ".git" / "next-index"))
    real_git(root, "read-tree", "HEAD")
    real_git(root, "add", "b.txt")
    assert StagedTree(root).files == ("b.txt",)


def conflicted(repository: Repository) -> Path:
    root = repository({"a.txt": "base\n", "clean.txt": "base\n"})
    real_git(root, "checkout", "--quiet", "-b", "theirs")
    write(root, {"a.txt": "theirs\n", "clean.txt": "theirs\n"})
    real_git(root, "commit", "--quiet", "--all", "--message", "theirs")
    real_git(root, "checkout", "--quiet", "main")
    write(root, {"a.txt": "ours\n"})
    real_git(root, "commit", "--quiet", "--all", "--message", "ours")
    with pytest.raises(subprocess.CalledProcessError):
        real_git(root, "merge", "--quiet", "theirs")
    return root


def test_a_conflict_is_read_from_the_working_tree_and_is_a_gap_in_the_index(repository: Repository) -> None:
    root = conflicted(repository)
    tree = Tree(root)
    assert tree.files == ("a.txt", "clean.txt")
    assert b"<<<<<<<" in tree.read("a.txt")  # type: ignore[operator]
    for staged in (StagedTree(root), StagedTree(root, ["a.txt", "clean.txt"])):
        assert staged.files == ("a.txt", "clean.txt")
        assert staged.read("clean.txt") == b"theirs\n"
        assert list(gaps(staged)) == ["a.txt"]
        assert "merge conflict" in gaps(staged)["a.txt"]


@pytest.mark.parametrize("inside", [".", "objects"])
def test_a_bare_repository_is_not_taken_for_files(repository: Repository, tmp_path: Path, inside: str) -> None:
    bare = tmp_path / "bare.git"
    real_git(tmp_path, "clone", "--quiet", "--bare", str(repository({"a.txt": "a\n"})), str(bare))
    with pytest.raises(UnavailableError, match=r"is a bare repository or a \.git directory; clone it"):
        _ = Tree(bare / inside).files


def test_the_inside_of_git_is_not_taken_for_files(repository: Repository) -> None:
    with pytest.raises(UnavailableError, match=r"is a bare repository or a \.git directory"):
        _ = Tree(repository({"a.txt": "a\n"}) / ".git").files


def test_a_submodule_is_a_tree_of_its_own(repository: Repository) -> None:
    other = repository({"inner.txt": "inner\n"}, name="other")
    root = repository({"a.txt": "a\n"})
    real_git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "sub")
    assert told(Tree(root), "sub").reason == "a directory (a submodule is scanned by itself)"
    assert Tree(root / "sub").files == ("inner.txt",)


@pytest.mark.parametrize("kind", ["cloned", "empty", "worktree"])
def test_an_untracked_repository_is_a_gap_until_it_is_left_out(repository: Repository, kind: str) -> None:
    root = repository({"a.txt": "a\n"})
    inner = root / "sub" / "nested"
    inner.mkdir(parents=True)
    if kind == "worktree":
        real_git(root, "worktree", "add", "--quiet", str(inner))
    else:
        real_git(inner, "init", "--quiet")
    write(inner, {} if kind == "empty" else {"s.py": "s\n"})
    tree = Tree(root)
    assert tree.files == ("a.txt",)
    assert list(gaps(tree)) == ["sub/nested/"]
    assert "scan it by itself" in gaps(tree)["sub/nested/"]
    excluding = Tree(root, ("nested/",))
    assert excluding.skipped == (Skip("sub/nested/", "excluded by the settings"),)
    write(root, {".git/info/exclude": "nested/\n"})
    assert not Tree(root).skipped


def test_outside_of_git_every_file_is_listed_those_of_repositories_too(repository: Repository, tmp_path: Path) -> None:
    write(tmp_path, {"plain/.git/token": "not a repository\n"})
    root = repository({"a.txt": "a\n"}, name="plain/pkg")
    write(root, {"b.txt": "b\n"})
    tree = Tree(tmp_path / "plain")
    assert {"pkg/a.txt", "pkg/b.txt", "pkg/.git/config", ".git/token"} <= set(tree.files)
    assert tree.read("pkg/.git/config") == (root / ".git" / "config").read_bytes()
    assert Tree(tmp_path / "plain", (".git/",)).files == ("pkg/a.txt", "pkg/b.txt")


def test_a_shallow_clone(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.txt": "a\n"})
    real_git(root, "commit", "--quiet", "--allow-empty", "--message", "second")
    shallow = tmp_path / "shallow"
    real_git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{root}", str(shallow))
    assert Tree(shallow).files == ("a.txt",)
    assert git.revision(shallow).commit == git.revision(root).commit


def test_a_repository_with_sha_256(tmp_path: Path) -> None:
    real_git(tmp_path, "init", "--quiet", "--object-format=sha256")
    write(tmp_path, {"a.txt": "a\n"})
    real_git(tmp_path, "add", "a.txt")
    staged = StagedTree(tmp_path)
    assert (staged.files, staged.read("a.txt")) == (("a.txt",), b"a\n")
    real_git(tmp_path, "update-index", "--skip-worktree", "a.txt")
    (tmp_path / "a.txt").unlink()
    assert Tree(tmp_path).read("a.txt") == b"a\n"


# Names.


@pytest.mark.skipif(os.name == "nt", reason="no such names there")
@pytest.mark.parametrize("in_git", [True, False])
def test_every_name_is_found_tracked_and_untracked(tmp_path: Path, in_git: bool) -> None:
    names = [
        "new\nline",
        "tab\t",
        'quo"te',
        "-dash",
        "?",
        "? mark",
        "Case",
        "case",
        " blank ",
        "\\",
        "?\tx",
        "\udcff\u00fc",
    ]
    if in_git:
        real_git(tmp_path, "init", "--quiet")
    for folder in ("t", "u", "t/-d\n"):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_text(name, errors="surrogateescape")
        if in_git and folder == "t":
            real_git(tmp_path, "add", "t")
    tree = Tree(tmp_path)
    assert set(tree.files) == {f"{folder}/{name}" for folder in ("t", "u", "t/-d\n") for name in names}
    assert [tree.read(path) for path in tree.files] == [os.fsencode(path.rpartition("/")[2]) for path in tree.files]
    if in_git:
        staged = StagedTree(tmp_path)
        assert set(staged.files) == {f"t/{name}" for name in names}
        assert {staged.read(path) for path in staged.files} == {os.fsencode(name) for name in names}
        assert StagedTree(tmp_path, ["t/-dash", "u/-dash"]).read("u/-dash") == b"-dash"


@pytest.mark.parametrize("path", ["../outside.txt", "a/../../outside.txt", "/etc/hosts", "", "."])
def test_no_path_leads_out(tmp_path: Path, path: str) -> None:
    write(tmp_path, {"outside.txt": "private", "root/a.txt": "a"})
    assert told(Tree(tmp_path / "root"), path).reason == "outside of the directory that is examined"


# What can't be read, and what changes meanwhile.


def as_nobody(*code: str) -> list[str]:
    """The lines that Python code prints when it runs as a user to whom file permissions apply."""
    become = f"import os; os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})" if os.geteuid() == 0 else ""
    # All that is needed is imported first: the user may not be able to read where it is installed.
    imports = "import pathspec; from pathlib import Path; from lockgate.inputs.tree import Tree"
    done = subprocess.run(
        [sys.executable, "-c", "\n".join((imports, become, *code))], check=True, capture_output=True, text=True, cwd="/"
    )
    return done.stdout.splitlines()


@pytest.mark.skipif(os.name == "nt", reason="no such permissions there")
@pytest.mark.parametrize("in_git", [True, False])
def test_a_directory_that_can_not_be_listed_is_a_gap(in_git: bool) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:  # tmp_path is closed to other users
        root = Path(folder)
        write(root, {"a.txt": "a", "shut/b.txt": "b", "sub/shut: 'x'/b.txt": "b", "sub/out/b.txt": "b"})
        if in_git:
            real_git(root, "init", "--quiet")
            real_git(root, "add", "a.txt")
        for path in (root, root / "sub"):
            path.chmod(0o755)
        shut = [root / "shut", root / "sub" / "shut: 'x'", root / "sub" / "out"]
        for path in shut:
            path.chmod(0)
        show = (
            "print(tree.files, *sorted(f'{skip.subject}|{skip.gap}|{skip.reason}' for skip in tree.skipped), sep='\\n')"
        )
        whole = as_nobody(f"tree = Tree(Path({folder!r}), ('out/',))", show)
        part = as_nobody(f"tree = Tree(Path({folder!r}) / 'sub')", show)
        for path in shut:
            path.chmod(0o755)
    why = "True|can't be listed: Permission denied"
    out = "sub/out/|False|excluded by the settings"
    assert whole == ["('a.txt',)", f"shut/|{why}", out, f"sub/shut: 'x'/|{why}"]
    assert part == ["()", f"out/|{why}", f"shut: 'x'/|{why}"]


def deep(root: Path, depth: int, name: str) -> None:
    """A file below so many directories, made by ways that are too long for one path."""
    folder = os.open(root, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=folder)
        inner = os.open(name, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=folder))
    os.close(folder)


def remove_deep(root: Path, name: str) -> None:
    """shutil.rmtree, which cleans up after tests, would not come to an end of it."""
    subprocess.run(["rm", "-rf", name], cwd=root, check=True)


@pytest.mark.skipif(os.name == "nt", reason="no such depth there")
@pytest.mark.parametrize("in_git", [True, False])
def test_directories_of_any_depth_are_walked(tmp_path: Path, in_git: bool) -> None:
    if in_git:
        real_git(tmp_path, "init", "--quiet")
    deep(tmp_path, 1500, "d")
    try:
        tree = Tree(tmp_path)
        assert tree.files == ("d/" * 1500 + "file",)
        assert tree.read(tree.files[0]) == b""
    finally:
        remove_deep(tmp_path, "d")


@pytest.mark.skipif(os.name == "nt", reason="no such depth there")
@pytest.mark.parametrize("in_git", [True, False])
def test_a_path_that_is_too_long_is_a_gap(tmp_path: Path, in_git: bool) -> None:
    if in_git:
        real_git(tmp_path, "init", "--quiet")
    name = "n" * 250
    deep(tmp_path, 20, name)
    try:
        tree = Tree(tmp_path)
        assert not tree.files
        (gap,) = gaps(tree)
        assert gap.startswith(f"{name}/{name}/")
    finally:
        remove_deep(tmp_path, name)


def test_a_file_that_vanishes_or_grows_after_it_was_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"vanishes": "x", "grows": "x"})
    tree = Tree(tmp_path, limit=10)
    assert tree.files == ("grows", "vanishes")
    (tmp_path / "vanishes").unlink()
    assert told(tree, "vanishes") == Skip("vanishes", files.ABSENT)
    status = (tmp_path / "grows").stat()
    (tmp_path / "grows").write_text("x" * 11)
    monkeypatch.setattr(files.os, "fstat", lambda _descriptor: status)
    assert told(tree, "grows").gap


def test_git_that_hangs_on_an_object_is_ended(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git, "SECONDS", 0.3)
    root = repository({"a.txt": "a\n"})
    blob = real_git(root, "rev-parse", "HEAD:a.txt").strip()
    loose = root / ".git" / "objects" / blob[:2] / blob[2:]
    loose.unlink()
    os.mkfifo(loose)
    blobs = objects.Blobs(root)
    with pytest.raises(UnavailableError, match="ended early"):
        blobs.read(blob, 100)
    with pytest.raises(UnavailableError, match="git has no blob"):
        blobs.read("0" * 40, 100)
