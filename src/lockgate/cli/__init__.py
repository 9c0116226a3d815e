"""The command line: one module a subcommand, imported only when it is used."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import NoReturn

import click

from lockgate import __version__
from lockgate.model.errors import LockgateError, nearest, origin
from lockgate.model.report import ExitCode


class Commands(click.Group):
    """The subcommands are the modules of this folder; each has its click command as `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        return sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        known = self.list_commands(ctx)
        if cmd_name not in known:
            raise click.UsageError(f"no command is named {cmd_name!r}; {nearest(cmd_name, known)}")
        command: click.Command = import_module(f"lockgate.cli.{cmd_name}").command
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lockgate", message="%(prog)s %(version)s")
def root() -> None:
    """One gate for a Python repository: secrets, dependencies, pins and lint in one verdict.

    Exit codes: 0 PASS, 1 FAIL, 2 usage or configuration error, 3 INCOMPLETE, 4 internal error, 130 interrupted.
    """


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit; no error that a user can cause shows a traceback."""
    sys.exit(run_safely(lambda: root.main(args=arguments, prog_name="lockgate", standalone_mode=False)))


def run_safely(command: Callable[[], int | None]) -> int:
    """The exit code of a command; every error becomes one line on standard error."""
    try:
        code = command()
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)  # noqa: T201 - this is the command line
        return ExitCode.USAGE
    except click.UsageError as error:
        where = f" (see: {error.ctx.command_path} --help)" if error.ctx else ""
        return _fail(f"{error.format_message()}{where}", ExitCode.USAGE)
    except LockgateError as error:
        from lockgate.checks.redact import redacted_text  # an error may quote what stands in the repository

        return _fail(redacted_text(str(error)), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return _fail("interrupted", ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output left; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.INTERNAL
    except OSError as error:
        return _fail(f"{error.filename or 'the output'}: {error.strerror or type(error).__name__}", ExitCode.INTERNAL)
    except Exception as error:  # noqa: BLE001 - the last resort; the text of an unknown error may hold a secret
        return _fail(f"internal error: {type(error).__name__}{origin(error)}; please report it", ExitCode.INTERNAL)
    return int(code or 0)


def _fail(message: str, code: int) -> int:
    print(f"lockgate: {message}", file=sys.stderr)  # noqa: T201 - this is the command line
    return code
