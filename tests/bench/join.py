"""What one join costs in the pure stages: `python -m tests.bench.join` prints milliseconds of CPU, medians; nothing asserted.

All that stands between an event and the text for every peer, and between their answers and what is known then: fold, desire,
plan and render (`rounds.next_round`), learn. No agent is asked: each answers at once that it has nothing to say.
"""

import gc
import time
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import pairwise
from statistics import median

from kube_vxlan_controller.desired import Desired, Policy, Wish, desire
from kube_vxlan_controller.model import Place
from kube_vxlan_controller.ports import StreamId, Told
from kube_vxlan_controller.rounds import Known, Phase, Round, learn, next_round
from kube_vxlan_controller.snapshot import Change, ConfigSeen, PodSeen, PodsListed, Snapshot, fold
from kube_vxlan_controller.views import PodView
from tests.bench.pods import text
from tests.objects import NETWORKS, pod

TOLD = Told(StreamId(1))
STAGES = ("fold", "desire", "plan and render", "learn", "all")


@dataclass(slots=True)
class World:
    """Pods that are all as wished, and how long each stage of their joins took."""

    snapshot: Snapshot = field(default_factory=Snapshot)
    desired: Desired = field(default_factory=lambda: Desired(Policy()))
    known: dict[Place, Known] = field(default_factory=dict)

    def settle(self) -> None:
        """Take it that every kernel is as wished."""
        self.known = {place: _wished(wish) for place, wish in self.desired.wishes.items()}

    def take(self, *changes: Change) -> tuple[float, float, float, float]:
        """Seconds in each of the four stages, for all the places that these changes touch."""
        times = [time.process_time()]
        self.snapshot = fold(self.snapshot, changes)
        times.append(time.process_time())
        self.desired = desire(self.snapshot, self.desired)
        times.append(time.process_time())
        rounds: list[tuple[Wish, Known, Round]] = []
        for place in self.desired.changed:
            wish, known = self.desired.wishes[place], self.known.get(place, Known())
            due = next_round(wish, known, blind=False)
            assert isinstance(due, Round)
            rounds.append((wish, known, due))
        times.append(time.process_time())
        for wish, known, due in rounds:
            told = due.phase is Phase.FORWARD
            self.known[wish.place] = learn(wish, known, due, TOLD) if told else _wished(wish)
        times.append(time.process_time())
        fold_, desire_, plan_, learn_ = (after - before for before, after in pairwise(times))
        return fold_, desire_, plan_, learn_


def joins(members: int, times: int) -> list[tuple[float, ...]]:
    """Seconds per stage, and in all, of each of so many joins to a network of so many."""
    world = World()
    world.take(ConfigSeen(NETWORKS), PodsListed(tuple(map(_pod, range(members)))))
    world.settle()
    samples = []
    for number in range(members, members + times):
        gc.collect()
        stages = world.take(PodSeen(_pod(number)))
        assert len(world.desired.changed) == number + 1
        samples.append((*stages, sum(stages)))
    return samples


def _pod(number: int) -> PodView:
    return pod(f"pod-{number}", text("vxeth1", number), str(ip_address("10.244.0.0") + number))


def _wished(wish: Wish) -> Known:
    return Known(wish.target, TOLD.stream, wish.netns)


def main() -> None:
    """Print a row for each size."""
    print(f"{'members':>8}", *(f"{stage:>16}" for stage in STAGES))
    for members in (100, 1000, 5000):
        medians = [median(stage) * 1000 for stage in zip(*joins(members, 9), strict=True)]
        print(f"{members:8}", *(f"{one:13.2f} ms" for one in medians))


if __name__ == "__main__":
    main()
