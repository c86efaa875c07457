"""I/O. One size of network, measured: start, joins, leaves, a restart; and what must be so however fast it is.

Asserted: every kernel is right in the end; a start costs one exec per agent container; a join costs none but the newcomer's
own; a leave costs none; a restart writes nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from signal import SIGKILL

from tests.bench.figures import WHOLE, Run, Sample
from tests.bench.pods import Style, pod, text
from tests.bench.running import Cost
from tests.bench.world import PODS, World, world

VNIS = {"vxeth1": 101}
NODES = 4
WITHIN = 120.0
"""Seconds after which it is no matter of speed any more."""


@asynccontextmanager
async def network(name: str) -> AsyncIterator[World]:
    """A lab with one network, and the controller running."""
    async with world(name, NODES, VNIS) as lab:
        lab.controller.start()
        await lab.until(lambda: "started" in lab.controller.said(), WITHIN, lambda: "the controller did not start")
        yield lab


async def measure(lab: World, pods: int, style: Style, times: int) -> Run:
    """Measure a network of so many pods, with so many joins and leaves."""
    samples = {"start": (await start(lab, pods, style),)}
    await lab.until(lambda: not lab.unsettled(), WITHIN, lambda: f"{lab.unsettled()} processes are still starting")
    samples["join"] = tuple([await join(lab, pods + number, style) for number in range(times)])
    samples["leave"] = tuple([await leave(lab, pods + number) for number in range(times)])
    samples |= {event: (sample,) for event, sample in (await restart(lab)).items()}
    return Run("controller", style, pods, samples, lab.controller.memory())


async def start(lab: World, pods: int, style: Style) -> Sample:
    """So many pods at once, from nothing."""
    before = lab.controller.cost()
    names = [f"pod-{number}" for number in range(pods)]
    await lab.create(pod(name, text("vxeth1", number), style) for number, name in enumerate(names))
    await lab.until(lambda: _addressed(lab, names), WITHIN, lambda: "pods without address")
    lab.expect(VNIS, names)
    right = await lab.until_right(WITHIN)
    used = await _settled(lab, before)
    assert used.execs == pods * style.agents, f"{used.execs} execs to start {pods} pods"
    return _sample(right - max(lab.pods[name].addressed for name in names), used)


async def join(lab: World, number: int, style: Style) -> Sample:
    """One more pod."""
    before, name = lab.controller.cost(), f"pod-{number}"
    await lab.create([pod(name, text("vxeth1", number), style)])
    await lab.until(lambda: _addressed(lab, [name]), WITHIN, lambda: "no address")
    lab.expect(VNIS, list(lab.pods))
    right = await lab.until_right(WITHIN)
    used = await _settled(lab, before)
    assert used.execs == style.agents, f"{used.execs} execs for a join; the newcomer has {style.agents} agents"
    return _sample(right - lab.pods[name].addressed, used)


async def leave(lab: World, number: int) -> Sample:
    """One pod less."""
    before, name = lab.controller.cost(), f"pod-{number}"
    lab.expect(VNIS, [other for other in lab.pods if other != name])
    await lab.client.delete(f"{PODS}/{name}")
    await lab.until(lambda: name in lab.left, WITHIN, lambda: "the pod did not leave")
    right = await lab.until_right(WITHIN)
    used = await _settled(lab, before)
    assert used.execs == 0, f"{used.execs} execs for a leave"
    return _sample(right - lab.left[name], used)


async def restart(lab: World) -> dict[str, Sample]:
    """Kill the controller and start another one, which says when it is at work, and when it knows that all is as wished.

    It is believed where the observer agrees: an exec runs in each pod that was not there before, and every kernel is right and
    was not touched. The end is the time of its line, since who looks at processes sees an exec only some time later.
    """
    controller, uids = lab.controller, [pod.uid for pod in lab.pods.values()]
    controller.end(SIGKILL)
    begun = controller.start()
    await lab.until(lambda: controller.at_work() is not None, WITHIN, lambda: "the controller is not at work")
    loaded = Cost(0, 0, controller.cpu())
    await lab.until(lambda: controller.found() is not None, WITHIN, lambda: "the controller has not looked at all pods")
    at_work, found = controller.at_work(), controller.found()
    assert at_work is not None
    assert found is not None
    ended, count = found
    used = await _settled(lab, Cost(0, 0, 0))
    assert count == len(uids), f"{count} of {len(uids)} pods found as wished"
    await lab.until(lambda: all(_looked_at(lab, uid, begun) for uid in uids), WITHIN, lambda: "pods in which no exec was seen")
    assert lab.picture.complete, f"wrong after a restart: {list(lab.picture.wrong())[:3]}"
    written = lab.picture.writes(begun)
    assert not written, f"written by a controller that found all in place: {written[:4]}"
    assert used.execs == len(uids), f"{used.execs} execs to look at {len(uids)} pods"
    return {"restart": _sample(ended - at_work, used - loaded), WHOLE: _sample(ended - begun, used)}


def _looked_at(lab: World, uid: str, begun: float) -> bool:
    count, since = lab.served.get(uid, (0, 0.0))
    return count == 1 and since > begun


async def _settled(lab: World, before: Cost) -> Cost:
    """What was used since `before`, once all pods are ready, wired, and nothing is asked any more."""
    count = len(lab.pods)
    await lab.until(lambda: all(pod.ready for pod in lab.pods.values()), WITHIN, lambda: "pods that are not ready")
    wired = (float(count), float(count))
    # Not often: its metrics cost the controller four milliseconds each time.
    await lab.until(lambda: _wired(lab) == wired, WITHIN, lambda: f"{_wired(lab)} of {count} pods wired, with streams", 0.1)
    return lab.controller.cost() - before


def _wired(lab: World) -> tuple[float, float]:
    numbers = lab.controller.numbers()
    return numbers.get("kube_vxlan_places{wired}", 0.0), numbers.get("kube_vxlan_streams", 0.0)


def _addressed(lab: World, names: list[str]) -> bool:
    return all(name in lab.pods and lab.pods[name].address for name in names)


def _sample(seconds: float, used: Cost) -> Sample:
    return Sample(seconds, used.execs, used.requests, used.cpu)
