"""`lockgate explain RULE`: what a finding of the rule means and how to mend it."""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches

import click

from lockgate.checks import base
from lockgate.cli._rules import listed_rules
from lockgate.model.errors import UsageError
from lockgate.reports.rule_page import rule_page

LEAST = 3  # characters of a word by which a rule is guessed

_ADVISORY = re.compile(r"(?:CVE|GHSA|PYSEC|OSV|MAL)-[\w-]+", re.IGNORECASE | re.ASCII)


@click.command("explain", short_help="Tell what a rule means.")
@click.argument("rule")
def command(rule: str) -> None:
    """Print the page of one RULE, such as pins/unpinned-requirement; an engine's own name of it does as well."""
    rules = listed_rules()
    known = {alias: each for each in rules for alias in each.aliases} | {each.id: each for each in rules}
    meant = known.get(rule) or known.get(rule.removeprefix("workflow/"))
    if meant:
        _show(rule_page(meant))
    elif _ADVISORY.fullmatch(rule):
        click.echo(f"{rule} is an advisory; its page is https://osv.dev/vulnerability/{rule}")
        click.echo(f"To allow it at a pin, put a comment on the line: # lockgate: allow[{rule}]")
    else:
        raise UsageError(_refusal(rule, [each.id for each in rules]))


def _show(page: str) -> None:
    """The page laid out on a terminal, and as it is anywhere else."""
    if not sys.stdout.isatty():
        click.echo(page, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(page))


def _refusal(word: str, known: list[str]) -> str:
    """Where the rules of a check are told, if that is what the word names; else the nearest id, or one that holds the word."""
    for check in base.names():
        if word == check or any(rule.id.startswith(f"{word}/") for rule in listed_rules(check)):
            return f"{word!r} is no rule; `lockgate rules {check}` lists those of the check"
    slugs = {name.partition("/")[2]: name for name in known}
    near = [slugs[slug] for slug in get_close_matches(word.rpartition("/")[2], slugs, n=1, cutoff=0.75)]
    near += [name for name in known if word.lower() in name] if len(word) >= LEAST else []
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"no rule is named {word!r}; {hint}`lockgate rules` lists all"
