"""Secrets in what was committed: in a history and in a range of commits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from lockgate.checks.run import run_check
from lockgate.checks.secrets import history, shares
from lockgate.inputs import objects
from lockgate.inputs.history import Change
from lockgate.inputs.objects import Blob
from lockgate.inputs.revisions import Commits, everything, range_of
from lockgate.inputs.staged import StagedTree
from lockgate.model.engine_options import EngineOptions
from lockgate.model.errors import UnavailableError, UsageError
from lockgate.model.finding import Finding
from lockgate.model.record import Outcome, Record
from support import git, noise, target, write

Repository = Callable[..., Path]
TOKENS = [f"ghp_{noise(36, seed=seed)}" for seed in range(8)]
LEAKS = [f'token = "{token}"\n' for token in TOKENS]
DATE = "2020-01-02T03:04:05+01:00"


def commit(root: Path, files: dict[str, str | bytes], message: str = "next", *options: str) -> str:
    """Commits all that is in the working tree and tells the commit's name."""
    write(root, files)
    git(root, "add", "--all")
    author = ("--author=Bo <bo@index.example>", f"--date={DATE}")
    git(root, "commit", "--quiet", "--allow-empty", "--message", message, *author, *options)
    return head(root)


def head(root: Path, name: str = "HEAD") -> str:
    """The full name of a revision."""
    return git(root, "rev-parse", name).strip()


def scan(root: Path, revisions: str = "", **settings: object) -> Record:
    """The record of the whole history, or of a range."""
    commits = range_of(root, revisions) if revisions else everything(root)
    record = run_check("secrets", replace(target(root, **settings), commits=commits))
    assert not any(token in repr(record) for token in TOKENS)
    return record


def places(record: Record) -> list[tuple[object, ...]]:
    """Path, line and commit of each finding."""
    return [_place(finding) for finding in record.findings]


def _place(finding: Finding) -> tuple[object, ...]:
    return finding.path, finding.line, finding.properties.get("commit") or finding.properties.get("ref")


def test_each_secret_once_a_path_at_the_oldest_commit_that_holds_it(repository: Repository) -> None:
    root = repository({"a.py": "x = 1\n"})
    first = commit(root, {"a.py": "x = 1\n" + LEAKS[0]})
    second = commit(root, {"a.py": "x = 2\n\n" + LEAKS[0] + LEAKS[1]})
    third = commit(root, {"b.py": LEAKS[0]})
    (root / "a.py").unlink()
    commit(root, {"b.py": "x = 1\n"})
    commit(root, {"a.py": "x = 1\n" + LEAKS[0]})
    record = scan(root)
    assert places(record) == [("a.py", 2, first), ("a.py", 4, second), ("b.py", 1, third)]
    told = record.findings[0].properties
    assert (told["commit"], told["author"], told["date"]) == (first, "Bo <bo@index.example>", DATE)
    assert (record.outcome, record.coverage.examined, record.coverage.unit) == (Outcome.COMPLETE, 6, "commits")
    assert len({finding.fingerprint for finding in record.findings}) == 3


def test_two_secrets_in_the_place_of_one_are_two_findings(repository: Repository) -> None:
    root = repository({"a.py": LEAKS[0]})
    commit(root, {"a.py": LEAKS[1]})
    record = scan(root)
    first, second = (finding.fingerprint for finding in record.findings)
    assert first.partition(":")[0] == second.partition(":")[0]  # the masked lines are alike
    assert first != second


