"""Pure. Whether the networks of one pod fit together, and with the pod's own address.

Each network is right on its own here. What the kernel would refuse, or take and then break the pod, is a Fault: on both of
two networks with one VNI and port, since nobody can tell which of them is the mistake; on a single route (`Scope.PART`) where
only that is wrong; on the whole pod where nobody can tell which of two links is meant. Laws: at most quadratic in the routes
of one pod, of which a text of legal length holds some hundreds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, repeat

from kube_vxlan_controller.language.annotation import Request
from kube_vxlan_controller.language.judging import Setting
from kube_vxlan_controller.language.mistakes import Mistake, Spot, quoted
from kube_vxlan_controller.model import Address, Fault, Interface, NetworkName, Options, Prefix, Route, Scope, Warning

LEAST_IPV6_MTU = 1280
"""Below it the kernel takes IPv6 off a link (RFC 8200, section 5)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A network that a pod asks for and that is right on its own."""

    request: Request
    settings: Mapping[str, Setting]
    options: Options

    @property
    def network(self) -> NetworkName:
        """Its name."""
        return self.request.network

    def spots(self, option: str) -> Iterator[Spot]:
        """Where each part of an option's value was written; the network's own place for what the ConfigMap gives."""
        setting = self.settings.get(option)
        return iter(setting.spots) if setting is not None and setting.spots else repeat(self.request.spot)

    def fault(self, option: str, mistake: Mistake) -> Fault:
        """A fault at an option."""
        return mistake.at(next(self.spots(option)), self.network)


@dataclass(frozen=True, slots=True)
class Fitting:
    """What can be programmed, and what is in the way."""

    networks: tuple[tuple[NetworkName, Options], ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Warning, ...]


def fit(wanted: tuple[Wanted, ...], underlay: tuple[Address, ...], complete: bool) -> Fitting:
    """Judge the networks of one pod together. `complete`: there are no others, which could not be read.

    The options that come back have only routes that can be programmed, each on the network whose subnet has its gateway.
    """
    faults = [*_links(wanted), *_devices(wanted), *_addresses(wanted, underlay)]
    routes = _Routes(wanted, underlay, complete)
    routes.place()
    networks = tuple((one.network, replace(one.options, route=tuple(routes.placed[one.network]))) for one in wanted)
    return Fitting(networks, (*faults, *routes.faults), (*_overlaps(wanted), *routes.warnings))


def _links(wanted: tuple[Wanted, ...]) -> Iterator[Fault]:
    """Two links cannot have one name, nor one VNI and port."""
    names: dict[str, NetworkName] = {}
    wires: dict[tuple[int, int], list[Wanted]] = {}
    for one in wanted:
        options = one.options
        wires.setdefault((options.id, options.port), []).append(one)
        other = names.setdefault(options.name, one.network)
        if other != one.network:
            message = (
                f"The networks {quoted(other)} and {quoted(one.network)} both name their interface {quoted(options.name)}."
            )
            yield one.fault("name", Mistake("name-clash", message, "give one of them another `name=`", Scope.POD))
    for rivals in wires.values():
        for one in rivals if len(rivals) > 1 else ():
            rival = quoted(rivals[one is rivals[0]].network)
            message = f"The network {quoted(one.network)} has the id and UDP port of {rival}, and one pod cannot have both."
            yield one.fault("id", Mistake("id-clash", message, "give one of them another `id=`, or leave one out"))


def _devices(wanted: tuple[Wanted, ...]) -> Iterator[Fault]:
    """A network over itself is a loop; one over another network is not supported."""
    names = {one.options.name for one in wanted}
    for one in wanted:
        if one.options.dev in names:
            message = f"{quoted(one.options.dev)} is itself a network's interface: one network cannot run over another."
            yield one.fault("dev", Mistake("nested-network", message, "use a device of the pod's own, as in `dev=eth0`"))


def _addresses(wanted: tuple[Wanted, ...], underlay: tuple[Address, ...]) -> Iterator[Fault]:
    for one in wanted:
        options = one.options
        for interface, spot in zip(options.ip, one.spots("ip"), strict=False):
            inside = next((address for address in underlay if address in interface.network), None)
            if inside is not None:
                message = f"The subnet {interface.network} holds the pod's own address {inside}, which would be cut off."
                mistake = Mistake("underlay-overlap", message, "use a subnet that the cluster does not use")
                yield mistake.at(spot, one.network)
        if options.mtu is not None and options.mtu < LEAST_IPV6_MTU and _has_ipv6(options):
            message = f"IPv6 needs an MTU of at least {LEAST_IPV6_MTU}, and that of {quoted(one.network)} is {options.mtu}."
            place = "" if one.settings["mtu"].spots else ", here or in the ConfigMap"
            yield one.fault("mtu", Mistake("invalid-mtu", message, f"write `mtu={LEAST_IPV6_MTU}` or more{place}"))


def _has_ipv6(options: Options) -> bool:
    """Whether a link has to carry IPv6: for an address, or for a route through a neighbour on it."""
    addresses = (*(one.ip for one in options.ip), *(route.gateway for route in options.route if route.gateway.is_link_local))
    return any(address.version == 6 for address in addresses)


def _overlaps(wanted: tuple[Wanted, ...]) -> Iterator[Warning]:
    """Addresses of one subnet on two links: the kernel takes them, and answers through either."""
    subnets = [(one.network, _Range.of(ip.network)) for one in wanted for ip in one.options.ip]
    told: set[tuple[NetworkName, NetworkName]] = set()
    for (network, subnet), (other, another) in combinations(subnets, 2):
        if network != other and (network, other) not in told and subnet.overlaps(another):
            told.add((network, other))
            message = f"The subnets of {quoted(network)} and {quoted(other)} overlap."
            yield Warning("subnets-overlap", message, "use subnets of their own for networks of one pod", other)


class _Routes:
    """Places each route of a pod on the link that reaches its gateway."""

    def __init__(self, wanted: tuple[Wanted, ...], underlay: tuple[Address, ...], complete: bool) -> None:
        self.wanted = wanted
        self.underlay = underlay
        self.complete = complete
        self.links = {one.network: one.options for one in wanted}
        self.connected = [(one.network, ip, _Range.of(ip.network)) for one in wanted for ip in one.options.ip]
        self.claimed: list[tuple[NetworkName, _Range]] = []
        self.placed: dict[NetworkName, list[Route]] = {one.network: [] for one in wanted}
        self.faults: list[Fault] = []
        self.warnings: list[Warning] = []

    def place(self) -> None:
        for one in self.wanted:
            for route, spot in zip(one.options.route, one.spots("route"), strict=False):
                self._one(one.network, route, spot)

    def _one(self, network: NetworkName, route: Route, spot: Spot) -> None:
        wrong = self._in_the_way(network, route)
        home = None if wrong else self._home(network, route.gateway)
        if home is None and wrong is None:
            message = f"The gateway {route.gateway} is in no subnet of this pod's networks, so no route can lead there."
            wrong = _part("unreachable-gateway", message, "give the network an `ip=` in the gateway's subnet")
        if wrong is not None or home is None:
            self.faults += [wrong.at(spot, network)] if wrong else []
            return
        self.claimed.append((network, _Range.of(route.subnet)))
        if any(ip.ip == route.gateway for _, ip, _ in self.connected):
            # Right for the gateway itself among the pods of one template or network. The kernel would take it, to no end.
            message = f"The route to {route.subnet} is not set, because this pod is its gateway."
            self.warnings.append(Warning("own-gateway", message, "leave the route out here, with `route=false`", network))
            return
        if not self.links[home].up:
            message = f"The route to {route.subnet} is not set, because the interface of {quoted(home)} is not up."
            self.warnings.append(Warning("route-without-up", message, "add the option `up` to the network", network))
            return
        self._odd(network, home, route)
        self.placed[home].append(route)

    def _in_the_way(self, network: NetworkName, route: Route) -> Mistake | None:
        mine = _Range.of(route.subnet)
        rival = next((other for other, subnet in self.claimed if other != network and subnet.overlaps(mine)), None)
        if rival is not None:
            message = f"The network {quoted(rival)} has a route that overlaps {route.subnet}."
            return _part("route-overlap", message, "route each subnet through one network only")
        if any(subnet == mine for _, _, subnet in self.connected):
            message = f"{route.subnet} is the subnet of one of this pod's own networks, which needs no route."
            return _part("route-overlap", message, "leave the route out")
        return None

    def _home(self, network: NetworkName, gateway: Address) -> NetworkName | None:
        """The network whose subnet has the gateway: the route's own, or another one of the pod."""
        reaching = [home for home, ip, subnet in self.connected if subnet.holds(gateway) and not _edge(ip, gateway)]
        if network in reaching or gateway.is_link_local or (not reaching and not self.complete):
            # A network that could not be read may have the gateway: then the kernel is the judge.
            return network
        return reaching[0] if reaching else None

    def _odd(self, network: NetworkName, home: NetworkName, route: Route) -> None:
        if home != network:
            message = f"The route to {route.subnet} goes through {quoted(home)}, whose subnet has the gateway."
            hint = "write it there"
            self.warnings.append(Warning("route-elsewhere", message, f"{hint}, not at {quoted(network)}", network))
        if any(address in route.subnet for address in self.underlay):
            message = f"The route to {route.subnet} takes in the pod's own address: it may hide parts of the cluster."
            self.warnings.append(Warning("route-over-underlay", message, "route only what is behind the gateway", network))


def _part(code: str, message: str, hint: str) -> Mistake:
    return Mistake(code, message, hint, Scope.PART)


def _edge(interface: Interface, gateway: Address) -> bool:
    """Whether a gateway is an address that no host of the subnet can have (the kernel refuses only the broadcast address)."""
    net = interface.network
    return net.num_addresses > 2 and gateway.version == 4 and gateway in (net.network_address, net.broadcast_address)


@dataclass(frozen=True, slots=True)
class _Range:
    """A subnet as numbers: comparing thousands of pairs of `ip_network` would take seconds."""

    version: int
    first: int
    last: int

    @classmethod
    def of(cls, subnet: Prefix) -> "_Range":
        return cls(subnet.version, int(subnet.network_address), int(subnet.broadcast_address))

    def overlaps(self, other: "_Range") -> bool:
        return self.version == other.version and self.first <= other.last and other.first <= self.last

    def holds(self, address: Address) -> bool:
        return self.version == address.version and self.first <= int(address) <= self.last
