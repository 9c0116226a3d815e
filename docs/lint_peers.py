"""Writes the comparison of `lockgate.lint` with bandit and ruff into docs/lint.md: `python docs/lint_peers.py [--check]`.

All three run over the labelled snippets of tests/lint (see labelled.py there), which are written to a temporary directory. What is
counted are statements: a bad one is found where a message of its class lies on it, a good one is a false alarm where one does. A
class is one of our rules, and those messages of bandit and ruff that are about the same. With `--check` nothing is written; the exit
code is 1 where the page is stale.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

PAGE = Path(__file__).parent / "lint.md"
BEGIN, END = "<!-- begin: python docs/lint_peers.py -->\n", "<!-- end -->\n"
sys.path.insert(0, str(Path(__file__).parent.parent / "tests/lint"))

from labelled import Module, by_rule, independent  # noqa: E402

OURS = "lockgate.lint"
TOOLS = (OURS, "bandit", "ruff")
# The numbers of what bandit (B…) and ruff (S…) tell that is about the same as our rule; they share them.
PASSWORDS = frozenset({105, 106, 107})
CLASSES: Mapping[str, frozenset[int]] = {
    "hardcoded-credential": PASSWORDS,
    "hardcoded-key": PASSWORDS,
    "credential-in-url": PASSWORDS,
    "guessable-key": frozenset({311}),
    "weak-key-size": frozenset({505}),
    "certificate-not-verified": frozenset({323, 501}),
    "host-key-not-verified": frozenset({507}),
    "unsafe-yaml-load": frozenset({506}),
    "unsafe-deserialisation": frozenset({301, 302, 614}),
    "code-from-data": frozenset({102, 307}),
    "shell-from-data": frozenset({602, 604, 605, 609}),
    "guessable-temporary-file": frozenset({306}),
    "env-file-readable": frozenset({103}),
}


RULES = frozenset(by_rule())


class Unit(NamedTuple):
    """Lines of a file, and the rules that are told there, or of which one should or must not be."""

    path: str
    first: int
    last: int
    symbols: frozenset[str]

    def meets(self, other: Unit) -> bool:
        """Whether both have a line and a rule in common."""
        lines = self.path == other.path and self.first <= other.last and other.first <= self.last
        return lines and bool(self.symbols & other.symbols)


class Score(NamedTuple):
    """How many bad statements were told, and how many good ones."""

    found: int = 0
    false: int = 0


class Row(NamedTuple):
    """What the tools make of one module."""

    name: str
    bad: int
    good: int
    scores: Mapping[str, Score]


def main(arguments: list[str]) -> int:
    """Write or check the page; the exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: python docs/lint_peers.py [--check]", file=sys.stderr)
        return 2
    before = PAGE.read_text(encoding="utf-8")
    after = with_table(before, table(compared()))
    if arguments and before != after:
        print("docs/lint.md is stale; run `python docs/lint_peers.py`", file=sys.stderr)
        return 1
    PAGE.write_text(after, encoding="utf-8")
    return 0


def compared() -> tuple[list[Row], list[Row]]:
    """The scores for the snippets by rule, and for the independent ones."""
    sets = (by_rule(), independent())
    with tempfile.TemporaryDirectory(prefix="lockgate-") as private:
        for module in (each for modules in sets for each in modules.values()):
            Path(private, module.path).write_text(module.code, encoding="utf-8")
        told = {OURS: list(_pylint(private)), "bandit": list(_bandit(private)), "ruff": list(_ruff(private))}
    first, second = ([_row(module, told) for module in modules.values()] for modules in sets)
    return first, second


def statements(code: str) -> list[tuple[int, int]]:
    """The first and last line of each statement: of a compound one its head, with each decorator apart; no imports and docstrings."""
    found = []
    for node in ast.walk(ast.parse(code)):
        found += [(each.lineno, each.end_lineno) for each in getattr(node, "decorator_list", ())]
        if not isinstance(node, ast.stmt) or isinstance(node, ast.Import | ast.ImportFrom | ast.Pass):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        body = getattr(node, "body", None)
        found.append((node.lineno, body[0].lineno - 1 if body else node.end_lineno))
    return sorted((first, max(first, last)) for first, last in found)


