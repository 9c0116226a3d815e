"""What is inside of archives, databases, compiled modules and notebooks, where `deep` asks for it."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import itertools
import json
import lzma
import py_compile
import shutil
import sqlite3
import subprocess
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks import base, secrets
from lockgate.engines.secrets import extract, scanners
from lockgate.model.finding import Finding
from support import noise, target, write

TOKEN = f"ghp_{noise(36)}"
OTHER = f"ghp_{noise(36, seed=8)}"
LINE = f'# one\ntoken = "{TOKEN}"\n'.encode()


def zipped(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(members: dict[str, bytes], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
    return buffer.getvalue()


def scan(root: Path, files: dict[str, bytes], *, deep: bool = True) -> base.Result:
    write(root, files)
    return secrets.run(target(root, deep=deep))


def tokens(result: base.Result) -> list[Finding]:
    return [finding for finding in result.findings if finding.rule == "secrets/github-token"]


@pytest.mark.parametrize(
    ("name", "data", "inside"),
    [
        ("a.zip", zipped({"src/a.py": LINE}), "src/a.py, line 2"),
        ("a.whl", zipped({"a.py": LINE}), "a.py, line 2"),
        ("a.bin", zipped({"a.py": LINE}), "a.py, line 2"),
        ("a.tar", tarred({"a.py": LINE}), "a.py, line 2"),
        ("a.tar.gz", tarred({"a.py": LINE}, "w:gz"), "a.py, line 2"),
        ("a.tar.bz2", tarred({"a.py": LINE}, "w:bz2"), "a.py, line 2"),
        ("a.tar.xz", tarred({"a.py": LINE}, "w:xz"), "a.py, line 2"),
        ("a.py.gz", gzip.compress(LINE), "content, line 2"),
        ("a.py.bz2", bz2.compress(LINE), "content, line 2"),
        ("a.py.xz", lzma.compress(LINE), "content, line 2"),
        (
            "a.zip",
            zipped({"b.zip": zipped({"c.tar.gz": tarred({"a.py": LINE}, "w:gz")})}),
            "b.zip!c.tar.gz!a.py, line 2",
        ),
    ],
    ids=map(str, itertools.count()),
)
def test_archives(name: str, data: bytes, inside: str, tmp_path: Path) -> None:
    (finding,) = tokens(scan(tmp_path, {name: data}))
    assert (finding.path, finding.properties["inside"]) == (name, inside)
    assert inside in finding.message


def test_only_where_it_is_asked_for(tmp_path: Path) -> None:
    files = {"a.zip": zipped({"a.py": LINE})}
    assert not tokens(scan(tmp_path, files, deep=False))
    (finding,) = tokens(scan(tmp_path, files))
    assert finding.path == "a.zip"


def test_each_secret_of_an_archive_is_a_finding(tmp_path: Path) -> None:
    both = LINE + f'other = "{OTHER}"\n'.encode()
    result = scan(tmp_path, {"a.zip": zipped({"a.py": both, "b.py": LINE})})
    assert sorted(str(finding.properties["inside"]) for finding in tokens(result)) == [
        "a.py, line 2", "a.py, line 3", "b.py, line 2",
    ]  # fmt: skip
    assert len({finding.fingerprint for finding in result.findings}) == len(result.findings)


def test_databases_and_compiled_modules(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "a.db") as database:
        database.execute("create table users (name, token)")
        database.execute("insert into users values ('me', ?)", (TOKEN,))
    database.close()
    write(tmp_path, {"m.py": f'TOKEN = "{OTHER}"\n'})
    py_compile.compile(str(tmp_path / "m.py"), cfile=str(tmp_path / "m.pyc"), doraise=True)
    (tmp_path / "m.py").unlink()
    found = {finding.path: finding for finding in tokens(secrets.run(target(tmp_path, deep=True)))}
    assert set(found) == {"a.db", "m.pyc"}


def test_base64_in_many_layers(tmp_path: Path) -> None:
    data = LINE
    for _ in range(4):
        data = base64.b64encode(data)
    assert not tokens(scan(tmp_path, {"a.txt": data}, deep=False))
    (finding,) = tokens(scan(tmp_path, {"a.txt": data}))
    assert finding.path == "a.txt"


def notebook(*cells: dict[str, object]) -> bytes:
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=1).encode()


CODE = {"cell_type": "code", "source": ["import os\n", f'password = "{noise(20)}"\n', "x = 1"], "outputs": []}
OUTPUT = {
    "cell_type": "code", "source": "print(token)",
    "outputs": [{"output_type": "stream", "text": ["first\n", f"token = '{TOKEN}'\n"]}],
}  # fmt: skip


def test_cells_and_outputs_of_notebooks(tmp_path: Path) -> None:
    data = notebook(CODE, OUTPUT)
    result = scan(tmp_path, {"n.ipynb": data})
    lines = data.decode().split("\n")
    by_rule = {finding.rule: finding for finding in result.findings}
    password, token = by_rule["secrets/hard-coded-password"], by_rule["secrets/github-token"]
    assert password.properties["inside"] == "cell 1.py, line 2"
    assert "password" in lines[password.line - 1]
    assert token.properties["inside"] == "cell 2, output 1.txt, line 2"
    assert TOKEN in lines[token.line - 1]
    assert len(tokens(result)) == 1  # the notebook's own text holds it, too


def test_a_notebook_whose_outputs_stand_before_the_sources(tmp_path: Path) -> None:
    """As nbformat writes all: with sorted keys."""
    cells = [{"cell_type": "code", "outputs": OUTPUT["outputs"], "source": CODE["source"]}, OUTPUT | {"outputs": []}]
    data = notebook(*cells)
    result = scan(tmp_path, {"n.ipynb": data})
    lines = data.decode().split("\n")
    (token,) = tokens(result)
    (password,) = (finding for finding in result.findings if finding.rule == "secrets/hard-coded-password")
    assert TOKEN in lines[token.line - 1]
    assert token.properties["inside"] == "cell 1, output 1.txt, line 2"
    assert "password" in lines[password.line - 1]


def test_what_stands_in_a_notebook_as_it_is_tells_its_commit(repository: Callable[..., Path]) -> None:
    (finding,) = tokens(scan(repository({"n.ipynb": notebook(OUTPUT)}), {}))
    assert finding.properties["inside"] == "cell 1, output 1.txt, line 2"
    assert "First committed in" in finding.message


def test_a_notebook_of_one_line(tmp_path: Path) -> None:
    (finding,) = tokens(scan(tmp_path, {"n.ipynb": json.dumps(json.loads(notebook(OUTPUT))).encode()}))
    assert (finding.line, finding.properties["inside"]) == (1, "cell 1, output 1.txt, line 2")


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("n.ipynb", b'{"cells": [', "it is no notebook that can be read"),
        ("n.ipynb", b'{"cells": [1]}', "it is no notebook that can be read"),
        ("n.ipynb", b"[" * 100_000, "it is no notebook that can be read"),
        ("a.zip", zipped({"a.py": LINE * 9})[:90], "it is damaged"),
        ("many.zip", zipped({str(number): b"" for number in range(extract.MOST_MEMBERS + 1)}), "it holds more than"),
        ("bomb.zip", zipped({"zeros": bytes(extract.MOST_BYTES + 1)}), "it holds more than"),
        ("bomb.gz", gzip.compress(bytes(extract.MOST_BYTES + 1)), "it holds more than"),
    ],
    ids=map(str, itertools.count()),
)
def test_what_can_not_be_looked_into_is_a_gap(name: str, data: bytes, why: str, tmp_path: Path) -> None:
    result = scan(tmp_path, {name: data})
    (gap,) = [skip for skip in result.coverage.skipped if skip.gap]
    assert gap.subject == name
    assert why in gap.reason


def test_archives_deeper_than_the_limit_are_a_gap(tmp_path: Path) -> None:
    data = zipped({"a.py": LINE})
    for _ in range(extract.DEPTH):
        data = zipped({"next.zip": data})
    result = scan(tmp_path, {"a.zip": data})
    assert any(skip.gap for skip in result.coverage.skipped)


def test_encrypted_members_are_a_gap(tmp_path: Path) -> None:
    if shutil.which("zip") is None:
        pytest.skip("there is no program zip")
    write(tmp_path, {"a.py": LINE})
    subprocess.run(["zip", "-q", "-P", noise(8), "a.zip", "a.py"], cwd=tmp_path, check=True)
    (tmp_path / "a.py").unlink()
    (gap,) = [skip for skip in secrets.run(target(tmp_path, deep=True)).coverage.skipped if skip.gap]
    assert "damaged or encrypted" in gap.reason


def test_the_limits_are_said(tmp_path: Path) -> None:
    result = scan(tmp_path, {"a.py": b"x = 1\n"})
    assert any(extract.LIMITS in note for note in result.coverage.notes)


def test_members_with_names_that_lead_out_write_nothing(tmp_path: Path) -> None:
    root = tmp_path / "root"
    result = scan(
        root,
        {
            "a.zip": zipped({"../../evil.py": LINE, "/lockgate-evil.py": LINE}),
            "b.tar": tarred({"../evil.py": LINE}),
        },
    )
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "b.tar", "root"]
    assert not Path("/lockgate-evil.py").exists()
    assert result.coverage.examined == 2


def test_long_notebooks_take_no_longer_for_each_line() -> None:
    lines = "".join(f"v{number} = {number}\n" for number in range(20_000))
    data = json.dumps({"cells": [{"cell_type": "code", "source": lines}], "metadata": {"x": "x" * 2_000_000}}).encode()
    begun = time.monotonic()
    assert len(list(extract.parts("a.ipynb", data))) == 1
    assert time.monotonic() - begun < 10


def test_a_program_before_an_archive(tmp_path: Path) -> None:
    data = b"#!/usr/bin/env python3\n" + zipped({"in.py": LINE})
    assert [finding.properties["inside"] for finding in tokens(scan(tmp_path, {"app.pyz": data}))] == ["in.py, line 2"]
    (finding,) = tokens(scan(tmp_path, {"app.pyz": b"x = 1\n", "b.zip": zipped({"app.pyz": data})}))
    assert (finding.path, finding.properties["inside"]) == ("b.zip", "app.pyz!in.py, line 2")


@pytest.mark.parametrize("packed", [gzip.compress, bz2.compress])
def test_several_compressed_files_in_one_are_a_gap(packed: Callable[[bytes], bytes], tmp_path: Path) -> None:
    name = f"a.{packed.__module__.strip('_').replace('gzip', 'gz')}"
    result = scan(tmp_path, {name: packed(b"x = 1\n") + packed(LINE)})
    assert ["several compressed files" in skip.reason for skip in result.coverage.skipped if skip.gap] == [True]
    assert not scan(tmp_path, {name: packed(b"x = 1\n")}).coverage.skipped


def test_a_placeholder_hides_no_larger_secret(tmp_path: Path) -> None:
    sources = ("password = 'changeme'", f"pass@@ord = 'changeme{noise(9)}'")
    cells = [{"cell_type": "code", "source": source, "outputs": []} for source in sources]
    compact = json.dumps({"cells": cells}).replace("@@", r"\u0077").encode()
    found = scan(tmp_path, {"a.ipynb": compact}).findings
    assert [finding.properties.get("unlikely", "") for finding in found if finding.rule.endswith("password")] == [""]


def test_secrets_without_end_are_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanners, "MOST_INSIDE", 100)
    monkeypatch.setattr(scanners, "MOST_COMPARED", 100)
    lines = "".join(f'token = "ghp_{noise(36, seed=seed)}"\n' for seed in range(90)).encode()
    buffer = io.BytesIO(zipped({"a.py": lines, "b.py": lines.replace(b"ghp", b"gho")}))
    result = scan(tmp_path, {"a.zip": buffer.getvalue()})
    assert len(result.findings) >= 90
    assert ["only these are reported" in skip.reason for skip in result.coverage.skipped if skip.gap] == [True]


def test_several_compressed_files_in_one_are_a_gap_in_every_layer(tmp_path: Path) -> None:
    two = gzip.compress(b"x = 1\n") + gzip.compress(LINE)
    result = scan(tmp_path, {"a.zip": zipped({"a.gz": two})})
    assert any("several compressed files" in skip.reason for skip in result.coverage.skipped if skip.gap)


def test_members_of_the_same_name_are_a_gap(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.py", LINE)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.py", "x = 1\n")
    (gap,) = [skip for skip in scan(tmp_path, {"a.zip": buffer.getvalue()}).coverage.skipped if skip.gap]
    assert "the same name" in gap.reason


@pytest.mark.parametrize("name", ["a.lzma", "b.zip"])
def test_what_is_known_and_not_opened_is_a_gap(name: str, tmp_path: Path) -> None:
    packed = lzma.compress(LINE * 20, format=lzma.FORMAT_ALONE)
    data = packed if name.endswith(".lzma") else zipped({"a.lzma": packed})
    (gap,) = [skip for skip in scan(tmp_path, {name: data}).coverage.skipped if skip.gap]
    assert "can't be opened" in gap.reason
