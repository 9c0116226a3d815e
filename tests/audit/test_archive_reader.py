"""Wheels and source archives: one of each by uv (tests/fixtures/generate_graphs.py), and made ones."""

from __future__ import annotations

import gzip
import hashlib
import struct
import tarfile
import warnings
from pathlib import Path

import pytest
from made_archives import metadata, tar_of, wheel, wheel_of, zip_of
from manifests import gaps_of

from lockgate.checks import audit
from lockgate.inputs.archive_members import in_zip
from lockgate.inputs.core_metadata import parse
from lockgate.inputs.lockfiles import archives
from lockgate.inputs.lockfiles.base import Manifest, read_manifests
from lockgate.inputs.named import NamedTree
from lockgate.inputs.tree import Tree
from lockgate.model.package import Origin
from support import advisory, target, write, write_advisories

FIXTURES = Path(__file__).parents[1] / "fixtures" / "graph"
PKG_INFO = metadata().encode()
PLAIN = {
    "demo-1.0.tar.gz": tar_of(("demo-1.0/PKG-INFO", PKG_INFO)),
    "demo-1.0.zip": zip_of(("demo-1.0/PKG-INFO", PKG_INFO)),
}


def read(root: Path, name: str, data: bytes) -> Manifest:
    write(root, {name: data, "other": "x"})
    (manifest,) = read_manifests(Tree(root))
    return manifest


@pytest.mark.parametrize("name", ["demo_lib-1.0-py3-none-any.whl", "demo_lib-1.0.tar.gz"])
def test_archives_by_uv(name: str) -> None:
    (manifest,) = archives.read(Tree(FIXTURES), [name])
    (package,) = manifest.packages
    digest = hashlib.sha256((FIXTURES / name).read_bytes()).hexdigest()
    assert (package.name, package.version, package.origin) == ("demo-lib", "1.0", Origin.FILE)
    assert package.hashes == (f"sha256:{digest}",)
    assert (package.at.path, package.at.line, manifest.skipped) == (name, 1, ())


@pytest.mark.parametrize("name", ["demo_lib-1.0-py3-none-any.whl", "demo_lib-1.0.tar.gz"])
def test_what_it_needs_is_told_where_it_is_all_that_there_is(name: str) -> None:
    (manifest,) = read_manifests(NamedTree(FIXTURES, (name,)))
    _, package = manifest.packages
    assert (package.name, package.version, package.extras, package.direct) == (
        "requests",
        "",
        ("use-chardet-on-py3",),
        True,
    )


def test_what_is_needed_for_an_extra_only_is_not_told(tmp_path: Path) -> None:
    wheel(
        tmp_path,
        "demo",
        "1.0",
        "a==1",
        "b>2; os_name == 'nt'",
        'c; extra == "x"',
        "d; os_name == 'nt' and extra == 'x'",
    )
    (manifest,) = read_manifests(Tree(tmp_path))
    assert [(p.name, p.version, p.marker) for p in manifest.packages[1:]] == [
        ("a", "1", ""),
        ("b", "", "os_name == 'nt'"),
    ]


@pytest.mark.parametrize("name", PLAIN)
def test_source_archives(tmp_path: Path, name: str) -> None:
    (package,) = read(tmp_path, name, PLAIN[name]).packages
    assert (package.name, package.version) == ("demo", "1.0")


@pytest.mark.parametrize("format_", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_formats_of_tar(tmp_path: Path, format_: int) -> None:
    name = f"{'long' * 30}-1.0"
    files = (f"{name}/{'x' * 90}", b"x" * 700), (f"{name}/PKG-INFO", metadata("long" * 30).encode())
    (package,) = read(tmp_path, f"{name}.tar.gz", tar_of(*files, format_=format_)).packages
    assert package.version == "1.0"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("backup-2024.tar.gz", tar_of(("etc/passwd", b"x"))),
        ("backup-2024.zip", zip_of(("x/y/PKG-INFO", PKG_INFO))),
        ("backup.tar.gz", b"no archive at all"),
        ("backup.zip", b"no archive at all"),
    ],
)
def test_what_is_no_source_archive_is_no_manifest(tmp_path: Path, name: str, data: bytes) -> None:
    write(tmp_path, {name: data})
    assert read_manifests(Tree(tmp_path)) == []


