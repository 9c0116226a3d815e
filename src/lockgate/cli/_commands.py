"""Groups whose subcommands are the modules of a package, each imported only when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from lockgate.model.errors import nearest
from lockgate.model.modules import listed


class Commands(click.Group):
    """The subcommands are the modules of the package that is named; each has its click command as `command`."""

    def __init__(self, *arguments: Any, package: str, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        return [name for name in listed(self._package) if not name.startswith("_")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        known = self.list_commands(ctx)
        if cmd_name not in known:
            raise click.UsageError(f"no command is named {cmd_name!r}; {nearest(cmd_name, known)}", ctx)
        command: click.Command = import_module(f"{self._package}.{cmd_name}").command
        return command
