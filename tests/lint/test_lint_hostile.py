"""A project that wants its code to run when it is linted: a marker file tells whether it did."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.lint.source import Source
from lockgate.checks.run import run_check
from lockgate.engines import process, pylint
from lockgate.engines.pylint_config import DATA, Configuration, find
from lockgate.inputs.tree import Tree
from lockgate.model.record import Outcome, Record, Skip
from support import git, target, write

Repository = Callable[..., Path]

# Modules that pylint, astroid and what they use import, or load to look into them, or look for and do not find.
NAMES = """
    pylint astroid isort dill json sitecustomize usercustomize encodings mccabe tomlkit platformdirs enchant numpy
    _ctypes_test winreg nt lockgate site tomllib conftest plug concurrent multiprocessing gi typing_extensions
""".split()  # noqa: SIM905
IMPORTS = "\n".join(f"import {name}, {name}.inner\nfrom {name} import x, inner" for name in NAMES)


def bomb(marker: Path) -> str:
    # No import: under these names it would meet another bomb, half run, and fail in silence.
    return f"open({str(marker)!r}, 'w').close()\nx = 1\ndef register(linter): pass\n"


def judge(root: Path, marker: Path, **settings: object) -> Record:
    record = run_check("lint", target(root, **settings))
    assert not marker.exists(), "code of the project ran"
    return record


def planted(marker: Path, **more: str) -> dict[str, str]:
    """A project with a bomb under every name, as module in src/, as package in the root, and imports of all of them."""
    evil = bomb(marker)
    files = {"own.py": f"{IMPORTS}\neval('1')\n", "src/own.py": f"{IMPORTS}\neval('1')\n"}
    for name in NAMES:
        files |= {f"{name}/__init__.py": evil, f"{name}/__main__.py": evil, f"{name}/inner.py": evil}
        files |= {f"src/{name}.py": evil}
    return files | more


def init_hook(marker: Path) -> str:
    return f"open({str(marker)!r}, 'w').close()"


def options(marker: Path) -> dict[str, str]:
    """Every option by which pylint runs or writes something."""
    return {
        "init-hook": init_hook(marker),
        "init-hoo": init_hook(marker),
        "init_hook": init_hook(marker),
        "load-plugins": "plug,sub.plug,conftest",
        "load-plugin": "plug",
        "extension-pkg-allow-list": "plug,own",
        "extension-pkg-whitelist": "plug,own",
        "unsafe-load-any-extension": "yes",
        "unsafe-load-any": "yes",
        "evaluation": f"open({str(marker)!r}, 'w').close() or 10",
        "evaluatio": f"open({str(marker)!r}, 'w').close() or 10",
        "output-format": "plug.Reporter",
        "output": str(marker),
        "import-graph": str(marker.with_suffix(".dot")),
        "ext-import-graph": str(marker.with_suffix(".dot")),
        "spelling-dict": "en",
        "spelling-private-dict-file": str(marker),
        "spelling-store-unknown-words": "yes",
        "generate-rcfile": "",
        "long-help": "",
        "rcfile": "evil.rc",
        "enable-all-extensions": "",
        "jobs": "4",
        "files": "plug.py",
        "source-roots": "/,..,~",
    }


def as_ini(given: dict[str, str]) -> str:
    return "[MAIN]\n" + "".join(f"{name}={value}\n" for name, value in given.items())


def as_toml(given: dict[str, str]) -> str:
    quoted = (f"{name} = '''{value}'''\n" for name, value in given.items())
    return "[tool.pylint.main]\n" + "".join(quoted)


WRITTEN = {
    "pylintrc": as_ini,
    ".pylintrc": as_ini,
    "pylintrc.toml": as_toml,
    ".pylintrc.toml": as_toml,
    "pyproject.toml": as_toml,
    "setup.cfg": lambda given: as_ini(given).replace("MAIN", "pylint.main"),
    "tox.ini": lambda given: as_ini(given).replace("MAIN", "pylint"),
}


DATA_GIVEN = {
    "disable": "eval-used",
    "ignore": "left.py",
    "ignore-patterns": "gone.*",
    "additional-builtins": "absent",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_data_is_obeyed_and_no_option_runs_anything(repository: Repository, tmp_path: Path, name: str) -> None:
    marker = tmp_path / "ran"
    given = options(marker) | DATA_GIVEN
    evil = bomb(marker)
    files = {
        "own.py": "eval('1')\nexec('1')\nprint(absent)\n",
        "left.py": "exec('1')\n",
        "gone2.py": "exec('1')\n",
        "plug.py": evil,
        "sub/plug.py": evil,
        "conftest.py": evil,
        "evil.rc": as_ini(given),
        name: WRITTEN[name](given),
    }
    record = judge(repository(files), marker)
    ran = [(finding.rule, finding.path) for finding in record.findings if finding.path != "sub/plug.py"]
    assert ("lint/exec-used", "own.py") in ran
    assert not {"lint/eval-used", "lint/undefined-variable"} & {rule for rule, _ in ran}
    assert not {"left.py", "gone2.py"} & {path for _, path in ran}
    assert record.outcome is Outcome.COMPLETE, record.reason
    notes = dict(note.split(f" of {name}: ") for note in record.coverage.notes if f" of {name}: " in note)
    assert notes["obeyed"] == "additional-builtins, disable, ignore, ignore-patterns"
    refused = set(notes["not obeyed"].partition(" (")[0].split(", "))
    assert {"init-hook", "load-plugins", "extension-pkg-allow-list", "source-roots", "import-graph"} <= refused
    assert not marker.with_suffix(".dot").exists()


def test_no_module_of_the_project_is_imported(repository: Repository, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    record = judge(repository(planted(marker)), marker)
    assert "lint/eval-used" in {finding.rule for finding in record.findings}


def test_no_module_of_the_project_is_imported_without_src(repository: Repository, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    files = {path: text for path, text in planted(marker).items() if not path.startswith("src/")}
    record = judge(repository(files), marker)
    assert "lint/eval-used" in {finding.rule for finding in record.findings}


def test_nothing_is_imported_from_the_current_directory_or_the_environment(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "ran"
    root = repository(planted(marker, evil_rc=as_ini(options(marker))))
    monkeypatch.chdir(root)
    for name, value in {
        "PYLINTRC": root / "evil_rc", "PYTHONPATH": root / "src", "PYTHONSTARTUP": root / "src/json.py",
        "PYTHONHOME": "", "PYLINTHOME": root, "PYTHONUSERBASE": root,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    judge(root, marker)
    assert not list(root.glob("*.stats"))


def test_no_module_is_imported_where_the_project_is_installed_editable(repository: Repository, tmp_path: Path) -> None:
    """An environment inside the project, with a .pth file that names src/, as `pip install --editable .` writes it."""
    marker = tmp_path / "ran"
    root = repository(planted(marker))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
    site = next(root.glob(".venv/lib/python*/site-packages"))
    own = sysconfig.get_path("purelib")
    (site / "own.pth").write_text(f"{root / 'src'}\n{root}\n{own}\n", encoding="utf-8")
    python = root / ".venv/bin/python"
    record = run_check("lint", target(root, python=str(python)))
    # Python itself would import sitecustomize from there when it starts.
    assert "lint/eval-used" in {finding.rule for finding in record.findings}, record.reason
    assert not marker.exists()


def test_a_plug_in_of_the_project_is_not_ours(repository: Repository, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    evil = bomb(marker)
    names = ("__init__", "lint/__init__", "lint/catalogue", "lint/checker", "lint/rules/evil", "model/modules")
    files = {f"{top}lockgate/{name}.py": evil for name in names for top in ("", "src/")}
    record = judge(repository({**files, "src/own.py": "import tempfile\nprint(tempfile.mktemp())\n"}), marker)
    assert "lint/guessable-temporary-file" in {finding.rule for finding in record.findings}
    assert record.outcome is Outcome.COMPLETE, record.reason


def test_a_compiled_module_of_the_project_is_not_loaded(repository: Repository, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    files = {"own.py": "import _ctypes, fast\n_ctypes.x()\nfast.y()\neval('1')\n"}
    record = judge(repository({**files, f"_ctypes{suffix}": b"\x7fELF", f"fast{suffix}": b"\x7fELF"}), marker)
    assert record.outcome is Outcome.COMPLETE, record.reason


def test_comments_set_no_option(repository: Repository, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    lines = "".join(f"# pylint: {name}={value}\n" for name, value in options(marker).items())
    judge(repository({"own.py": lines, "plug.py": bomb(marker)}), marker)


def test_trust_obeys_the_project(repository: Repository, tmp_path: Path) -> None:
    """The opposite of all the above, which shows that the canaries would sing."""
    marker = tmp_path / "ran"
    hook = "import sys; sys.path.insert(0, '.')"
    files = {"own.py": "x = 1\n", "plug.py": bomb(marker), "pylintrc": f"[MAIN]\ninit-hook={hook}\nload-plugins=plug\n"}
    root = repository(files)
    judge(root, marker)
    record = run_check("lint", target(root, trust=True))
    assert marker.exists()
    assert "pylintrc was obeyed as it is (--trust)" in record.coverage.notes


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("pylintrc", "no section\n", "can't be read (line 1)"),
        ("pylintrc", b"[MAIN]\ndisable=\xff\n", "can't be read (UnicodeDecodeError)"),
        ("pylintrc.toml", "[tool.pylint\n", "can't be read (line 1: not valid TOML: Expected"),
        ("setup.cfg", "[pylint]\na=1\na=2\n", "can't be read (line 3)"),
        ("pylintrc.toml", "x = " + "[" * 5000, "can't be read (nested too deeply"),
        ("pylintrc.toml", "x = " + "1" * 5000, "can't be read (a number of too many digits"),
        ("pylintrc.toml", "[tool.pylint]\nx = 0x" + "f" * 5000, "can't be read (line 2: a number of too many digits"),
        ("pylintrc.toml", "a." * 1_000_000 + "b = 1", "can't be read (line 1: a key of more than 64 parts"),
    ],
)
def test_settings_that_can_not_be_read_are_a_gap(
    repository: Repository, name: str, text: str | bytes, reason: str
) -> None:
    record = run_check("lint", target(repository({"own.py": "eval('1')\n", name: text})))
    assert record.outcome is Outcome.INCOMPLETE
    assert reason in record.reason
    assert [finding.rule for finding in record.findings] == ["lint/eval-used"]


def test_a_setting_that_pylint_does_not_take_is_named(repository: Repository) -> None:
    files = {"own.py": "eval('1')\n", "pylintrc": "[MAIN]\nmax-line-length=hunter\n"}
    record = run_check("lint", target(repository(files)))
    assert record.reason == "pylint does not take --max-line-length of pylintrc; correct it there"


def test_defaults_are_those_of_configparser_and_are_not_copied_into_each_section(tmp_path: Path) -> None:
    text = "[DEFAULT]\nmax-args=1\nmax-locals=2\n[A]\nmax-args=3\nmax-locals=4\n[B]\nmax-locals=5\n"
    write(tmp_path, {"pylintrc": text})
    found = find(Tree(tmp_path))
    assert isinstance(found, Configuration)
    assert found.options == {"max-args": "1", "max-locals": "5"}
    many = [f"a{number}=1" for number in range(30_000)]
    write(tmp_path, {"pylintrc": "\n".join(["[DEFAULT]", *many, *(f"[{name}]" for name in many)])})
    assert isinstance(find(Tree(tmp_path)), Configuration)


def test_an_interpolation_bomb_is_not_expanded(tmp_path: Path) -> None:
    levels = "".join(f"a{n}={'%(a' + str(n - 1) + ')s' * 1}{('%(a' + str(n - 1) + ')s') * 9}\n" for n in range(1, 10))
    write(tmp_path, {"pylintrc": f"[MAIN]\na0=xxxxxxxxxx\n{levels}good-names=%(a9)s\nbad-names=50%%\n"})
    found = find(Tree(tmp_path))
    assert isinstance(found, Configuration)
    assert found.options == {"bad-names": "50%"}


def test_a_link_to_settings_outside_is_not_followed(repository: Repository, tmp_path: Path) -> None:
    write(tmp_path, {"outside": "[MAIN]\ndisable=eval-used\n"})
    root = repository({"own.py": "eval('1')\n"})
    (root / "pylintrc").symlink_to(tmp_path / "outside")
    assert isinstance(find(Tree(root)), Skip)
    assert [finding.rule for finding in run_check("lint", target(root)).findings] == ["lint/eval-used"]


# The options of pylint's own checkers that take free text: not a number, a choice or a yes.
FREE = """
from pylint.lint import PyLinter
linter = PyLinter()
linter.load_default_plugins()
for action in linter._arg_parser._actions:
    kind = getattr(action.type, "__name__", "")
    if action.option_strings and not action.choices and kind not in ("int", "_yn_transformer", "_py_version_transformer"):
        print(action.option_strings[0][2:])
