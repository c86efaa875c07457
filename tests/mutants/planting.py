"""I/O. A copy of the controller in which some lines are others."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.scenarios.cluster import ROOT

PACKAGE = "kube_vxlan_controller"


@dataclass(frozen=True, slots=True)
class Edit:
    """In one file of the package, this text (which must stand there exactly once) becomes another."""

    file: str
    old: str
    new: str


class DoesNotApply(Exception):
    """The code is no longer what an edit was written for; `str()` says which, so that somebody can write it anew."""


def plant(edits: Sequence[Edit], directory: Path) -> Path:
    """Copy the controller into the directory with the edits done, in order; what to put into PYTHONPATH.

    Raises `DoesNotApply`, also where the result is no Python any more.
    """
    shutil.copytree(ROOT / "controller", directory, ignore=shutil.ignore_patterns("__pycache__"))
    for edit in edits:
        path = directory / PACKAGE / edit.file
        if not path.is_file():
            raise DoesNotApply(f"there is no {edit.file} any more")
        text = path.read_text()
        if (found := text.count(edit.old)) != 1:
            raise DoesNotApply(f"{edit.file} has this {found} times and not once:\n{edit.old}")
        path.write_text(text.replace(edit.old, edit.new))
        try:
            compile(path.read_text(), edit.file, "exec")
        except SyntaxError as error:
            raise DoesNotApply(f"{edit.file} is no Python with this in it: {error}\n{edit.new}") from error
    return directory
