"""Reports reach their place whole or not at all."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lockgate.model.errors import UnavailableError, UsageError
from lockgate.reports.write import check_destination, write

OLD, NEW = b"old\n", b"new\n"
START = "import os, resource, signal, sys\nfrom lockgate.reports.write import write\n"


def python(code: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run code that can write reports."""
    return subprocess.run(
        [sys.executable, "-c", START + code, *arguments], capture_output=True, text=True, check=False, cwd=cwd
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        write(str(tmp_path / "report.json"), NEW)
    finally:
        os.umask(umask)
    assert (tmp_path / "report.json").read_bytes() == NEW
    assert (tmp_path / "report.json").stat().st_mode & 0o777 == 0o644
    assert names(tmp_path) == ["report.json"]


def test_a_plain_name_is_in_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("report.json", NEW)
    assert names(tmp_path) == ["report.json"]


def test_a_reader_of_the_old_file_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(OLD)
    with path.open("rb") as reader:
        write(str(path), NEW)
        assert reader.read() == OLD
    assert path.read_bytes() == NEW


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(OLD)
    link = tmp_path / "report.json"
    link.symlink_to(victim)
    write(str(link), NEW)
    assert victim.read_bytes() == OLD
    assert not link.is_symlink()
    assert link.read_bytes() == NEW


def test_a_link_to_a_directory_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "report.json"
    link.symlink_to(tmp_path)
    write(str(link), NEW)
    assert link.read_bytes() == NEW


def test_a_name_as_long_as_may_be(tmp_path: Path) -> None:
    write(str(tmp_path / ("n" * 255)), NEW)
    assert names(tmp_path) == ["n" * 255]


@pytest.mark.parametrize(
    ("place", "told"), [("missing/report.json", "there is no directory"), (".", "is a directory"), ("", "a file name")]
)
def test_a_place_that_can_not_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, told: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=told):
        check_destination(place)
    with pytest.raises(UsageError, match=told):
        write(place, NEW)
    assert names(tmp_path) == []


def test_a_directory_that_is_read_only(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(OLD)
    tmp_path.chmod(0o555)
    try:
        # Root may write everywhere, so it steps down.
        done = python("os.getuid() or os.setuid(65534)\nwrite('report.json', b'new')", cwd=tmp_path)
    finally:
        tmp_path.chmod(0o755)
    assert "UsageError: report.json: you may not write there; choose another place for the report" in done.stderr
    assert (tmp_path / "report.json").read_bytes() == OLD
    assert names(tmp_path) == ["report.json"]


def test_a_disk_that_fills_up_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(OLD)
    limited = "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\nwrite(sys.argv[1], b'n' * 1_000_000)"
    done = python(limited, str(path))
    assert "UnavailableError: the report can't be written to" in done.stderr
    assert path.read_bytes() == OLD
    assert names(tmp_path) == ["report.json"]


def test_death_in_the_middle_of_the_writing(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(OLD)
    # At 100,000 bytes the kernel ends the process on the spot.
    fatal = (
        "signal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\nwrite(sys.argv[1], b'n' * 1_000_000)"
    )
    assert python(fatal, str(path)).returncode == -signal.SIGXFSZ
    assert path.read_bytes() == OLD


def test_kills_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    whole = {letter * 500_000 for letter in (b"a", b"b")}
    path.write_bytes(min(whole))
    loop = "while True:\n    for c in (b'a', b'b'):\n        write(sys.argv[1], c * 500_000)\n        print(flush=True)"
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", START + loop, str(path)], stdout=subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(random.uniform(0, 0.02))
            process.kill()
        assert path.read_bytes() in whole


def test_standard_output(tmp_path: Path) -> None:
    done = python("print('before', flush=True); write('-', b'report\\n'); print('after')")
    assert done.stdout == "before\nreport\nafter\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_devices() -> None:
    write("/dev/null", NEW)
    with pytest.raises(UnavailableError, match="No space left"):
        write("/dev/full", NEW)
    assert Path("/dev/full").is_char_device()


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this system has no /dev/stdout")
def test_the_name_of_standard_output(tmp_path: Path) -> None:
    code = START + "print('before', flush=True); write('/dev/stdout', b'report\\n'); print('after')"
    log = tmp_path / "log"
    log.write_bytes(OLD)
    with log.open("ab") as stream:
        subprocess.run([sys.executable, "-c", code], stdout=stream, check=True)
    assert log.read_text() == "old\nbefore\nreport\nafter\n"
    piped = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert piped.stdout == b"before\nreport\nafter\n"


def test_a_fifo_is_written_to_and_stays(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(UnavailableError, match="nobody reads from it"):
        write(str(fifo), NEW)
    data = os.urandom(300_000)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reader, True)
    writer = threading.Thread(target=write, args=(str(fifo), data))
    writer.start()
    got = b""
    while len(got) < len(data):
        got += os.read(reader, 65_536)
    writer.join()
    os.close(reader)
    assert got == data
    assert fifo.is_fifo()
