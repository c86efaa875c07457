"""Pure. What the audit log of a test run must not have: anything that our controller did and need not have done.

Ours is what the controller's account asked for, and what any account asked for in the name of our program (its User-Agent). The
tests of the fence hold the account's token and try what is forbidden; they have a name of their own.

A request that is refused at one moment and granted at another is nothing that it has no right to: an API server that has just
been started learns of roles, bindings and policies one by one, and refuses meanwhile.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.scenarios.objects import INIT, SIDECAR

Json = dict[str, Any]

ACCOUNT = "system:serviceaccount:kube-system:kube-vxlan-controller"
PROGRAM = "kube-vxlan-controller"
"""The User-Agent of ours."""
THIEF = "kube-vxlan-controller-tests"
"""The User-Agent of tests that hold the controller's token."""
ALLOWED = {("exec", name, "kube-vxlan-agent", "serve") for name in (INIT, SIDECAR)}
"""All that it may connect to, and what it has connected to once pods with each agent were wired."""
_CONNECTIONS = ("exec", "attach", "portforward", "proxy")


def reached(events: Iterable[Json]) -> set[tuple[str, ...]]:
    """What ours connected to: each kind of connection, with the container, and the words of the command."""
    return {_connection(one) for one in events if is_ours(one) and _connects(one) and not _is_refused(one)}


def complaints(events: Iterable[Json]) -> list[str]:
    """A line for each event of ours that should not be there: another connection than an agent's, a terminal, or a request of
    a kind that was never granted."""
    ours = [one for one in events if is_ours(one)]
    granted = {_kind(one) for one in ours if not _is_refused(one)}
    return [line for one in ours for line in _wrong(one, granted)]


def is_ours(event: Json) -> bool:
    """Whether the controller did it."""
    agent = event.get("userAgent", "")
    return agent != THIEF and (event["user"]["username"] == ACCOUNT or agent == PROGRAM)


def _wrong(event: Json, granted: set[tuple[str, ...]]) -> Iterable[str]:
    asked = dict(parse_qsl(urlsplit(event["requestURI"]).query, keep_blank_values=True))
    if _connects(event) and (_connection(event) not in ALLOWED or asked.get("tty", "false") != "false"):
        yield _told("not the agents' command", event)
    if _is_refused(event) and _kind(event) not in granted:
        yield _told("refused", event)


def _kind(event: Json) -> tuple[str, ...]:
    """What is asked for, whatever object it is about; of a connection also what is run."""
    about = event.get("objectRef", {})
    words = _connection(event) if _connects(event) else ()
    return (event["verb"], *(about.get(name, "") for name in ("apiGroup", "resource", "subresource")), *words)


def _reason(event: Json) -> str:
    said = event.get("responseStatus", {}).get("message", "")
    return " ".join((said, event.get("annotations", {}).get("authorization.k8s.io/reason", "")))


def _told(what: str, event: Json) -> str:
    code, who = event.get("responseStatus", {}).get("code"), event["user"]["username"]
    program = event.get("userAgent", "")
    return f"{what}: {event['verb']} {event['requestURI']} by {who} ({program}): {code} {_reason(event)}"


def _connects(event: Json) -> bool:
    return event.get("objectRef", {}).get("subresource") in _CONNECTIONS


def _is_refused(event: Json) -> bool:
    return event.get("responseStatus", {}).get("code") == 403


def _connection(event: Json) -> tuple[str, ...]:
    asked = parse_qsl(urlsplit(event["requestURI"]).query, keep_blank_values=True)
    containers = [value for name, value in asked if name == "container"]
    words = [value for name, value in asked if name == "command"]
    return (event["objectRef"]["subresource"], *containers, *words)