"""


def test_no_option_that_is_data_runs_or_writes(tmp_path: Path) -> None:
    """Every option that is let through, given a module, a path and code."""
    marker = tmp_path / "ran"
    listed = subprocess.run([sys.executable, "-I", "-c", FREE], check=True, capture_output=True, text=True)
    names = sorted(DATA & set(listed.stdout.split()) - {"name-group"})
    assert len(names) > 50
    files = {"own.py": "import plug\nplug.x.y()\neval('1')\n", "plug.py": bomb(marker)}
    write(tmp_path / "project", files)
    for value in ("plug", str(marker), f"__import__('pathlib').Path({str(marker)!r}).touch()"):
        linted = pylint.lint(
            {name: text.encode() for name, text in files.items()},
            root=tmp_path / "project",
            configuration=Configuration("pylintrc", b"", dict.fromkeys(names, value)),
            progress=ignore,
        )
        assert "own.py" in {module.path for module in linted.modules}
        assert not marker.exists()


def ignore(done: int, total: int) -> None:
    """Tell nobody."""


def test_a_tool_that_never_ends_is_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys\nwhile True: pass"]
    with pytest.raises(TimeoutError):
        process.run(command, cwd=tmp_path, env=process.environment(), seconds=0.3)


def test_a_tool_that_floods_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "OUTPUT", 2**20)
    command = [sys.executable, "-c", "while True: print('x' * 1000)"]
    with pytest.raises(pylint.UnavailableError, match="wrote more than 1 MiB"):
        process.run(command, cwd=tmp_path, env=process.environment(), seconds=30)


# A pattern of the project's own settings that backtracks without end, and a name that makes it.
ENDLESS = {"pkg/__init__.py": "", "pkg/slow.py": f"def f({'a' * 60}_): return 1\n", "pkg/good.py": "eval('1')\n"}
BACKTRACKING = {"pylintrc": "[MAIN]\nignored-argument-names=(a+)+$\n"}


def test_a_module_that_takes_too_long_is_named_and_the_rest_is_linted(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pylint, "SECONDS_A_MODULE", 1)
    record = run_check("lint", target(repository({**ENDLESS, **BACKTRACKING})))
    assert record.reason == (
        "not examined: pkg/slow.py (pylint takes more than 1 s of processor time for it; "
        "pylint's own setting `ignore-paths` leaves it out)"
    )
    assert [finding.path for finding in record.findings] == ["pkg/good.py"]
    assert record.coverage.examined == 2


def test_a_project_that_takes_too_long_names_what_is_not_linted(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pylint, "SECONDS", 1)
    monkeypatch.setattr(pylint, "SECONDS_A_FILE", 1)
    files = {f"pkg/slow{number}.py": ENDLESS["pkg/slow.py"] for number in range(8)}
    record = run_check("lint", target(repository({**files, **BACKTRACKING})))
    assert {skip.subject: skip.reason for skip in record.coverage.skipped if skip.gap} == dict.fromkeys(
        files, "there was no time left for it"
    )
    assert record.outcome is Outcome.INCOMPLETE


def test_a_module_that_takes_too_much_memory_is_named_and_the_rest_is_linted(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pylint, "MEMORY", 300 * 2**20)
    files = {"pkg/__init__.py": "", "pkg/large.py": "x = [\n" + "1,\n" * 400_000 + "]\n", "pkg/good.py": "eval('1')\n"}
    record = run_check("lint", target(repository(files)))
    assert record.reason.startswith("not examined: pkg/large.py (pylint takes more than 300 MiB for it")
    assert [finding.path for finding in record.findings] == ["pkg/good.py"]


def test_a_generated_file_of_megabytes_is_bounded_and_named(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too large for its time: here that is two seconds."""
    monkeypatch.setattr(pylint, "SECONDS_A_MODULE", 2)
    table = "TABLE = [\n" + "    ('name', 1, {'key': [1, 2, 3]}),\n" * 140_000 + "]\n"
    assert len(table) > 5_000_000
    files = {"pkg/__init__.py": "", "pkg/table.py": table, "pkg/good.py": "from pkg import table\neval('1')\n"}
    record = run_check("lint", target(repository(files), max_file_size=2**24))
    assert record.outcome is Outcome.INCOMPLETE
    assert "pkg/table.py (pylint takes more than 2 s" in record.reason
    # What reads it takes as long, and is named, too.
    assert {skip.subject for skip in record.coverage.skipped if skip.gap} == {"pkg/table.py", "pkg/good.py"}


