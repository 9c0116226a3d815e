"""A second run takes the results of the first where nothing changed, and is never wrong for it."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from lockgate.checks.run import run_check
from lockgate.engines.secrets import detect_secrets
from lockgate.engines.secrets.scanners import Scanners
from lockgate.inputs import files
from lockgate.model.engine_options import EngineOptions
from lockgate.model.record import Record
from support import git, noise, target, untimed, write

Repository = Callable[..., Path]
LEAK = f'password = "{noise(16)}"\n'
FILES = {"a.py": LEAK, "b.py": "x = 1\n", "c.yml": f"key: ghp_{noise(36)}\n", "bin.dat": b"\0\1\2" * 50, "é.py": LEAK}


@pytest.fixture(autouse=True)
def _kept(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An own cache, and file systems whose clocks are exact, so that no test has to wait."""
    monkeypatch.setattr(files, "_COARSEST", 0)


def kept(own_cache: Path) -> list[Path]:
    return sorted((own_cache / "secrets").glob("*"))


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that the engines were asked about."""
    paths: list[str] = []
    scan = Scanners.scan

    def recorded(self: Scanners, path: str, data: bytes) -> object:
        if path != "told":  # the texts of the record
            paths.append(path)
        return scan(self, path, data)

    monkeypatch.setattr(Scanners, "scan", recorded)
    return paths


def test_nothing_is_read_twice(repository: Repository, scanned: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(FILES)
    first = run_check("secrets", target(root))
    assert len(scanned) == len(FILES)
    scanned.clear()
    again = target(root)
    monkeypatch.setattr(again.tree, "read_start", None)
    assert untimed(run_check("secrets", again)) == untimed(first)
    assert not scanned
    assert len(first.findings) == 3


def test_only_what_changed_is_scanned_again(repository: Repository, scanned: list[str]) -> None:
    root = repository(FILES)
    run_check("secrets", target(root))
    scanned.clear()
    write(root, {"b.py": LEAK, "new.py": LEAK})
    (root / "a.py").unlink()
    record = run_check("secrets", target(root))
    assert sorted(scanned) == ["b.py", "new.py"]
    assert sorted(finding.path for finding in record.findings) == ["b.py", "c.yml", "new.py", "é.py"]


def test_a_file_that_was_only_touched_is_not_scanned_again(repository: Repository, scanned: list[str]) -> None:
    root = repository(FILES)
    run_check("secrets", target(root))
    scanned.clear()
    os.utime(root / "a.py")
    assert len(run_check("secrets", target(root)).findings) == 3
    assert not scanned


def test_neither_size_nor_time_hides_a_change(repository: Repository) -> None:
    root = repository({"a.py": "x" * len(LEAK)})
    assert not run_check("secrets", target(root)).findings
    before = (root / "a.py").stat()
    git(root, "update-index", "--assume-unchanged", "a.py")
    write(root, {"a.py": LEAK})
    os.utime(root / "a.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run_check("secrets", target(root)).findings


def test_a_file_that_was_changed_just_now_is_read_again(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_COARSEST", 10**12)
    root = repository(FILES)
    run_check("secrets", target(root))
    again = target(root)
    read: list[str] = []
    of_tree = again.tree.read_start

    def recorded(path: str) -> object:
        read.append(path)
        return of_tree(path)

    monkeypatch.setattr(again.tree, "read_start", recorded)
    run_check("secrets", again)
    assert sorted(read) == sorted(FILES)


def test_other_engines_have_other_results(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(FILES)
    run_check("secrets", target(root))
    monkeypatch.setattr(detect_secrets, "version", lambda: "0")
    monkeypatch.setattr(detect_secrets, "load_scanner", lambda _options, _prefilter: lambda _path, _data: [])
    monkeypatch.setattr("lockgate.checks.secrets.scan.scanners", Scanners)
    assert [finding.path for finding in run_check("secrets", target(root)).findings] == ["c.yml"]


@pytest.mark.parametrize("damage", [lambda data: data[:50], lambda _data: b"", lambda data: data[:-1] + b"!"])
def test_a_damaged_cache_is_not_used(
    repository: Repository, own_cache: Path, scanned: list[str], damage: Callable[[bytes], bytes]
) -> None:
    root = repository(FILES)
    run_check("secrets", target(root))
    (file,) = kept(own_cache)
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(damage(file.read_bytes()))
    scanned.clear()
    assert len(run_check("secrets", target(root)).findings) == 3
    assert len(scanned) == len(FILES)


def test_a_cache_that_others_can_change_is_not_used(
    repository: Repository, own_cache: Path, scanned: list[str]
) -> None:
    root = repository(FILES)
    run_check("secrets", target(root))
    (file,) = kept(own_cache)
    file.chmod(0o666)
    scanned.clear()
    run_check("secrets", target(root))
    assert len(scanned) == len(FILES)


def test_a_cache_that_can_not_be_written_costs_time_only(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(FILES)
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    for _ in range(2):
        assert len(run_check("secrets", target(root)).findings) == 3


def test_gaps_are_tried_again(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_path: str, _data: bytes) -> list[object]:
        raise TimeoutError

    root = repository(FILES)
    with monkeypatch.context() as patch:
        patch.setattr(detect_secrets, "load_scanner", lambda _options, _prefilter: broken)
        patch.setattr("lockgate.checks.secrets.scan.scanners", Scanners)
        assert run_check("secrets", target(root)).reason
    record = run_check("secrets", target(root))
    assert not record.reason
    assert len(record.findings) == 3


def test_odd_names_are_kept_apart(tmp_path: Path, scanned: list[str]) -> None:
    names = [b"\xff.py", b"\\xff.py"]
    for name, content in zip(names, (LEAK, "x = 1\n"), strict=True):
        (tmp_path / os.fsdecode(name)).write_text(content)
    for _ in range(2):
        record: Record = run_check("secrets", target(tmp_path))
        assert len(record.findings) == 1
        assert record.coverage.examined == 2


def test_a_folder_that_became_a_link_is_not_taken_for_what_it_was(repository: Repository) -> None:
    """Behind a link the index counts, and its content may be another one than the file's."""
    root = repository({"sub/a.py": LEAK})
    write(root, {"sub/a.py": "x = 1\n"})
    assert not run_check("secrets", target(root)).findings
    (root / "sub").rename(root.parent / "elsewhere")
    (root / "sub").symlink_to(root.parent / "elsewhere")
    assert [finding.path for finding in run_check("secrets", target(root)).findings] == ["sub/a.py"]


def test_no_secret_in_foreign_text_is_kept(tmp_path: Path, own_cache: Path) -> None:
    buffer = io.BytesIO()
    value = noise(14)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"password='{value}'/x.py", LEAK)
    write(tmp_path, {"a.zip": buffer.getvalue()})
    record = run_check("secrets", msgspec.structs.replace(target(tmp_path), engine_options=EngineOptions(deep=True)))
    assert record.findings
    assert not [path for path in kept(own_cache) if value.encode() in path.read_bytes()]
