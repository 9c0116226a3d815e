"""Requirements files: what pip would be told, with the place of every pin."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockgate.inputs.lockfiles.base import Manifest, read_manifests
from lockgate.inputs.requirement_lines import LINES, parse
from lockgate.inputs.tree import Tree
from lockgate.model.package import Origin, Package
from support import Files, write


def manifests(root: Path, files: Files, exclude: tuple[str, ...] = ()) -> list[Manifest]:
    write(root, files)
    return read_manifests(Tree(root, exclude))


def one(root: Path, text: str | bytes, **more: str) -> Manifest:
    return next(m for m in manifests(root, {"requirements.txt": text, **more}) if m.path == "requirements.txt")


def entry(line: str) -> Package:
    return parse(line.encode(), "requirements.txt").packages[0]


def gaps(manifest: Manifest) -> list[str]:
    return [skip.subject for skip in manifest.skipped if skip.gap]


@pytest.mark.parametrize(
    ("line", "name", "version", "specifier"),
    [
        ("flask==2.0.1", "flask", "2.0.1", "==2.0.1"),
        ("Zope.Interface == 5.0", "zope-interface", "5.0", "== 5.0"),
        ("flask[async,dotenv]==2.0.1", "flask", "2.0.1", "==2.0.1"),
        ("flask (==2.0.1)", "flask", "2.0.1", "==2.0.1"),
        ("flask===2.0-anything", "flask", "2.0-anything", "===2.0-anything"),
        ("flask==1!2.0+local.1", "flask", "1!2.0+local.1", "==1!2.0+local.1"),
        ("flask==1.*", "flask", "", "==1.*"),
        ("flask>=1,<2", "flask", "", ">=1,<2"),
        ("flask>=1,==1.5", "flask", "1.5", ">=1,==1.5"),
        ("flask~=1.5", "flask", "", "~=1.5"),
        ("flask", "flask", "", ""),
        ("flask==2.0.1  # why", "flask", "2.0.1", "==2.0.1"),
    ],
)
def test_an_entry(line: str, name: str, version: str, specifier: str) -> None:
    package = entry(line)
    assert (package.name, package.version, package.specifier) == (name, version, specifier)
    assert package.origin is Origin.INDEX


@pytest.mark.parametrize(
    ("line", "name", "origin"),
    [
        ("-e .", "", Origin.LOCAL),
        ("--editable=./lib", "", Origin.LOCAL),
        (".", "", Origin.LOCAL),
        ("demo @ file:///srv/demo", "demo", Origin.LOCAL),
        ("./vendor[extra]", "", Origin.LOCAL),
        ("demo @ https://index.example/demo.zip", "demo", Origin.URL),
        ("git+https://index.example/demo.git@v1#egg=Demo", "demo", Origin.VCS),
        ("-e git+ssh://git@index.example/demo.git#egg=Demo", "demo", Origin.VCS),
        ("demo @ git+https://index.example/demo.git", "demo", Origin.VCS),
    ],
)
def test_what_comes_from_elsewhere(line: str, name: str, origin: Origin) -> None:
    package = entry(line)
    assert (package.name, package.version, package.origin) == (name, "", origin)


@pytest.mark.parametrize(
    ("line", "name", "version", "origin"),
    [
        ("./wheels/demo_pkg-1.0-py3-none-any.whl", "demo-pkg", "1.0", Origin.FILE),
        ("./wheels/demo_pkg-1.0-py3-none-any.whl[extra] ; os_name == 'nt'", "demo-pkg", "1.0", Origin.FILE),
        (r".\wheels\demo-1.0-2-py3-none-any.whl", "demo", "1.0", Origin.FILE),
        ("demo-1.0.tar.gz", "demo", "1.0", Origin.FILE),
        ("vendor/my-demo-1.0rc1.tar.bz2", "my-demo", "1.0rc1", Origin.FILE),
        ("file:///srv/demo-1.0.zip", "demo", "1.0", Origin.FILE),
        ("demo @ file:///srv/Demo-1.0.zip", "demo", "1.0", Origin.FILE),
        ("https://index.example/demo-1.0.zip ; python_version > '3'", "demo", "1.0", Origin.URL),
        ("https://index.example/demo-1.0.tar.gz?x=1#sha256=aa", "demo", "1.0", Origin.URL),
        ("https://index.example/demo-1.0%2Bcu118-cp310-cp310-linux_x86_64.whl", "demo", "1.0+cu118", Origin.URL),
        ("https://index.example/demo-1.0.zip#egg=Demo", "demo", "1.0", Origin.URL),
        # What the name does not tell for sure.
        ("https://index.example/other-1.0.zip#egg=demo", "demo", "", Origin.URL),
        ("demo @ https://index.example/other-1.0.zip", "demo", "", Origin.URL),
        ("https://index.example/archive/v1.0.tar.gz", "", "", Origin.URL),
        ("https://index.example/demo-main.zip", "demo", "", Origin.URL),
        ("demo-1.0-1.tar.gz", "demo-1-0", "", Origin.FILE),
        ("demo-1.0.linux-x86_64.tar.gz", "demo-1-0-linux", "", Origin.FILE),
        ("demo--1.0.zip", "", "", Origin.FILE),
        ("demo-1.0.whl", "", "", Origin.FILE),
        ("./demo-1.0-9x-py3-none-any.whl", "demo", "1.0", Origin.FILE),
        (f"./demo-1.0-{'9' * 5000}-py3-none-any.whl", "", "", Origin.FILE),
        (f"./demo-{'9' * 5000}.zip", "demo", "", Origin.FILE),
        ("git+https://index.example/demo-1.0.zip", "", "", Origin.VCS),
    ],
)
def test_a_file_name_tells_name_and_version(line: str, name: str, version: str, origin: Origin) -> None:
    package = entry(line)
    assert (package.name, package.version, package.origin) == (name, version, origin)


def test_a_marker_and_hashes_are_kept_over_joined_lines() -> None:
    text = 'flask==2.0.1 ; python_version > "3" \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb  # why\nsix==1.0\n'
    flask, six = parse(text.encode(), "r.txt").packages
    assert flask.marker == 'python_version > "3"'
    assert flask.hashes == ("sha256:aa", "sha256:bb")
    assert (six.at.line, six.hashes) == (4, ())


def test_a_pin_is_where_it_stands() -> None:
    text = "# caf\u00e9\n\n  flask[x] == 2.0 ; os_name == 'nt'\r\nsix \\\n ==1.0\n"
    flask, six = parse(text.encode(), "r.txt").packages
    assert (flask.at.line, flask.at.column, flask.at.end_line, flask.at.end_column) == (3, 3, 3, 18)
    assert (six.at.line, six.at.column, six.at.end_line, six.at.end_column) == (4, 1, 5, 7)


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks(codec: str) -> None:
    assert parse("flask==2.0\n".encode(codec), "r.txt").packages[0].at.column == 1


def test_a_coding_comment() -> None:
    assert parse("# -*- coding: latin-1 -*-\nflask==2.0  # \xe9\n".encode("latin-1"), "r.txt").packages


def test_a_line_that_can_not_be_understood_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    manifest = one(tmp_path, "flask==2.0\n\nthis is = no requirement\nsix==1.0\n--frobnicate\nx==${VERSION}\n")
    assert [package.name for package in manifest.packages] == ["flask", "six"]
    assert gaps(manifest) == ["requirements.txt:3", "requirements.txt:5", "requirements.txt:6"]


def test_options_of_the_installer_are_no_packages(tmp_path: Path) -> None:
    text = "-i https://index.example/simple\n--extra-index-url=https://index.example/x\n--no-binary :all:\n--pre\nflask==1\n"
    manifest = one(tmp_path, text)
    assert [package.name for package in manifest.packages] == ["flask"]
    assert not manifest.skipped


def test_included_files_are_told_once_at_their_own_places(tmp_path: Path) -> None:
    files = {
        "requirements-dev.txt": "-r requirements/base.txt\npytest==7.0\n",
        "requirements-test.txt": "--requirement=requirements/base.txt\ntox==4.0\n",
        "requirements/base.txt": "-r deep/more\nflask==2.0\n",
        "requirements/deep/more": "six==1.0\n",
    }
    read = manifests(tmp_path, files)
    assert [manifest.path for manifest in read] == ["requirements-dev.txt", "requirements-test.txt"]
    assert [(p.name, p.at.path) for manifest in read for p in manifest.packages] == [
        ("pytest", "requirements-dev.txt"),
        ("flask", "requirements/base.txt"),
        ("six", "requirements/deep/more"),
        ("tox", "requirements-test.txt"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("-r missing.txt", "not in the working tree"),
        ("-r ../outside.txt", "outside of the tree"),
        ("-r /etc/passwd", "outside of the tree"),
        ("-c C:\\secret.txt", "outside of the tree"),
        (f"-r https://user:{'word'}@index.example/r.txt", "not fetched"),
        ("-r requirements.txt", "leads back"),
        ("-r link.txt", "symbolic link"),
    ],
)
def test_what_is_not_followed_is_a_gap(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "link.txt").symlink_to("/etc/hostname")
    manifest = one(tmp_path, f"flask==2.0\n{line}\n")
    (skip,) = manifest.skipped
    assert (skip.subject, skip.gap, len(manifest.packages)) == ("requirements.txt:2", True, 1)
    assert reason in skip.reason
    assert "word" not in skip.reason


def test_files_that_include_each_other_are_still_read(tmp_path: Path) -> None:
    files = {
        "requirements-a.txt": "-r requirements-b.txt\nx==1\n",
        "requirements-b.txt": "-r requirements-a.txt\ny==1\n",
    }
    read = manifests(tmp_path, files)
    assert {package.name for manifest in read for package in manifest.packages} == {"x", "y"}
    assert [gaps(manifest) for manifest in read] == [["requirements-b.txt:1"]]


def test_a_chain_without_end_is_cut(tmp_path: Path) -> None:
    files = {f"f{number}": f"-r f{number + 1}\nx{number}==1\n" for number in range(40)}
    manifest = one(tmp_path, "-r f0\n", **files)
    assert any("over the limit" in skip.reason and skip.gap for skip in manifest.skipped)


def test_a_constraint_pins_what_is_open_and_nothing_else(tmp_path: Path) -> None:
    manifest = one(
        tmp_path,
        "-c constraints.txt\nflask\nsix==1.0\nopen>1\n",
        **{"constraints.txt": "flask==2.0\nsix==1.1\nwerkzeug==2.0\nopen<9\n"},
    )
    assert [(p.name, p.version, p.at.path, p.at.line) for p in manifest.packages] == [
        ("flask", "2.0", "constraints.txt", 1),
        ("six", "1.0", "requirements.txt", 3),
        ("open", "", "requirements.txt", 4),
    ]
    assert [(p.name, p.version, p.at.path, p.at.line) for p in manifest.constraints] == [
        ("six", "1.1", "constraints.txt", 2),
        ("werkzeug", "2.0", "constraints.txt", 3),
    ]
    assert not manifest.skipped


def test_a_constraint_of_some_environments_leaves_the_others_open(tmp_path: Path) -> None:
    manifest = one(tmp_path, "-c c.txt\nflask\n", **{"c.txt": "flask==2.0 ; python_version < '3.9'\n"})
    assert [package.version for package in manifest.packages] == ["2.0", ""]


def test_a_requirements_file_that_also_constrains_stands_alone_too(tmp_path: Path) -> None:
    read = manifests(
        tmp_path, {"requirements.txt": "flask==2.0\n", "requirements-dev.txt": "-c requirements.txt\nflask\n"}
    )
    assert [(p.name, p.at.path) for m in read for p in m.packages] == [("flask", "requirements.txt")]


def test_an_excluded_file_is_left_out_on_purpose(tmp_path: Path) -> None:
    (manifest,) = manifests(tmp_path, {"requirements.txt": "-r old.txt\n", "old.txt": "x==1\n"}, exclude=("old.txt",))
    assert [(skip.subject, skip.gap) for skip in manifest.skipped] == [("requirements.txt:1", False)]


@pytest.mark.parametrize("content", [b"flask==1\xff\n", b"# coding: punycode\nflask==1\n", b"\xff\xfe\x00"])
def test_what_can_not_be_decoded_is_a_gap(tmp_path: Path, content: bytes) -> None:
    manifest = one(tmp_path, content)
    assert (gaps(manifest), manifest.packages) == (["requirements.txt"], ())


def test_a_symbolic_link_in_a_lockfile_s_place_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").symlink_to("/etc/hostname")
    (manifest,) = read_manifests(Tree(tmp_path))
    assert gaps(manifest) == ["requirements.txt"]


@pytest.mark.parametrize(
    "line",
    [
        "x" + "(" * 5000,
        "x" * 2_000_000,
        "x==" + "1" * 6000,
        "x; " + "(" * 5000,
        " " * 200_000 + "x=1",
        "x[" * 9000,
        "x" + " " * 900_000 + "=1",
        "./" + "[" * 900_000,
        "x" + "[" * 900_000 + "/",
        "x @ " + " " * 900_000 + "=",
        "./x ;" + "(" * 5000,
        "-r " + "[" * 900_000,
        "--hash=" * 100_000,
    ],
)
def test_hostile_lines_end_in_good_time(line: str) -> None:
    parsed = parse(f"{line}\nflask==1\n".encode(), "r.txt")
    assert parsed.packages[-1].name == "flask"


def test_an_entry_that_is_too_long_is_a_gap_with_its_line() -> None:
    parsed = parse(f"a==1\n{'x' * 10_001}\nb==1\n".encode(), "r.txt")
    assert [package.name for package in parsed.packages] == ["a", "b"]
    assert [(skip.subject, skip.gap) for skip in parsed.skipped] == [("r.txt:2", True)]


def test_hundreds_of_hashes_on_one_line_are_no_reason_to_refuse_it() -> None:
    (package,) = parse(("a==1 " + f"--hash=sha256:{'a' * 64} " * 400).encode(), "r.txt").packages
    assert len(package.hashes) == 400


def test_a_file_of_very_many_lines_is_cut_and_says_where() -> None:
    parsed = parse(b"a==1\n" * (LINES + 9), "r.txt")
    assert len(parsed.packages) == LINES
    assert [(skip.subject, skip.gap) for skip in parsed.skipped] == [(f"r.txt:{LINES + 1}", True)]


def test_as_many_lines_as_are_read_are_no_gap() -> None:
    """At the end of such a file the reader looked for the number of a line that was none, and raised."""
    parsed = parse(b"a==1\n" * LINES + b"\n# end\n", "r.txt")
    assert len(parsed.packages) == LINES
    assert parsed.skipped == []


def test_many_files_that_include_one_another_are_each_read_once(tmp_path: Path) -> None:
    """Each includes all 190: a walk from each of them takes 7 million steps."""
    number = 190
    lines = "".join(f"-r f{other}-requirements.txt\n" for other in range(number))
    read = manifests(tmp_path, {f"f{me}-requirements.txt": f"{lines}x{me}==1\n" for me in range(number)})
    assert {package.name for manifest in read for package in manifest.packages} == {f"x{me}" for me in range(number)}
    assert len(read) == 1
    assert gaps(read[0])


def test_files_that_include_one_large_file_share_a_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lockgate.inputs.lockfiles.requirements.LINES", 5000)
    files = {f"requirements-{number}.txt": f"-r large\ny{number}==1\n" for number in range(20)}
    read = manifests(tmp_path, {**files, "large": "".join(f"x{number}==1\n" for number in range(1000))})
    assert len({package.name for manifest in read for package in manifest.packages}) > 1000
    (last,) = {skip.subject for skip in read[-1].skipped if skip.gap}
    assert last == "requirements-9.txt"
    assert "over the limit of 5,000 lines" in read[-1].skipped[0].reason


def test_a_thousand_files_are_a_thousand_manifests(tmp_path: Path) -> None:
    read = manifests(tmp_path, {f"{number}/requirements.txt": f"x{number}==1\n" for number in range(1000)})
    assert len(read) == 1000


def test_a_part_that_is_included_through_another_file_stands_not_alone(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "-c pins.txt\n-r more/list\n",
        "more/list": "-r ../base-requirements.txt\n",
        "base-requirements.txt": "flask==1.0\n",
        "pins.txt": "flask==1.0\n",
    }
    (manifest,) = manifests(tmp_path, files)
    assert told([manifest]) == [("flask", "1.0", "base-requirements.txt")]
    assert manifest.included == ("more/list", "base-requirements.txt")


@pytest.mark.parametrize(
    ("files", "open_in"),
    [
        # What `pip install -r PATH` takes at any version, for some PATH that is a requirements file by its name.
        (
            {"requirements/base.txt": "flask\n", "requirements/dev.txt": "-r base.txt\n-c ../c.in\n"},
            "requirements/base.txt",
        ),
        (
            {
                "requirements/base.txt": "-r list\n",
                "requirements/list": "flask\n",
                "requirements/dev.txt": "-r base.txt\n-c ../c.in\n",
            },
            "requirements/list",
        ),
        ({"requirements.txt": "-r list.in\n-c c.in\n", "list.in": "flask\n"}, ""),
        ({"requirements/base.txt": "flask\n-c ../c.in\n", "requirements/dev.txt": "-r base.txt\n-c ../c.in\n"}, ""),
        ({"requirements/base.txt": "flask==1.0\n", "requirements/dev.txt": "-r base.txt\n-c ../c.in\n"}, ""),
    ],
)
def test_a_part_that_is_pinned_only_where_it_is_included_is_open(
    tmp_path: Path, files: dict[str, str], open_in: str
) -> None:
    read = told(manifests(tmp_path, {**files, "c.in": "flask==3.1.1\n"}))
    assert [path for _, version, path in read if not version] == ([open_in] if open_in else [])
    assert len(set(read)) == len(read)
    assert any(version for _, version, _ in read)


def told(read: list[Manifest]) -> list[tuple[str, str, str]]:
    return [(package.name, package.version, package.at.path) for manifest in read for package in manifest.packages]


def test_a_constraint_may_be_a_file_or_a_repository(tmp_path: Path) -> None:
    manifest = one(
        tmp_path,
        "-c c.txt\nflask\nsix\n",
        **{
            "c.txt": "flask @ https://index.example/flask-2.0.zip\nsix @ git+https://index.example/six\n"
            "jinja2 @ https://index.example/jinja2-3.0.zip\n"
        },
    )
    assert [(p.name, p.version, p.origin) for p in manifest.packages] == [
        ("flask", "2.0", Origin.URL),
        ("six", "", Origin.VCS),
    ]
    assert [(p.name, p.version, p.origin) for p in manifest.constraints] == [("jinja2", "3.0", Origin.URL)]


@given(st.text(alphabet="ab=<>~!;#\\\n\r\f\u2028 -./@[]()\"'*+:1", max_size=60))
def test_no_text_breaks_the_reader_and_places_are_inside(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for package in parse(text.encode(), "r.txt").packages:
        assert 1 <= package.at.line <= package.at.end_line <= len(lines)
        assert package.at.end_column <= len(lines[package.at.end_line - 1]) + 1


def test_digits_of_other_scripts_are_no_version() -> None:
    parsed = parse("app==\N{FULLWIDTH DIGIT ONE}.0\n".encode(), "requirements.txt")
    assert parsed.packages == []
    assert [skip.gap for skip in parsed.skipped] == [True]
