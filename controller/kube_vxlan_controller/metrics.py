"""I/O. What happens, counted for Prometheus: `ports.Meter` and `ports.LeaseMeter`; counts the execs that somebody else opens.

One registry, made by whoever makes the one `Metrics`. Laws: no label is taken from what users wrote, so the number of series
is bounded by our own words; counting costs microseconds and never raises.
"""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from kube_vxlan_controller.ports import Exec, ExecStream, Target, WorldError

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 30.0)
"""From a request on a warm stream (3 ms) over an exec (50 ms) to the longest deadline."""


class Metrics:
    """All numbers of one controller."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._places = Gauge("kube_vxlan_places", "Pods by how far their networks are.", ["state"], registry=registry)
        self._faults = Gauge("kube_vxlan_faults", "Things users wrote that cannot be honoured.", registry=registry)
        self._changes = Counter("kube_vxlan_changes", "Changes of API objects taken in.", registry=registry)
        self._folding = Histogram(
            "kube_vxlan_folding_seconds", "From a burst of changes to wishes.", buckets=_SECONDS, registry=registry
        )
        self._requests = Counter(
            "kube_vxlan_requests",
            "Requests to agents, by what they are for and how they ended.",
            ["phase", "outcome"],
            registry=registry,
        )
        self._asking = Histogram(
            "kube_vxlan_request_seconds", "From a request to its answer.", ["phase"], buckets=_SECONDS, registry=registry
        )
        self._asked: dict[tuple[str, str], tuple[Counter, Histogram]] = {}
        self._steps = Counter("kube_vxlan_steps", "Changes made in pods.", ["kind"], registry=registry)
        self._repairs = Counter(
            "kube_vxlan_repairs", "Changes that undid what somebody else had done in a pod.", ["kind"], registry=registry
        )
        self._events = Counter(
            "kube_vxlan_events", "Events for users, by how writing them ended.", ["outcome"], registry=registry
        )
        self._conditions = Counter(
            "kube_vxlan_conditions", "Readiness gates told, by how writing it ended.", ["outcome"], registry=registry
        )
        self._execs = Counter("kube_vxlan_execs", "Pod Execs, by how opening them ended.", ["outcome"], registry=registry)
        self._streams = Gauge("kube_vxlan_streams", "Execs that are open now.", registry=registry)
        self._stale = Gauge(
            "kube_vxlan_view_stale_seconds",
            "How long nobody has confirmed a kind of object; 0 while it is fresh.",
            ["kind"],
            registry=registry,
        )
        self._leader = Gauge("kube_vxlan_leader", "1 while this controller leads, 0 while it stands by.", registry=registry)
        self._transitions = Gauge(
            "kube_vxlan_lease_transitions", "How often the Lease went from one holder to another.", registry=registry
        )
        self._lag = Gauge("kube_vxlan_loop_lag_seconds", "How late the event loop's last heartbeat was.", registry=registry)

    def folded(self, changes: int, seconds: float) -> None:
        """See `ports.Meter`."""
        self._changes.inc(changes)
        self._folding.observe(seconds)

    def asked(self, phase: str, outcome: str, seconds: float) -> None:
        """See `ports.Meter`."""
        # With every join a thousand times: looking labels up costs more than counting.
        found = self._asked.get((phase, outcome))
        if found is None:
            found = self._asked[phase, outcome] = self._requests.labels(phase, outcome), self._asking.labels(phase)
        found[0].inc()
        found[1].observe(seconds)

    def stepped(self, kind: str, count: int) -> None:
        """See `ports.Meter`."""
        self._steps.labels(kind).inc(count)

    def repaired(self, kind: str, count: int) -> None:
        """See `ports.Meter`."""
        self._repairs.labels(kind).inc(count)

    def standing(self, before: str | None, after: str | None) -> None:
        """See `ports.Meter`."""
        if before is not None:
            self._places.labels(before).dec()
        if after is not None:
            self._places.labels(after).inc()

    def faults(self, count: int) -> None:
        """There are now so many."""
        self._faults.set(count)

    def stale(self, seconds: Mapping[str, float]) -> None:
        """For how long nobody has confirmed each kind of object; 0 for a fresh one."""
        for kind, age in seconds.items():
            self._stale.labels(kind).set(age)

    def lagged(self, seconds: float) -> None:
        """The event loop's heartbeat came so late."""
        self._lag.set(seconds)

    def leading(self, leads: bool) -> None:
        """See `ports.LeaseMeter`."""
        self._leader.set(leads)

    def transitions(self, count: int) -> None:
        """See `ports.LeaseMeter`."""
        self._transitions.set(count)

    def reported(self, outcome: str) -> None:
        """An Event was written (`ok`), dropped since there were too many, or not written: the name of the error."""
        self._events.labels(outcome).inc()

    def conditioned(self, outcome: str) -> None:
        """A readiness gate was told (`ok`), or not: the name of the error."""
        self._conditions.labels(outcome).inc()

    def opened(self, outcome: str) -> None:
        """An exec was opened, or not: `outcome` is `ok` or the name of the error."""
        self._execs.labels(outcome).inc()

    def streams(self, more: int) -> None:
        """So many more execs are open than before."""
        self._streams.inc(more)


class CountedExec:
    """An `Exec` whose openings and open streams are counted."""

    def __init__(self, inner: Exec, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics

    async def open(self, target: Target, argv: tuple[str, ...]) -> ExecStream:
        """See `ports.Exec`."""
        try:
            stream = await self._inner.open(target, argv)
        except WorldError as error:
            self._metrics.opened(type(error).__name__)
            raise
        self._metrics.opened("ok")
        self._metrics.streams(+1)
        return _CountedStream(stream, self._metrics)


class _CountedStream:
    def __init__(self, inner: ExecStream, metrics: Metrics) -> None:
        self.send = inner.send
        self.receive = inner.receive
        self._close = inner.close
        self._metrics = metrics
        self._open = True

    async def close(self) -> None:
        if self._open:
            self._open = False
            self._metrics.streams(-1)
        await self._close()
