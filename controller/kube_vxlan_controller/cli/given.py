"""I/O. What a command was given: its settings, read from arguments, environment and file.

Commands that need settings are wrapped by `takes_settings`, which gives each of them the options of `settings.OPTIONS`; so
every option stands once, in that table.
"""

import inspect
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from kube_vxlan_controller.cli.complaint import USAGE as USAGE
from kube_vxlan_controller.cli.complaint import Complaint as Complaint
from kube_vxlan_controller.settings import (
    OPTIONS,
    BadSettings,
    Choice,
    File,
    Option,
    Origin,
    Settings,
    choose,
    settle,
)
from kube_vxlan_controller.surroundings import NOWHERE, complete


@dataclass(frozen=True, slots=True)
class Given:
    """The settings of one invocation, and where each came from."""

    settings: Settings
    choices: Mapping[str, Choice]

    def reachable(self) -> Settings:
        """The settings, if they lead to an API server; a `Complaint` if they lead nowhere."""
        if self.settings.nowhere:
            raise Complaint(NOWHERE)
        return self.settings


def read_settings(arguments: Mapping[str, str]) -> Given:
    """The settings for these arguments, here and now. Raises `Complaint`."""
    try:
        path = choose({k: v for k, v in arguments.items() if k == "config"}, os.environ, None)["config"]
        text = _text(path)
        choices = choose(arguments, os.environ, None if text is None else File(path.value, text))
        choices = complete(choices, os.environ, _text(choices["namespace-file"]))
        if choices["db-file"].value:
            print(
                f"db-file ({choices['db-file'].where}) does nothing: this controller keeps no state on disk.", file=sys.stderr
            )
        return Given(settle(choices), choices)
    except BadSettings as mistakes:
        raise Complaint("\n".join(mistakes.sentences)) from mistakes


def _text(choice: Choice) -> str | None:
    """What the file holds; None for one that is not there and that nobody asked for."""
    try:
        return Path(choice.value).read_text(encoding="utf-8")
    except OSError as error:
        if isinstance(error, FileNotFoundError | NotADirectoryError) and choice.origin is Origin.DEFAULT:
            return None
        raise Complaint(f"{choice.option.name} ({choice.where}): {choice.value} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Complaint(f"{choice.option.name} ({choice.where}): {choice.value} is not a text in UTF-8.") from error


def takes_settings(command: Callable[..., int]) -> Callable[..., int]:
    """The command with all options of the table; its first parameter is a `Given`, the others are its own.

    Where one of its own has the name of an option of the table, that option has to stand in the environment or in the file.
    """
    _, *own = inspect.signature(command, eval_str=True).parameters.values()
    fields = {option.name.replace("-", "_"): option for option in OPTIONS}
    for parameter in own:
        fields.pop(parameter.name, None)

    def run(**words: Any) -> int:
        arguments = {option.name: words.pop(name) for name, option in fields.items()}
        return command(read_settings({name: value for name, value in arguments.items() if value is not None}), **words)

    run.__doc__, run.__name__ = command.__doc__, command.__name__
    options = [_parameter(name, option) for name, option in fields.items()]
    run.__signature__ = inspect.Signature([*own, *options])  # type: ignore[attr-defined]
    return run


def _parameter(name: str, option: Option) -> inspect.Parameter:
    told = f" [{option.default}]" if option.default else ""
    annotation = Annotated[
        str | None,
        typer.Option(
            f"--{option.name}", help=option.meaning + told, metavar=option.rule.metavar, autocompletion=_completing(option)
        ),
    ]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def _completing(option: Option) -> Callable[..., list[str]] | None:
    """What gives the values that a shell may offer; None where that may be anything, or a file."""
    if option.name == "context":
        return _contexts
    words = option.rule.words
    return (lambda incomplete: [word for word in words if word.startswith(incomplete)]) if words else None


def _contexts(context: typer.Context, incomplete: str) -> list[str]:
    # Only a shell that asks needs what talks to a cluster.
    from kube_vxlan_controller.cli.names import context_names

    return context_names(context, incomplete)
