"""I/O. A scenario as it runs: the world it happens to, who is who in it, and looks into kernels."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.namespaces import Namespace
from tests.scenarios.cluster import Monitors, Pod, eventually
from tests.scenarios.holding import Holding, lacking
from tests.scenarios.objects import place
from tests.scenarios.world import AUDIT, BOUNDS, PATIENCE, World, addresses_of, held, pods_of, unsettled

Json = dict[str, Any]
LOOK_AGAIN = 0.1
"""Seconds between two looks."""
_OF_NEW_PODS = frozenset({"join", "recovery", "return"})
"""The bounds that are also of pods whose containers do not run yet."""


class Run:
    """One scenario on its way."""

    def __init__(self, world: World, *, is_thorough: bool = False) -> None:
        """`is_thorough`: the controller is killed at every point of each edit, not at one of them."""
        self.world = world
        self.is_thorough = is_thorough
        self.audit = AUDIT
        """Seconds between the audits of a pod."""
        self.loading = 0.0
        """Seconds that the slowest start took until the controller was ready: how busy the machine is, more than anything."""
        self._last: dict[str, str] = {}
        self._told: set[tuple[str, str]] = set()

    def start_controller(self) -> None:
        """Start it, and return when it knows the cluster (how long Python takes to load is not what a bound is about)."""
        begun = time.monotonic()
        self.world.controller.options[:] = ["--audit-every", f"{self.audit:g}"]
        self.world.controller.start()
        eventually(lambda: self.world.controller.tells("/readyz"), PATIENCE, "the controller is ready")
        self.loading = max(self.loading, time.monotonic() - begun)

    def bound(self, name: str) -> float:
        """The seconds of a bound."""
        if name == "repair":
            return BOUNDS[name] + self.audit
        return BOUNDS[name] + (self.world.starting if name in _OF_NEW_PODS else 0.0)

    def places(self) -> dict[str, int]:
        """How many pods there are in each state, as the controller's metrics say."""
        found = re.findall(r'^kube_vxlan_places\{state="(\w+)"\} ([0-9.]+)$', self.world.controller.tells("/metrics"), re.M)
        return {state: int(float(count)) for state, count in found}

    def is_told(self, name: str, reason: str, text: str) -> bool:
        """Whether the object of that name has a new Event with this reason and with this text in its note; it is new once."""
        namespace, short = place(name)
        for event in self.world.items(f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"):
            version = (event["metadata"]["uid"], event["metadata"]["resourceVersion"])
            is_meant = (event["regarding"]["name"], event["reason"]) == (short, reason) and text in event["note"]
            if is_meant and version not in self._told:
                self._told.add(version)
                return True
        return False

    def pod(self, name: str) -> Pod:
        """The one pod of that name, as soon as it has an address and a namespace."""
        self.settle([name])
        (obj,) = pods_of(self.world, name)
        return Pod(obj["metadata"]["name"], obj["metadata"]["uid"], obj["status"]["podIP"], self.namespace(obj))

    def pods(self, names: Sequence[str]) -> list[Pod]:
        """All pods of some names, as soon as each has an address."""
        self.settle(names)
        found = [obj for name in names for obj in pods_of(self.world, name)]
        return [
            Pod(one["metadata"]["name"], one["metadata"]["uid"], one["status"]["podIP"], self.namespace(one)) for one in found
        ]

    def namespace(self, obj: Json) -> Namespace:
        """The network namespace of a pod."""
        return eventually(lambda: self.world.inside(obj["metadata"]["uid"]), what=f"{obj['metadata']['name']} has a namespace")

    def settle(self, names: Sequence[str]) -> None:
        """Return when the pods of these names are those that there should be, each with an address."""
        deadline = time.monotonic() + PATIENCE
        while why := next(filter(None, (unsettled(self.world, name) for name in names)), ""):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {PATIENCE:g} s: {why}")
            time.sleep(LOOK_AGAIN)
        for name in names:
            for obj in pods_of(self.world, name):
                self._last[name] = self._last[obj["metadata"]["name"]] = obj["status"].get("podIP", "")

    def last_address(self, name: str) -> str:
        """The address that a pod of that name had when it was last looked at; it is looked at if it never was."""
        if name not in self._last:
            self.settle([name])
        return self._last[name]

    def expect(self, bound: str, holdings: Sequence[Holding]) -> None:
        """The kernels hold this within a bound, counted from when the pods that are named are there."""
        named = sorted({name for one in holdings for name in (*one.names, *one.to)})
        self.settle(named)
        seconds = self.bound(bound)
        deadline = time.monotonic() + seconds
        while True:
            wrong = self._wrong(holdings, named)
            if not wrong:
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds:g} s ({bound}):\n  " + "\n  ".join(wrong))
            time.sleep(LOOK_AGAIN)

    def _wrong(self, holdings: Sequence[Holding], named: Sequence[str]) -> list[str]:
        pods = {name: pods_of(self.world, name) for name in named}
        addresses = {name: frozenset(one for obj in found for one in addresses_of(obj)) for name, found in pods.items()}
        wrong: list[str] = []
        for name in dict.fromkeys(name for one in holdings for name in one.names):
            wished = [one for one in holdings if name in one.names]
            for obj in pods[name]:
                mine = frozenset(addresses_of(obj))
                wrong += lacking(obj["metadata"]["name"], mine, held(self.namespace(obj)), wished, addresses)
        return wrong

    @contextmanager
    def silence(self, names: Sequence[str], what: str) -> Iterator[None]:
        """These pods' kernels tell of no change with `what` in its words while the context is open."""
        pods, monitors = self.pods(names), Monitors()
        for pod in pods:
            monitors.watch(pod)
        monitors.settle(pods)
        try:
            yield
        finally:
            heard = [line for line in monitors.heard() if what in line]
        assert heard == [], heard
