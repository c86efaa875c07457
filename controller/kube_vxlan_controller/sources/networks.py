"""Pure. The ConfigMap of networks as a table: one network per key, its options typed, its mistakes as Faults.

Laws: a bad entry harms no other; the result depends on the entries alone, not on their order; nothing is cached here.
"""

import re
from dataclasses import replace

from kube_vxlan_controller.language.annotation import ParsedDefinition, Written, parse_definition
from kube_vxlan_controller.language.judging import judge
from kube_vxlan_controller.language.mistakes import Mistake, Spot, quoted
from kube_vxlan_controller.language.resolving import Definition, Networks
from kube_vxlan_controller.model import DEFAULT_PORT, NetworkName, Span
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
        definitions[key] = _unusable(key, "", Mistake("binary-network", message, "move it from `binaryData` to `data`"))
    return Networks(_distinct(definitions), locked)


def _definition(name: NetworkName, value: str) -> Definition:
    if not re.fullmatch(r"(?!-)[A-Za-z0-9_.-]{1,253}", name):
        message = f"{quoted(name)} is not a name that an annotation can ask for."
        hint = "use letters, digits, `-`, `_` and `.`, and no `-` at the start"
        return _unusable(name, value, Mistake("invalid-network-name", message, hint))
    words = len(value.split())
    if words > MOST_WORDS:
        message = f"The entry {quoted(name)} has {words} words; at most {MOST_WORDS} are read."
        return _unusable(name, value, Mistake("text-too-long", message, "remove what is no option of the network"))
    parsed = _bare_number(value) or parse_definition(value)
    judged = judge(parsed.options, name, in_configmap=True)
    faults = tuple(replace(fault, network=name) for fault in parsed.faults) + judged.faults
    return Definition(judged.settings, tuple(sorted(faults, key=lambda fault: fault.where or Span(0, 0))))


def _unusable(name: NetworkName, value: str, mistake: Mistake) -> Definition:
    return Definition(faults=(mistake.at(Spot(Span(1, 1), value.split("\n", 1)[0]), name),))


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
    """Adds a Fault to each network whose VNI and port an earlier one, by name, has already."""
    owners: dict[tuple[int, int], NetworkName] = {}
    for name in sorted(definitions):
        settings = definitions[name].settings
        if "id" not in settings:
            continue
        wire = (settings["id"].value, settings["port"].value if "port" in settings else DEFAULT_PORT)
        owner = owners.setdefault(wire, name)
        if owner != name:
            message = f"The network {quoted(name)} has the id and UDP port of {quoted(owner)}: their frames would mix."
            fault = Mistake("duplicate-id", message, "give it an id of its own").at(settings["id"].spots[0], name)
            definitions[name] = replace(definitions[name], faults=(*definitions[name].faults, fault))
    return definitions
