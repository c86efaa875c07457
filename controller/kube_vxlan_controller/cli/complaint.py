"""I/O. How a command ends that cannot do what it was asked for: sentences and an exit code."""

import re

import typer

USAGE = 64
"""The exit code for what the user can put right on the command line, in the environment or in a file (sysexits.h)."""


class Complaint(typer.TyperException):
    """Ends the program with one or more sentences on stderr."""

    def __init__(self, message: str, exit_code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


_WRONG = re.compile(r"Invalid value for (?:'-\w' / )?'(?P<what>[^']+)': (?P<why>.*)", re.DOTALL)
_CHOICE = re.compile(r"(Missing argument '[^']+')\. Choose from:\s+(.*)", re.DOTALL)
_WHY = (
    (re.compile(r"Value error, (?P<given>'.*') is not one of (?P<words>.*)\.", re.DOTALL), "one of {words}, not {given}"),
    (re.compile(r"Input should be greater than or equal to (?P<least>.*)"), "a number that is at least {least}"),
    (re.compile(r"Input should be less than or equal to (?P<most>.*)"), "a number that is at most {most}"),
    (re.compile(r"Input should be a valid integer.*"), "a whole number"),
    (re.compile(r"Input should be a (?:valid|finite) number.*"), "a number"),
)


def plainly(message: str) -> str:
    """What the command line's library says of a wrong value, or of a choice that is missing, in our words; else as it is."""
    if choice := _CHOICE.fullmatch(message):
        return f"{choice[1]}: one of {' '.join(choice[2].split())}."
    wrong = _WRONG.fullmatch(message)
    if wrong is None:
        return message
    for pattern, form in _WHY:
        if why := pattern.fullmatch(wrong["why"]):
            parts = why.groupdict()
            return f"{wrong['what']} takes {form.format(**parts | {'words': parts.get('words', '').replace(chr(39), '')})}."
    return f"{wrong['what']}: {wrong['why']}"
