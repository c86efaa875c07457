"""I/O. `explain POD`: is it ours, what does its annotation mean, what has its kernel, what is missing, and why."""

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
import typer

from kube_vxlan_controller.cli.complaint import Complaint
from kube_vxlan_controller.cli.explaining import Case, peers_of
from kube_vxlan_controller.cli.explaining import explain as explained
from kube_vxlan_controller.cli.explanation import EventText, Explanation
from kube_vxlan_controller.cli.given import Given, takes_settings
from kube_vxlan_controller.cli.names import pod_names
from kube_vxlan_controller.cli.output import As, InNamespace, Output, say, structured
from kube_vxlan_controller.cli.prospect import Prospect
from kube_vxlan_controller.cli.sections import explain_lines
from kube_vxlan_controller.cli.world import World, carry_out, opened
from kube_vxlan_controller.language.mistakes import nearest, visible
from kube_vxlan_controller.model import Place
from kube_vxlan_controller.ports import WorldError
from kube_vxlan_controller.settings import Settings
from kube_vxlan_controller.views import PodView

PEERS = 8
"""Peers whose kernels are read."""
PEERS_WIDE = 128
"""The same with `-o wide`."""
EVENTS = 5
"""Of the Events, the last ones are shown."""


@takes_settings
def explain(
    given: Given,
    pod: Annotated[
        str, typer.Argument(help="NAME or NAMESPACE/NAME, or how only one begins.", metavar="POD", autocompletion=pod_names)
    ],
    in_namespace: InNamespace = "",
    output: As = Output.TEXT,
) -> int:
    """Explain one pod: what it has, what it lacks, and why.

    Is it ours, what does its annotation mean, what holds its kernel, who are its peers, what would be done next? The exit
    code is 0 when all is as it should be, else 1.
    """
    told, prospect = carry_out(_explain(given.reachable(), pod, in_namespace, output is Output.WIDE))
    if output.structured:
        print(structured(told, output), end="")
    else:
        say("\n".join(explain_lines(told, prospect, output is Output.WIDE)))
    return 0 if told.fine else 1


async def _explain(settings: Settings, word: str, namespace: str, wide: bool) -> tuple[Explanation, Prospect | None]:
    async with opened(settings) as world:
        desired = await world.desired()
        pod = _find(desired.snapshot.pods.values(), word, namespace)
        labelled = pod is not None
        if pod is None:
            pod = _only(await world.all_pods(), word, namespace)
        wish = desired.wishes.get(pod.place)
        blind = not desired.snapshot.complete
        prospect = await world.foresee(wish, blind) if wish else None
        peers: dict[Place, Prospect] = {}
        if wish:
            places = list(dict.fromkeys(other.place for _, other in peers_of(desired, pod.place)))
            asked = [desired.wishes[place] for place in places[: PEERS_WIDE if wide else PEERS]]
            told = await world.ask_all(asked, lambda one: world.foresee(one, blind))
            peers = {one.wish.place: one for one in told}
        events = await _events(world, pod)
        case = Case(pod, desired, settings.selector, settings.annotation, labelled, prospect, peers, events)
        return explained(case), prospect


def _find(pods: Iterable[PodView], word: str, namespace: str) -> PodView | None:
    """The pod that is called so, or else the one whose name begins so. Raises `Complaint` where several are meant."""
    within, _, name = word.rpartition("/")
    namespace = within or namespace
    near = [pod for pod in pods if pod.place.name.startswith(name) and namespace in ("", pod.place.namespace)]
    found = [pod for pod in near if pod.place.name == name] or near
    if len(found) > 1:
        some = ", ".join(sorted(str(pod.place) for pod in found)[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise Complaint(f"{visible(word)!r} may be {some}{more}; say which one.")
    return found[0] if found else None


def _only(pods: Sequence[PodView], word: str, namespace: str) -> PodView:
    pod = _find(pods, word, namespace)
    if pod is None:
        near = nearest(word, [str(one.place) if "/" in word else one.place.name for one in pods])
        raise Complaint(f"There is no pod {visible(word)!r}" + (f"; did you mean {near}?" if near else "."), 1)
    return pod


class _About(msgspec.Struct, rename="camel"):
    kind: str = ""
    name: str = ""
    uid: str = ""


class _Event(msgspec.Struct, rename="camel"):
    """A v1 Event, as far as it is shown."""

    involved_object: _About = msgspec.field(default_factory=_About)
    type: str | None = None
    reason: str | None = None
    message: str | None = None
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    event_time: str | None = None

    @property
    def time(self) -> str:
        return self.last_timestamp or self.event_time or self.first_timestamp or ""


class _Events(msgspec.Struct):
    items: list[_Event] | None = None


async def _events(world: World, pod: PodView) -> tuple[EventText, ...]:
    """The last Events about the pod; where they cannot be read, that is the one that is told."""
    place = pod.place
    params = {"fieldSelector": f"involvedObject.kind=Pod,involvedObject.name={place.name}"}
    try:
        told = await world.api.get(f"/api/v1/namespaces/{place.namespace}/events", _Events, params)
    except WorldError as error:
        return (EventText("", "", "Events cannot be read", visible(str(error))),)
    about = [one for one in told.items or () if one.involved_object.name == place.name and one.involved_object.kind == "Pod"]
    last = sorted(about, key=lambda one: one.time)[-EVENTS:]
    return tuple(
        EventText(visible(one.time or ""), visible(one.type or ""), visible(one.reason or ""), _lines(one.message or ""))
        for one in last
    )


def _lines(note: str) -> str:
    """A note with what a terminal would obey made visible; its own line ends stay."""
    return "\n".join(map(visible, note.split("\n")))
