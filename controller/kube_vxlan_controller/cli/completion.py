"""I/O. `completion SHELL`: what a shell needs to complete our words; and the answer when it then asks."""

import os
from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.completion import get_completion_inspect_parameters, shell_complete

from kube_vxlan_controller.cli import ASKED, PROGRAM
from kube_vxlan_controller.cli.shells import script


class Shell(StrEnum):
    """The shells that are known."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="Which one.", metavar="SHELL")]) -> int:
    """Print what makes a shell complete our words.

    Commands, options and their values, pods and networks: source <(kube-vxlan-controller completion bash)
    """
    print(script(shell, PROGRAM, ASKED), end="")
    return 0


def typed() -> str:
    """The first word after the program's name that the shell has so far; empty while that is being typed."""
    line = os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words = f"{line}.".split()
    return words[1] if len(words) > 2 else ""


def offer(command: Any, form: str) -> int:
    """Print what the shell may offer; the exit code."""
    get_completion_inspect_parameters()  # makes typer's own forms known, which offer what our callbacks say
    return shell_complete(command, {}, PROGRAM, ASKED, form)
