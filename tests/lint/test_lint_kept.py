"""A second run of the lint check lints again only what may have changed, and finds what a full run finds."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks.lint import kept
from lockgate.checks.run import run_check
from lockgate.engines import environment, pylint
from lockgate.model.record import Record
from support import noise, target, untimed, write

Repository = Callable[..., Path]
FILES = {"pkg/__init__.py": "", "pkg/a.py": "import os\n\n\ndef f(x):\n    return y\n"}


@pytest.fixture(autouse=True)
def _own(own_cache: Path) -> None:
    """No test takes a result of another one."""


def test_an_unchanged_project_is_not_linted_again(repository: Repository, runs: list[int]) -> None:
    root = repository(FILES)
    first = run_check("lint", target(root))
    assert first.findings
    assert untimed(run_check("lint", target(root))) == untimed(first)
    assert runs == [2]


# Changes one after another, each with the number of files that are linted for it.
CHANGES: tuple[tuple[dict[str, str], list[int]], ...] = (
    ({"tests/x.py": ""}, []),
    ({"pkg/a.py": "def f(x):\n    return z\n"}, [1]),
    ({"pkg/__init__.py": "x = 1\n"}, [1]),
    ({"pkg/b.py": ""}, [1]),
    ({"pkg/f.py": ""}, [2]),  # pkg/a.py has a word f
    ({"b.py": "import os\n"}, [5]),
    ({"pkg/inner/b.py": ""}, [6]),
    ({"pyproject.toml": '[tool.pylint.main]\ndisable = ["unused-import"]\n'}, [6]),
)


def test_what_a_change_has_linted_again(repository: Repository, runs: list[int], own_cache: Path) -> None:
    root = repository(FILES)
    run_check("lint", target(root))
    for change, linted in CHANGES:
        runs.clear()
        write(root, change)
        last = run_check("lint", target(root))
        assert runs == linted, change
    assert {finding.rule for finding in last.findings} == {"lint/undefined-variable", "lint/unused-argument"}
    assert untimed(last) == untimed(fresh(root, own_cache))


def test_a_module_that_is_named_by_no_word_is_seen(repository: Repository) -> None:
    root = repository({"pkg/__init__.py": '__all__ = ["mo" + "dule"]\n'})
    assert [finding.rule for finding in run_check("lint", target(root)).findings] == ["lint/undefined-all-variable"]
    write(root, {"pkg/module.py": ""})
    assert not run_check("lint", target(root)).findings


@pytest.mark.parametrize(
    ("package", "may"),
    [
        ('__all__ = ["a", "x"]\n', False),
        ("__all__: list[str] = (\n    'x',  # comment\n    'y'\n)\n__all__ += ['z']\n", False),
        ("x = 1\n", False),
        ('__all__ = ["mo" "dule"]\n', True),
        ('__all__ = ["\\x6dodule"]\n', True),
        ("__all__ = [*names]\n", True),
        ("__all__ = ['x'] + ['mo' + 'dule']\n", True),
        ("__all__.append('x' + 'y')\n", True),
        pytest.param("__all__:" * 500_000, True, id="many"),  # to look at each to its end would take hours
    ],
)
def test_a_plain_list_of_names_is_read_by_its_words(package: str, may: bool) -> None:
    assert kept.may_list(package.encode()) is may


def fresh(root: Path, cache: Path) -> Record:
    """The record of a run of which nothing is kept."""
    shutil.rmtree(cache / "lint")
    return run_check("lint", target(root))


# A project of all that makes a module depend on others. The names: of a module that stands in the way of one of the standard library,
# of packages that import each other, of a namespace package, of classes over several modules.
SAMPLE = {
    "src/app/__init__.py": "from app.base import *\nfrom app import types\n",
    "src/app/base.py": (
        "class Base:\n    def __init__(self, name):\n        self.name = name\n\n"
        "    def run(self, one):\n        return one\n\n\nLIMIT = 3\n"
    ),
    "src/app/middle.py": (
        "from app.base import Base\n\n\nclass Middle(Base):\n    def more(self):\n        return self.name\n"
    ),
    "src/app/types.py": "class Kind:\n    size = 1\n",
    "src/app/star.py": "from app.functions import *\n\nVALUE = take(1)\n",
    "src/app/functions.py": "def take(one):\n    return one\n\n\ndef give():\n    return take(2)\n",
    "src/app/left.py": "from app import right\n\n\ndef here():\n    return right.there()\n",
    "src/app/right.py": "from app import left\n\n\ndef there():\n    return left.here()\n",
    "src/app/attributes.py": "import app.state\n\napp.state.added = 1\nprint(app.state.added, app.state.known)\n",
    "src/app/state.py": "known = 1\n",
    "src/app/reads.py": "from app import state\n\nprint(state.known, state.added)\n",
    "src/space/inner/one.py": "from space.inner import two\n\nprint(two.NUMBER)\n",
    "src/space/inner/two.py": "NUMBER = 2\n",
    "src/queue.py": "def own():\n    return 1\n",
    "src/uses_queue.py": "import queue\n\nprint(queue.own(), queue.Queue)\n",
    "src/broken.py": "def broken(:\n",
    "src/uses_broken.py": "from broken import broken\n\nprint(broken())\n",
    **{
        f"src/app/leaf{number}.py": (
            f"from app.middle import Middle\nfrom app.functions import take, give\n\n\n"
            f"class Leaf{number}(Middle):\n    def run(self, one):\n        return self.more() + take(one) + give()\n\n\n"
            f"VALUE = give()\nprint(Leaf{number}('x').run({number}))\n"
        )
        for number in range(2)
    },
    "src/app/heir.py": "from app.middle import Middle\n\nprint(Middle('x').more())\n",
}
# Edits, with the files that each writes (None removes one) and one that is not among them in which it changes what is found.
Edit = tuple[dict[str, str | None], str]
STEPS: tuple[dict[str, Edit], ...] = (
    {
        "a body": (
            {"src/app/functions.py": "def take(one):\n    return one.x\n\n\ndef give():\n    print()\n"}, "src/app/leaf1.py",
        ),
        "a removed file": ({"src/app/state.py": None}, "src/app/attributes.py"),
        "one that stood in the place of one of the standard library": ({"src/queue.py": None}, "src/uses_queue.py"),
        "a package": ({"src/space/inner/two.py": "OTHER = 2\n", "src/space/__init__.py": ""}, "src/space/inner/one.py"),
    },
    {
        "a removed function": ({"src/app/functions.py": "def give():\n    return 2\n"}, "src/app/star.py"),
        "code that does parse": ({"src/broken.py": "def broken(one):\n    return one\n"}, "src/uses_broken.py"),
        "a cycle": ({"src/app/right.py": "there = 1\n"}, "src/app/left.py"),
        "a file that is added": ({"src/app/state.py": SAMPLE["src/app/state.py"]}, "src/app/attributes.py"),
        "a base class": ({"src/app/middle.py": "class Middle:\n    pass\n"}, "src/app/heir.py"),
    },
    {
        "a signature": (
            {"src/app/functions.py": "def take():\n    return 1\n\n\ndef give(): return 2\n"}, "src/app/star.py",
        ),
        "a renamed file": ({"src/app/middle.py": None, "src/app/central.py": SAMPLE["src/app/middle.py"]}, "src/app/heir.py"),
    },
)  # fmt: skip


def test_what_is_found_after_any_edit_is_what_a_full_run_finds(
    repository: Repository, own_cache: Path, tmp_path: Path
) -> None:
    """Edits one after another, of which each changes what is found in another file."""
    root = repository(SAMPLE)
    before = run_check("lint", target(root))
    for number, edits in enumerate(STEPS):
        for files, _ in edits.values():
            edit(root, files)
        after = run_check("lint", target(root))
        saved = shutil.copytree(own_cache / "lint", tmp_path / f"kept{number}")
        assert untimed(fresh(root, own_cache)) == untimed(after), edits.keys()
        for what, (_, elsewhere) in edits.items():
            assert about(after, elsewhere) != about(before, elsewhere), f"{what} is felt nowhere else"
        shutil.rmtree(own_cache / "lint")
        saved.rename(own_cache / "lint")  # the next run goes on from what this one kept
        before = after


def edit(root: Path, files: dict[str, str | None]) -> None:
    for path, text in files.items():
        if text is None:
            (root / path).unlink()
    write(root, {path: text for path, text in files.items() if text is not None})


def about(record: Record, path: str) -> list[tuple[str, int, str]]:
    return [(finding.rule, finding.line, finding.message) for finding in record.findings if finding.path == path]


def test_without_forks_pylint_says_the_same(tmp_path: Path) -> None:
    """As on Windows: all modules in one process, of which each may depend on every other one."""
    files = {path: text.encode() for path, text in SAMPLE.items()}
    said = [
        pylint.lint(files, root=tmp_path, processes=processes, progress=lambda _done, _total: None)
        for processes in (0, 2)
    ]
    together, alone = ({module.path: module for module in linted.modules} for linted in said)
    assert together.keys() == alone.keys() == files.keys()
    assert {message.symbol for message in alone["src/app/reads.py"].messages} == {"no-member"}
    assert not together["src/app/reads.py"].messages, "here it is known what src/app/attributes.py sets"
    for path, module in alone.items():
        assert together[path].needs == files.keys() - {path}
        if path != "src/app/reads.py":
            assert sorted(map(repr, together[path].messages)) == sorted(map(repr, module.messages)), path
    assert alone["src/app/leaf1.py"].needs == {
        f"src/app/{name}.py" for name in ("__init__", "base", "functions", "middle")
    }


def test_a_leaf_alone_is_linted_again(repository: Repository, runs: list[int]) -> None:
    root = repository(SAMPLE)
    run_check("lint", target(root))
    write(root, {"src/app/leaf1.py": "import os\n"})
    run_check("lint", target(root))
    assert runs == [len(SAMPLE), 1]


def test_what_is_said_of_several_modules_is_kept_as_a_whole(
    repository: Repository, runs: list[int], own_cache: Path
) -> None:
    body = "".join(f"    value_{number} = one + {number}\n" for number in range(9))
    files = {
        "pkg/__init__.py": "",
        "pkg/a.py": f"import pkg.b\n\n\ndef first(one):\n{body}",
        "pkg/b.py": f"import pkg.a\n\n\ndef second(one):\n{body}",
        "pylintrc": "[MAIN]\nenable=cyclic-import,duplicate-code\n",
    }
    root = repository(files)
    first = run_check("lint", target(root))
    assert {"lint/cyclic-import", "lint/duplicate-code"} <= {finding.rule for finding in first.findings}
    assert untimed(run_check("lint", target(root))) == untimed(first)
    write(root, {"pkg/b.py": "def second(one):\n    return one\n"})
    second = run_check("lint", target(root))
    assert not {"lint/cyclic-import", "lint/duplicate-code"} & {finding.rule for finding in second.findings}
    assert untimed(fresh(root, own_cache)) == untimed(second)
    assert runs == [4, 3, 4], "three modules and what is said of all"


def test_gaps_are_tried_again(repository: Repository, runs: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pylint, "SECONDS_A_MODULE", 1)
    endless = {"pkg/b.py": f"def f({'a' * 60}_): return 1\n", "pylintrc": "[MAIN]\nignored-argument-names=(a+)+$\n"}
    root = repository({**FILES, **endless})
    reasons = [run_check("lint", target(root)).reason for _ in range(2)]
    assert reasons[0] == reasons[1] != ""
    assert runs == [3, 1]


def test_a_user_who_trusts_is_asked_no_cache(repository: Repository, runs: list[int]) -> None:
    root = repository(FILES)
    for _ in range(2):
        run_check("lint", target(root, trust=True))
    assert len(runs) == 2


def test_the_cache_holds_no_value(repository: Repository, own_cache: Path) -> None:
    value = f"ghp_{noise(36)}"
    root = repository({"pkg/__init__.py": "", "pkg/a.py": f"import {value}\n{value}.x()\n"})
    assert run_check("lint", target(root)).findings
    stored = [path.read_bytes() for path in (own_cache / "lint").iterdir()]
    assert stored
    assert not any(value.encode() in data for data in stored)


def test_what_is_installed_is_part_of_it(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = str(folder / "bin" / "python")
    first = environment.fingerprint(python, tmp_path)
    assert first == environment.fingerprint(python, tmp_path) != ""
    (packages,) = folder.glob("lib/python3*/site-packages")
    (packages / "demo-1.0.dist-info").mkdir()
    second = environment.fingerprint(python, tmp_path)
    assert second not in ("", first)
    (packages / "x.pth").write_text(str(tmp_path / "src"))
    assert environment.fingerprint(python, tmp_path) not in ("", second)
    for line in ("/elsewhere", "import _editable_impl_demo"):
        (packages / "x.pth").write_text(line)
        assert environment.fingerprint(python, tmp_path) == ""


@pytest.mark.parametrize("setting", ["include-system-site-packages = true", "Include-System-Site-Packages=TRUE"])
def test_of_an_environment_that_sees_other_packages_nothing_is_known(tmp_path: Path, setting: str) -> None:
    """However it is written: Python takes either."""
    write(tmp_path, {"bin/python": "", "pyvenv.cfg": "home = /usr\n", "lib/python3.11/site-packages/x.cfg": ""})
    (tmp_path / "bin/python").chmod(0o755)
    python = str(tmp_path / "bin/python")
    assert environment.fingerprint(python, tmp_path) != ""
    write(tmp_path, {"pyvenv.cfg": f"home = /usr\n{setting}\n"})
    assert environment.fingerprint(python, tmp_path) == ""


@pytest.mark.parametrize("python", ["no-such-python", "/usr/bin/env"])
def test_of_another_interpreter_nothing_is_known(tmp_path: Path, python: str) -> None:
    assert environment.fingerprint(python, tmp_path) == ""
