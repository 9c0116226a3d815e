"""The command line: one module a subcommand, imported only when it is used."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn

import click

from lockgate import __version__
from lockgate.checks.stopping import Stopped, ignore_signals, raise_on_signals
from lockgate.cli import _streams as streams
from lockgate.cli._commands import Commands
from lockgate.model.errors import LockgateError, origin
from lockgate.model.report import ExitCode

READER_LEFT = 141  # as if SIGPIPE had ended us, which it does to most programs


@click.group(cls=Commands, package=__name__, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lockgate", message="%(prog)s %(version)s")
def root() -> None:
    """One gate for a Python repository: secrets, dependencies, pins and lint in one verdict.

    Exit codes: 0 PASS, 1 FAIL, 2 usage or configuration error, 3 INCOMPLETE, 4 internal error, 130 interrupted.
    """


def main() -> NoReturn:
    """Run the command line and exit; no error that a user can cause shows a traceback."""
    run_program(lambda: root.main(prog_name="lockgate", standalone_mode=False))


def run_program(command: Callable[[], int | None]) -> NoReturn:
    """Run a command as this whole process: signals unwind it, and no standard stream can spoil its exit code."""
    streams.open_closed()
    raise_on_signals()
    code = run_safely(command)
    ignore_signals()
    streams.settle()
    sys.exit(code)


def run_safely(command: Callable[[], int | None]) -> int:
    """The exit code of a command; every error becomes one line on standard error."""
    try:
        code = command()
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        streams.tell(error.format_message())
        return ExitCode.USAGE
    except click.UsageError as error:
        where = f" (see: {error.ctx.command_path} --help)" if error.ctx else ""
        return _fail(f"{error.format_message()}{where}", ExitCode.USAGE)
    except LockgateError as error:
        return _fail(_shown(error), error.exit_code)
    except Stopped as stop:
        return _fail("interrupted", stop.args[0])
    except (KeyboardInterrupt, click.Abort):
        return _fail("interrupted", ExitCode.INTERRUPTED)
    except (BrokenPipeError, SystemExit):  # click makes the second of the first
        return READER_LEFT
    except OSError as error:
        return _fail(f"{error.filename or 'the output'}: {error.strerror or type(error).__name__}", ExitCode.INTERNAL)
    except Exception as error:  # noqa: BLE001 - the last resort; the text of an unknown error may hold a secret
        return _fail(f"internal error: {type(error).__name__}{origin(error)}; please report it", ExitCode.INTERNAL)
    return int(code or 0)


def _shown(error: LockgateError) -> str:
    """What an error says, without what the engines see in it: it may quote what stands in the repository."""
    from lockgate.checks import redact

    try:
        return redact.text(str(error))
    except Exception as broken:  # noqa: BLE001 - an engine that breaks must not hide that there is an error
        return f"{type(error).__name__}; what it says could not be searched for secrets ({type(broken).__name__})"


def _fail(message: str, code: int) -> int:
    streams.tell(f"lockgate: {message}")
    return code
