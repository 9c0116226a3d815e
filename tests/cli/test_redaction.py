"""No value that was found leaves lockgate, in any encoding that it emits."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockgate.checks.run import run_check
from lockgate.config.settings import Settings
from lockgate.policy.verdict import decide
from lockgate.reports import json_report, sarif, terminal
from support import LETTERS, advisory, lockgate, noise, target, write, write_advisories

Repository = Callable[..., Path]


def disguises(value: str) -> Iterator[bytes]:
    """The forms in which a value could leave."""
    data = value.encode()
    yield data
    yield value[::-1].encode()
    yield from (value.encode(codec) for codec in ("utf-16-le", "utf-16-be", "utf-32-le"))
    yield json.dumps(value)[1:-1].encode()
    yield repr(value)[1:-1].encode()
    yield urllib.parse.quote(value, safe="").encode()
    yield data.hex().encode()
    # Base64 of the value inside something longer starts at one of three places: the middle is the same.
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data)
        yield encoded[4 : len(encoded) - 4]
    for algorithm in ("md5", "sha1", "sha256", "sha512", "blake2b"):
        yield hashlib.new(algorithm, data).hexdigest().encode()


def assert_absent(value: str, *outputs: bytes) -> None:
    for disguise in disguises(value):
        for output in outputs:
            assert disguise not in output


# A few random letters before anything printable, so that no word of a report is a password.
CHARACTERS = st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters="\"'\\`")
PASSWORDS = st.text(CHARACTERS, min_size=4, max_size=30).map(lambda text: noise(9) + text)


@given(password=PASSWORDS, token=st.text(LETTERS, min_size=36, max_size=36))
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_report_holds_a_value(password: str, token: str, tmp_path: Path) -> None:
    values = [password, f"ghp_{token}", f"AKIA{token[:16].upper()}"]
    text = "".join(
        f'password_{number} = "{value}"; url = "https://u:{value}@h.example/"\n' for number, value in enumerate(values)
    )
    write(
        tmp_path,
        {
            "settings.py": text,
            "settings.yaml": f"password: {password}\n",
            "settings.ini": f"[a]\npassword = {password}\n",
            "latin.txt": text.encode("latin-1", "replace"),
            "wide.txt": text.encode("utf-16"),
            "package-lock.json": text,
            "picture.png": b"\x89PNG\0" + text.encode(),
        },
    )
    record = run_check("secrets", target(tmp_path))
    assert record.findings
    report = decide([record], Settings(), {})
    shown = io.StringIO()
    terminal.render(report, shown)
    outputs = (json_report.render(report), sarif.render(report), shown.getvalue().encode(), repr(report).encode())
    for value in (password, *values[1:]):
        assert_absent(value, *outputs)


@pytest.mark.skipif(os.name == "nt", reason="the folders have other names there")
def test_no_file_of_a_run_holds_a_value(repository: Repository, tmp_path: Path) -> None:
    values = [f"ghp_{noise(36)}", f"AKIA{noise(16, 'ABCDEFGH234567')}", noise(22)]
    root = repository({
        "leak.py": f'gh = "{values[0]}"\nkey = "{values[1]}"\npassword = "{values[2]}"\n',
        "requirements.txt": f"-i https://u:{values[2]}@index.example/simple\ndemo @ https://u:{values[2]}@index.example/demo.whl\n",
        ".pre-commit-config.yaml": f"repos:\n- repo: https://u:{values[2]}@git.example/x\n  rev: main\n  hooks: [{{id: x}}]\n",
        ".github/workflows/a.yml": f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - uses: a/b@{values[2]}\n",
    })  # fmt: skip
    folders = {
        name: tmp_path / name.lower()
        for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
    }
    for folder in folders.values():
        folder.mkdir()
    reports = tmp_path / "reports"
    reports.mkdir()
    done = lockgate(
        "gate", ".", "--offline", "--json", reports / "r.json", "--sarif", reports / "r.sarif",
        cwd=root, env={name: str(folder) for name, folder in folders.items()},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    outputs = [done.stdout.encode(), done.stderr.encode()]
    for folder in (*folders.values(), reports):
        outputs += [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    for value in values:
        assert_absent(value, *outputs)


def test_no_message_holds_a_value(repository: Repository, tmp_path: Path) -> None:
    """What pins, audit and lint say of lines that hold one in an unusual place."""
    values = [f"ghp_{noise(36, seed=seed)}" for seed in range(11)]
    action = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n    - uses: "
    root = repository({
        "requirements-0.txt": f"demo=={values[0]} ===\n",
        "requirements-1.txt": f"--extra-index-url https://u:{values[1]}@index.example/simple\n--bogus={values[1]}\nother\n",
        "requirements-2.txt": f"demo=={values[2]}\n",
        "requirements-3.txt": f"demo>=1,!={values[3]}\n",
        "requirements-4.txt": f"git+https://{values[4]}@git.example/x.git@main#egg=x\n",
        "requirements-5.txt": f"demo==1.0 --hash=sha256:{values[5]}\n",
        "requirements-6.txt": f"{values[6]}\n",
        ".github/workflows/7.yml": f"{action}docker://u:{values[7]}@h.example/x:latest\n",
        ".github/workflows/8.yml": f"on: push\njobs: [{values[8]}\n  {{: x\n",
        ".pre-commit-config.yaml": f"repos:\n- repo: https://{values[9]}@git.example/x\n  rev: main\n  hooks: [{{id: x}}]\n",
        "broken.py": f'x = "{values[10]}\n',
    })  # fmt: skip
    advisories = write_advisories(tmp_path / "osv", advisory(1, "demo"))
    reports = tmp_path / "r.json", tmp_path / "r.sarif"
    done = lockgate("gate", root, "--advisories", advisories, "--json", reports[0], "--sarif", reports[1], cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    for value in values:
        assert_absent(value, done.stdout.encode(), done.stderr.encode(), *(path.read_bytes() for path in reports))


def test_no_argument_of_a_process_holds_a_value(repository: Repository, tmp_path: Path) -> None:
    """Every program that lockgate starts goes through a recorder of its arguments."""
    value = noise(22)
    log = tmp_path / "log"
    hook = f"""
import sys
def audit(event, arguments):
    if event == "subprocess.Popen":
        with open({str(log)!r}, "a") as file:
            file.write(repr(arguments) + "\\n")
sys.addaudithook(audit)
"""
    write(tmp_path / "recorder", {"sitecustomize.py": hook})
    root = repository({"leak.py": f'password = "{value}"\n', f"{'x' * 5}.py": f'token = "{value}"\n'})
    done = lockgate("gate", ".", "--offline", cwd=root, env={"PYTHONPATH": str(tmp_path / "recorder")})
    assert done.returncode == 1
    assert sys.executable in log.read_text()
    assert_absent(value, log.read_bytes())
