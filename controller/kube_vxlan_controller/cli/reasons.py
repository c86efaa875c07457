"""Pure. A step to a kernel as a person would say it, and why it is needed: what the wish says against what the kernel holds."""

from typing import assert_never

from kube_vxlan_controller.desired import Desired, Wish
from kube_vxlan_controller.kernel.netns import NO_MARK, ZERO_MAC, Device, Entry, Link, Netns
from kube_vxlan_controller.kernel.steps import (
    AddAddress,
    AddLink,
    AppendDestination,
    ChangeDevice,
    DeleteAddress,
    DeleteEntry,
    DeleteLink,
    DeleteRoute,
    ReplaceRoute,
    RestoreAddress,
    RestoreRoute,
    SetDown,
    SetMark,
    SetMtu,
    SetUp,
    Step,
)
from kube_vxlan_controller.model import Address, InterfaceName, Route


def what(desired: Desired, step: Step) -> str:
    """The step itself."""
    match step:
        case DeleteLink(link):
            return f"delete the link {link} with all that is on it"
        case AddLink(device):
            return f"create the link {device.name} ({_wire(device)}, over {device.lower})"
        case SetMark(link, mark):
            return f"record in the alias of {link} that it is ours, of the network {mark.network}"
        case ChangeDevice(device):
            return f"change {device.name} in place"
        case SetMtu(link, mtu):
            return f"set the mtu of {link} to {mtu}"
        case SetDown(link):
            return f"lower {link}"
        case SetUp(link):
            return f"raise {link}"
        case DeleteRoute(link, route):
            return f"remove the route to {route.subnet} through {route.gateway} from {link}"
        case ReplaceRoute(link, route):
            return f"set the route to {route.subnet} through {route.gateway} on {link}"
        case DeleteAddress(link, address):
            return f"take the address {address} from {link}"
        case AddAddress(link, address):
            return f"give {link} the address {address}"
        case RestoreAddress(link, address):
            return f"put the address {address} back on {link}"
        case RestoreRoute(link, other):
            through = f" through {other.gateway}" if other.gateway else ""
            return f"put the route to {other.subnet}{through} back on {link}"
        case AppendDestination(link, destination):
            return f"send frames of {link} to {whose(desired, destination)}"
        case DeleteEntry(link, entry):
            mac = "" if entry.mac == ZERO_MAC else f" for {entry.mac}"
            return f"no longer send frames of {link}{mac} to {whose(desired, entry.destination)}"
        case _:
            assert_never(step)


def why(desired: Desired, wish: Wish, have: Netns, step: Step) -> str:
    """What differs between wish and kernel."""
    match step:
        case DeleteLink(link):
            return _unwanted(wish, have.by_name[link])
        case DeleteEntry(link, entry):
            return _stray(wish, link, entry)
        case DeleteAddress():
            return "it was given by us, and no network of this pod asks for it now"
        case DeleteRoute():
            return "it was set by us, and no network of this pod asks for it now"
        case RestoreAddress() | RestoreRoute():
            return "it is not ours, and the kernel takes it away with what is removed before"
        case AddLink() | SetMark() | ChangeDevice() | SetMtu() | SetDown() | SetUp() | AddAddress() | ReplaceRoute():
            return _wanted(wish, have, step)
        case AppendDestination(link, _):
            return f"it is a member of {_network(wish, link)}, and the kernel has no entry for it"
        case _:
            assert_never(step)


Setting = AddLink | SetMark | ChangeDevice | SetMtu | SetDown | SetUp | AddAddress | ReplaceRoute


def _wanted(wish: Wish, have: Netns, step: Setting) -> str:
    """Why something is set on a link that is wished for."""
    want = wish.netns.by_name[step.link]
    there = have.by_name.get(step.link) or have.foreign.links.get(step.link)
    if there is not None and not there.device.same_wire(want.device):
        there = None
    match step:
        case AddLink():
            again = step.link in have.by_name
            return (
                "it has to be made anew"
                if again
                else f"the pod is a member of {_network(wish, step.link)} and has no such link"
            )
        case SetDown():
            return "it was raised by us, and `up` is not among the network's options now"
    if there is None:
        return "the link is new, and the network's options say so" if not isinstance(step, SetMark) else "the link is new"
    match step:
        case SetMark():
            return "it has no mark yet" if there.mark == NO_MARK else "the alias tells something else now"
        case ChangeDevice():
            return "; ".join(_differences(want.device, there.device))
        case SetMtu():
            return f"it is {there.device.mtu}"
        case SetUp():
            return "it is down"
        case AddAddress():
            return "the network's options say so, and the kernel does not have it"
        case ReplaceRoute(_, route):
            return _route_lacks(there, route)
        case _:
            assert_never(step)


def _route_lacks(there: Link, route: Route) -> str:
    other = next((one for one in there.routes if one.subnet == route.subnet), None)
    return f"it goes through {other.gateway}" if other else "the network's options say so, and the kernel does not have it"


def _unwanted(wish: Wish, link: Link) -> str:
    want = wish.netns.by_name.get(link.name)
    if want is None:
        return f"it is ours, of the network {link.mark.network}, and the pod has no network with a link of this name now"
    return f"it has {_wire(link.device)}, should have {_wire(want.device)}, and the kernel never changes that in place"


def _stray(wish: Wish, name: InterfaceName, entry: Entry) -> str:
    link = wish.netns.by_name.get(name)
    if link is None:
        return "no live pod has this address"
    if entry.destination in link.destinations:
        many = entry.mac == ZERO_MAC
        return f"a permanent entry {'with more to it' if many else 'for a single MAC'} is never ours to want"
    return f"it is no member of {_network(wish, name)}"


def _differences(want: Device, have: Device) -> list[str]:
    pairs = [("dev", want.lower, have.lower), ("learning", want.learning, have.learning), ("ttl", want.ttl or 0, have.ttl or 0)]
    pairs += [("local", want.local, have.local)] if want.local else []
    return [f"{name} should be {_word(new)} and is {_word(old)}" for name, new, old in pairs if new != old]


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value or "none") if value != 0 else "0"


def _network(wish: Wish, link: InterfaceName) -> str:
    return next((str(m.network) for m in wish.reading.members if m.options.name == link), str(link))


def _wire(device: Device) -> str:
    return f"VNI {device.vni}, UDP port {device.port}" + (f", from {device.local}" if device.local else "")


def whose(desired: Desired, address: Address) -> str:
    """An address with the pods that claim it."""
    places = sorted(map(str, desired.membership.claims.get(address, ())))
    return f"{' or '.join(places)} at {address}" if places else str(address)