def _row(module: Module, told: Mapping[str, list[Unit]]) -> Row:
    labels = {**module.bad, **module.missed}
    bad, good = [], []
    for first, last in statements(module.code):
        symbols = {symbol for line, symbol in labels.items() if first <= line <= last}
        bad += [Unit(module.path, first, last, frozenset({symbol})) for symbol in symbols]
        # In a module for one rule only that rule is judged.
        good += [] if symbols else [Unit(module.path, first, last, RULES & {module.name} or RULES)]
    scores = {
        tool: Score(*(sum(any(map(unit.meets, messages)) for unit in units) for units in (bad, good)))
        for tool, messages in told.items()
    }
    return Row(module.name, len(bad), len(good), scores)


def _pylint(folder: str) -> Iterator[Unit]:
    options = ("--load-plugins=lockgate.lint", "--disable=all", f"--enable={','.join(sorted(RULES))}")
    for each in _output("pylint", *options, "--score=n", "--output-format=json2", folder)["messages"]:
        yield Unit(Path(each["path"]).name, each["line"], each["endLine"] or each["line"], frozenset({each["symbol"]}))


def _bandit(folder: str) -> Iterator[Unit]:
    for each in _output("bandit", "--recursive", "--quiet", "--exit-zero", "--format=json", folder)["results"]:
        lines = each["line_range"]
        yield Unit(Path(each["filename"]).name, min(lines), max(lines), _classes(each["test_id"]))


def _ruff(folder: str) -> Iterator[Unit]:
    options = ("--isolated", "--no-cache", "--select=S", "--exit-zero", "--output-format=json")
    for each in _output("ruff", "check", *options, folder):
        first, last = each["location"]["row"], each["end_location"]["row"]
        yield Unit(Path(each["filename"]).name, first, last, _classes(each["code"] or ""))


def _output(tool: str, *arguments: str) -> Any:
    done = subprocess.run([sys.executable, "-m", tool, *arguments], capture_output=True, text=True, check=False)
    if not done.stdout:
        raise SystemExit(f"{tool} did not run: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


def _classes(code: str) -> frozenset[str]:
    """The rules that are about the same as a message of bandit or ruff."""
    number = int(code[1:]) if code[1:].isdigit() else 0
    return frozenset(symbol for symbol, numbers in CLASSES.items() if number in numbers)


def table(rows: tuple[list[Row], list[Row]]) -> str:
    """The comparison as Markdown."""
    by_symbol, by_library = rows
    shared = [row for row in by_symbol if any(row.scores[tool].found for tool in TOOLS[1:])]
    head = "".join(f" {tool} |" if tool == OURS else f" {tool} {version(tool)} |" for tool in TOOLS)
    lines = [
        f"| Snippets | Bad | Good |{head}",
        f"| --- | --- | --- |{' --- |' * len(TOOLS)}",
        *(_line(_linked(row.name), row) for row in by_symbol),
        _line("**all rules**", _sum(by_symbol)),
        _line("**rules of which bandit or ruff finds any**", _sum(shared)),
        *(_line(f"independent: {row.name}", row) for row in by_library),
        _line("**all independent**", _sum(by_library)),
    ]
    return "\n".join([*lines, "", *_behind([*by_symbol, *by_library]), ""])


def _linked(symbol: str) -> str:
    return f"[{symbol}](rules/lint/{symbol}.md)"


def _line(name: str, row: Row) -> str:
    cells = "".join(f" {score.found} · {score.false} |" for score in (row.scores[tool] for tool in TOOLS))
    return f"| {name} | {row.bad} | {row.good} |{cells}"


def _sum(rows: list[Row]) -> Row:
    scores = {
        tool: Score(sum(row.scores[tool].found for row in rows), sum(row.scores[tool].false for row in rows))
        for tool in TOOLS
    }
    return Row("", sum(row.bad for row in rows), sum(row.good for row in rows), scores)


def _behind(rows: list[Row]) -> Iterator[str]:
    """In what lockgate.lint does not lead."""
    worse = [
        f"{row.name} ({tool})"
        for row in rows
        for tool in TOOLS[1:]
        if row.scores[tool].found > row.scores[OURS].found or row.scores[tool].false < row.scores[OURS].false
    ]
    yield f"`lockgate.lint` finds less, or has more false alarms, in: {', '.join(worse) or 'none of them'}."


def with_table(page: str, made: str) -> str:
    """The page with what stands between the marks replaced."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
