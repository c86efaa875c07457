"""Pure. Views folded into one immutable Snapshot: what the API server holds, as far as we know, and how well we know it.

Laws: a snapshot is the result of its changes in order, whatever bursts they came in; it knows what has been listed at all
(`complete`), what nobody vouches for at the moment (`stale`), and which terminating pods' time is over (`departed`).
Folding never looks at a clock: time enters as a change (`Elapsed`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import assert_never

from kube_vxlan_controller.model import Namespace, Place, PodName
from kube_vxlan_controller.views import ConfigView, PodView


class Kind(StrEnum):
    """The kinds of objects that a wish is made of."""

    PODS = "pods"
    NETWORKS = "networks"


Names = dict[tuple[Namespace, PodName], Place]


@dataclass(frozen=True, slots=True)
class PodsListed:
    """All pods that there are: those not among them are gone."""

    pods: tuple[PodView, ...]


@dataclass(frozen=True, slots=True)
class PodSeen:
    """A pod is new or has changed."""

    pod: PodView


@dataclass(frozen=True, slots=True)
class PodGone:
    """A pod does not exist any more, or has left our selector."""

    place: Place


@dataclass(frozen=True, slots=True)
class ConfigSeen:
    """The ConfigMap of networks as it is now; None when there is none."""

    config: ConfigView | None


@dataclass(frozen=True, slots=True)
class Stale:
    """Nobody can vouch for a kind at the moment."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Fresh:
    """A kind is known up to now again."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Elapsed:
    """It is now this late (Unix time)."""

    now: float


Change = PodsListed | PodSeen | PodGone | ConfigSeen | Stale | Fresh | Elapsed


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a wish is made of. Mappings are never changed once they are in here."""

    pods: Mapping[Place, PodView] = field(default_factory=dict)
    config: ConfigView | None = None
    listed: frozenset[Kind] = frozenset()
    stale: frozenset[Kind] = frozenset()
    now: float = 0.0
    names: Mapping[tuple[Namespace, PodName], Place] = field(default_factory=dict)
    leaving: Mapping[Place, float] = field(default_factory=dict)
    """Terminating pods with the Unix time at which they are over."""

    @property
    def complete(self) -> bool:
        """Whether every kind has been listed once; before that nothing may be done."""
        return len(self.listed) == len(Kind)

    @property
    def next_departure(self) -> float | None:
        """The Unix time at which the next terminating pod is over."""
        return min((at for at in self.leaving.values() if at > self.now), default=None)

    def departed(self, pod: PodView) -> bool:
        """Whether a pod is over: terminal, or terminating with its grace used up."""
        return pod.terminal or (pod.leaves_at is not None and pod.leaves_at <= self.now)


def fold(snapshot: Snapshot, changes: Iterable[Change]) -> Snapshot:
    """The snapshot after a burst of changes."""
    pods, names = dict(snapshot.pods), dict(snapshot.names)
    config, listed, stale, now = snapshot.config, set(snapshot.listed), set(snapshot.stale), snapshot.now
    for change in changes:
        match change:
            case PodsListed(seen):
                pods, names = {}, {}
                for pod in seen:
                    _see(pods, names, pod, snapshot.pods)
                listed.add(Kind.PODS)
            case PodSeen(pod):
                _see(pods, names, pod, snapshot.pods)
            case PodGone(place):
                _forget(pods, names, place)
            case ConfigSeen(seen_config):
                config = seen_config
                listed.add(Kind.NETWORKS)
            case Stale(kind):
                stale.add(kind)
            case Fresh(kind):
                stale.discard(kind)
            case Elapsed(at):
                now = max(now, at)
            case _:
                assert_never(change)
    return replace(
        snapshot,
        pods=pods,
        config=snapshot.config if config == snapshot.config else config,
        listed=frozenset(listed),
        stale=frozenset(stale),
        now=now,
        names=names,
        leaving={place: pod.leaves_at for place, pod in pods.items() if pod.leaves_at is not None},
    )


def _see(
    pods: dict[Place, PodView], names: dict[tuple[Namespace, PodName], Place], pod: PodView, old: Mapping[Place, PodView]
) -> None:
    name = (pod.place.namespace, pod.place.name)
    before = names.get(name)
    if before is not None and before != pod.place:
        pods.pop(before, None)  # a name belongs to one pod at a time: the other uid is gone, told or not
    names[name] = pod.place
    known = old.get(pod.place)
    pods[pod.place] = known if known == pod and known is not None else pod  # the unchanged are recognised by identity


def _forget(pods: dict[Place, PodView], names: Names, place: Place) -> None:
    if pods.pop(place, None) is not None:
        del names[place.namespace, place.name]
