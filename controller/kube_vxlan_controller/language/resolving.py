"""Pure. From the text of a pod's annotation to the merged options of each of its networks, with Faults per entry.

The order: parse, judge each option, look the network up, merge, and then see whether what is left fits together in one
pod (`together`). Laws: a network that has a Fault of its own (`Scope.NETWORK`) is not among the results; one that has only
a route too many is, without that route (`Scope.PART`); nothing at all is where the text as a whole cannot be trusted
(`Scope.POD`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kube_vxlan_controller.language.annotation import Request, parse
from kube_vxlan_controller.language.judging import Setting, Settings, judge, merge, options
from kube_vxlan_controller.language.mistakes import MOST_FAULTS, Mistake, named, nearest, quoted
from kube_vxlan_controller.language.together import Wanted, fit
from kube_vxlan_controller.language.values import interface_name
from kube_vxlan_controller.model import (
    DEFAULT_PORT,
    Address,
    Family,
    Fault,
    Namespace,
    NetworkName,
    Options,
    Scope,
    Span,
    Warning,
)

NO_CONFIGMAP = "no-configmap"
"""Of a network that cannot be told since there is no ConfigMap at all: held."""
UNKNOWN_NETWORK = "unknown-network"
"""Of a network that the ConfigMap does not have (any more): held."""
NOT_ADMITTED = "not-admitted"
"""Of a network that the pod must not have, or not with that id or port: not held, left."""
LONGEST_KEY = 253
"""Characters of a key in a ConfigMap."""
MOST_NAMED = 10
"""Networks that are named to somebody who asked for none of them."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A network of the ConfigMap: what its value sets, and what is wrong with it."""

    settings: Settings = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Networks:
    """The networks of the ConfigMap. `definitions` is None where there is no ConfigMap, or none is known."""

    definitions: Mapping[NetworkName, Definition] | None = None
    locked: bool = False
    """The operator's policy that only the ConfigMap gives networks their id and port."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong in the ConfigMap, entry by entry."""
        return tuple(fault for definition in (self.definitions or {}).values() for fault in definition.faults)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What one pod wants: options per network in the order written, complete and canonical, and what was refused.

    The options say what is to be programmed: routes that cannot be are not among them any more.
    """

    networks: tuple[tuple[NetworkName, Options], ...] = ()
    faults: tuple[Fault, ...] = ()
    """In the order of the text."""
    warnings: tuple[Warning, ...] = ()


def resolve(text: str, networks: Networks, namespace: Namespace | None, underlay: tuple[Address, ...]) -> Resolved:
    """Read a pod's annotation against the networks that there are.

    What is not known is not judged: `namespace` None, or no `underlay` addresses (a manifest has neither).
    """
    parsed = parse(text)
    told = networks.definitions is not None
    faults = list(parsed.faults)
    spoilt = {fault.network for fault in faults}
    wanted: list[Wanted] = []
    for request in parsed.requests:
        settings, found = _merged(request, networks, namespace)
        faults += found
        if not told:
            # Stands for the id that nobody can tell, so that the rest can be judged; such a network is never a result.
            settings = {"id": Setting(-1 - len(wanted)), **settings}
        if "id" in settings and request.network not in spoilt and all(fault.code == NO_CONFIGMAP for fault in found):
            wanted.append(Wanted(request, settings, options(settings)))
            faults += _no_underlay(request, settings, underlay) if told else ()
    fitting = fit(tuple(wanted), underlay, told and len(wanted) == len(parsed.requests))
    faults = _told(sorted((*faults, *fitting.faults), key=lambda fault: fault.where or Span(0, 0)))
    left_out = {fault.network for fault in faults if fault.scope is Scope.NETWORK}
    whole = all(fault.scope is not Scope.POD for fault in faults)
    kept = tuple((network, merged) for network, merged in fitting.networks if whole and network not in left_out)
    return Resolved(kept, tuple(faults), fitting.warnings if told else ())


def _told(faults: list[Fault]) -> list[Fault]:
    """The first faults; where there are more, the text as a whole cannot be trusted."""
    if len(faults) <= MOST_FAULTS:
        return faults
    message = "There are more mistakes from here on."
    more = replace(
        faults[MOST_FAULTS],
        code="too-many-faults",
        message=message,
        hint="correct the others first",
        network=None,
        scope=Scope.POD,
    )
    return [*faults[:MOST_FAULTS], more]


def _merged(request: Request, networks: Networks, namespace: Namespace | None) -> tuple[Settings, list[Fault]]:
    """The settings of one network, and what is wrong with it. The `id` is missing where it cannot be told."""
    judged = judge(request.options, request.network)
    own = judged.settings
    found = _definition(request, networks)
    definition = Definition() if isinstance(found, Mistake) else found
    faults = list(judged.faults)
    faults += _admission(request, definition.settings, own, networks.locked, namespace)
    settings = merge(request.network, definition.settings, own)
    mistakes = [found] if isinstance(found, Mistake) else []
    judgeable = all(mistake.code == NO_CONFIGMAP for mistake in mistakes)
    if not mistakes and "id" not in settings and not _mentions(request, "id"):
        mistakes.append(_missing_id(request.network))
    if judgeable and "name" not in own and "name" not in definition.settings and not _mentions(request, "name"):
        name = interface_name(request.network)
        mistakes += [name] if isinstance(name, Mistake) else []
    return settings, faults + [mistake.at(request.spot, request.network) for mistake in mistakes]


def _mentions(request: Request, option: str) -> bool:
    """Whether the option was written at all; what is wrong with it is told already."""
    return any(written.name == option for written in request.options)


def _definition(request: Request, networks: Networks) -> Definition | Mistake:
    """What the ConfigMap says of the network; nothing for one that the annotation defines with an id of its own."""
    name = request.network
    if len(name) > LONGEST_KEY:
        message = f"The name {quoted(name)} has {len(name)} characters; a network's name has at most {LONGEST_KEY}."
        return Mistake("invalid-network-name", message, "write a shorter one")
    if networks.definitions is None:
        message = f"There is no ConfigMap of networks, so nobody can tell what {quoted(name)} is."
        return Mistake(NO_CONFIGMAP, message, "create the ConfigMap; an empty one will do for networks with an id of their own")
    definition = networks.definitions.get(name)
    if definition is None:
        own = _mentions(request, "id") and name.isascii() and not networks.locked
        return Definition() if own else _unknown(name, networks.definitions)
    if definition.faults:
        message = f"The network {quoted(name)} is not usable, because of its entry in the ConfigMap."
        return Mistake("invalid-definition", message, f"correct it there: {definition.faults[0].message}")
    return definition


def _unknown(name: str, definitions: Mapping[NetworkName, Definition]) -> Mistake:
    message = f"There is no network {quoted(name)} in the ConfigMap."
    strange = next((character for character in name if not character.isascii()), None)
    if strange is not None:
        message = f"There is no network {quoted(name)} in the ConfigMap: it holds {named(strange)}."
    found = nearest(name, definitions)
    if found:
        return Mistake(UNKNOWN_NETWORK, message, f"did you mean `{found}`?")
    if not definitions:
        hint = "add it to the ConfigMap"
    elif len(definitions) <= MOST_NAMED:
        hint = f"write one that is there ({', '.join(map(quoted, definitions))})"
    else:
        hint = f"write one of the {len(definitions)} that are there, none of which is called anything like that"
    return Mistake(UNKNOWN_NETWORK, message, f"{hint}, or give this one an id of its own")


def _no_underlay(request: Request, settings: Settings, underlay: tuple[Address, ...]) -> Iterable[Fault]:
    """Whether the pod has an address of the family in which the network's members reach each other; unknown without any."""
    setting = settings.get("family", Setting(Family.IPV4))
    if not underlay or any(setting.value.has(address) for address in underlay):
        return
    word = {Family.IPV4: "IPv4", Family.IPV6: "IPv6"}[setting.value]
    has = ", ".join(map(str, underlay))
    message = f"The network {quoted(request.network)} runs over {word}, but in the cluster this pod has only {has}."
    other = Family.IPV6 if setting.value is Family.IPV4 else Family.IPV4
    place = "here, and for all other members" if setting.spots else "for this network, in the ConfigMap"
    spot = setting.spots[0] if setting.spots else request.spot
    yield Mistake("no-underlay", message, f"write `family={other.value}` {place}").at(spot, request.network)


