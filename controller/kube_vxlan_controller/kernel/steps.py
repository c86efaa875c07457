"""Pure. The closed set of changes to a network namespace.

Each step is one line of a batch (`lines.render`); `plan.ORDER` says which kind goes before which. Nothing foreign is
ever named by a step, with one exception: `RestoreAddress` and `RestoreRoute` put back what the kernel takes away as a side
effect of what we do to our own (a secondary goes with its primary, an IPv6 address with `down`, all with their link).
"""

from dataclasses import dataclass

from kube_vxlan_controller.kernel.netns import Device, Entry, ForeignRoute, Mark
from kube_vxlan_controller.model import Address, Interface, InterfaceName, Route


@dataclass(frozen=True, slots=True)
class DeleteLink:
    """Remove a link of ours with everything on it."""

    link: InterfaceName


@dataclass(frozen=True, slots=True)
class AddLink:
    """Create a VXLAN link, down and without a mark (`link add` ignores an alias)."""

    device: Device
    mac: str = ""
    """Of the link that its network had before: neighbours know it by that. Empty for one that the kernel chooses."""

    @property
    def link(self) -> InterfaceName:
        """The interface name."""
        return self.device.name


@dataclass(frozen=True, slots=True)
class SetMark:
    """Write the alias: before what it records is added, after what it no longer records is gone. Adopts a foreign link."""

    link: InterfaceName
    mark: Mark


@dataclass(frozen=True, slots=True)
class ChangeDevice:
    """Set in place what the kernel can: lower device, local address, learning, ttl. Entries, addresses and routes survive."""

    device: Device

    @property
    def link(self) -> InterfaceName:
        """The interface name."""
        return self.device.name


@dataclass(frozen=True, slots=True)
class SetMtu:
    """Set the MTU, in bytes."""

    link: InterfaceName
    mtu: int


@dataclass(frozen=True, slots=True)
class SetDown:
    """Lower a link that we raised; its routes and its IPv6 addresses are lost with it."""

    link: InterfaceName


@dataclass(frozen=True, slots=True)
class SetUp:
    """Raise a link."""

    link: InterfaceName


@dataclass(frozen=True, slots=True)
class DeleteRoute:
    """Remove a route of ours."""

    link: InterfaceName
    route: Route


@dataclass(frozen=True, slots=True)
class ReplaceRoute:
    """Add a route, or take over one with the same subnet that is ours or the ancestor's."""

    link: InterfaceName
    route: Route


@dataclass(frozen=True, slots=True)
class DeleteAddress:
    """Remove an address of ours; if it is a primary, its secondaries go with it."""

    link: InterfaceName
    address: Interface


@dataclass(frozen=True, slots=True)
class AddAddress:
    """Give the link an address."""

    link: InterfaceName
    address: Interface


@dataclass(frozen=True, slots=True)
class RestoreAddress:
    """Put back an address, not ours, that an earlier step of the same plan takes away as a side effect."""

    link: InterfaceName
    address: Interface


@dataclass(frozen=True, slots=True)
class RestoreRoute:
    """Put back a route, not ours, that an earlier step of the same plan takes away; refused where there is one already."""

    link: InterfaceName
    route: ForeignRoute


@dataclass(frozen=True, slots=True)
class AppendDestination:
    """Send unknown frames to one more destination."""

    link: InterfaceName
    destination: Address


@dataclass(frozen=True, slots=True)
class DeleteEntry:
    """Remove one forwarding entry, named by MAC and destination."""

    link: InterfaceName
    entry: Entry
    learned: bool = False
    """Nobody set it: the kernel learned it from traffic."""


Step = (
    DeleteLink
    | AddLink
    | SetMark
    | ChangeDevice
    | SetMtu
    | SetDown
    | SetUp
    | DeleteRoute
    | ReplaceRoute
    | DeleteAddress
    | AddAddress
    | RestoreAddress
    | RestoreRoute
    | AppendDestination
    | DeleteEntry
)
