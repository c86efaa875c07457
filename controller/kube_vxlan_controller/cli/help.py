"""I/O. `help [COMMAND]`, which is `[COMMAND] --help` in the ancestor's words."""

from typing import Annotated

import typer


def help_(context: typer.Context, command: Annotated[list[str] | None, typer.Argument()] = None) -> None:
    """Explain a command, or name them all."""
    root = context.find_root()
    with root.command.make_context(root.info_name, [*(command or ()), "--help"]) as explained:
        root.command.invoke(explained)
