"""I/O. `explain POD`: is it ours, what does its annotation mean, what has its kernel, what is missing, and why."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer

from kube_vxlan_controller.cli.complaint import Complaint
from kube_vxlan_controller.cli.explaining import Case, peers_of
from kube_vxlan_controller.cli.explaining import explain as explained
from kube_vxlan_controller.cli.explanation import EventText, Explanation
from kube_vxlan_controller.cli.given import Given, takes_settings
from kube_vxlan_controller.cli.names import pod_names
from kube_vxlan_controller.cli.output import As, Everywhere, InNamespace, Output, Watch, for_people, structured, within
from kube_vxlan_controller.cli.prospect import Prospect
from kube_vxlan_controller.cli.sections import explain_lines
from kube_vxlan_controller.cli.watching import Told, give
from kube_vxlan_controller.cli.world import World
from kube_vxlan_controller.desired import Desired
from kube_vxlan_controller.language.mistakes import nearest, visible
from kube_vxlan_controller.model import Place
from kube_vxlan_controller.ports import WorldError
from kube_vxlan_controller.views import PodView

PEERS = 8
"""Peers whose kernels are read."""
PEERS_WIDE = 128
"""The same with `-o wide`."""
EVENTS = 5
"""Of the Events, the last ones are shown."""
MOST_NAMES = 5
"""Pods that are named where one name may be several's."""


@takes_settings
def explain(
    given: Given,
    pod: Annotated[
        str, typer.Argument(help="NAME or NAMESPACE/NAME, or how only one begins.", metavar="POD", autocompletion=pod_names)
    ],
    in_namespace: InNamespace = "",
    everywhere: Everywhere = False,
    output: As = Output.TEXT,
    watching: Watch = False,
) -> int:
    """Explain one pod: what it has, what it lacks, and why.

    Is it ours, what does its annotation mean, what holds its kernel, who are its peers, what would be done next? The exit
    code is 0 when all is as it should be, else 1.
    """
    namespace, wide = within(in_namespace, everywhere), output is Output.WIDE

    async def read(world: World) -> Told:
        told, prospect = await _explain(world, pod, namespace, wide)
        text = for_people("\n".join(explain_lines(told, prospect, wide))) + "\n"
        return Told(structured(told, output) if output.structured else text, 0 if told.fine else 1)

    return give(given.reachable(), read, output if watching else None)


async def _explain(world: World, word: str, namespace: str, wide: bool) -> tuple[Explanation, Prospect | None]:
    desired = await world.desired()
    pod = _meant(await _all_pods(world, desired), word, namespace)
    labelled = pod.place in desired.snapshot.pods
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
    case = Case(pod, desired, world.settings.selector, world.settings.annotation, labelled, prospect, peers, events)
    return explained(case), prospect


async def _all_pods(world: World, desired: Desired) -> list[PodView]:
    """All pods that there are; of those that were made anew between the two readings, what `desired` knows."""
    labelled = desired.snapshot.pods.values()
    by_name = {(pod.place.namespace, pod.place.name): pod for pod in (*await world.all_pods(), *labelled)}
    return [by_name[name] for name in sorted(by_name)]


def _meant(pods: Sequence[PodView], word: str, namespace: str) -> PodView:
    """The pod that is called so, or else the only one whose name begins so. Raises `Complaint` if that is none or several."""
    within, _, name = word.rpartition("/")
    inside = [pod for pod in pods if all(one in ("", pod.place.namespace) for one in (namespace, within))]
    near = [pod for pod in inside if pod.place.name.startswith(name)]
    found = [pod for pod in near if pod.place.name == name] or near
    if not found:
        like = nearest(word, [str(one.place) if "/" in word else one.place.name for one in pods])
        raise Complaint(f"There is no pod {visible(word)!r}" + (f"; did you mean {like}?" if like else "."), 1)
    if len(found) > 1:
        some = ", ".join(str(pod.place) for pod in found[:MOST_NAMES])
        more = f" and {len(found) - MOST_NAMES} more" if len(found) > MOST_NAMES else ""
        raise Complaint(f"{visible(word)!r} may be {some}{more}; say which one.")
    return found[0]


class _About(msgspec.Struct, rename="camel"):
    kind: str = ""
    uid: str = ""


class _Series(msgspec.Struct, rename="camel"):
    last_observed_time: str | None = None


class _Event(msgspec.Struct, rename="camel"):
    """A v1 Event, as far as it is shown."""

    involved_object: _About = msgspec.field(default_factory=_About)
    type: str | None = None
    reason: str | None = None
    message: str | None = None
    first_timestamp: str | None = None
    last_timestamp: str | None = None
    event_time: str | None = None
    series: _Series | None = None

    @property
    def time(self) -> str:
        """When it happened last."""
        repeated = self.series.last_observed_time if self.series else None
        return repeated or self.last_timestamp or self.event_time or self.first_timestamp or ""


class _Events(msgspec.Struct):
    items: list[_Event] | None = None


async def _events(world: World, pod: PodView) -> tuple[EventText, ...]:
    """The last Events about the pod, by its uid; where they cannot be read, that is the one that is told."""
    place = pod.place
    params = {"fieldSelector": f"involvedObject.kind=Pod,involvedObject.name={place.name},involvedObject.uid={place.uid}"}
    try:
        told = await world.api.get(f"/api/v1/namespaces/{place.namespace}/events", _Events, params)
    except WorldError as error:
        return (EventText("", "", "Events cannot be read", visible(str(error))),)
    about = [one for one in told.items or () if one.involved_object.kind == "Pod" and one.involved_object.uid == place.uid]
    last = sorted(about, key=lambda one: one.time.removesuffix("Z"))[-EVENTS:]
    return tuple(
        EventText(visible(one.time), visible(one.type or ""), visible(one.reason or ""), _lines(one.message or ""))
        for one in last
    )


def _lines(note: str) -> str:
    """A note with what a terminal would obey made visible; its own line ends stay."""
    return "\n".join(map(visible, note.split("\n")))