def _missing_id(name: str) -> Mistake:
    message = f"The network {quoted(name)} has no id, neither in the ConfigMap nor here."
    return Mistake("missing-id", message, "write one after the name, as in `id=1000`")


def _admission(
    request: Request, configmap: Settings, own: Settings, locked: bool, namespace: Namespace | None
) -> Iterable[Fault]:
    """What the network's owner, or the operator, does not allow this pod."""
    admitted = configmap["namespaces"].value if "namespaces" in configmap else None
    if admitted is not None and namespace is not None and namespace not in admitted:
        message = f"Pods of the namespace {quoted(namespace)} may not join the network {quoted(request.network)}."
        hint = "ask whoever owns the ConfigMap to add the namespace to the network's `namespaces=`"
        yield Mistake(NOT_ADMITTED, message, hint).at(request.spot, request.network)
        return
    if admitted is None and not locked:
        return
    fixed = {"id": configmap.get("id"), "port": configmap.get("port", Setting(DEFAULT_PORT))}
    for option, setting in fixed.items():
        if setting is not None and option in own and own[option].value != setting.value:
            message = f"The `{option}` of the network {quoted(request.network)} is fixed by the ConfigMap."
            mistake = Mistake(NOT_ADMITTED, message, f"leave it out, or write `{option}={setting.value}`")
            yield mistake.at(own[option].spots[0], request.network)
