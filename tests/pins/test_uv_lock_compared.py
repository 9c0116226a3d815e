"""What is told of uv.lock, compared with uv itself: markers, extras, groups, sources, constraints and overrides."""

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.run import run_check
from lockgate.model.record import Outcome
from support import git, target, wheel, write

UV = Path(sysconfig.get_path("scripts")) / "uv"
Repository = Callable[..., Path]

MANIFEST = """\
[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [
    "aa>=1.0 ; python_version < '3.13' and sys_platform == 'linux'",
    "AA ; python_version < '3'",
    "bb[x,Y_z]==2.0 ; python_version >= '3.8'",
    "cc ; os_name == 'nt' or (sys_platform == 'linux' and platform_machine != 'x')",
    "dd ; extra == 'foo'",
    "sub", "sub2", "repo", "ee",
]
[project.optional-dependencies]
"Plot_it" = ["aa>=1.0.0 ; sys_platform == 'linux'", "cc"]
all = ["demo[plot-it]"]
[dependency-groups]
dev = ["aa==1.0.0", {include-group = "Lint_er"}]
Lint_er = ["bb>1 ; python_version >= '3.12'"]
[tool.uv]
dev-dependencies = ["cc>=2"]
constraint-dependencies = ["dd<2", "aa<3 ; sys_platform == 'win32'"]
override-dependencies = ["dd==1.0"]
[tool.uv.sources]
sub = { path = "sub" }
sub2 = { path = "./sub2", editable = true }
repo = { git = "REPO", rev = "main" }
ee = { index = "other" }
[[tool.uv.index]]
name = "other"
url = "INDEX"
explicit = true
"""
SUB = '[project]\nname = "{}"\nversion = "1"\ndependencies = []\n'

FIT = (
    ("", ""),
    ("python_version < '3.13' and sys_platform", "sys_platform == 'linux' and python_full_version < '3.13' and sys_platform"),
    ("os_name == 'nt' or (sys_platform == 'linux' and platform_machine != 'x')",
     "(platform_machine != 'x' and sys_platform == 'linux') or os_name == 'nt'"),
    ("bb[x,Y_z]==2.0", "BB[y-z, X] == 2.0"),
    ('"sub", "sub2", "repo", "ee",', '"repo", "ee", "sub2", "sub",'),
    ("./sub2", "sub2"),
    ('"Plot_it" =', '"plot-it" ='),
    ('version = "0.1.0"', 'version = "0.1.0"\ndescription = "x"'),
    ('dev = ["aa==1.0.0", {include-group = "Lint_er"}]', 'dev = [{include-group = "lint-er"}, "aa==1.0.0"]'),
)  # fmt: skip
STALE = (
    ("python_version < '3.13' and", "python_version < '3.12' and"),
    (" and sys_platform == 'linux'\"", '"'),
    ("bb[x,Y_z]==2.0 ; python_version >= '3.8'", "bb[x,Y_z]==2.0 ; python_version >= '3.12'"),
    ("bb[x,Y_z]", "bb[x]"),
    ("os_name == 'nt' or", "os_name == 'posix' or"),
    ("\"dd ; extra == 'foo'\"", '"dd"'),
    (">=1.0.0 ; sys_platform == 'linux'", ">=1.0.0 ; sys_platform == 'darwin'"),
    ('sys_platform == \'linux\'", "cc"]', "sys_platform == 'linux'\"]\nmore = [\"cc\"]"),
    ('"repo", "ee",\n]', '"repo", "ee", "cc",\n]'),
    ('Lint_er = ["bb>1 ; python_version >= \'3.12\'"]', 'Lint_er = ["bb>1"]'),
    (', {include-group = "Lint_er"}]', "]"),
    ('"aa==1.0.0", {include', "{include"),
    ('dev-dependencies = ["cc>=2"]', ""),
    ('"dd<2", ', ""),
    ('"dd<2"', '"dd<3"'),
    ("sys_platform == 'win32'", "sys_platform == 'darwin'"),
    ('override-dependencies = ["dd==1.0"]', ""),
    ('override-dependencies = ["dd==1.0"]', 'override-dependencies = ["dd==1.0", "aa==1.0"]'),
    ('sub = { path = "sub" }', 'sub = { path = "sub2" }'),
    ('sub = { path = "sub" }', 'sub = { index = "other" }'),
    ('sub = { path = "sub" }', ""),
    ('rev = "main"', 'branch = "main"'),
    ('rev = "main"', 'rev = "other"'),
    ('repo = { git = "REPO", rev = "main" }', 'repo = { path = "sub" }'),
    ('ee = { index = "other" }', 'ee = { path = "sub" }'),
)  # fmt: skip
UNTOLD = (  # what uv may know and a look at the files can't
    ('sub2", editable = true', 'sub2", editable = false'),
    ('ee = { index = "other" }', ""),
    ("platform_machine != 'x'", "platform_machine != 'y'"),
    ('name = "demo"\nversion = "0.1.0"', 'name = "demo"\nversion = "0.2.0"'),
)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, list[str | Path]]:
    """A project that uv locked, its manifest, and the command that locks it."""
    folder = tmp_path_factory.mktemp("locked")
    index = folder / "index"
    for name, version in (("aa", "1.0"), ("bb", "2.0"), ("cc", "3.0"), ("dd", "1.0"), ("ee", "1.0")):
        wheel(index, name, version)
    write(folder / "repo", {"pyproject.toml": SUB.format("repo")})
    git(folder / "repo", "init", "-q")
    git(folder / "repo", "add", ".")
    git(folder / "repo", "commit", "-qm", "x")
    root = folder / "project"
    manifest = MANIFEST.replace("REPO", (folder / "repo").as_uri()).replace("INDEX", index.as_uri())
    write(
        root, {"pyproject.toml": manifest, **{f"{name}/pyproject.toml": SUB.format(name) for name in ("sub", "sub2")}}
    )
    # The repository is one of this machine; uv's offline mode clones none at all.
    command = [
        UV,
        "lock",
        "--quiet",
        "--no-config",
        "--no-python-downloads",
        "--default-index",
        index.as_uri(),
        "--cache-dir",
        folder / "cache",
    ]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return root, manifest, command


