"""I/O. The command line: one file per command, and here what holds for all of them.

Laws: a command's file is imported only when that command is asked for, so that `version` costs nothing; nobody ever sees a
traceback who did not ask for it (`--debug`, or KVC_DEBUG=1). Exit codes: 0 done; 1 something could not be read or is not as
it should be; 2 something is to do, 3 something is refused (`plan`); 64 a mistake on the command line or in a setting; 69 this
machine cannot do it; 70 a bug of ours; 130 interrupted; 141 nobody reads our output any more.
"""

import errno
import io
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress

import typer
from typer.main import get_command

from kube_vxlan_controller.cli.complaint import USAGE, Complaint, plainly

PROGRAM = "kube-vxlan-controller"
ASKED = "_KUBE_VXLAN_CONTROLLER_COMPLETE"
"""The variable by which a shell asks for what completes a word; `completion` prints what makes it ask."""
COMMANDS = ("run", "list", "inspect", "plan", "explain", "check", "config", "lab", "completion", "version", "help")
ISSUES = "https://github.com/openvnf/kube-vxlan-controller/issues"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit code. Also the entry point of the installed command."""
    words = [*(sys.argv[1:] if argv is None else argv)]  # `list` is a submodule of this package once it is imported
    debug = "--debug" in words or os.environ.get("KVC_DEBUG", "") not in ("", "0")
    try:
        _prepare_output()
        code = _run([word for word in words if word != "--debug"])
        sys.stdout.flush()
        return code
    except typer.TyperException as mistake:
        return _complain(mistake)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        # The interpreter flushes stdout once more when it ends, and would complain then.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT):
            return _bug(error, debug)
        return _complain(Complaint(f"Something cannot be written: {error.strerror}.", 1))
    except Exception as bug:  # the one place where our own mistakes end
        return _bug(bug, debug)


def _prepare_output() -> None:
    """Output that is closed goes nowhere, and what its encoding cannot say is escaped."""
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _bug(bug: Exception, debug: bool) -> int:
    if debug:
        traceback.print_exception(bug)
    while isinstance(bug, ExceptionGroup):
        bug = bug.exceptions[0]
    place = traceback.extract_tb(bug.__traceback__)[-1]
    what = f"{type(bug).__name__} in {os.path.basename(place.filename)}:{place.lineno}"
    print(f"{PROGRAM}: This is a bug ({what}); please report it at {ISSUES} with what --debug shows.", file=sys.stderr)
    return 70


def _run(words: list[str]) -> int:
    if form := os.environ.get(ASKED):
        from kube_vxlan_controller.cli.completion import offer, typed

        return offer(get_command(_app(typed())), form)
    if words[1:2] == ["help"] and words[0] in COMMANDS:
        words = ["help", words[0]]  # the ancestor's `COMMAND help`
    if words == ["--version"]:
        words = ["version"]
    wanted = words[1] if words[:1] == ["help"] and len(words) > 1 else next(iter(words), "")
    command = get_command(_app(wanted))
    try:
        with command.make_context(PROGRAM, words or ["--help"]) as context:
            code = command.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    return code if isinstance(code, int) else 0


def _complain(mistake: typer.TyperException) -> int:
    usage = mistake.exit_code == 2
    for line in plainly(mistake.format_message()).splitlines():
        print(f"{PROGRAM}: {line}", file=sys.stderr)
    context = getattr(mistake, "ctx", None)
    if usage and context is not None:
        print(f"{PROGRAM}: {context.command_path} --help tells more.", file=sys.stderr)
    return USAGE if usage else mistake.exit_code


def _app(wanted: str) -> typer.Typer:
    """The application with the one command that is wanted, or with all where it is not known which."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

    @app.callback(context_settings={"help_option_names": ["-h", "--help"]})
    def program() -> None:
        """Any pod becomes a member of layer-2 VXLAN networks by a label and an annotation.

        With --debug, or KVC_DEBUG=1, a bug shows where it is.
        """

    for name in COMMANDS:
        if wanted in (name, "help") or wanted not in COMMANDS or name == "help":
            _add(app, name)
    return app


def _add(app: typer.Typer, name: str) -> None:
    match name:
        case "list" | "inspect" | "lab":
            _add_group(app, name)
        case "run":
            from kube_vxlan_controller.cli.run import run

            app.command()(run)
        case "plan":
            from kube_vxlan_controller.cli.plan import plan

            app.command()(plan)
        case "explain":
            from kube_vxlan_controller.cli.explain import explain

            app.command()(explain)
        case "check":
            from kube_vxlan_controller.cli.check import check

            app.command()(check)
        case "config":
            from kube_vxlan_controller.cli.config import config

            app.command()(config)
        case "completion":
            from kube_vxlan_controller.cli.completion import completion

            app.command()(completion)
        case "version":
            from kube_vxlan_controller.cli.version import version

            app.command()(version)
        case "help":
            from kube_vxlan_controller.cli.help import help_

            app.command("help")(help_)


def _add_group(app: typer.Typer, name: str) -> None:
    """A command that has words of its own below it."""
    match name:
        case "list":
            from kube_vxlan_controller.cli.list import list_app

            app.add_typer(list_app, name=name)
        case "inspect":
            from kube_vxlan_controller.cli.inspect import inspect_app

            app.add_typer(inspect_app, name=name)
        case "lab":
            _add_lab(app)


def _add_lab(app: typer.Typer) -> None:
    try:
        from kube_vxlan_controller.cli.lab import lab_app
    except ModuleNotFoundError as missing:
        absent = missing.name

        @app.command("lab", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
        def lab() -> None:
            """A cluster on this machine (not installed here)."""
            extra = "'kube-vxlan-controller[lab]'"
            raise Complaint(f"The lab is not installed here ({absent} is missing): pip install {extra}", 69)
    else:
        app.add_typer(lab_app, name="lab")
