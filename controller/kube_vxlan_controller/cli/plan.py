"""I/O. `plan`: what would be done to which pod, and why. Nothing is done."""

from dataclasses import dataclass
from typing import Annotated

import typer

from kube_vxlan_controller.cli.given import Given, takes_settings
from kube_vxlan_controller.cli.names import pod_names
from kube_vxlan_controller.cli.output import As, Everywhere, InNamespace, Output, Watch, for_people, structured, within
from kube_vxlan_controller.cli.prospect import Outlook, Prospect, outlook, plan_lines
from kube_vxlan_controller.cli.reading import begins, no_pod
from kube_vxlan_controller.cli.render import counted
from kube_vxlan_controller.cli.watching import Told, give
from kube_vxlan_controller.cli.world import World, in_order
from kube_vxlan_controller.desired import Desired, Wish
from kube_vxlan_controller.language.mistakes import visible

TO_DO = 2
"""The exit code when something would be done, whether or not all could be asked."""
REFUSED = 3
"""The exit code when all could be asked, nothing would be done, and something is in the way: in a text, or in a kernel."""
INCOMPLETE = "Some pods, or the ConfigMap, cannot be read, so nothing is known to be gone and nothing would be removed."


Words = tuple[str, ...]
"""What was asked for; empty for all pods."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The answer, as `-o json` has it."""

    pods: tuple[Outlook, ...]
    troubles: tuple[str, ...]
    """What could not be read, a sentence each."""


@takes_settings
def plan(
    given: Given,
    pod: Annotated[
        list[str] | None,
        typer.Argument(
            help="Only pods whose names, or NAMESPACE/NAMEs, begin so.", metavar="[POD]...", autocompletion=pod_names
        ),
    ] = None,
    in_namespace: InNamespace = "",
    everywhere: Everywhere = False,
    output: As = Output.TEXT,
    watching: Watch = False,
) -> int:
    """Tell what would be done to which pod, and why.

    It is what the controller would do; this command does nothing. The exit code is 2 when something is to do; else 1
    when somebody could not be asked, 3 when something is refused, 0 when all is as it should be.
    """
    words, namespace = tuple(pod or ()), within(in_namespace, everywhere)

    async def read(world: World) -> Told:
        return _told(*await _foresee(world, words, namespace), words, output)

    return give(given.reachable(), read, output if watching else None)


async def _foresee(world: World, words: Words, namespace: str) -> tuple[Desired, list[Prospect], tuple[str, ...]]:
    """The wishes, what is to be done to the pods that are meant, and a sentence for each word that means none."""
    desired = await world.desired()  # of all namespaces: they have peers of the pods that are meant
    blind = not desired.snapshot.complete
    meant = [wish for wish in in_order(desired.wishes.values()) if _meant(wish, words, namespace)]
    nobodys = tuple(no_pod(word) for word in words if not any(_meant(wish, (word,), namespace) for wish in meant))
    return desired, await world.ask_all(meant, lambda wish: world.foresee(wish, blind)), nobodys


def _told(desired: Desired, prospects: list[Prospect], nobodys: tuple[str, ...], words: Words, output: Output) -> Told:
    seen = [(outlook(desired, prospect), prospect) for prospect in prospects]
    troubles = tuple(f"{prospect.wish.place}: {visible(prospect.trouble)}" for _, prospect in seen if prospect.trouble)
    troubles += (() if desired.snapshot.complete else (INCOMPLETE,)) + nobodys
    if output.structured:
        text = structured(Forecast(tuple(out for out, _ in seen), troubles), output)
    else:
        text = _text(seen, everything=bool(words), wide=output is Output.WIDE)
    return Told(text, _code(prospects, troubles), troubles)


def _code(prospects: list[Prospect], troubles: tuple[str, ...]) -> int:
    if any(prospect.steps or prospect.opens for prospect in prospects):
        return TO_DO  # whatever else there is: while anything is rolled out, somebody can never be asked
    if troubles:
        return 1
    return REFUSED if any(prospect.faults for prospect in prospects) else 0


def _meant(wish: Wish, words: Words, namespace: str) -> bool:
    if namespace and wish.place.namespace != namespace:
        return False
    return not words or begins(wish.place, words)


def _text(seen: list[tuple[Outlook, Prospect]], everything: bool, wide: bool) -> str:
    told = []
    for pod, prospect in seen:
        lines = plan_lines(pod, prospect, wide)
        if lines or everything:
            told += [f"{prospect.wish.place}{':' if lines else ': nothing to do'}", *lines]
    return for_people("\n".join([*told, _summary([pod for pod, _ in seen])])) + "\n"


def _summary(pods: list[Outlook]) -> str:
    steps = [len(pod.todo) for pod in pods if pod.todo]
    waiting = sum(1 for pod in pods if pod.opens)
    parts = [f"{counted(sum(steps), 'step')} to do in {counted(len(steps), 'pod')}"] if steps else []
    parts += [f"{counted(waiting, 'pod')} to be let go on"] if waiting else []
    parts = parts or ["nothing to do"]
    faults = sum(len(pod.faults) for pod in pods)
    parts += [f"{counted(faults, 'fault')}"] if faults else []
    unknown = sum(1 for pod in pods if pod.trouble)
    parts += [f"{counted(unknown, 'pod')} could not be asked"] if unknown else []
    return f"{counted(len(pods), 'pod')} looked at: {', '.join(parts)}. Nothing was done."
