"""The lint check on whole projects, with real pylint."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks import lint
from lockgate.checks.lint.own import own_files
from lockgate.checks.run import run_check
from lockgate.lint.catalogue import checkers
from lockgate.model.finding import Confidence, Finding, Severity
from lockgate.model.record import Outcome, Record
from support import target, write

OWN = [f"lint/{checker.rule.symbol}" for checker in checkers()]
Repository = Callable[..., Path]
# For each kind of message: source with one such message on line 2, and its severity and confidence.
CONTRACTS = {
    "lint/undefined-variable": ("# a\nprint(absent)\n", Severity.HIGH, Confidence.MEDIUM),
    "lint/no-member": ("import sys\nsys.absent()\n", Severity.MEDIUM, Confidence.MEDIUM),
    "lint/return-in-init": (
        "class A:\n    def __init__(self):\n        return 1\n", Severity.MEDIUM, Confidence.MEDIUM,
    ),
    "lint/eval-used": ("# a\neval('1')\n", Severity.LOW, Confidence.MEDIUM),
    "lint/unused-argument": ("# a\ndef f(a): return 1\n", Severity.LOW, Confidence.HIGH),
    "lint/syntax-error": ("# a\ndef (:\n", Severity.HIGH, Confidence.HIGH),
    "lint/import-error": ("# a\nimport absent_module\n", Severity.MEDIUM, Confidence.LOW),
    "lint/no-name-in-module": ("# a\nfrom json import absent\n", Severity.MEDIUM, Confidence.LOW),
}  # fmt: skip


def lint_one(repository: Repository, source: str | bytes, **settings: object) -> Record:
    return run_check("lint", target(repository({"own.py": source}), **settings))


def only(record: Record, rule: str) -> Finding:
    (finding,) = [finding for finding in record.findings if finding.rule == rule]
    return finding


def name_of(rule: str) -> str:
    return rule.removeprefix("lint/").replace("-", "_") + ".py"


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """The record of one project with a module for each contract."""
    root = tmp_path_factory.mktemp("contracts")
    write(root, {name_of(rule): source for rule, (source, *_) in CONTRACTS.items()})
    return run_check("lint", target(root))


@pytest.mark.parametrize("rule", CONTRACTS)
def test_contract(contracts: Record, rule: str) -> None:
    _, severity, confidence = CONTRACTS[rule]
    (finding,) = [found for found in contracts.findings if found.rule == rule and found.path == name_of(rule)]
    assert (finding.line, finding.severity, finding.confidence) == (2, severity, confidence)
    assert finding.fingerprint
    assert finding.line_hash
    assert re.fullmatch(
        r"https://pylint\.readthedocs\.io/en/stable/user_guide/messages/\w+/[\w-]+\.html", finding.help_uri
    )
    (described,) = [known for known in contracts.rules if known.id == rule]
    assert described.summary.endswith(".")
    assert described.help_uri == finding.help_uri
    assert contracts.outcome is Outcome.COMPLETE


def test_a_comment_of_pylint_allows(repository: Repository) -> None:
    files = {}
    for rule, (source, *_) in CONTRACTS.items():
        if rule != "lint/syntax-error":
            lines = source.splitlines()
            lines[1] += f"  # pylint: disable={rule.removeprefix('lint/')}"
            files[name_of(rule)] = "\n".join(lines) + "\n"
    record = run_check("lint", target(repository(files)))
    assert not set(CONTRACTS) & {finding.rule for finding in record.findings}
    assert record.coverage.allowed == len(files)


def test_clean_code_and_bad_style_are_no_findings(repository: Repository) -> None:
    record = lint_one(repository, "def F(): return  {  'a':1 }\nX=[F( )]\n" + "#" * 200)
    assert (record.outcome, record.findings, record.coverage.examined) == (Outcome.COMPLETE, (), 1)
    assert re.match(r"\d+\.\d+", record.engines[0].version)


def test_style_that_the_project_asks_for_is_reported_without_severity(repository: Repository) -> None:
    files = {"own.py": "X = 1\n" + "#" * 200 + "\n", ".pylintrc": "[MAIN]\nenable=line-too-long\nmax-line-length=150\n"}
    (finding,) = run_check("lint", target(repository(files))).findings
    assert (finding.rule, finding.line, finding.severity) == ("lint/line-too-long", 2, Severity.NONE)


def test_positions_count_characters(repository: Repository) -> None:
    files = {
        "wide.py": "é = 'ééé'; print(absent)\n",
        "mark.py": "\ufeffprint(absent)\n",
        "latin.py": "# coding: latin-1\né = 'é'; print(absent)\n".encode("latin-1"),
        "windows.py": "x = 1\r\nprint(absent)\r\n",
        "mac.py": "x = 1\rprint(absent)\r",
        "tab.py": "def f():\n\tprint(absent)\n",
    }
    record = run_check("lint", target(repository(files)))
    found = {finding.path: finding for finding in record.findings if finding.rule == "lint/undefined-variable"}
    assert set(found) == set(files)
    for path, finding in found.items():
        source = files[path]
        text = source if isinstance(source, str) else source.decode("latin-1")
        line = text.removeprefix("\ufeff").splitlines()[finding.line - 1]
        assert line[finding.column - 1 : finding.end_column - 1] == "absent"


def test_code_that_does_not_parse_is_a_finding_and_the_rest_is_linted(repository: Repository) -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/bad.py": "x = 1\ndef f(:\n",
        "pkg/nul.py": b"x = '\0'\n",
        "pkg/utf8.py": b"x = '\xff'\n",
        "pkg/two.py": "print 'two'\n",
        "pkg/deep.py": "x = " + "(" * 500 + ")" * 500 + "\n",
        "pkg/good.py": "eval('1')\n",
    }
    record = run_check("lint", target(repository(files)))
    broken = {finding.path: finding.line for finding in record.findings if finding.rule == "lint/syntax-error"}
    assert set(broken) == {"pkg/bad.py", "pkg/nul.py", "pkg/utf8.py", "pkg/two.py", "pkg/deep.py"}
    assert broken["pkg/bad.py"] == 2
    assert only(record, "lint/eval-used").path == "pkg/good.py"
    assert record.outcome is Outcome.COMPLETE, record.reason


def test_no_path_of_the_machine_is_told(repository: Repository) -> None:
    record = lint_one(repository, b"x = '\xff'\n")
    assert "own.py" in record.findings[0].message
    assert "lockgate-" not in str(record.findings)


@pytest.mark.parametrize("files", [{}, {"README.md": "hello\n"}, {"a.txt": "x", "b/c.toml": ""}])
def test_without_python_nothing_was_examined(repository: Repository, files: dict[str, str]) -> None:
    record = run_check("lint", target(repository(files)))
    assert record.outcome is Outcome.INCOMPLETE
    assert record.reason == "nothing was examined: no Python files found"


@pytest.mark.parametrize(
    ("files", "own"),
    [
        (("src/a/x.py", "tools/y.py", "tests/z.py", "setup.py"), ["src/a/x.py"]),
        (("a/__init__.py", "a/tests/t.py", "a/testing.py", "b.py"), ["a/__init__.py", "a/testing.py", "b.py"]),
        (("a/x.py", "noxfile.py", "conftest.py", "docs/conf.py", "test_a.py", "a/x_test.py"), ["a/x.py"]),
        (("libs/a/src/a/x.py", ".venv/lib/site-packages/b.py", "examples/e.py"), ["libs/a/src/a/x.py"]),
        (("tests/a.py", "docs/b.py", ".nox/c.py"), ["tests/a.py", "docs/b.py"]),
        (("a.pyi", "b.txt", "c.PY"), []),
    ],
)
def test_own_packages(files: tuple[str, ...], own: list[str]) -> None:
    chosen, left = own_files(files)
    assert chosen == own
    python = [path for path in files if path.endswith(".py")]
    told = sum(int(re.search(r"\((\d+) ", skip.reason)[1]) for skip in left)  # type: ignore[index]
    assert told == len(python) - len(own)


def test_own_modules_find_each_other(repository: Repository) -> None:
    files = {
        "src/pkg/__init__.py": "",
        "src/pkg/a.py": "def there(): return 1\n",
        "src/pkg/b.py": "from pkg.a import there, absent\nfrom . import a\nprint(there(1), a.missing, absent)\n",
        "src/ns/inner/c.py": "import pkg.a\nprint(pkg.a.there())\n",
    }
    record = run_check("lint", target(repository(files)))
    assert {(finding.rule, finding.path, finding.line) for finding in record.findings} == {
        ("lint/no-name-in-module", "src/pkg/b.py", 1),
        ("lint/too-many-function-args", "src/pkg/b.py", 3),
        ("lint/no-member", "src/pkg/b.py", 3),
    }


def test_names_that_pylint_could_misread(repository: Repository) -> None:
    names = ["-a.py", "--version.py", "a b.py", "[ab].py", "*.py", "é.py"]
    record = run_check("lint", target(repository(dict.fromkeys(names, "eval('1')\n"))))
    assert {finding.path for finding in record.findings} == set(names)
    assert record.outcome is Outcome.COMPLETE


@pytest.mark.skipif(sys.platform == "darwin", reason="its file names are UTF-8")
def test_names_that_pylint_can_not_take(repository: Repository) -> None:
    names = ["a.py", "x\n.py", os.fsdecode(b"\xff.py")]
    record = run_check("lint", target(repository(dict.fromkeys(names, "eval('1')\n"))))
    assert [finding.path for finding in record.findings] == ["a.py"]
    assert {skip.subject for skip in record.coverage.skipped if skip.gap} == {"x\n.py", "\\xff.py"}
    assert record.outcome is Outcome.INCOMPLETE


def test_what_pylint_leaves_out_is_told(repository: Repository) -> None:
    files = {
        "a.py": "eval('1')\n",
        "gone.py": "eval('1')\n",
        "own.py": "# pylint: skip-file\neval('1')\n",
        "pyproject.toml": '[tool.pylint.main]\nignore-paths = ["gone.py"]\n',
    }
    record = run_check("lint", target(repository(files)))
    assert record.coverage.examined == 1
    assert {skip.subject: skip.reason for skip in record.coverage.skipped} == {
        "gone.py": "left out by pylint's settings in pyproject.toml",
        "own.py": "left out by its own comment, `# pylint: skip-file`",
    }


@pytest.mark.parametrize(
    "setting", ["disable=F", "disable=all", "disable=astroid-error,syntax-error", "confidence=INFERENCE"]
)
def test_no_setting_hides_that_a_file_was_not_examined(repository: Repository, setting: str) -> None:
    files = {
        "a.py": f"import os\nx = os{'.a' * 900}\n",  # nested more deeply than pylint goes
        "b.py": "x = (\n",
        "pylintrc": f"[MAIN]\n{setting}\n",
    }
    record = run_check("lint", target(repository(files)))
    assert record.reason == "not examined: a.py (pylint can't analyse it (astroid-error))"
    assert [(finding.path, finding.rule) for finding in record.findings] == [("b.py", "lint/syntax-error")]


def test_pylint_leaves_out_no_file_that_nobody_asked_it_to(repository: Repository) -> None:
    """By default it leaves out such names."""
    record = run_check("lint", target(repository({"src/.#a.py": "print(absent)\n", "src/CVS/b.py": "print(absent)\n"})))
    assert {finding.path for finding in record.findings} == {"src/.#a.py", "src/CVS/b.py"}
    assert record.coverage.skipped == ()


def test_settings_that_leave_everything_out_are_no_pass(repository: Repository) -> None:
    record = run_check("lint", target(repository({"a.py": "eval('1')\n", "pylintrc": "[MAIN]\nignore-paths=.*\n"})))
    assert record.outcome is Outcome.INCOMPLETE
    assert record.reason == "nothing was examined: pylintrc leaves out every file"


def test_a_string_of_the_line_is_in_no_message(repository: Repository) -> None:
    word = "hunter" + "2hunter2"
    record = lint_one(repository, f"def f(a): return a\nf('{word}') == f('{word}')\n[1, f('{word}')]\n")
    assert any(finding.rule == "lint/expression-not-assigned" for finding in record.findings)
    assert word not in str(record)


def test_a_fingerprint_holds_no_string_and_survives_a_moved_line(repository: Repository) -> None:
    one = only(lint_one(repository, "eval('first')\n"), "lint/eval-used")
    root = repository({"own.py": "# new\n\neval('second')  # why\n"}, name="moved")
    two = only(run_check("lint", target(root)), "lint/eval-used")
    assert one.fingerprint == two.fingerprint


def test_an_interpreter_that_does_not_exist(repository: Repository) -> None:
    record = lint_one(repository, "x = 1\n", python="absent-python-9")
    assert record.outcome is Outcome.INCOMPLETE
    assert "there is no interpreter 'absent-python-9'" in record.reason


@pytest.mark.parametrize(
    "script", ["#!/bin/sh\nexit 3\n", "#!/bin/sh\necho '{}'\n", "#!/bin/sh\nkill -9 $$\n", "\x7fELF"]
)
def test_an_interpreter_that_does_not_run(repository: Repository, tmp_path: Path, script: str) -> None:
    write(tmp_path, {"python": script})
    broken = tmp_path / "python"
    broken.chmod(0o755)
    record = lint_one(repository, "x = 1\n", python=str(broken))
    assert record.outcome is Outcome.INCOMPLETE
    assert str(broken) in record.reason
    assert (
        "--python takes a Python that works, of version 3.10 or newer" in record.reason
        or "can't be run" in record.reason
    )
    assert not record.findings


def test_what_is_no_interpreter(repository: Repository, tmp_path: Path) -> None:
    """Another program, Python 2 (which knows no option -I), a link to nothing and a folder in which there is none."""
    write(tmp_path, {"python2": "#!/bin/sh\necho Unknown option: -I >&2\nexit 2\n", "env/pyvenv.cfg": "home = /\n"})
    (tmp_path / "python2").chmod(0o755)
    (tmp_path / "broken/bin").mkdir(parents=True)
    (tmp_path / "broken/bin/python").symlink_to(tmp_path / "uninstalled/python3")
    reasons = {
        "/bin/cat": "instead of running pylint; --python takes a Python that works",
        str(
            tmp_path / "python2"
        ): "ended with exit code 2 instead of running pylint; --python takes a Python that works",
        str(tmp_path / "env"): "there is no interpreter",
        str(tmp_path / "broken/bin/python"): "there is no interpreter",
    }
    root = repository({"own.py": "x = 1\n"})
    for python, reason in reasons.items():
        record = run_check("lint", target(root, python=python))
        assert record.outcome is Outcome.INCOMPLETE
        assert python in record.reason
        assert reason in record.reason


# Source, and what of pylint's message on its last line is told.
SAID = {
    "def f(a)\n": "expected ':'",
    "f = (1\n": "'(' was never closed",
    "print 'x'\n": "Missing parentheses in call to 'print'",
    "from .gone import x\n": "Unable to import 'pkg.gone'",
    "from .lib import gone\n": "No name 'gone' in module 'pkg.lib'",
    "from .lib import Made\nMade().gone\n": "Instance of 'Made' has no 'gone' member",
    "from .lib import made\nmade()\n": "No value for argument 'needed' in function call",
    "import jwt\njwt.decode('', options={'verify_signature': False})\n": "verify_signature=False",
}


def test_messages_name_what_they_are_about(repository: Repository) -> None:
    lib = "class Made:\n    pass\n\n\ndef made(needed):\n    return needed\n"
    files = {f"pkg/m{number}.py": source for number, source in enumerate(SAID)}
    record = run_check("lint", target(repository({"pkg/__init__.py": "", "pkg/lib.py": lib, **files})))
    told = {path: [found.message for found in record.findings if found.path == path] for path in files}
    assert not [
        (source, told[path])
        for path, source in files.items()
        if not any(SAID[source] in message for message in told[path])
    ]


def test_no_comment_allows_a_file_that_does_not_parse(repository: Repository) -> None:
    record = lint_one(repository, "def f(a)  # pylint: disable=syntax-error\n")
    assert only(record, "lint/syntax-error").fix == "Mend it, or leave the file out with `exclude`."


def test_notebooks_are_told_and_no_gap(repository: Repository) -> None:
    record = run_check("lint", target(repository({"a.py": "x = 1\n", "n/b.ipynb": "{}", ".cache/c.ipynb": "{}"})))
    assert record.outcome is Outcome.COMPLETE
    assert {skip.subject: skip.reason for skip in record.coverage.skipped} == {
        "n/b.ipynb": "a notebook: only Python files are linted"
    }
    record = run_check("lint", target(repository({"n/b.ipynb": "{}"}, name="alone")))
    assert record.reason.startswith("nothing was examined: no Python files found; left out: n/b.ipynb (a notebook")


def test_code_of_python_2(repository: Repository) -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/old.py": "import os\n\ntry:\n    print 'two'\nexcept OSError, error:\n    raise OSError, error\n",
        "pkg/uses.py": "from pkg import old\neval('1')\n",
    }
    record = run_check("lint", target(repository(files)))
    broken = [(found.path, found.line) for found in record.findings if found.rule == "lint/syntax-error"]
    assert broken == [("pkg/old.py", 4)]
    assert only(record, "lint/eval-used").path == "pkg/uses.py"
    assert (record.outcome, record.coverage.examined) == (Outcome.COMPLETE, 3)


def test_pylint_missing_in_the_interpreter(repository: Repository, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    python = tmp_path / "bare/bin/python"
    record = lint_one(repository, "x = 1\n", python=str(python))
    assert record.reason == (
        f"pylint is not installed in {python}; install it with `{python} -m pip install 'pylint>=4'`"
    )


def test_a_pylint_that_is_too_old(repository: Repository, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "old"], check=True)
    python = tmp_path / "old/bin/python"
    site = next(tmp_path.glob("old/lib/python*/site-packages"))
    write(site, {"pylint/__init__.py": "__version__ = '3.3.9'\n", "pylint/__main__.py": ""})
    record = lint_one(repository, "x = 1\n", python=str(python))
    assert record.reason.startswith(f"pylint 3.3.9 in {python} does not tell what it linted; install it with")


def test_every_rule_of_pylint_is_listed() -> None:
    rules = {rule.id: rule for rule in lint.all_rules()}
    assert set(CONTRACTS) <= set(rules)
    assert len(rules) > 300
    assert rules["lint/eval-used"].severity is Severity.LOW
    assert rules["lint/line-too-long"].severity is Severity.NONE
    assert all(rule.summary and rule.explanation for rule in rules.values())
    assert {rule.id for rule in rules.values() if not rule.help_uri} == set(OWN), "of ours we have the page"


def test_no_literal_or_comment_of_the_file_is_in_a_message(repository: Repository) -> None:
    word = "hunter" + "2hunter2"
    lines = (
        f"# TODO: rotate {word}",
        "A = {",
        f'    "{word}",',
        f'    "{word}",',
        "}",
        f'B = {{"{word}": 1,',
        f'    "{word}": 2}}',
    )
    record = lint_one(repository, "\n".join((*lines, 'open("f",', f'    "{word}")', "")))
    assert {finding.rule for finding in record.findings} >= {"lint/fixme", "lint/duplicate-key", "lint/duplicate-value"}
    assert word not in str(record)
