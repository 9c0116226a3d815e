"""A rule's page in Markdown: the file below docs/rules/, the text of `lockgate explain` and the help in SARIF."""

from __future__ import annotations

from collections.abc import Iterable

from lockgate.model.rule import Rule, Status, page


def rule_page(rule: Rule) -> str:
    """The whole page of a rule."""
    return f"# {rule.id}\n\n{rule.summary}\n\n{_facts(rule)}\n\n{rule_help(rule)}"


def rule_help(rule: Rule) -> str:
    """What a finding of the rule means and how to mend it."""
    links = [f"- <{uri}>" for uri in _links(rule)]
    parts = [f"## What it means\n\n{rule.explanation.strip()}", f"## How to fix it\n\n{rule.fix.strip()}"]
    if links:
        parts.append("## Read more\n\n" + "\n".join(links))
    return "\n\n".join(parts) + "\n"


def index_page(rules: Iterable[Rule]) -> str:
    """The list of all rules, in the order of their ids, with links to their pages."""
    rows = [
        f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {rule.confidence} | {_cell(rule.summary)} |"
        for rule in sorted(rules, key=lambda rule: rule.id)
    ]
    head = "| Rule | Severity | Confidence | What it finds |\n| --- | --- | --- | --- |\n"
    text = "Every rule of lockgate. `lockgate rules` lists them and `lockgate explain RULE` shows one.\n"
    return f"# Rules\n\n{text}\n{head}" + "\n".join(rows) + "\n"


def _facts(rule: Rule) -> str:
    facts = {
        "Name": rule.name,
        "Severity": str(rule.severity),
        "Confidence": str(rule.confidence),
        "CWE": ", ".join(f"[CWE-{n}](https://cwe.mitre.org/data/definitions/{n}.html)" for n in rule.cwe),
        "Also known as": ", ".join(rule.aliases),
        "Status": f"{rule.status}, since {rule.since}" if rule.status is Status.STABLE else f"**{rule.status}**",
    }
    rows = [f"| {name} | {_cell(value)} |" for name, value in facts.items() if value]
    return "| | |\n| --- | --- |\n" + "\n".join(rows)


def _links(rule: Rule) -> list[str]:
    return [uri for uri in [rule.help_uri] if uri and uri != page(rule.id)]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