def many(number: int) -> bytes:
    """A zip archive of that many files, by its directory only."""
    entry = (
        struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 3, 20, 0, 0, 0, 0, 0x21, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"x"
    )
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, number % 65536, number % 65536, number * len(entry), 0, 0)
    return entry * number + end


def twice() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return wheel_of(metadata(), **{"demo-1.0.dist-info/METADATA": metadata("other")})


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("demo-1.0-py3-none-any.whl", b"", "it is no whole zip archive"),
        ("demo-1.0-py3-none-any.whl", wheel_of(metadata())[:-30], "it is no whole zip archive"),
        (
            "demo-1.0.tar.gz",
            tar_of(("demo-1.0/PKG-INFO", PKG_INFO), pax={"size": "3"}),
            "it tells two sizes of one file",
        ),
        ("demo-1.0-py3-none-any.whl", zip_of(("x", b"")), "it has no metadata"),
        ("demo-1.0-py3-none-any.whl", twice(), "it has its metadata twice"),
        ("demo-1.0-py3-none-any.whl", many(200_000), "it holds more files than are read"),
        ("demo-1.0-py3-none-any.whl", wheel_of("Name: demo\n"), "its metadata does not tell one name and version"),
        ("demo-1.0-py3-none-any.whl", wheel_of("Name: demo\nName: x\nVersion: 1\n"), "its metadata does not tell one"),
        ("demo-1.0-py3-none-any.whl", wheel_of("Name: d mo\nVersion: 1\n"), "its metadata has a wrong name or version"),
        ("demo-1.0.tar.gz", PLAIN["demo-1.0.tar.gz"][:-40], "it is no whole tar.gz archive"),
        ("demo-1.0.tar.gz", gzip.compress(b"x" * 2000, mtime=0), "it is no tar archive"),
        ("demo-1.0.tar.gz", b"", "it is no whole tar.gz archive"),
        ("demo-1.0.zip", b"PK\x05\x06", "it is no whole zip archive"),
    ],
)
def test_what_can_not_be_read_is_a_gap(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (gap,) = gaps_of(read(tmp_path, name, data))
    assert gap.startswith(f"{name} can't be understood: {said}")


def test_another_name_than_that_of_the_file_is_a_gap(tmp_path: Path) -> None:
    manifest = read(tmp_path, "harmless-1.0-py3-none-any.whl", wheel_of(metadata("evil", "6.6")))
    assert [(package.name, package.version) for package in manifest.packages] == [("evil", "6.6")]
    assert "its file name tells another name" in gaps_of(manifest)[0]


@pytest.mark.parametrize("kind", [b"0", b"\0", b"7", b"Z"])
def test_what_tar_takes_for_a_file_is_one(tmp_path: Path, kind: bytes) -> None:
    """As `tarfile` does it. A link has no content, though it may tell a size."""
    link, file = tarfile.TarInfo("demo-1.0/link"), tarfile.TarInfo("demo-1.0/PKG-INFO")
    link.type, link.size, file.type, file.size = tarfile.SYMTYPE, 5000, kind, len(PKG_INFO)
    data = link.tobuf(tarfile.GNU_FORMAT)[:124] + b"00000011610\0" + link.tobuf(tarfile.GNU_FORMAT)[136:]
    data += file.tobuf(tarfile.GNU_FORMAT) + PKG_INFO.ljust(512, b"\0") + bytes(1024)
    (package,) = read(tmp_path, "demo-1.0.tar.gz", gzip.compress(data)).packages
    assert package.name == "demo"


def test_a_tar_bomb_ends_in_good_time(tmp_path: Path) -> None:
    """Eight gigabytes of nothing, packed into eight megabytes."""
    header = tarfile.TarInfo("demo-1.0/x")
    header.size = 8 * 2**30
    zeros = gzip.compress(bytes(2**24))
    data = gzip.compress(header.tobuf(tarfile.GNU_FORMAT)) + zeros * 512
    (gap,) = gaps_of(read(tmp_path, "demo-1.0.tar.gz", data))
    assert "it holds more than 256 MiB" in gap


def test_a_zip_bomb_is_read_in_part(tmp_path: Path) -> None:
    said = f"{metadata()}{' ' * 2**28}"
    manifest = read(tmp_path, "demo-1.0-py3-none-any.whl", wheel_of(said))
    assert [package.name for package in manifest.packages] == ["demo"]


def test_a_zip_archive_that_needs_a_password_is_a_gap() -> None:
    data = bytearray(wheel_of(metadata()))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        while place >= 0:
            data[place + flags] |= 1
            place = data.find(mark, place + 4)
    with pytest.raises(ValueError, match="no whole zip archive"):
        in_zip(bytes(data), ".dist-info/METADATA")


def test_a_number_that_is_no_octal_one_is_no_archive(tmp_path: Path) -> None:
    header = bytearray(tarfile.TarInfo("demo-1.0/PKG-INFO").tobuf())
    header[124:136] = b"-0000000009\0"
    (gap,) = gaps_of(read(tmp_path, "demo-1.0.tar.gz", gzip.compress(bytes(header))))
    assert "it is no tar archive" in gap


def test_an_archive_that_is_installed_by_its_path_is_told_once(tmp_path: Path) -> None:
    root = tmp_path / "project"
    made = wheel(root / "vendor", "demo", "1.0")
    wheel(root / "vendor", "spare", "1.0")
    write(root, {"requirements.txt": f"./vendor/{made.name}\n"})
    advisories = write_advisories(tmp_path / "osv", advisory(1, "demo"), advisory(2, "spare"))
    result = audit.run(target(root, advisories=str(advisories), offline=True))
    assert sorted((finding.path, finding.line) for finding in result.findings) == [
        ("requirements.txt", 1),
        ("vendor/spare-1.0-py3-none-any.whl", 1),
    ]
    assert not result.coverage.skipped


def test_the_hash_of_the_archive_goes_with_the_requirement(tmp_path: Path) -> None:
    from lockgate.checks.audit.inventory import take

    made = wheel(tmp_path, "demo", "1.0")
    write(tmp_path, {"requirements.txt": f"./{made.name}\n"})
    (package,) = take(Tree(tmp_path)).packages
    assert package.hashes == (f"sha256:{hashlib.sha256(made.read_bytes()).hexdigest()}",)


def test_the_hashes_of_all_archives_of_a_version_go_with_the_requirement(tmp_path: Path) -> None:
    from lockgate.checks.audit.inventory import take

    made = wheel(tmp_path, "demo", "1.0")
    other = made.rename(tmp_path / "demo-1.0-py2-none-any.whl")
    other.write_bytes(other.read_bytes() + b"x")
    made = wheel(tmp_path, "demo", "1.0")
    write(tmp_path, {"requirements.txt": f"./{made.name} --hash=sha256:{'a' * 64}\n"})
    (package,) = take(Tree(tmp_path)).packages
    digests = {hashlib.sha256(each.read_bytes()).hexdigest() for each in (made, other)} | {"a" * 64}
    assert set(package.hashes) == {f"sha256:{digest}" for digest in digests}


def test_metadata_ends_with_its_headers() -> None:
    said = parse(
        b"Name: A_b\r\nVersion: 1.0\r\nSummary: x\r\n  Version: 9\r\nRequires-Dist: c[x, Y_z] (>1); extra == 'Q'\r\n\r\nName: z\r\n",
        "M",
    )
    assert (said.name, said.version, said.at.line) == ("a-b", "1.0", 2)
    (need,) = said.needs
    assert (need.name, need.asks, need.of) == ("c", ("x", "y-z"), ("q",))


def test_the_name_inside_of_a_zip_archive_leads_nowhere(tmp_path: Path) -> None:
    data = zip_of(("../demo-1.0.dist-info/METADATA", PKG_INFO), ("/demo-1.0.dist-info/METADATA", PKG_INFO))
    assert "it has its metadata twice" not in gaps_of(read(tmp_path, "demo-1.0-py3-none-any.whl", data))[0]
