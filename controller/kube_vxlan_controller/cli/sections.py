"""Pure. What `explain` prints: sections in the order in which a person would ask, and one line that says how the pod stands."""

from collections.abc import Iterator, Sequence

from kube_vxlan_controller.cli.explanation import EventText, Explanation, LinkText, NetworkText, Peer
from kube_vxlan_controller.cli.prospect import Prospect, deed_lines
from kube_vxlan_controller.language.caret import draw
from kube_vxlan_controller.language.mistakes import visible


def explain_lines(told: Explanation, prospect: Prospect | None, wide: bool) -> Iterator[str]:
    """The text: sections with a title, those that have nothing to say left out."""
    where = " ".join(filter(None, (f"on {told.node}" if told.node else "", *told.addresses)))
    yield f"{told.namespace}/{told.pod} {where}".rstrip()
    yield from _section("Is it ours?", [f"{'yes' if one.fine else 'NO ':3}  {one.answer}" for one in told.ours])
    yield from _section("What its annotation means", [_network_line(one) for one in told.networks])
    faults = prospect.faults if prospect else ()
    drawn = [line for fault in faults for line in draw(fault, "annotation" if fault.where else "refused").splitlines()]
    yield from _section("What is refused", drawn)
    yield from _section("What is odd", [visible(f"{one.message} {one.hint}".rstrip()) for one in told.warnings])
    kernel = [line for link in told.links for line in _link_lines(link)]
    if prospect and prospect.netns is None:
        kernel = [f"not known: {told.trouble or 'nobody needs to be asked'}"]
    yield from _section("What its kernel holds", kernel or (["no link of ours"] if prospect else []))
    peers = [_peer_line(peer) for peer in told.peers]
    peers += [f"... and {told.unasked} more that were not looked at"] if told.unasked else []
    yield from _section("Who its peers are", peers)
    if prospect and prospect.netns is not None:
        opens = ["let the pod go on: everything is as wished, and it waits for that"] if prospect.opens else []
        yield from _section("What would be done next", deed_lines(told.todo, wide) + opens or ["nothing"])
    yield from _section("What is held", told.held)
    yield from _section("What was told of it lately", [line for event in told.events for line in _event_lines(event)])
    yield ""
    yield told.verdict


def _section(title: str, lines: Sequence[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _network_line(network: NetworkText) -> str:
    if not network.options:
        return f"{visible(network.network)}: cannot be honoured"
    return f"{network.network}: " + ", ".join(f"{one.name} {one.value} ({one.origin})" for one in network.options)


def _link_lines(link: LinkText) -> list[str]:
    state = "up" if link.up else "down"
    more = f"; {link.others} for other addresses" if link.others else ""
    members = f"entries for {link.entries} of {link.members} other members{more}"
    return [
        f"{link.link}: {state}, network {link.network}, VNI {link.vni}, UDP port {link.port}, mtu {link.mtu}",
        f"  addresses {' '.join(link.addresses) or 'none'}; routes {' '.join(link.routes) or 'none'}",
        f"  {members if link.members is not None else _entries(link.others)}",
    ]


def _entries(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"


def _peer_line(peer: Peer) -> str:
    match peer.to, peer.back:
        case True, True:
            state = "each has an entry for the other"
        case None, _:
            state = "nobody could ask this pod's own kernel"
        case _, None:
            state = "its kernel could not be asked"
        case _, False:
            state = "it has no entry for this pod"
        case _:
            state = "this pod has no entry for it"
    return f"{peer.network}: {peer.pod} at {peer.address}: {state}"


def _event_lines(event: EventText) -> list[str]:
    """An Event; the caret in its note stays under its place."""
    first, *more = event.note.split("\n")
    return [f"{event.time} {event.type} {event.reason}: {first}", *(f"  {line}" for line in more)]
