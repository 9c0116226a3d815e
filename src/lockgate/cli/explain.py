"""`lockgate explain RULE`: what a finding of the rule means and how to mend it."""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches

import click

from lockgate.cli._rules import listed_rules
from lockgate.model.errors import UsageError
from lockgate.reports.rule_page import rule_page

_ADVISORY = re.compile(r"(?:CVE|GHSA|PYSEC|OSV|MAL)-[\w-]+", re.IGNORECASE | re.ASCII)


@click.command("explain", short_help="Tell what a rule means.")
@click.argument("rule")
def command(rule: str) -> None:
    """Print the page of one RULE, such as pins/unpinned-requirement."""
    known = {each.id: each for each in listed_rules()}
    if rule in known:
        _show(rule_page(known[rule]))
    elif _ADVISORY.fullmatch(rule):
        click.echo(f"{rule} is an advisory; its page is https://osv.dev/vulnerability/{rule}")
        click.echo(f"To allow it at a pin, put a comment on the line: # lockgate: allow[{rule}]")
    else:
        raise UsageError(f"no rule is named {rule!r}; {_hint(rule, list(known))}`lockgate rules` lists all")


def _show(page: str) -> None:
    """The page laid out on a terminal, and as it is anywhere else."""
    if not sys.stdout.isatty():
        click.echo(page, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(page))


def _hint(word: str, known: list[str]) -> str:
    """The nearest id, else one that holds the word."""
    near = get_close_matches(word, known, n=1) or [name for name in known if word.lower() in name]
    return f"did you mean {near[0]!r}? " if near else ""