def test_a_line_with_as_many_messages_as_literals_takes_no_time() -> None:
    """To look for each literal of the line in each of its messages would take hours."""
    count = 150_000
    source = Source("a.py", "".join(f"absent('é word {number}'); " for number in range(count)).encode())
    message = pylint.Message(
        "a.py", 1, 9, "undefined-variable", "error", "Undefined variable 'absent'", "HIGH", end_line=1, end_column=15
    )
    for _ in range(count):
        at, told = source.place(message), source.told(message)
    assert (at.line, at.column, at.end_line, at.end_column) == (1, 1, 1, len(source.lines[0]) + 1)
    assert told == "pylint's undefined-variable, of which more is not told on a line of more than 20000 characters"


# Lints a module that never ends, and tells of it when that is at work.
LINTING = """
import sys
from pathlib import Path
from lockgate.engines import pylint
from lockgate.engines.pylint_config import Configuration

def told(done, total):
    print(done, flush=True)

files = {"good.py": b"x = 1\\n" * 9000, "slow.py": sys.argv[1].encode()}
options = {"ignored-argument-names": "(a+)+$"}
pylint.lint(files, root=Path(), configuration=Configuration("", b"", options), processes=2, progress=told)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_nothing_of_a_run_is_left_when_it_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    """Not even where the module that is linted keeps its process from running any other code."""
    run = subprocess.Popen(
        [sys.executable, "-c", LINTING, ENDLESS["pkg/slow.py"]], env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert run.stdout
    assert run.stdout.readline() == b"1\n"
    assert len(of_session(run.pid)) == 3, "we, the guard and the child"
    run.send_signal(number)
    run.communicate()
    while of_session(run.pid):
        time.sleep(0.01)


def of_session(leader: int) -> list[int]:
    """The processes of a session that still run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                found.append(int(folder.name))
    return found


@pytest.mark.parametrize("path", ["a/" * 1_500 + "x.py", "/".join(["d" * 200] * 15) + "/x.py"], ids=["deep", "long"])
def test_a_path_that_can_not_be_copied_hides_nothing_else(repository: Repository, path: str) -> None:
    """Such a path is in git's index only, because this test could not make its folders either."""
    root = repository({"b.py": "eval('1')\n"})
    blob = git(root, "hash-object", "-w", "b.py").strip()
    git(root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    git(root, "update-index", "--skip-worktree", path)
    record = run_check("lint", target(root))
    assert [finding.path for finding in record.findings] == ["b.py"]
    assert [skip.subject for skip in record.coverage.skipped if skip.gap] == [path]
    assert record.outcome is Outcome.INCOMPLETE
