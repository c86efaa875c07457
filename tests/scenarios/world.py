"""I/O. The world of a scenario: what its sentences need of a cluster, be it the lab or a real one, and who is who in it."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from tests.namespaces import Namespace
from tests.scenarios.holding import Seen
from tests.scenarios.objects import place

Json = dict[str, Any]

BOUNDS: Mapping[str, float] = {"join": 5.0, "leave": 5.0, "repair": 5.0, "recovery": 10.0, "return": 35.0, "freshness": 95.0}
"""Seconds within which kernels must be right: after a pod has its address; after it is gone; after something was changed by
hand (besides an audit period); after a fault is over or the controller was started; after a pod that could not be
asked for long can be asked again (the longest pause between two tries, and the time to act); after watches fell silent."""
AUDIT = 2.0
"""Seconds between the audits of a pod in scenarios that say nothing else; operators have 60."""
PATIENCE = 40.0
"""Seconds that pods have to start or to end, which is not the controller's business."""


class Control(Protocol):
    """The controller's process."""

    options: list[str]
    """Of its command line, when it is started the next time."""

    def start(self) -> None:
        """Start it."""

    def end(self, number: int = ...) -> int:
        """Send a signal (9 if none is said), and wait for the end."""

    def tells(self, path: str) -> str:
        """What it answers to a GET of /readyz or /metrics; empty where it does not, or answers that it is not well."""


class World(Protocol):
    """What a cluster must be able to do; the lab of `cluster.py` is one."""

    starting: float
    """Seconds that an agent's container may take to run after its pod has an address, and its sidecar after that; nobody can
    be asked before."""

    @property
    def controller(self) -> Control:
        """The controller under test."""

    def apply(self, *objects: Json) -> None:
        """Create or change objects."""

    def create(self, path: str, obj: Json) -> None:
        """Send an object to a collection or a subresource of the API."""

    def merge(self, path: str, patch: Json) -> None:
        """Merge a patch into the object at a path of the API."""

    def remove(self, path: str, **options: Any) -> None:
        """Delete the object at a path of the API."""

    def items(self, path: str) -> list[Json]:
        """The objects of a collection."""

    def inside(self, uid: str) -> Namespace | None:
        """The network namespace of a pod, as long as it has one."""

    def node(self, name: str) -> str:
        """What the node is called that scenarios call node-1, node-2 ..."""

    def fault(self, name: str, **what: Any) -> None:
        """Break something, or mend it (docs/development.md)."""


def pods_of(world: World, name: str) -> list[Json]:
    """The pods of that name, or of that workload, that are members or will be: those that have ended are not among them."""
    return [pod for pod in objects_of(world, name) if not _has_ended(pod)]


def addresses_of(pod: Json) -> tuple[str, ...]:
    """All of a pod's addresses in the cluster; none yet, or IPv4 first."""
    return tuple(one["ip"] for one in pod["status"].get("podIPs") or ())


def is_there(pod: Json) -> bool:
    """Whether it has not ended, and nobody is deleting it."""
    return not _has_ended(pod) and "deletionTimestamp" not in pod["metadata"]


def objects_of(world: World, name: str) -> list[Json]:
    """The pods of that name, or of that workload, that nobody is deleting."""
    namespace, short = place(name)
    found = world.items(f"/api/v1/namespaces/{namespace}/pods")
    return [pod for pod in found if _is_called(pod, short) and "deletionTimestamp" not in pod["metadata"]]


def unsettled(world: World, name: str) -> str:
    """Why the pods of that name are not yet those that there should be, each with an address; empty if they are."""
    namespace, short = place(name)
    every = world.items(f"/api/v1/namespaces/{namespace}/pods")
    leaving = [pod["metadata"]["name"] for pod in every if _is_called(pod, short) and _is_leaving(pod)]
    if leaving:
        return f"{', '.join(leaving)} still to go"
    pods = pods_of(world, name)
    wanted = 1
    for kind in ("deployments", "statefulsets"):
        for one in world.items(f"/apis/apps/v1/namespaces/{namespace}/{kind}"):
            if one["metadata"]["name"] == short:
                wanted = one["spec"]["replicas"]
                if one["status"].get("observedGeneration") != one["metadata"]["generation"]:
                    return f"{short} not looked at yet"
                if one["status"].get("updatedReplicas", 0) != wanted:
                    return f"{short} not rolled out yet"
    if len(pods) != wanted:
        return f"{len(pods)} of {wanted} pods of {name}"
    without = [pod["metadata"]["name"] for pod in pods if "podIP" not in pod["status"]]
    return f"{', '.join(without)} without address" if without else ""


def held(namespace: Namespace) -> dict[str, Seen]:
    """The VXLAN links of a namespace; of addresses and routes those that are not link-local."""
    links = json.loads(namespace.run("ip", "-d", "-j", "addr", "show"))
    routes = [
        route
        for family in ("-4", "-6")
        for route in json.loads(namespace.run("ip", family, "-N", "-j", "route", "show") or "[]")
        if "gateway" in route and route["dst"] != "default"
    ]
    entries = json.loads(namespace.run("bridge", "-j", "fdb", "show"))
    return {
        link["ifname"]: _seen(link, routes, entries) for link in links if link.get("linkinfo", {}).get("info_kind") == "vxlan"
    }


def _seen(link: Json, routes: list[Json], entries: list[Json]) -> Seen:
    name, data = link["ifname"], link["linkinfo"]["info_data"]
    addresses = (f"{one['local']}/{one['prefixlen']}" for one in link["addr_info"] if one["scope"] != "link")
    return Seen(
        name=name,
        vni=data["id"],
        port=data["port"],
        up="UP" in link["flags"],
        mtu=link["mtu"],
        ttl=data.get("ttl", 0),
        learning=data["learning"],
        dev=data.get("link", ""),
        addresses=frozenset(addresses),
        routes=frozenset(f"{one['dst']} via {one['gateway']}" for one in routes if one["dev"] == name),
        to=frozenset(
            one["dst"] for one in entries if one["ifname"] == name and one["mac"] == "00:00:00:00:00:00" and "dst" in one
        ),
    )


def _is_called(pod: Json, name: str) -> bool:
    metadata = pod["metadata"]
    return bool(metadata["name"] == name or metadata.get("labels", {}).get("run") == name)


def _has_ended(pod: Json) -> bool:
    return pod["status"].get("phase") in ("Succeeded", "Failed")


def _is_leaving(pod: Json) -> bool:
    """Whether it is being deleted and still has time; where that is over it is no member any more, gone or not."""
    until = pod["metadata"].get("deletionTimestamp")
    return (
        bool(until)
        and not _has_ended(pod)
        and datetime.strptime(until, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp() > time.time()
    )
