"""Pure. What whoever holds the controller's token could try to connect to: the agents' command, and all around it."""

import random
from urllib.parse import urlencode

from tests.cluster.bearer import SPDY, WEBSOCKET, Attempt

AGENTS = ("vxlan-controller-agent", "vxlan-controller-agent-init")
ARGV = ("kube-vxlan-agent", "serve")
CONTAINERS = (
    *AGENTS,
    *AGENTS,
    "",
    "app",
    "agent",
    "vxlan-controller",
    "vxlan-controller-agent ",
    "Vxlan-Controller-Agent",
    "*",
)
WORDS = (*ARGV, "sh", "-c", "id", "ready", "pause", "/bin/kube-vxlan-agent", "ip", "", "kube-vxlan-agent serve", "serve;id")
OTHERS = ("attach", "portforward", "proxy", "proxy/", "proxy/metrics")
Query = list[tuple[str, str]]


def query(container: str, argv: tuple[str, ...], *more: tuple[str, str]) -> Query:
    """The query of an exec; no container: it is left out."""
    return [*([("container", container)] if container else []), *(("command", word) for word in argv), *more]


def own_exec(namespace: str, container: str) -> Attempt:
    """What the controller does; `namespace` is its path."""
    words = query(container, ARGV, ("stdin", "true"), ("stdout", "true"))
    return Attempt("GET", f"{namespace}/pods/p/exec?{urlencode(words)}", WEBSOCKET)


def outside(namespace: str, count: int) -> list[Attempt]:
    """So many different attempts at what the fence keeps out; always the same ones."""
    chance, made = random.Random(974), dict[Attempt, None]()
    while len(made) < count:
        method, headers = chance.choice((("GET", WEBSOCKET), ("POST", SPDY), ("GET", ()), ("POST", ())))
        if path := chance.choice((_exec, _exec, _exec, _other))(chance, f"/api/v1/namespaces/{namespace}"):
            made[Attempt(method, path, headers)] = None
    return list(made)


def _exec(chance: random.Random, namespace: str) -> str:
    """An exec that is not the agents' own; nothing if chance would have it be that."""
    container = chance.choice(CONTAINERS)
    argv = ARGV if chance.random() < 0.5 else tuple(chance.choices(WORDS, k=chance.randrange(5)))
    terminal = chance.choice(([], [], [("tty", "false")], [("tty", "true")], [("tty", "1")], [("tty", "")]))
    if container in AGENTS and argv == ARGV and terminal in ([], [("tty", "false")]):
        return ""
    streams = [(name, "true") for name in ("stdin", "stdout", "stderr") if chance.random() < 0.7]
    words = query(container, argv, *terminal, *streams)
    return f"{namespace}/pods/p/exec?{urlencode(words)}"


def _other(chance: random.Random, namespace: str) -> str:
    """Another way to the inside of something."""
    container = urlencode(query(chance.choice(CONTAINERS), ARGV, ("stdin", "true"), ("port", str(chance.randrange(1, 9999)))))
    return chance.choice(
        (
            f"{namespace}/pods/p/{chance.choice(OTHERS)}?{container}",
            f"{namespace}/pods/p:{chance.randrange(1, 9999)}/proxy/",
            f"{namespace}/services/s/proxy/{chance.randrange(1, 9999)}",
            f"/api/v1/nodes/node1/proxy/run/default/p/{chance.choice(AGENTS)}?cmd=id{chance.randrange(99)}",
        )
    )


def elsewhere(namespace: str) -> list[Attempt]:
    """Attempts in a namespace that has not opted in; the controller's own among them."""
    return [*outside(namespace, 100), *(own_exec(f"/api/v1/namespaces/{namespace}", agent) for agent in AGENTS)]
