"""Where lines were before a change, and the tree of a commit."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lockgate.inputs.committed import CommittedTree
from lockgate.inputs.moved import MOST_LINES, Moves, Place, unchanged
from lockgate.inputs.revisions import base_of
from lockgate.inputs.tree import Tree
from lockgate.model.errors import UnavailableError, UsageError
from lockgate.model.finding import Location
from lockgate.model.record import Skip
from support import git, write

Repository = Callable[..., Path]
POEM = [f"line {number}" for number in range(40)]


def text(lines: list[str], end: str = "\n") -> str:
    return "".join(f"{line}{end}" for line in lines)


def moves(root: Path, revision: str = "HEAD") -> Moves:
    return Moves(CommittedTree(root, base_of(root, revision)), Tree(root))


def before(root: Path, path: str, line: int, end_line: int = 0, revision: str = "HEAD") -> Place | None:
    at = Location(path=path, line=line, column=1, end_line=end_line or line, end_column=2)
    return moves(root, revision).before(at)


def pairs(old: str, new: str) -> list[tuple[int, int]]:
    blocks = unchanged([*old.encode().split()], [*new.encode().split()])
    return [(block.before + step, block.now + step) for block in blocks for step in range(block.size)]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("a b c", "a b c", [(0, 0), (1, 1), (2, 2)]),
        ("a b c", "a x b c", [(0, 0), (1, 2), (2, 3)]),
        ("a b c", "a c", [(0, 0), (2, 1)]),
        ("a b c", "x y", []),
        ("", "a", []),
        ("a x b x c x d", "a y x b x z c x d", [(0, 0), (1, 2), (2, 3), (3, 4), (4, 6), (5, 7), (6, 8)]),
        # Of two blocks that changed places the longer one stays.
        ("a b 1 2 3", "1 2 3 a b", [(2, 0), (3, 1), (4, 2)]),
    ],
)
def test_lines_that_are_the_same(old: str, new: str, same: list[tuple[int, int]]) -> None:
    assert pairs(old, new) == same


LINES = some.lists(some.sampled_from([b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h"]), max_size=30)


@given(LINES, LINES)
def test_what_is_said_to_be_the_same_is(old: list[bytes], new: list[bytes]) -> None:
    blocks = unchanged(old, new)
    for block in blocks:
        assert block.size > 0
        assert old[block.before : block.before + block.size] == new[block.now : block.now + block.size]
    for one, two in itertools.pairwise(blocks):
        assert one.now + one.size <= two.now
        assert one.before + one.size <= two.before


def test_no_lines_take_long() -> None:
    # A comparison of each line with each one would need hours.
    count = 200_000
    shuffled = random.Random(7).sample(range(count), count)
    assert unchanged([b"%d" % number for number in range(count)], [b"%d" % number for number in shuffled])
    assert unchanged([b"x"] * count, [b"y", *[b"x"] * count]) == [(1, 0, count)]
    assert unchanged([b"x", b"y"] * count, [b"y", b"z"] * count) == []


def test_a_file_of_very_many_lines_is_the_same_or_another(repository: Repository) -> None:
    root = repository({"a.txt": "\n" * MOST_LINES + "\n", "b.txt": "\n" * MOST_LINES + "\n"})
    write(root, {"b.txt": "x\n" + "\n" * MOST_LINES})
    assert before(root, "a.txt", 1, MOST_LINES) == ("a.txt", 1)
    assert before(root, "b.txt", 3) is None


def test_lines_that_moved_and_lines_that_were_changed(repository: Repository) -> None:
    root = repository({"a.py": text(POEM)})
    write(root, {"a.py": text(["new", *POEM[:10], "changed", *POEM[11:20], *POEM[22:]])})
    assert before(root, "a.py", 1) is None
    assert before(root, "a.py", 2) == ("a.py", 1)
    assert before(root, "a.py", 12) is None
    assert before(root, "a.py", 13) == ("a.py", 12)
    assert before(root, "a.py", 13, 21) == ("a.py", 12)
    assert before(root, "a.py", 21, 22) is None, "lines between them were removed"
    assert before(root, "a.py", 11, 13) is None
    assert before(root, "a.py", 22) == ("a.py", 23)
    assert before(root, "a.py", 99) is None
    assert before(root, "absent.py", 1) is None
    assert before(root, "/usr/lib/python3/a.py", 1) is None


def test_how_lines_end_is_no_change(repository: Repository) -> None:
    root = repository({"a.py": text(POEM), "b.py": text(POEM, "\r\n"), "c.py": text(POEM).rstrip("\n")})
    write(root, {"a.py": text(POEM, "\r\n"), "b.py": text([*POEM[:5], "new", *POEM[5:]]), "c.py": text(POEM)})
    assert before(root, "a.py", 1, 40) == ("a.py", 1)
    assert before(root, "b.py", 7) == ("b.py", 6)
    assert before(root, "c.py", 40) == ("c.py", 40)


def test_renamed_files(repository: Repository) -> None:
    licence = [f"licence {number}" for number in range(30)]
    files = {
        "one.py": text([*licence, *POEM[:10]]),
        "two.py": text([*licence, *POEM[20:30]]),
        "three.py": text(POEM[30:]),
    }
    root = repository(files)
    git(root, "mv", "one.py", "uno.py")
    (root / "two.py").unlink()
    (root / "three.py").unlink()
    write(root, {"zwei.py": text([*licence, "new", *POEM[20:28]]), "drei.py": text(["a", "b", "c", POEM[30]])})
    write(root, {"four.py": text(licence)})
    assert before(root, "uno.py", 35) == ("one.py", 35)
    assert before(root, "zwei.py", 31) is None
    assert before(root, "zwei.py", 32) == ("two.py", 31)
    assert before(root, "drei.py", 4) is None, "most of it is new"
    assert before(root, "four.py", 1) is None, "it is of no file more than of another"


def test_a_copy_is_new(repository: Repository) -> None:
    root = repository({"a.py": text(POEM)})
    write(root, {"b.py": text(POEM)})
    assert before(root, "b.py", 3) is None


def test_names_that_are_not_utf8(repository: Repository) -> None:
    name = os.fsdecode(b"\xff \n\t.py")
    root = repository({name: text(POEM)})
    assert before(root, "\\xff \n\t.py", 3) == ("\\xff \n\t.py", 3)


def test_below_the_top_of_a_repository(repository: Repository) -> None:
    root = repository({"-sub/dir/a.py": text(POEM), "a.py": "x\n"})
    write(root, {"-sub/dir/a.py": text(["new", *POEM])})
    tree = CommittedTree(root / "-sub", base_of(root / "-sub", "HEAD"))
    assert tree.files == ("dir/a.py",)
    assert before(root / "-sub", "dir/a.py", 2) == ("dir/a.py", 1)
    write(root, {"new/b.py": "b\n"})
    assert CommittedTree(root / "new", base_of(root, "HEAD")).files == ()


def test_links_and_submodules_have_no_content(repository: Repository, tmp_path: Path) -> None:
    inner = repository({"secret.py": "x = 1\n"}, name="inner")
    root = repository({"a.py": "x = 1\n"})
    (root / "link.py").symlink_to("a.py")
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "module")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "second")
    tree = CommittedTree(root, base_of(root, "HEAD"))
    assert tree.files == (".gitmodules", "a.py", "link.py", "module")
    assert tree.read("a.py") == b"x = 1\n"
    for path in ("link.py", "module"):
        assert tree.read(path) == Skip(path, "a symbolic link or a submodule")
    assert tree.read("absent") == Skip("absent", "not in the working tree")
    assert before(root, "link.py", 1) is None


def test_exclusions_and_the_size_limit_hold_for_a_commit(repository: Repository) -> None:
    root = repository({"a.py": "x" * 100, "b.py": "x\n", "docs/c.py": "x\n"})
    tree = CommittedTree(root, base_of(root, "HEAD"), ("docs/",), 50)
    assert tree.files == ("a.py", "b.py")
    found = tree.read("a.py")
    assert isinstance(found, Skip)
    assert found.gap


def test_names_in_a_tree_that_lead_out_are_not_read(repository: Repository) -> None:
    root = repository({"a.py": "x = 1\n"})
    blob = bytes.fromhex(git(root, "rev-parse", "HEAD:a.py").strip())
    names = (b"..", b".", b"../../out.py", b"/out.py", b"a//b.py")
    content = b"".join(b"100644 %s\0%s" % (name, blob) for name in names)
    made = subprocess.run(
        ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
        cwd=root, input=content, check=True, capture_output=True,
    )  # fmt: skip
    commit = git(root, "commit-tree", made.stdout.decode().strip(), "-m", "evil").strip()
    tree = CommittedTree(root, commit)
    assert len(tree.files) == len(names)
    assert all(isinstance(tree.read(path), Skip) for path in tree.files)


def test_trees_that_hold_each_other_are_not_listed_without_end(repository: Repository) -> None:
    root = repository({"a.py": "x = 1\n"})
    content = b"100644 f\0" + bytes.fromhex(git(root, "rev-parse", "HEAD:a.py").strip())
    for _ in range(12):
        made = subprocess.run(
            ["git", "hash-object", "-t", "tree", "-w", "--stdin"],
            cwd=root,
            input=content,
            check=True,
            capture_output=True,
        )
        name = bytes.fromhex(made.stdout.decode().strip())
        content = b"".join(b"40000 %s%d\0%s" % (b"long" * 50, number, name) for number in range(10))
    commit = git(root, "commit-tree", made.stdout.decode().strip(), "-m", "bomb").strip()
    with pytest.raises(UnavailableError, match="lists too many files"):
        _ = CommittedTree(root, commit).files


def test_attributes_and_drivers_have_no_part(repository: Repository, canary: tuple[str, Path]) -> None:
    program, mark = canary
    root = repository({"a.py": text(POEM)})
    write(root, {".gitattributes": "* filter=evil diff=evil -text binary\n", "a.py": text(["new", *POEM])})
    for key in ("filter.evil.clean", "filter.evil.smudge", "diff.evil.textconv", "diff.evil.command", "diff.external"):
        git(root, "config", key, program)
    assert before(root, "a.py", 2) == ("a.py", 1)
    assert not mark.exists()


def test_replacements_and_grafts_have_no_part(repository: Repository) -> None:
    root = repository({"a.py": text(POEM)})
    first = git(root, "rev-parse", "HEAD").strip()
    write(root, {"a.py": "other\n"})
    git(root, "commit", "--quiet", "--all", "--message", "second")
    git(root, "replace", first, "HEAD")
    assert CommittedTree(root, base_of(root, first)).read("a.py") == text(POEM).encode()


@pytest.mark.parametrize(
    "revision", ["absent", "HEAD~9", "-x", "--output=x", "^HEAD", "", "HEAD:a.py", "a\0b", "HEAD..HEAD"]
)
def test_what_names_no_commit(repository: Repository, revision: str) -> None:
    root = repository({"a.py": "x\n"})
    with pytest.raises(UsageError, match=r"^--since: "):
        base_of(root, revision)


def test_where_there_is_no_repository_or_no_commit(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give the directory of a repository"):
        base_of(tmp_path, "HEAD")
    git(tmp_path, "init", "--quiet")
    with pytest.raises(UsageError, match="there is no commit 'HEAD'"):
        base_of(tmp_path, "HEAD")


def test_the_base_is_where_the_branch_parted(repository: Repository) -> None:
    root = repository({"a.py": "x\n"})
    first = git(root, "rev-parse", "HEAD").strip()
    git(root, "tag", "--annotate", "v1", "--message", "v1")
    git(root, "switch", "--quiet", "--create", "topic")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "topic")
    topic = git(root, "rev-parse", "HEAD").strip()
    git(root, "switch", "--quiet", "main")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "main")
    assert base_of(root, "topic") == first
    assert base_of(root, "v1") == base_of(root, first[:7]) == base_of(root, "HEAD~1") == first
    git(root, "merge", "--quiet", "--message", "merge", "topic")
    assert base_of(root, "topic") == topic
    git(root, "switch", "--quiet", "--orphan", "lone")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "lone")
    with pytest.raises(UsageError, match="no common ancestor"):
        base_of(root, "main")


def test_a_shallow_clone_says_what_to_do(repository: Repository, tmp_path: Path) -> None:
    origin = repository({"a.py": "x\n"})
    first = git(origin, "rev-parse", "HEAD").strip()
    for number in range(3):
        git(origin, "commit", "--quiet", "--allow-empty", "--message", str(number))
    git(tmp_path, "clone", "--quiet", "--depth=2", f"file://{origin}", "clone")
    clone = tmp_path / "clone"
    with pytest.raises(UnavailableError, match=r"which is shallow; run: git fetch --unshallow .*fetch-depth: 0"):
        base_of(clone, first)
    assert base_of(clone, "HEAD^1") == git(origin, "rev-parse", "HEAD^1").strip()
    git(origin, "branch", "topic", first)
    git(origin, "switch", "--quiet", "topic")
    git(origin, "commit", "--quiet", "--allow-empty", "--message", "topic")
    git(clone, "fetch", "--quiet", "--depth=1", "origin", "topic:topic")
    with pytest.raises(UnavailableError, match="the common ancestor with 'topic' is not in this clone"):
        base_of(clone, "topic")


def test_contents_that_a_partial_clone_lacks_are_no_lines(repository: Repository, tmp_path: Path) -> None:
    origin = repository({"a.py": text(POEM)})
    blob = git(origin, "rev-parse", "HEAD:a.py").strip()
    write(origin, {"a.py": text(["new", *POEM])})
    git(origin, "commit", "--quiet", "--all", "--message", "second")
    assert before(origin, "a.py", 2, revision="HEAD~1") == ("a.py", 1)
    (origin / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert before(origin, "a.py", 2, revision="HEAD~1") is None


def test_a_blob_is_its_state(repository: Repository) -> None:
    root = repository({"a.py": "x\n"})
    tree = CommittedTree(root, base_of(root, "HEAD"))
    assert tree.state("a.py") == hashlib.sha1(b"blob 2\0x\n", usedforsecurity=False).hexdigest()
    assert tree.state("absent") == ""
