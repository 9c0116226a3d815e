"""Which of pylint's messages fail the gate by default."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lockgate.checks import lint
from lockgate.checks.lint.gating import GATING
from lockgate.checks.run import run_check
from lockgate.config.settings import Settings
from lockgate.engines import pylint
from lockgate.model.finding import Confidence, Severity
from lockgate.model.record import Outcome, Record
from lockgate.model.report import Verdict
from lockgate.policy.verdict import decide
from support import target, write

Repository = Callable[..., Path]
SYMBOLS = {symbol for symbols in GATING.values() for symbol in symbols.split()}
# Each of these is one gating message, on line 2.
GATES = {
    "syntax-error": "# a\ndef (:\n",
    "return-outside-function": "# a\nreturn 1\n",
    "not-in-loop": "# a\nbreak\n",
    "await-outside-async": "def f(a):\n    await a\n",
    "init-is-generator": "class A:\n    def __init__(self):\n        yield 1\n",
    "undefined-variable": "# a\nprint(absent)\n",
    "too-few-format-args": "# a\nprint('%s %s' % (1,))\n",
    "too-many-format-args": "# a\nprint('%s' % (1, 2))\n",
    "bad-format-character": "# a\nprint('%y' % 1)\n",
    "missing-format-string-key": "# a\nprint('%(a)s' % {'b': 1})\n",
    "logging-too-few-args": "import logging\nlogging.info('%s %s', 1)\n",
    "logging-too-many-args": "import logging\nlogging.info('%s', 1, 2)\n",
    "assert-on-tuple": "# a\nassert (1, 'always')\n",
    "bidirectional-unicode": "# a\nx = 'user\u202e'\n",
    "invalid-character-esc": "# a\nx = 'a\x1bb'\n",
}
# What pylint tells of code that works: where its dependencies are not there, or another Python runs it.
HARMLESS = {
    "star": "from absent import *\nfrom os.path import *\nprint(whatever, join)\n",
    "old": "import sys\nif sys.version_info[0] < 3:\n    print(unicode, basestring, raw_input, long, xrange, WindowsError)\n",
    "new": "import sys\nif sys.version_info >= (3, 15):\n    print(frozendict)\n",
    "gettext": "print(_('text'))\n",
    "ipython": "def f():\n    return get_ipython().config\n",
    "caught": "try:\n    absent\nexcept NameError:\n    pass\n",
    "calls": "from absent import base\nclass A(base):\n    pass\nA(1, b=2).c.d()\n",
    "eval": "eval('1')\nexec('x = 1')\n",
    "newer": "import sys\nimport shutil\nif sys.version_info >= (3, 99):\n    shutil.rmtree('x', newer=1)\n",
    "cyclic/__init__": "from .inner import thing\nfrom absent import other\ninner.thing()\nprint(thing, other.x)\n",
    "cyclic/inner": "def thing(): pass\n",
    # pylint takes the field of the class for the name of the module: both defaults work.
    "fields": "import os, json as j\nfrom a import (b)\nC = 1\ndef d(): pass\nclass A:\n    os: str\n    j: str\n    b: str\n    C: str\n"
    "    d: str\n    def f(self, p=os.sep, q=j.x, r=b, s=C, t=d): pass\n",
    "lines": "x = 1\ry = 2\r",
}


def verdict(record: Record) -> Verdict:
    return decide([record], Settings(), {}).verdict


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """The record of one project with a module for each."""
    root = tmp_path_factory.mktemp("gating")
    write(root, {f"{symbol.replace('-', '_')}.py": source for symbol, source in GATES.items()})
    return run_check("lint", target(root))


@pytest.mark.parametrize("symbol", GATES)
def test_errors_that_are_surely_bugs_fail_the_gate(record: Record, symbol: str) -> None:
    path = f"{symbol.replace('-', '_')}.py"
    found = [finding for finding in record.findings if finding.rule == f"lint/{symbol}" and finding.path == path]
    assert [(finding.line, finding.severity) for finding in found] == [(2, Severity.HIGH)]
    assert found[0].confidence is not Confidence.LOW
    assert next(rule for rule in record.rules if rule.id == f"lint/{symbol}").severity is Severity.HIGH
    assert verdict(record) is Verdict.FAIL


def test_code_that_works_does_not_fail_the_gate(repository: Repository) -> None:
    record = run_check("lint", target(repository({f"{name}.py": source for name, source in HARMLESS.items()})))
    told = {finding.rule for finding in record.findings}
    assert told >= {"lint/undefined-variable", "lint/import-error", "lint/eval-used", "lint/unexpected-keyword-arg"}
    counted = [f for f in record.findings if f.severity is Severity.HIGH and f.confidence is not Confidence.LOW]
    assert not counted
    assert verdict(record) is Verdict.PASS


@pytest.mark.parametrize(
    ("requires", "gates"), [(">=3.99", False), (">=3.9", True), ("", True), ("nonsense", True), (">=3.9,<3.10", False)]
)
def test_code_for_another_python_is_not_examined_and_does_not_fail(
    repository: Repository, requires: str, gates: bool
) -> None:
    project = f'[project]\nname = "a"\nrequires-python = "{requires}"\n'
    root = repository({"src/a.py": "x = 1\nnew syntax\n", "src/b.py": "print(absent)\n", "pyproject.toml": project})
    record = run_check("lint", target(root))
    rules = {finding.rule for finding in record.findings}
    assert "lint/undefined-variable" in rules
    assert ("lint/syntax-error" in rules) is gates
    assert (record.outcome is Outcome.COMPLETE) is gates
    if not gates:
        assert record.reason.startswith("not examined: src/a.py (does not parse on Python 3.")
    # What is kept is for what the project supports.
    write(root, {"pyproject.toml": project.replace(requires, ">=3.9" if not gates else ">=3.99") if requires else ""})
    again = run_check("lint", target(root))
    assert (again.outcome is Outcome.COMPLETE) is (not gates if requires else gates)


def test_every_gating_message_is_one_of_pylints() -> None:
    known = {rule.id: rule for rule in lint.all_rules()}
    assert {f"lint/{symbol}" for symbol in SYMBOLS} <= known.keys()
    high = {name for name, rule in known.items() if rule.severity is Severity.HIGH}
    assert high == {
        f"lint/{symbol}"
        for symbol in (*SYMBOLS, *(s for s, r in pylint.known().rules.items() if r.severity is Severity.HIGH))
    }


def test_the_page_has_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs/lint.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]+) \| (`[^|]+`) \|$", page, re.MULTILINE)
    assert [(why, re.findall(r"`([\w-]+)`", symbols)) for why, symbols in rows] == [
        (why, symbols.split()) for why, symbols in GATING.items()
    ]
