"""I/O. How a command ends that cannot do what it was asked for: sentences and an exit code."""

import typer

USAGE = 64
"""The exit code for what the user can put right on the command line, in the environment or in a file (sysexits.h)."""


class Complaint(typer.TyperException):
    """Ends the program with one or more sentences on stderr."""

    def __init__(self, message: str, exit_code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code