@pytest.mark.parametrize(
    ("old", "new", "fits", "told"),
    [
        *((old, new, True, False) for old, new in FIT),
        *((old, new, False, True) for old, new in STALE),
        *((old, new, False, False) for old, new in UNTOLD),
    ],
)
def test_uv_says_the_same(
    locked: tuple[Path, str, list[str | Path]], old: str, new: str, fits: bool, told: bool
) -> None:
    root, manifest, command = locked
    repo = next(line for line in manifest.split("\n") if line.startswith("repo =")).split('"')[1]
    changed = manifest.replace(old.replace("REPO", repo), new.replace("REPO", repo), 1)
    assert (changed == manifest) is (old == new)
    write(root, {"pyproject.toml": changed})
    done = subprocess.run([*command, "--check"], cwd=root, check=False, capture_output=True, text=True)
    assert (done.returncode == 0) is fits, done.stderr
    record = run_check("pins", target(root))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert any(finding.rule == "pins/stale-lock" for finding in record.findings) is told


ODD = """\
[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = [
    "aa[z]>=1 ; python_version not in '3.9, 3.10'", "bb ; platform_system != 'Windows' and implementation_name == 'cpython'",
    "cc===3.0", "dd ; python_version > '3.11.4'", "ee ; sys_platform in 'linux darwin'",
    "aa ; (python_version <= '3.12' or os_name=='nt') and 'x' in platform_machine",
]
[project.optional-dependencies]
a = ["bb ; os_name=='nt' or sys_platform == 'darwin'", "cc==3.*"]
b = ["bb ; python_full_version < '3.12.4'"]
c = ["demo[a,b]"]
[dependency-groups]
dev = ["aa", "bb~=2.0"]
x = ["cc", {include-group = "dev"}]
[tool.uv]
constraint-dependencies = ["zz>1", "aa"]
[tool.uv.dependency-groups]
dev = { requires-python = ">=3.12" }
[tool.uv.sources]
ee = [{ index = "other", marker = "sys_platform == 'linux'" }]
[[tool.uv.index]]
name = "other"
url = "INDEX"
explicit = true
"""


def test_what_uv_writes_in_another_form_is_the_same(locked: tuple[Path, str, list[str | Path]], tmp_path: Path) -> None:
    _, _, command = locked
    write(tmp_path, {"pyproject.toml": ODD.replace("INDEX", str(command[6]))})
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    record = run_check("pins", target(tmp_path))
    assert (record.outcome, [finding.message for finding in record.findings]) == (Outcome.COMPLETE, [])


HOSTILE = (
    ("markers", "version = 1\n[[package]]\nname='demo'\nsource={virtual='.'}\n[package.metadata]\nrequires-dist=["
     + ",".join(f"{{name='x{n}', marker=\"os_name == '{n}'\"}}" for n in range(20_000)) + "]\n", ""),
    ("deep", "version = 1\n[[package]]\nname='demo'\nsource={virtual='.'}\n[package.metadata]\nrequires-dist=[{name='x', marker='"
     + "(" * 900 + "'}]\n", ""),
    ("groups", "version = 1\n[[package]]\nname='demo'\nsource={virtual='.'}\n",
     "".join(f"g{n} = [{{include-group='g{n + 1}'}}, {{include-group='g{n + 1}'}}]\n" for n in range(60)) + "g60 = ['x']\n"),
    ("a cycle", "version = 1\n[[package]]\nname='demo'\nsource={virtual='.'}\n", "a = [{include-group='a'}]\n"),
    ("types", "version = 1\n[[package]]\nname=7\nsource={virtual='.'}\nmetadata={requires-dev=7}\n", "a = 7\nb = [7]\n"),
)  # fmt: skip


@pytest.mark.parametrize(("lock", "groups"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_hostile_locks_and_groups_end(repository: Repository, lock: str, groups: str) -> None:
    manifest = (
        f"[project]\nname = 'demo'\nrequires-python = '>=3.11'\n[dependency-groups]\n{groups}[tool.uv.sources]\nx = 7\n"
    )
    record = run_check("pins", target(repository({"pyproject.toml": manifest, "uv.lock": lock})))
    assert "broke" not in record.reason
