"""What was committed, by whom and when."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.inputs import history
from lockgate.inputs.history import Commit
from support import git, write

Repository = Callable[..., Path]


def commit(root: Path, files: dict[str, str | bytes], date: str, author: str = "Ann <ann@index.example>") -> str:
    """Commits files and tells the commit's name."""
    write(root, files)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", date, f"--author={author}", f"--date={date}")
    return git(root, "rev-parse", "HEAD").strip()


def test_the_oldest_commit_of_a_path_that_holds_something(repository: Repository) -> None:
    root = repository({"a.txt": "one\n", "other.txt": "needle\n"})
    commit(root, {"a.txt": "two\n"}, "2020-01-01T10:00:00+0100")
    oldest = commit(root, {"a.txt": "two needle\n"}, "2020-01-02T10:00:00+0530", "Bo <bo@index.example>")
    commit(root, {"a.txt": "needle\n"}, "2020-01-03T10:00:00+0100")
    found = history.first_committed(root, "a.txt", [lambda data: b"needle" in data, lambda data: b"straw" in data])
    assert found.commits == (Commit(oldest, "Bo <bo@index.example>", "2020-01-02T10:00:00+05:30"), None)
    assert found.cut == ""


def test_it_says_how_far_it_looked(repository: Repository) -> None:
    root = repository({"a.txt": "0\n"})
    for number in range(1, 4):
        commit(root, {"a.txt": f"{number}\n"}, "2020-01-01T10:00:00+0000")
    found = history.first_committed(root, "a.txt", [lambda data: data == b"3\n"], versions=2)
    assert found.commits == (None,)
    assert found.cut == "only the oldest 2 versions were looked at"
    found = history.first_committed(root, "a.txt", [lambda data: data == b"3\n"], seconds=-1)
    assert (found.commits, found.cut) == ((None,), "only the oldest 0 versions were looked at")


def test_a_shallow_clone_says_so(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.txt": "needle\n"})
    commit(root, {"b.txt": "b\n"}, "2020-01-01T10:00:00Z")
    git(tmp_path, "clone", "--quiet", "--depth=1", root.as_uri(), "clone")
    found = history.first_committed(tmp_path / "clone", "a.txt", [lambda data: b"needle" in data])
    assert found.cut == "the clone is shallow"
    assert not history.first_committed(root, "a.txt", [lambda data: b"needle" in data]).cut


def test_a_file_in_a_folder_is_named_from_there(repository: Repository) -> None:
    root = repository({"a b/-n\n'é.txt": "one\n", "-n\n'é.txt": "needle"})
    oldest = commit(root, {"a b/-n\n'é.txt": "needle"}, "2020-01-01T10:00:00Z")
    for where, path in ((root, "a b/-n\n'é.txt"), (root / "a b", "-n\n'é.txt")):
        (found,) = history.first_committed(where, path, [lambda data: b"needle" in data]).commits
        assert found
        assert found.id == oldest


def test_what_only_a_merge_holds_is_found_in_it(repository: Repository) -> None:
    root = repository({"a.txt": "one\n"})
    git(root, "checkout", "--quiet", "-b", "side")
    commit(root, {"b.txt": "b\n"}, "2020-01-01T10:00:00Z")
    git(root, "checkout", "--quiet", "-")
    commit(root, {"c.txt": "c\n"}, "2020-01-01T10:00:00Z")
    git(root, "merge", "--quiet", "--no-commit", "side")
    merge = commit(root, {"a.txt": "needle\n"}, "2020-01-02T10:00:00Z")
    (found,) = history.first_committed(root, "a.txt", [lambda data: b"needle" in data]).commits
    assert found
    assert found.id == merge


@pytest.mark.parametrize(
    ("written", "author", "date"),
    [
        (b"Ann <ann@index.example> 0 +0000", "Ann <ann@index.example>", "1970-01-01T00:00:00+00:00"),
        (b"Ann <a> 1000000000 -0330", "Ann <a>", "2001-09-08T22:16:40-03:30"),
        (b"\xe9 <a> 0 +0000", "\\xe9 <a>", "1970-01-01T00:00:00+00:00"),
        (b"Ann <a> 0 +9959", "Ann <a>", "1970-01-01T00:00:00+00:00"),
        (b"Ann <a> 999999999999 +0000", "Ann <a>", ""),
        (b"Ann", "", ""),
    ],
)
def test_authors_as_they_stand_in_commits(repository: Repository, written: bytes, author: str, date: str) -> None:
    root = repository({"a.txt": "one\n"})
    tree = git(root, "rev-parse", "HEAD^{tree}").strip().encode()
    raw = root / "commit"
    raw.write_bytes(b"tree %b\nauthor %b\ncommitter C <c> 0 +0000\n\nauthor No <no> 1 +0000\n" % (tree, written))
    name = git(root, "hash-object", "-t", "commit", "-w", "--literally", "commit").strip()
    assert history.described(root, [name]) == {name: Commit(name, author, date)}