def test_every_branch_tag_stash_and_worktree_is_history(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.py": "x = 1\n"})
    git(root, "checkout", "--quiet", "-b", "side")
    side = commit(root, {"side.py": LEAKS[0]})
    git(root, "tag", "kept")
    git(root, "checkout", "--quiet", "main")
    git(root, "branch", "--quiet", "-D", "side")
    git(root, "worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    detached = commit(tmp_path / "tree", {"detached.py": LEAKS[1]})
    write(root, {"a.py": LEAKS[2]})
    git(root, "stash", "--quiet")
    found = {place[0]: place[2] for place in places(scan(root))}
    assert found == {"side.py": side, "detached.py": detached, "a.py": head(root, "stash")}
    assert {place[0] for place in places(scan(tmp_path / "tree"))} == set(found)


def test_tags_of_blobs_and_trees(repository: Repository) -> None:
    root = repository({"a.py": "x = 1\n"})
    write(root, {"b/c.py": LEAKS[0], "d.py": LEAKS[1]})
    git(root, "add", "--all")
    git(root, "tag", "tree", git(root, "write-tree").strip())
    git(root, "tag", "--annotate", "--message", "x", "blob", head(root, ":d.py"))
    git(root, "tag", "--annotate", "--message", "x", "again", "blob")
    git(root, "reset", "--hard", "--quiet")
    assert sorted(places(scan(root))) == [
        ("b/c.py", 1, "refs/tags/tree"),
        ("d.py", 1, "refs/tags/tree"),
        ("refs/tags/again", 1, "refs/tags/again"),
        ("refs/tags/blob", 1, "refs/tags/blob"),
    ]


def test_what_only_a_merge_holds(repository: Repository) -> None:
    root = repository({"a.py": "x = 1\n"})
    base = head(root)
    git(root, "checkout", "--quiet", "-b", "side")
    commit(root, {"side.py": "x = 1\n", "a.py": "x = 1\ny = 2\n"})
    git(root, "checkout", "--quiet", "main")
    commit(root, {"main.py": "x = 1\n"})
    git(root, "merge", "--quiet", "--no-commit", "side")
    merge = commit(root, {"a.py": f"x = 1\ny = 2\n{LEAKS[0]}"})
    assert places(scan(root)) == places(scan(root, f"{base}..")) == [("a.py", 3, merge)]


def test_a_folder_of_a_repository_has_the_history_of_what_is_in_it(repository: Repository) -> None:
    root = repository({"a.py": LEAKS[0], "in side/b.py": LEAKS[1]})
    git(root, "tag", "tree", "HEAD^{tree}")
    assert places(scan(root / "in side")) == [("b.py", 1, head(root))]


def test_added_lines_only(repository: Repository) -> None:
    root = repository({"a.py": LEAKS[0], "old.py": LEAKS[1], "run.sh": LEAKS[2]})
    base = head(root)
    added = commit(root, {"a.py": f"x = 1\n{LEAKS[0]}y = 2\n{LEAKS[3]}"})
    removed = commit(root, {"a.py": f"x = 1\n{LEAKS[0]}y = 2\n"})
    git(root, "mv", "old.py", "new.py")
    (root / "run.sh").chmod(0o755)
    moved = commit(root, {})
    assert places(scan(root, f"{base}..{moved}")) == [("a.py", 4, added)]
    assert places(scan(root, f"{base}..")) == [("a.py", 4, added)]
    assert places(scan(root, added)) == [("a.py", 4, added)]
    assert places(scan(root, f"{added}..{removed}")) == []
    assert scan(root, f"{added}..{removed}").outcome is Outcome.COMPLETE


def test_a_secret_of_several_lines_of_which_one_is_added(repository: Repository) -> None:
    begin, end = (f"-----{word} RSA PRIVATE KEY-----\n" for word in ("BEGIN", "END"))
    root = repository({"key.pem": f"{begin}{noise(64)}\n{end}"})
    changed = commit(root, {"key.pem": f"{begin}{noise(64)}\n{noise(64, seed=9)}\n{end}"})
    assert changed in [place[2] for place in places(scan(root, "HEAD"))]


@pytest.mark.parametrize("text", [LEAKS[0].encode("utf-16"), f"x = 1\ry = 2\r{LEAKS[0]}".encode()])
def test_lines_that_git_counts_otherwise_are_all_added(repository: Repository, text: bytes) -> None:
    root = repository({"a.txt": b"x"})
    added = commit(root, {"a.txt": text})
    assert {place[2] for place in places(scan(root, "HEAD"))} == {added}


def test_the_ends_of_a_range(repository: Repository) -> None:
    root = repository({"a.py": "x = 1\n"})
    git(root, "checkout", "--quiet", "-b", "side")
    side = commit(root, {"side.py": LEAKS[0]})
    git(root, "checkout", "--quiet", "main")
    main = commit(root, {"main.py": LEAKS[1]})
    assert [place[2] for place in places(scan(root, "side.."))] == [main]
    assert [place[2] for place in places(scan(root, "..side"))] == [side]
    assert {place[2] for place in places(scan(root, "main...side"))} == {main, side}
    assert places(scan(root, "HEAD~1")) == []
    record = scan(root, "HEAD..HEAD")
    assert (record.outcome, record.reason) == (Outcome.INCOMPLETE, "nothing was examined: no commits found")


def test_what_is_excluded_and_allowed(repository: Repository) -> None:
    root = repository({"a.py": LEAKS[0], "b.py": LEAKS[1].strip() + "  # gitleaks:allow\n"})
    commit(root, {"a.py": "x = 1\n", "b.py": f"x = 1\n{LEAKS[1].strip()}  # gitleaks:allow\n"})
    record = scan(root, exclude=("a.py",))
    assert (record.findings, record.coverage.allowed) == ((), 1)
    assert [(skip.subject, skip.gap) for skip in record.coverage.skipped] == [("a.py", False)]


def test_the_start_of_a_large_blob_is_scanned(repository: Repository) -> None:
    root = repository({"a.py": LEAKS[0] + "x = 1\n" * 100})
    record = scan(root, max_file_size=200)
    assert places(record) == [("a.py", 1, head(root))]
    assert "a.py (0 MiB is over max-file-size" in record.reason


def test_a_second_run_reads_only_what_is_new(
    repository: Repository, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository({"a.py": "x = 1\n", "b.py": LEAKS[0]})
    first = scan(root)
    asked: list[str] = []

    def recorded(root: Path, wanted: Iterable[tuple[str, Change]], limit: int) -> Iterator[tuple[Change, Blob | None]]:
        for change, blob in objects.read_ahead(root, wanted, limit):
            asked.append(change.path)
            yield change, blob

    monkeypatch.setattr(history, "read_ahead", recorded)
    commit(root, {"c.py": "x = 1\n"})
    second = scan(root)
    assert asked == ["b.py", "c.py"]
    assert second.findings == first.findings
    (kept,) = (own_cache / "history").iterdir()
    assert head(root, ":a.py").encode() not in kept.read_bytes()
    assert bytes.fromhex(head(root, ":a.py")) not in kept.read_bytes()


def test_a_damaged_cache_is_no_cache(repository: Repository, own_cache: Path) -> None:
    root = repository({"a.py": "x = 1\n"})
    scan(root)
    (kept,) = (own_cache / "history").iterdir()
    kept.write_bytes(b"damaged")
    assert scan(root).outcome is Outcome.COMPLETE


def test_shares_find_what_one_finds(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository({f"{number}.py": LEAKS[number] for number in range(8)})
    commit(root, {"0.py": LEAKS[0] + LEAKS[1]})
    monkeypatch.setattr(shares, "FEW", 0)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    whole = replace(target(root), commits=Commits(), engine_options=EngineOptions(engines=("detect-secrets",)))
    alone, together = run_check("secrets", whole), shares.run_shared(whole, Commits())
    assert len(alone.findings) == 9
    assert sorted(places(together)) == sorted(places(alone))
    assert {finding.fingerprint for finding in together.findings} == {finding.fingerprint for finding in alone.findings}
    assert (together.outcome, together.coverage, together.reason) == (alone.outcome, alone.coverage, alone.reason)
    assert [engine.name for engine in together.engines] == ["detect-secrets"]
    parts = shares._buckets(root, git(root, "rev-list", "--all").split(), 3)
    assert sorted(place for part in parts for place in part) == list(range(1024))


def test_a_bare_repository(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.py": "x = 1\n"})
    leaked = commit(root, {"a.py": LEAKS[0]})
    git(tmp_path, "clone", "--quiet", "--bare", root.as_uri(), "bare.git")
    assert places(scan(tmp_path / "bare.git")) == [("a.py", 1, leaked)]
    assert places(scan(tmp_path / "bare.git", "HEAD~1..")) == [("a.py", 1, leaked)]


def test_a_repository_of_sha_256(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--object-format=sha256")
    commit(tmp_path, {"a.py": "x = 1\n"})
    leaked = commit(tmp_path, {"a.py": f"x = 1\n{LEAKS[0]}"})
    assert len(leaked) == 64
    assert places(scan(tmp_path)) == places(scan(tmp_path, "HEAD~1..")) == [("a.py", 2, leaked)]


def test_a_submodule_is_no_content(repository: Repository) -> None:
    inner = repository({"a.py": LEAKS[0]}, name="inner")
    root = repository({"a.py": "x = 1\n"})
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.as_uri(), "sub")
    commit(root, {})
    record = scan(root)
    assert (places(record), record.outcome) == ([], Outcome.COMPLETE)


def test_a_shallow_history_is_incomplete(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.py": LEAKS[0]})
    base = head(root)
    commit(root, {"a.py": "x = 1\n"})
    commit(root, {"b.py": "x = 1\n"})
    git(tmp_path, "clone", "--quiet", "--depth=2", root.as_uri(), "clone")
    record = scan(tmp_path / "clone")
    assert record.outcome is Outcome.INCOMPLETE
    assert record.reason == "the clone is shallow: of its history there are 2 commits; run: git fetch --unshallow"
    with pytest.raises(UnavailableError, match="is not in this clone, which is shallow"):
        scan(tmp_path / "clone", f"{base}..HEAD")
    assert scan(tmp_path / "clone", "HEAD~1..HEAD").outcome is Outcome.COMPLETE
    with pytest.raises(UsageError, match="there is no commit"):
        scan(root, "nowhere..HEAD")


def test_a_partial_clone_fetches_nothing_and_says_what_it_lacks(
    repository: Repository, tmp_path: Path, canary: tuple[str, Path]
) -> None:
    run, mark = canary
    root = repository({"gone.py": LEAKS[0], "a.py": LEAKS[1]})
    (root / "gone.py").unlink()
    commit(root, {})
    git(root, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", root.as_uri(), "clone")
    clone = tmp_path / "clone"
    git(clone, "config", "remote.origin.uploadpack", run)
    git(clone, "config", "remote.origin.url", f"ext::{run}")
    record = scan(clone)
    assert [place[0] for place in places(record)] == ["a.py"]
    assert (
        record.reason
        == "not examined: gone.py (not every content that it had is in this clone, which is partial or damaged)"
    )
    assert not mark.exists()


def test_a_clone_without_trees_is_incomplete(repository: Repository, tmp_path: Path) -> None:
    root = repository({"in/a.py": LEAKS[0]})
    commit(root, {"in/a.py": "x = 1\n"})
    git(root, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--filter=tree:0", root.as_uri(), "clone")
    assert scan(tmp_path / "clone").outcome is Outcome.INCOMPLETE


def test_an_object_that_is_damaged_is_incomplete_and_hides_nothing_before_it(repository: Repository) -> None:
    root = repository({"a.py": LEAKS[0]})
    commit(root, {"b.py": LEAKS[1]})
    name = head(root, ":b.py")
    path = root / ".git" / "objects" / name[:2] / name[2:]
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    record = scan(root)
    assert [place[0] for place in places(record)] == ["a.py"]
    assert record.outcome is Outcome.INCOMPLETE


def test_replacements_and_grafts_are_not_obeyed(repository: Repository) -> None:
    root = repository({"a.py": LEAKS[0]})
    leaked = head(root)
    clean = commit(root, {"a.py": "x = 1\n"})
    git(root, "replace", head(root, f"{leaked}:a.py"), head(root, f"{clean}:a.py"))
    (root / ".git" / "info" / "grafts").write_text(f"{clean}\n")
    assert places(scan(root)) == [("a.py", 1, leaked)]


def test_nothing_of_a_hostile_configuration_runs(repository: Repository, canary: tuple[str, Path]) -> None:
    run, mark = canary
    root = repository({"a.py": "x = 1\n", ".gitattributes": "* filter=evil diff=evil merge=evil -text\n"})
    leaked = commit(root, {"a.py": f"x = 1\n{LEAKS[0]}"})
    git(root, "tag", "--annotate", "--message", "x", "signed")
    (root / ".git" / "order").write_text("*\n")
    (root / ".git" / "hooks").mkdir(exist_ok=True)
    (root / ".git" / "info").mkdir(exist_ok=True)
    (root / ".git" / "info" / "attributes").write_text("* -diff diff=evil\n")
    hostile = f"""
[core]
    fsmonitor = {run}
    hooksPath = {Path(run).parent}
    pager = {run}
    sshCommand = {run}
    gitProxy = {run}
    askPass = {run}
    alternateRefsCommand = {run}
    bigFileThreshold = 1
    attributesFile = {root}/.gitattributes
[log]
    showSignature = true
    diffMerges = off
    showRoot = false
    follow = true
    excludeDecoration = refs/*
[gpg]
    program = {run}
[gpg "ssh"]
    program = {run}
    defaultKeyCommand = {run}
[diff]
    external = {run}
    orderFile = {root}/.git/order
    submodule = log
    ignoreSubmodules = all
    interHunkContext = 100
    noprefix = true
    relative = true
    renames = copies
    suppressBlankEmpty = true
[diff "evil"]
    textconv = {run}
    command = {run}
    binary = true
[filter "evil"]
    clean = {run}
    smudge = {run}
    process = {run}
    required = true
[mailmap]
    file = {root}/.git/order
[i18n]
    logOutputEncoding = UTF-16
[remote "origin"]
    url = ext::{run}
    promisor = true
    partialclonefilter = blob:none
    uploadpack = {run}
[credential]
    helper = "!{run}"
[alias]
    rev-list = "!{run}"
    diff-tree = "!{run}"
    cat-file = "!{run}"
"""
    config = root / ".git" / "config"
    (root / ".git" / "hostile").write_text(hostile)
    config.write_text(config.read_text() + "[include]\n    path = hostile\n")
    for revisions in ("", "HEAD~1..HEAD"):
        record = scan(root, revisions)
        assert places(record) == [("a.py", 2, leaked)]
        assert record.outcome is Outcome.COMPLETE, record.reason
    shares._buckets(root, [leaked], 2)
    assert not mark.exists()


def test_a_work_tree_that_leads_elsewhere_hides_nothing(repository: Repository, tmp_path: Path) -> None:
    root = repository({"a.py": "x = 1\n", "in/b.py": LEAKS[1]})
    leaked = commit(root, {"a.py": LEAKS[0]})
    git(root, "config", "core.worktree", "/")
    assert places(scan(root, leaked)) == [("a.py", 1, leaked)]
    assert [place[0] for place in places(scan(root / "in"))] == ["b.py"]
    assert len(places(scan(root))) == 2
    git(root, "update-index", "--add", "--cacheinfo", f"100644,{head(root, 'HEAD:a.py')},in/c.py")
    assert StagedTree(root).files == ("in/c.py",)
    assert StagedTree(root / "in").files == ("c.py",)


def test_a_commit_that_is_written_by_hand(repository: Repository) -> None:
    root = repository({"a.py": LEAKS[0]})
    tree = head(root, "HEAD^{tree}")
    write(root.parent, {"raw": f"tree {tree}\nauthor {LEAKS[1].strip()} <x> 0 +0000\ncommitter C <c> 0 +0000\n\n"})
    name = git(root, "hash-object", "-t", "commit", "-w", "--literally", str(root.parent / "raw")).strip()
    git(root, "update-ref", "refs/heads/main", name)
    record = scan(root)
    assert places(record) == [("a.py", 1, name)]
    assert "*" * len(TOKENS[1]) in str(record.findings[0].properties["author"])


def test_what_later_counts_for_more_is_told_once_more(repository: Repository) -> None:
    root = repository({})
    digits = "0f3a5b7c9d1e2f4a6b8c0d2e4f6a8b0c1d3e5f7a"
    first = commit(root, {"a.py": f'x = "{digits}"\n'})
    commit(root, {"a.py": f'y = 1\nx = "{digits}"\n'})
    password = commit(root, {"a.py": f'password = "{digits}"\n'})
    commit(root, {"a.py": f'y = 2\npassword = "{digits}"\n'})
    commit(root, {"a.py": f'x = "{digits}"\n'})
    found = {(finding.rule, finding.properties["commit"]) for finding in scan(root).findings}
    assert found == {("secrets/hex-entropy", first), ("secrets/hard-coded-password", password)}
    assert len(scan(root).findings) == 2


def test_every_entry_of_the_stash_is_looked_at(repository: Repository) -> None:
    root = repository({})
    commit(root, {"a.py": "x = 1\n"})
    for text in (LEAKS[0], "x = 2\n", "x = 3\n"):
        write(root, {"a.py": text})
        git(root, "stash", "--quiet")
    assert [finding.rule for finding in scan(root).findings] == ["secrets/github-token"]
