"""I/O. What a scenario's sentences look at: kernels, pings, pods, and what the controller says of itself."""

import shlex
import time
from collections.abc import Callable, Sequence

from tests.scenarios.cluster import eventually
from tests.scenarios.holding import names
from tests.scenarios.objects import LABEL, place
from tests.scenarios.run import Run
from tests.scenarios.text import Step
from tests.scenarios.world import BOUNDS, PATIENCE, Json, is_there, pods_of


def within(run: Run, step: Step) -> None:
    run.expect(step.words[0], step.holdings)


def pings(answered: bool) -> Callable[[Run, Step], None]:
    def act(run: Run, step: Step) -> None:
        name, address = step.words
        pod = run.pod(name)
        family = "-6" if ":" in address else "-4"

        def ping() -> bool:
            said = pod.namespace.run("ping", family, "-c", "1", "-W", "1", address, check=False)
            return (" 0% packet loss" in said) == answered

        eventually(ping, BOUNDS["join"], f"{name} {'reaches' if answered else 'does not reach'} {address}")

    return act


def shows(there: bool) -> Callable[[Run, Step], None]:
    def act(run: Run, step: Step) -> None:
        name, command, text = step.words
        for pod in run.pods(names(name)):
            said = pod.namespace.run(*shlex.split(command))
            assert (text in said) == there, f"in {pod.name} {command} shows:\n{said}"

    return act


def while_silent(act: Callable[[Run, Sequence[Step]], None], what: str = "") -> Callable[[Run, Step], None]:
    """While `act` carries out the steps below, nothing that has `what` in it is heard of the kernels."""

    def carry_out(run: Run, step: Step) -> None:
        with run.silence(names(step.words[0]), what):
            act(run, step.steps)

    return carry_out


def told(run: Run, step: Step) -> None:
    """It is Events that people see, so it is Events that are looked at."""
    name, reason, *text = step.words
    eventually(lambda: run.is_told(name, reason, "".join(text)), BOUNDS["recovery"], f"{name} is told {reason} {text}")


def told_within(run: Run, step: Step) -> None:
    name, reason, seconds = step.words
    eventually(lambda: run.is_told(name, reason, ""), float(seconds), f"{name} is told {reason}")


def looked(run: Run, step: Step) -> None:
    every = [pod for pod in run.world.items("/api/v1/pods") if is_there(pod) and LABEL in pod["metadata"].get("labels", {})]

    def all_are_known() -> bool:
        places = run.places()
        return places.get("wired", 0) + places.get("degraded", 0) >= len(every)

    eventually(all_are_known, PATIENCE, "the controller has looked at everything")


def runs(ready: bool) -> Callable[[Run, Step], None]:
    def act(run: Run, step: Step) -> None:
        called = names(step.words[0])
        run.settle(called)
        for name in called:
            eventually(lambda name=name: all(_is_ready(one) for one in pods_of(run.world, name)) == ready, PATIENCE, f"{name}")

    return act


def _is_ready(pod: Json) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", ()))


def same_address(run: Run, step: Step) -> None:
    new, old = step.words
    before = run.last_address(old)
    assert run.pod(new).address == before, f"{new} has {run.pod(new).address}, {old} had {before}"


def moved(run: Run, step: Step) -> None:
    (name,) = step.words
    before = run.last_address(name)

    def moved() -> bool:
        (pod,) = pods_of(run.world, name)
        return pod["status"].get("podIP", before) != before

    eventually(moved, PATIENCE, f"{name} has another address than {before}")


def two_audits(run: Run, step: Step) -> None:
    """That nothing happens can only be seen by waiting for it."""
    time.sleep(2 * run.audit)


def ended(run: Run, step: Step) -> None:
    namespace, short = place(step.words[0])
    path = f"/api/v1/namespaces/{namespace}/pods"
    ended = ("Succeeded", "Failed")
    eventually(
        lambda: any(o["metadata"]["name"] == short and o["status"]["phase"] in ended for o in run.world.items(path)),
        PATIENCE,
        short,
    )


def gone(run: Run, step: Step) -> None:
    for name in names(step.words[0]):
        namespace, short = place(name)
        path = f"/api/v1/namespaces/{namespace}/pods"
        eventually(
            lambda path=path, short=short: all(o["metadata"]["name"] != short for o in run.world.items(path)), PATIENCE, name
        )
