"""The rules of the plug-in on their own examples and on the labelled snippets, by real pylint."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from labelled import VALUE, by_rule, filled, independent

from lockgate.checks.run import run_check
from lockgate.engines import pylint
from lockgate.lint.catalogue import checkers
from lockgate.model.finding import Confidence, Severity
from lockgate.model.record import Outcome
from lockgate.model.rule import page
from support import target, write

Repository = Callable[..., Path]
RULES = {checker.rule.symbol: checker.rule for checker in checkers()}
SNIPPETS = by_rule()
INDEPENDENT = independent()


WORDED = """\
import logging
import marshal
import pickle


def tell(password, data):
    print(f"password={password}")
    logging.info(password)
    marshal.loads(data)
    pickle.loads(data)
    raise ValueError(f"bad {password}")
"""


def module(symbol: str) -> str:
    return symbol.replace("-", "_")


def nested() -> str:
    """Texts of 60 parts, each of 60 parts, and so on: 60 to the power of 8 parts, if each were looked into."""
    steps = "".join(f"a{step} = f'{60 * f'{{a{step + 1}}}'}'\n" for step in range(7, -1, -1))
    uses = "secret_key = a0\nprint(a0)\nsubprocess.run(a0, shell=True, check=True)\n"
    writes = "pathlib.Path('.env').write_text('')\n" * 1000
    turning = (
        "while True:\n    turned = f'{turned}'\n    subprocess.run(turned, shell=turned)\n    print(turned == turned)\n"
    )
    turning = f"def turn():\n{textwrap.indent(turning, '    ')}"
    return f"import pathlib\nimport subprocess\nimport time\na8 = time.time()\n{steps}{uses}{writes}{turning}"


@pytest.fixture(scope="module")
def linted(tmp_path_factory: pytest.TempPathFactory) -> pylint.Linted:
    """All examples and snippets, linted in one run."""
    files = {each.path: each.code for each in (*SNIPPETS.values(), *INDEPENDENT.values())}
    for symbol, rule in RULES.items():
        files |= {f"bad_{module(symbol)}.py": rule.bad, f"good_{module(symbol)}.py": rule.good}
    files["nested.py"] = nested()
    files["worded.py"] = WORDED
    sources = {path: filled(text).encode() for path, text in files.items()}
    return pylint.lint(sources, root=tmp_path_factory.mktemp("none"), progress=lambda _done, _total: None)


def found(linted: pylint.Linted, path: str) -> list[pylint.Message]:
    return [message for message in linted.messages if message.path == path and message.symbol in RULES]


@pytest.mark.parametrize("symbol", RULES)
def test_the_bad_example_is_found_and_the_good_one_is_not(linted: pylint.Linted, symbol: str) -> None:
    assert {message.symbol for message in found(linted, f"bad_{module(symbol)}.py")} == {symbol}
    assert not found(linted, f"good_{module(symbol)}.py")


@pytest.mark.parametrize("symbol", RULES)
def test_the_labelled_lines_are_found_and_no_others(linted: pylint.Linted, symbol: str) -> None:
    snippets = SNIPPETS[symbol]
    assert len(snippets.bad) > 1
    messages = found(linted, snippets.path)
    assert sorted(message.line for message in messages if message.symbol == symbol) == list(snippets.bad)


@pytest.mark.parametrize("name", INDEPENDENT)
def test_what_libraries_document_is_found_and_nothing_else(linted: pylint.Linted, name: str) -> None:
    snippets = INDEPENDENT[name]
    messages = found(linted, snippets.path)
    assert sorted((message.line, message.symbol) for message in messages) == list(snippets.bad.items())


def test_snippets_are_code(linted: pylint.Linted) -> None:
    """And no rule breaks on it."""
    assert not [message for message in linted.messages if message.symbol in ("syntax-error", "astroid-error")]


def test_there_are_snippets_for_each_rule() -> None:
    assert set(SNIPPETS) == set(RULES)
    assert {each for snippets in INDEPENDENT.values() for each in snippets.bad.values()} <= set(RULES)


def test_a_value_that_is_put_together_of_very_many_parts_is_judged(linted: pylint.Linted) -> None:
    symbols = [message.symbol for message in found(linted, "nested.py")]
    assert {"guessable-key", "shell-from-data"} <= set(symbols)
    assert symbols.count("env-file-readable") == 1000


def test_no_value_is_in_a_message(linted: pylint.Linted) -> None:
    ours = [message for message in linted.messages if message.symbol in RULES]
    assert ours
    assert not [message.text for message in ours if VALUE in message.text]


def test_a_message_says_what_becomes_of_it(linted: pylint.Linted) -> None:
    assert [message.text for message in found(linted, "worded.py")] == [
        "'password' is printed: whoever reads that has it",
        "'password' goes into a log: whoever reads that has it",
        "marshal.loads crashes on crafted data, or makes code of it",
        "pickle.loads runs whatever code the data names",
        "'password' goes into the text of an exception: whoever reads that has it",
    ]


def test_messages_are_our_own(linted: pylint.Linted) -> None:
    """That no other has their ids is what pylint sees to itself: it takes none of two such messages."""
    assert len({rule.message_id for rule in RULES.values()}) == len(RULES)
    assert all(rule.message_id[1:3] == "98" for rule in RULES.values())
    assert not set(RULES) & set(linted.known.descriptions)
    assert set(linted.known.rules) == set(RULES)


def test_the_plug_in_is_usable_alone(tmp_path: Path) -> None:
    write(tmp_path, {"own.py": f"API_TOKEN = '{VALUE}'\n"})
    command = [sys.executable, "-m", "pylint", "--load-plugins=lockgate.lint", "--output-format=json", "own.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    symbols = {message["symbol"]: message["message-id"] for message in json.loads(done.stdout)}
    assert symbols["hardcoded-credential"] == "E9801"


def test_a_finding_is_one_of_our_own(repository: Repository) -> None:
    root = repository({"own.py": f"API_TOKEN = '{VALUE}'\neval('1')\n"})
    record = run_check("lint", target(root))
    (finding,) = [each for each in record.findings if each.rule == "lint/hardcoded-credential"]
    assert (finding.line, finding.severity, finding.confidence) == (1, Severity.HIGH, Confidence.HIGH)
    assert finding.message == "'API_TOKEN' is given a literal: a credential in the code"
    assert finding.help_uri == page(finding.rule)
    (rule,) = [each for each in record.rules if each.id == finding.rule]
    assert rule.cwe == (798, 259)
    assert "lint/eval-used" in {each.rule for each in record.findings}
    assert VALUE not in str(record)


def test_a_comment_allows_one_of_our_own(repository: Repository) -> None:
    root = repository({"own.py": f"API_TOKEN = '{VALUE}'  # pylint: disable=hardcoded-credential\n"})
    record = run_check("lint", target(root))
    assert not [each for each in record.findings if each.rule == "lint/hardcoded-credential"]
    assert record.coverage.allowed == 1


def test_a_project_that_loads_our_plug_in_itself_is_obeyed(repository: Repository) -> None:
    rc = "[MAIN]\nload-plugins=lockgate.lint\n"
    record = run_check("lint", target(repository({"own.py": f"API_TOKEN = '{VALUE}'\n", "pylintrc": rc})))
    assert "lint/hardcoded-credential" in {each.rule for each in record.findings}
    assert not [note for note in record.coverage.notes if "not obeyed" in note]


def test_a_plug_in_beside_ours_is_not_obeyed(repository: Repository) -> None:
    rc = "[MAIN]\nload-plugins=lockgate.lint,\n    their.own\n"
    record = run_check("lint", target(repository({"own.py": "eval('1')\n", "pylintrc": rc})))
    assert "not obeyed of pylintrc: load-plugins (may run code; --trust obeys)" in record.coverage.notes


def test_an_interpreter_without_lockgate_has_our_rules(repository: Repository, tmp_path: Path) -> None:
    """A virtual environment that sees pylint, and no lockgate."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "other"], check=True)
    site = next(tmp_path.glob("other/lib/python*/site-packages"))
    for package in ("pylint", "astroid", "isort", "mccabe", "tomlkit", "platformdirs", "dill"):
        (site / package).symlink_to(Path(sys.prefix, *site.parts[-3:], package), target_is_directory=True)
    root = repository({"own.py": f"API_TOKEN = '{VALUE}'\n"})
    record = run_check("lint", target(root, python=str(tmp_path / "other/bin/python")))
    assert record.outcome is Outcome.COMPLETE, record.reason
    assert "lint/hardcoded-credential" in {each.rule for each in record.findings}


def test_without_our_rules_the_record_is_incomplete(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pylint, "_PLUG_IN", {"name": "absent.lint", "folder": str(tmp_path)})
    record = run_check("lint", target(repository({"own.py": "eval('1')\n"})))
    assert record.outcome is Outcome.INCOMPLETE
    assert record.reason == "the rules of lockgate.lint can't be loaded into this interpreter"
    assert [each.rule for each in record.findings] == ["lint/eval-used"]
