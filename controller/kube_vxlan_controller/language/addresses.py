"""Pure. Addresses and routes as users write them become canonical, typed values, or Mistakes.

Laws: what is accepted here means the same to Python and to the kernel (`/024` or `10.5.1/24` do not, so they are refused), and
is an address that a host can have.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_interface, ip_network

from kube_vxlan_controller.language.mistakes import Mistake, quoted
from kube_vxlan_controller.model import Address, Interface, Prefix, Route

WIDEST_ROUTE = {4: 8, 6: 7}
"""Shortest prefix of a route, by IP version: anything wider would act as a default route, which is never touched.
(`fc00::/7` is all of the private IPv6 space.)"""


def link_address(text: str) -> Interface | Mistake:
    """An address with its prefix length, that a host can have."""
    problem = "is not an address with a prefix length"
    head, slash, length = text.partition("/")
    address = _address(head)
    if address is None or not slash:
        host = address or IPv4Address("192.168.10.1")
        return Mistake("invalid-ip", f"{quoted(text)} {problem}.", f"write it as in `ip={host}/{_usual(host)}`")
    bits = _prefix_length(length, address)
    if isinstance(bits, str):
        return Mistake("invalid-ip", f"{quoted(text)} {problem}: {bits}.", f"write it as in `ip={address}/{_usual(address)}`")
    interface = ip_interface(f"{address}/{bits}")
    why = _unusable(address) or _edge(interface)
    if why:
        return Mistake("invalid-ip", f"{quoted(text)} {why}.", "use an address that a host can have")
    return interface


def route(text: str) -> Route | Mistake:
    """`SUBNET/LENGTH:GATEWAY`, split after the prefix length so that IPv6 can be written."""
    parts = re.fullmatch(r"([^/]+)/([0-9.]*):(.*)", text)
    form = "write it as subnet and gateway, as in `route=192.168.20.0/24:192.168.10.1`"
    if re.match(r"(default|0|0\.0\.0\.0/0(\.0\.0\.0)?|::/0)([:/]|$)", text):
        message = f"{quoted(text)} is a default route, and those are never touched: through its own a pod reaches the cluster."
        hint = f"name the subnets behind the gateway, each in a route of its own; {form}"
        return Mistake("default-route", message, hint)
    if parts is None:
        return Mistake("invalid-route", f"{quoted(text)} is not a route.", form)
    start, gateway = _address(parts[1]), _address(parts[3])
    for address, word in ((start, parts[1]), (gateway, parts[3])):
        if address is None:
            return Mistake("invalid-route", f"{quoted(text)} is not a route: {quoted(word)} is no IP address.", form)
    assert start is not None
    assert gateway is not None
    bits = _prefix_length(parts[2], start)
    if isinstance(bits, str):
        return Mistake("invalid-route", f"{quoted(text)} is not a route: {bits}.", form)
    return _checked_route(text, ip_network(f"{start}/{bits}", strict=False), start, gateway)


def _checked_route(text: str, subnet: Prefix, start: Address, gateway: Address) -> Route | Mistake:
    if subnet.network_address != start:
        message = f"{quoted(str(start))} is not the first address of {quoted(str(subnet))}: it has bits beyond the prefix."
        return Mistake("invalid-route", message, f"write `route={subnet}:{gateway}`")
    if subnet.prefixlen < WIDEST_ROUTE[subnet.version]:
        message = f"The subnet of {quoted(text)} is so wide that it acts as a default route, which is never touched."
        return Mistake("wide-route", message, f"use subnets of /{WIDEST_ROUTE[subnet.version]} or smaller")
    if gateway.version != subnet.version:
        message = f"The subnet and the gateway of {quoted(text)} are of different IP families."
        return Mistake("invalid-route", message, "write both in IPv4 or both in IPv6")
    why = _unusable(gateway, link_local=gateway.version == 6) or _unusable_subnet(subnet)
    if why:
        return Mistake("invalid-route", f"{quoted(text)} is not a usable route: it {why}.", "use addresses of ordinary hosts")
    return Route(subnet, gateway)


def _address(text: str) -> Address | None:
    """A plain address in full: no zone, no leading zeros, no digits left out."""
    try:
        return None if "%" in text else ip_address(text)
    except ValueError:
        return None


def _prefix_length(text: str, address: Address) -> int | str:
    """The length in bits, also from an IPv4 netmask; or what is wrong with it."""
    mask = _address(text)
    if isinstance(address, IPv4Address) and isinstance(mask, IPv4Address):
        bits = int(mask).bit_count()
        if int(mask) != 2**32 - 2 ** (32 - bits) or not bits:
            return f"{quoted(text)} is no netmask"
        return bits
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > address.max_prefixlen:
        return f"the prefix length must be a number from 1 to {address.max_prefixlen} without leading zeros"
    return int(text)


def _usual(address: Address) -> int:
    """The prefix length of an example."""
    return 24 if address.version == 4 else 64


def _unusable(address: Address, link_local: bool = False) -> str:
    """Why no link of ours may have this address, or nothing. Link-local IPv4 holds the clouds' metadata servers."""
    kinds = (
        (address.is_unspecified, "is the unspecified address"),
        (address.is_loopback, "is a loopback address"),
        (address.is_multicast, "is a multicast address"),
        (address.is_link_local and not link_local, "is a link-local address"),
        (isinstance(address, IPv4Address) and (address.is_reserved or int(address) < 2**24), "is a reserved address"),
        (isinstance(address, IPv6Address) and address.ipv4_mapped is not None, "is an IPv4 address in the form of IPv6"),
    )
    return next((why for holds, why in kinds if holds), "")


def _unusable_subnet(subnet: Prefix) -> str:
    return _unusable(subnet.network_address) or _unusable(subnet.broadcast_address)


def _edge(interface: Interface) -> str:
    """Why an address cannot be a host's within its own subnet: the kernel takes these, and the network then fails."""
    net = interface.network
    if net.num_addresses <= 2:
        return ""
    if interface.ip == net.network_address:
        return f"is the address of the subnet {net} itself"
    if interface.version == 4 and interface.ip == net.broadcast_address:
        return f"is the broadcast address of the subnet {net}"
    return ""
