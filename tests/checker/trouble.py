"""What the lab's own faults (docs/development.md) excuse: whom, and until when."""

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.checker.facts import Fault

_SILENCE = 90.0
"""Seconds in which a watch that says nothing any more has to be noticed."""


def troubles(name: str, what: Mapping[str, Any], pods: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Fault]]:
    """The facts of one fault, each with the uid of the pod that it excuses (empty: everybody). `pods`: all API objects."""
    now = time.monotonic()
    match name:
        case "kill" | "rebuild":
            yield from ((uid, Fault(name, until=now)) for uid in _called(pods, what["pod"]))
        case "freeze" | "thaw":
            yield from ((uid, Fault("freeze", over=name == "thaw")) for uid in _called(pods, what["pod"]))
        case "exec":
            passing = now if what.get("times") and what["how"] != "work" else None
            for uid in _called(pods, what["pod"]):
                yield uid, Fault("exec", over=what["how"] == "work", until=passing)
        case "stop" | "start":
            uids = [pod["metadata"]["uid"] for pod in pods if pod["spec"].get("nodeName") == what["node"]]
            yield from ((uid, Fault("node", over=name == "start")) for uid in uids)
        case "restart":
            yield "", Fault(name, blind=True, until=now + float(what.get("seconds", 0.0)))
        case "cut-watches" | "compact":
            yield "", Fault(name, until=now)
        case "silence-watches":
            yield "", Fault(name, until=now + _SILENCE)


def _called(pods: Iterable[Mapping[str, Any]], name: str) -> Iterator[str]:
    for pod in pods:
        if f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" == name:
            yield pod["metadata"]["uid"]
