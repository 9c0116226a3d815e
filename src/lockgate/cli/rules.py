"""`lockgate rules`: every rule, for people or for programs."""

from __future__ import annotations

import shutil
import sys

import click

from lockgate.cli._rules import listed_rules
from lockgate.model.finding import Severity
from lockgate.reports.text import clip, to_json


@click.command("rules")
@click.argument("check", required=False, metavar="[CHECK]")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array with all that is known of each rule.")
def command(check: str | None, as_json: bool) -> None:
    """List every rule, or those of one CHECK; an advisory is a rule of its own and not listed.

    A line is never cut unless a terminal is too narrow for it.
    """
    rules = listed_rules(check)
    if as_json:
        click.echo(to_json(rules), nl=False)
        return
    longest = max((len(rule.id) for rule in rules), default=0)
    severity = max(map(len, Severity))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for rule in rules:
        click.echo(clip(f"{rule.id:<{longest}}  {rule.severity:<{severity}}  {rule.summary}", width))
