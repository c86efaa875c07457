"""Pure. What a controller says, as far as it is counted: lines of its log, and Events, each with the pod that it is about."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

_LINE = re.compile(r"(\S+Z) (?:INFO|WARNING|ERROR|CRITICAL) .*? uid=(\S+)")
_RECORD = re.compile(r"\S+Z (?:DEBUG|INFO|WARNING|ERROR|CRITICAL) |\{.*\}$|kube-vxlan-controller: |The event loop stood still ")
"""How a line begins that stands for itself, as text or as JSON. The last two are the last words of a program: with its own name
it says why it ends; one that stands still can log nothing any more.
"""
_STARTED = re.compile(r"^(\S+Z) INFO started ", re.MULTILINE)
_REPORTER = "kube-vxlan-controller"


def lines(text: str) -> Iterator[tuple[float, str]]:
    """Of each line that names a pod: when it was written, in seconds since 1970, and the pod's uid. Details do not count."""
    for line in text.splitlines():
        found = _LINE.match(line)
        if found:
            yield datetime.fromisoformat(found[1]).timestamp(), found[2]


def strays(text: str) -> Iterator[str]:
    """The lines that are no record by themselves."""
    return (line for line in text.split("\n")[:-1] if not _RECORD.match(line))


def starts(text: str) -> Iterator[float]:
    """When a controller said that it is at work."""
    return (datetime.fromisoformat(when).timestamp() for when in _STARTED.findall(text))


def events(listed: Mapping[str, Any], known: dict[str, str]) -> Iterator[str]:
    """The pods (by uid) that a list of Events tells something new about; `known` remembers what is old, and is updated.

    An Event that was written twice between two lists counts once.
    """
    for event in listed.get("items") or ():
        metadata = event["metadata"]
        ours = _REPORTER in (event.get("reportingController") or "")
        if ours and known.get(metadata["uid"]) != metadata["resourceVersion"]:
            known[metadata["uid"]] = metadata["resourceVersion"]
            yield (event.get("regarding") or {}).get("uid", "")
