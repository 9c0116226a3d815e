"""`lockgate secrets scan --format detect-secrets`: the arguments and the document of `detect-secrets scan`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import click

from lockgate.cli import _streams as streams
from lockgate.model.errors import UsageError
from lockgate.model.report import ExitCode
from lockgate.project import root_of, settings_of
from lockgate.reports.write import STDOUT, check_destination, write

NAME = "detect-secrets"
FORMAT = click.option(
    "--format",
    type=click.Choice(["terminal", NAME]),
    expose_value=False,
    help=f"{NAME}: take the arguments of `{NAME} scan` and print its document; add --help to see them.",
)
_WORDS = f"{__name__}.words"


class StandIn(click.Command):
    """A command that, where this format is wanted, leaves the other arguments to the parser of detect-secrets."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments for `invoke` where they are not the command's own."""
        known, rest = _own(args)
        if known.format != NAME:
            return super().parse_args(ctx, args)
        if known.engines not in (None, NAME):
            raise UsageError(f"the document of {NAME} holds what it finds itself; give --engines {NAME}")
        ctx.meta[_WORDS] = rest, known.offline
        return []

    def invoke(self, ctx: click.Context) -> Any:
        """Stand in for detect-secrets, or run the command."""
        return _stand_in(*ctx.meta[_WORDS]) if _WORDS in ctx.meta else super().invoke(ctx)


def _own(words: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """What is ours of the arguments, and the others in their order."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--format")
    parser.add_argument("--engines")
    parser.add_argument("--offline", action="store_true")
    try:
        return parser.parse_known_args(words)
    except argparse.ArgumentError:  # one without its value: click tells
        return argparse.Namespace(format=None), words


def _stand_in(words: list[str], offline: bool) -> int:
    from lockgate.engines import stand_in
    from lockgate.engines.stand_in.arguments import parse

    try:
        arguments = parse(words)
    except SystemExit:  # after its help
        return 0
    settings = settings_of(root_of(arguments.custom_root), {"offline": offline or None})
    if arguments.string is True:
        arguments.string = next(iter(sys.stdin.read().splitlines()), "")
        if not arguments.string:
            raise UsageError("--string: there is nothing on standard input")
    if arguments.baseline is not None:
        check_destination(arguments.baseline_filename)
    done = stand_in.run(arguments, settings.max_file_size, offline=settings.offline)
    for gap in done.gaps:
        streams.tell(f"lockgate: not scanned: {gap.subject} ({gap.reason})")
    if done.file and done.gaps:
        streams.tell(f"lockgate: {done.file} was left as it is")
    else:
        write(done.file or STDOUT, f"{done.text}\n".encode())
    return ExitCode.INCOMPLETE if done.gaps else 0
