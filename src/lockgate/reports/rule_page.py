"""Pages about rules in Markdown: those below docs/rules/, `lockgate explain`, and the help in SARIF."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lockgate.model.rule import PAGES, Rule, Status, page

_ALLOWED_BY_COMMENT = ("secrets/", "pins/", "audit/", "workflow/")
_NOT_PARSED = "lint/syntax-error"  # no comment counts in such a file
_ALLOW = "## How to allow it\n\nA comment on its line: "
_INDEX = """# Rules

`lockgate rules` lists every rule and `lockgate explain RULE` shows one. The rules that an engine documents itself are
not in this table; their findings link to its pages. The rule of a known vulnerability is the advisory's own id.

| Rule | Severity | Confidence | What it finds |
| --- | --- | --- | --- |
"""


def rule_pages(rules: Iterable[Rule]) -> dict[str, str]:
    """All pages below docs/rules/ by path.

    A rule has one of its own; rules whose `help_uri` is another page there share that one; those whose `help_uri` is
    elsewhere have none. README.md is the index.
    """
    grouped: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in sorted(rules, key=lambda rule: rule.id):
        uri = rule.help_uri or page(rule.id)
        if uri.startswith(f"{PAGES}/"):
            grouped[uri.removeprefix(f"{PAGES}/")].append(rule)
    at = dict(sorted(grouped.items()))
    own = {f"{rule.id}.md": rule for sharing in at.values() for rule in sharing}
    made = {path: rule_page(own[path]) if path in own else _shared(path, sharing) for path, sharing in at.items()}
    rows = [_row(path, own[path]) if path in own else _shared_row(path, sharing) for path, sharing in at.items()]
    return {"README.md": _INDEX + "".join(rows), **made}


def rule_page(rule: Rule) -> str:
    """The whole page of a rule."""
    return f"# {rule.id}\n\n{rule.summary}\n\n{_facts(rule)}\n\n{rule_help(rule)}"


def rule_help(rule: Rule) -> str:
    """What a finding of the rule means and how to mend it."""
    parts = [f"## What it means\n\n{rule.explanation.strip()}", f"## How to fix it\n\n{rule.fix.strip()}"]
    if rule.id.startswith(_ALLOWED_BY_COMMENT):
        parts.append(f"{_ALLOW}`# lockgate: allow[{rule.id}]`")
    elif rule.id == _NOT_PARSED:
        parts.append(
            "## How to allow it\n\nNo comment counts in a file that does not parse: leave it out with `exclude`"
        )
    elif rule.id.startswith("lint/"):
        parts.append(f"{_ALLOW}`# pylint: disable={rule.id.removeprefix('lint/')}`")
    if rule.help_uri and rule.help_uri != page(rule.id):
        parts.append(f"## Read more\n\n<{rule.help_uri}>")
    return "\n\n".join(parts) + "\n"


def _shared(path: str, rules: list[Rule]) -> str:
    text = "These rules are alike and share this page; `lockgate explain RULE` tells what one of them finds."
    listed = "\n".join(f"- `{rule.id}` ({rule.severity})" for rule in rules)
    return f"# {path.removesuffix('.md')}\n\n{text}\n\n## How to fix it\n\n{rules[0].fix}\n\n## Rules\n\n{listed}\n"


def _row(path: str, rule: Rule) -> str:
    return f"| [{rule.id}]({path}) | {rule.severity} | {rule.confidence} | {_cell(rule.summary)} |\n"


def _shared_row(path: str, rules: list[Rule]) -> str:
    return f"| [{path.removesuffix('.md')}]({path}) | | | {len(rules)} rules that share a page |\n"


def _facts(rule: Rule) -> str:
    stable = rule.status is Status.STABLE
    facts = {
        "Name": rule.name,
        "Severity": str(rule.severity),
        "Confidence": str(rule.confidence),
        "CWE": ", ".join(f"[CWE-{n}](https://cwe.mitre.org/data/definitions/{n}.html)" for n in rule.cwe),
        "Also known as": ", ".join(rule.aliases),
        "Status": f"{rule.status if stable else f'**{rule.status}**'}, since {rule.since}",
    }
    rows = [f"| {name} | {_cell(value)} |" for name, value in facts.items() if value]
    return "| | |\n| --- | --- |\n" + "\n".join(rows)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
