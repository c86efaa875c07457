"""Pure. The ConfigMap of networks as a table: one network per key, its options typed, its mistakes as Faults.

Laws: a bad entry harms no other, but for those whose id and port it has as well: which of them is the mistake nobody can
tell, so all of them are Faults; the result depends on the entries alone, not on their order; nothing is cached here.
"""

import re
from dataclasses import replace

from kube_vxlan_controller.language.annotation import ParsedDefinition, Written, parse_definition
from kube_vxlan_controller.language.judging import judge
from kube_vxlan_controller.language.mistakes import Mistake, Spot, quoted
from kube_vxlan_controller.language.resolving import Definition, Networks
from kube_vxlan_controller.model import DEFAULT_PORT, Fault, NetworkName, Span
from kube_vxlan_controller.views import ConfigView

__all__ = ["NO_NETWORKS", "Definition", "Networks", "read_networks"]

NO_NETWORKS = Networks()
"""Where there is no ConfigMap."""

MOST_WORDS = 128
"""Words of one entry: more than all options with all of their repetitions."""


def read_networks(config: ConfigView | None, locked: bool = False) -> Networks:
    """The networks of a ConfigMap; `locked` when only it may give them their id and port."""
    if config is None:
        return Networks(None, locked)
    definitions = {NetworkName(key): _definition(NetworkName(key), value) for key, value in config.data}
    for key in map(NetworkName, config.binary_keys):
        message = f"The entry {quoted(key)} is binary data, and a network is text."
        definitions[key] = _misnamed(key, Mistake("binary-network", message, "move it from `binaryData` to `data`"))
    return Networks(_distinct(definitions), locked)


def _definition(name: NetworkName, value: str) -> Definition:
    if not re.fullmatch(r"(?!-)[A-Za-z0-9_.-]{1,253}", name):
        message = f"The key {quoted(name)} is not a name that an annotation can ask for."
        hint = "use letters, digits, `-`, `_` and `.`, and no `-` at the start"
        return _misnamed(name, Mistake("invalid-network-name", message, hint))
    words = len(value.split())
    if words > MOST_WORDS:
        message = f"The entry {quoted(name)} has {words} words; at most {MOST_WORDS} are read."
        mistake = Mistake("text-too-long", message, "remove what is no option of the network")
        return Definition(faults=(mistake.at(Spot(Span(1, 1), value.split("\n", 1)[0]), name),))
    parsed = _bare_number(value) or parse_definition(value)
    judged = judge(parsed.options, name, in_configmap=True)
    faults = tuple(replace(fault, network=name) for fault in parsed.faults) + judged.faults
    return Definition(judged.settings, tuple(sorted(faults, key=lambda fault: fault.where or Span(0, 0))))


def _misnamed(key: NetworkName, mistake: Mistake) -> Definition:
    """What is wrong with a key has no place in its value."""
    return Definition(faults=(Fault(mistake.code, mistake.message, mistake.hint, network=key),))


def _bare_number(value: str) -> ParsedDefinition | None:
    """The old form, `vxeth2: "102"`: a whole number is the id."""
    if not re.fullmatch(r"[ \t\r\n]*[0-9]+[ \t\r\n]*", value):
        return None
    number = value.strip()
    line = value[: value.index(number)].count("\n")
    text = value.split("\n")[line].rstrip("\r")
    spot = Spot(Span(line + 1, text.index(number) + 1, len(number)), text)
    return ParsedDefinition((Written("id", number, spot, spot),))


def _distinct(definitions: dict[NetworkName, Definition]) -> dict[NetworkName, Definition]:
    """Adds a Fault to every network whose VNI and port another one has as well."""
    wires: dict[tuple[int, int], list[NetworkName]] = {}
    for name in sorted(definitions):
        settings = definitions[name].settings
        untold = any(fault.code == "invalid-port" for fault in definitions[name].faults)
        if "id" in settings and not untold:
            wire = (settings["id"].value, settings["port"].value if "port" in settings else DEFAULT_PORT)
            wires.setdefault(wire, []).append(name)
    for names in wires.values():
        for name in names if len(names) > 1 else ():
            definition = definitions[name]
            fault = _duplicate(name, names).at(definition.settings["id"].spots[0], name)
            definitions[name] = replace(definition, faults=(*definition.faults, fault))
    return definitions


def _duplicate(name: NetworkName, names: list[NetworkName]) -> Mistake:
    other, more = names[name == names[0]], len(names) - 2
    others = quoted(other) + (f" and {more} more" if more else "")
    message = f"The network {quoted(name)} has the id and UDP port of {others}: their frames would mix."
    hint = "give each an id of its own, in the ConfigMap; until then pods keep what they have of them"
    return Mistake("duplicate-id", message, hint)
