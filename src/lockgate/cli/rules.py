"""`lockgate rules`: every rule, for people or for programs."""

from __future__ import annotations

import sys

import click

from lockgate.cli._rules import listed_rules
from lockgate.model.finding import Severity
from lockgate.reports.terminal import Paper
from lockgate.reports.text import to_json


@click.command("rules")
@click.argument("check", required=False, metavar="[CHECK]")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array with all that is known of each rule.")
def command(check: str | None, as_json: bool) -> None:
    """List every rule, or those of one CHECK; an advisory is a rule of its own and not listed.

    On a terminal the summary stands below the rule's name; elsewhere a rule is one line.
    """
    rules = listed_rules(check)
    if not (rules or as_json):
        click.echo(f"lockgate: note: {check} has no rules of its own; each advisory is one", err=True)
    if as_json:
        click.echo(to_json(rules), nl=False)
    elif sys.stdout.isatty():
        paper = Paper.of(sys.stdout, None)
        for rule in rules:
            click.echo(f"{paper.paint(rule.id, 'bold')}  {rule.severity}\n    {paper.wrap(rule.summary, 4)}")
    else:
        longest = max((len(rule.id) for rule in rules), default=0)
        severity = max(map(len, Severity))
        for rule in rules:
            click.echo(f"{rule.id:<{longest}}  {rule.severity:<{severity}}  {rule.summary}")
