"""Branches that change a baseline merge without a conflict, and into what both meant: done with Git itself."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from lockgate.checks.secrets.baseline import Entry, Verdict, parse
from lockgate.cli import root as program
from lockgate.model.errors import UsageError
from support import git, noise, write

Repository = Callable[..., Path]
NAME = ".lockgate-baseline"
KEY = "0123456789abcdef" * 4  # always the same, so that every run of these tests is


class Branches:
    """A repository in which two branches change a baseline."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.random = random.Random(3)

    def entries(self, number: int) -> list[Entry]:
        return [
            Entry(
                path=f"src/file{self.random.randrange(10)}.py",
                identity=f"{self.random.getrandbits(128):032x}",
                rule="secrets/x",
            )
            for _ in range(number)
        ]

    def merge(self, before: list[Entry], ours: list[Entry], theirs: list[Entry]) -> int:
        """Git's exit code for the merge of two branches that begin at one commit."""
        git(self.root, "checkout", "--quiet", "--detach")
        self._commit(before)
        start = git(self.root, "rev-parse", "HEAD").strip()
        self._commit(ours)
        one = git(self.root, "rev-parse", "HEAD").strip()
        git(self.root, "checkout", "--quiet", start)
        self._commit(theirs)
        git(self.root, "config", "user.name", "Test")
        git(self.root, "config", "user.email", "test@index.example")
        return subprocess.run(
            ["git", "merge", "--quiet", one], cwd=self.root, check=False, capture_output=True
        ).returncode

    def merged(self) -> set[Entry]:
        data = (self.root / NAME).read_bytes()
        baseline = parse(NAME, data)
        assert data == baseline.rendered(baseline.entries), "not in order"
        return set(baseline.entries)

    def _commit(self, entries: list[Entry]) -> None:
        (self.root / NAME).write_bytes(rendered(entries))
        git(self.root, "add", NAME)
        git(self.root, "commit", "--quiet", "--allow-empty", "--message", "change")


def rendered(entries: list[Entry]) -> bytes:
    return parse(NAME, f"lockgate-baseline 1\nkey {KEY}\n".encode()).rendered(entries)


@pytest.fixture
def branches(repository: Repository) -> Branches:
    return Branches(repository({"a.py": "x = 1\n"}))


@pytest.mark.parametrize("number", [0, 12, 200])
def test_both_add(branches: Branches, number: int) -> None:
    before, ours, theirs = branches.entries(number), branches.entries(3), branches.entries(3)
    assert branches.merge(before, before + ours, before + theirs) == 0
    assert branches.merged() == {*before, *ours, *theirs}


def test_both_add_the_same(branches: Branches) -> None:
    before, new = branches.entries(5), branches.entries(2)
    assert branches.merge(before, before + new, before + new) == 0
    assert branches.merged() == {*before, *new}


@pytest.mark.parametrize("number", [12, 200])
def test_both_remove(branches: Branches, number: int) -> None:
    before = branches.entries(number)
    assert branches.merge(before, before[3:], before[:-3]) == 0
    assert branches.merged() == set(before[3:-3])


@pytest.mark.parametrize("number", [12, 200])
def test_one_adds_while_the_other_removes(branches: Branches, number: int) -> None:
    before, new = branches.entries(number), branches.entries(3)
    assert branches.merge(before, before + new, before[4:]) == 0
    assert branches.merged() == {*before[4:], *new}


def test_one_removes_all_while_the_other_adds(branches: Branches) -> None:
    before, new = branches.entries(40), branches.entries(2)
    assert branches.merge(before, before + new, []) == 0
    assert branches.merged() == set(new)


def test_both_give_verdicts(branches: Branches) -> None:
    before = branches.entries(12)
    ours = [replace(before[0], verdict=Verdict.REAL), *before[1:]]
    theirs = [*before[:-1], replace(before[-1], verdict=Verdict.FALSE)]
    assert branches.merge(before, ours, theirs) == 0
    assert branches.merged() == {ours[0], *before[1:-1], theirs[-1]}


def test_two_branches_that_run_update(repository: Repository) -> None:
    root = repository({"a.py": f'token = "ghp_{noise(36)}"\n', NAME: rendered([])})
    for branch, file in (("one", "b.py"), ("two", "c.py")):
        git(root, "checkout", "--quiet", "-b", branch, "main")
        write(root, {file: f'token = "ghp_{noise(36, seed=8)}"\n'})
        program.main(["baseline", "update", str(root)], standalone_mode=False)
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message", branch)
    git(root, "merge", "--quiet", "one")
    assert sorted(entry.path for entry in parse(NAME, (root / NAME).read_bytes()).entries) == ["a.py", "b.py", "c.py"]


def test_a_union_merge_in_any_order_is_read(branches: Branches) -> None:
    one, *others = branches.entries(4)
    lines = rendered([one, *others]).decode().splitlines()
    both = [*lines, *rendered([replace(one, verdict=Verdict.REAL), others[0]]).decode().splitlines()]
    branches.random.shuffle(both)
    both.remove(lines[0])
    baseline = parse(NAME, "\r\n".join([lines[0], *both]).encode())
    assert set(baseline.entries) == {replace(one, verdict=Verdict.REAL), *others}


def test_with_a_union_merge_nothing_conflicts(branches: Branches) -> None:
    write(branches.root, {".gitattributes": f"{NAME} merge=union\n"})
    git(branches.root, "add", "--all")
    before, ours, theirs = branches.entries(20), branches.entries(300), branches.entries(300)
    assert branches.merge(before, before + ours, before + theirs) == 0
    assert set(parse(NAME, (branches.root / NAME).read_bytes()).entries) == {*before, *ours, *theirs}


def test_a_conflict_is_named(branches: Branches) -> None:
    (one, two) = branches.entries(2)
    two = replace(two, identity=one.identity[:-1] + "x".translate({ord("x"): "0" if one.identity[-1] != "0" else "1"}))
    assert branches.merge([], [one], [two]) == 1
    with pytest.raises(UsageError, match=rf"^{NAME}:\d+: a merge conflict: keep the lines of both sides"):
        parse(NAME, (branches.root / NAME).read_bytes())


def test_two_that_were_created_apart_are_not_mixed(branches: Branches) -> None:
    (one,) = branches.entries(1)
    text = rendered([one]).decode()
    with pytest.raises(UsageError, match=r"a second key: the baseline was created in two branches"):
        parse(NAME, (text + text.replace(KEY, "f" * 64)).encode())
