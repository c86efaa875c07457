"""Pure. The options of a network: one table, and what follows from it: judging, merging, and the canonical text.

A row's name is the name of the field in `model.Options`, so a new option is one row here and one field there. Laws: the
merge is defaults < ConfigMap < annotation, option by option; only canonical values leave this module.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from kube_vxlan_controller.language import values
from kube_vxlan_controller.language.annotation import Written
from kube_vxlan_controller.language.mistakes import Mistake, Spot, nearest, quoted
from kube_vxlan_controller.model import MAX_ADDRESSES, Fault, NetworkName, Options


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(value: Iterable[object]) -> str:
    return ",".join(sorted(map(str, value)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One row: what the option is called, how its text is read, and how it merges."""

    name: str
    form: str
    """What a value looks like, for the reference."""
    meaning: str
    read: Callable[[str], object]
    """The text to the canonical value, or a `Mistake`."""
    write: Callable[[Any], str] = _plain
    """The canonical value to its text, which reads back as the same value."""
    default: str = ""
    """What holds without it, for the reference."""
    bare: str = ""
    """The value that the option without `=` stands for; none if it needs one."""
    cancels: bool = False
    """Whether `=false` takes the ConfigMap's value away."""
    repeats: int = 1
    """How often it may be written; more than once, its values add up."""
    configmap_only: bool = False
    """Whether it has no place in an annotation."""
    always_shown: bool = False
    """Whether it stands in the `net:` line even when it has its default."""


TABLE: tuple[Option, ...] = (
    Option(
        name="id",
        form="1 to 16777215",
        meaning="The VXLAN network identifier (VNI). Every network needs one, from the ConfigMap or from the annotation.",
        read=values.vni,
        always_shown=True,
    ),
    Option(
        name="name",
        form="NAME",
        meaning="The name of the interface in the pod: 1 to 15 letters, digits, `-`, `_` and `.`.",
        read=values.interface_name,
        default="the network's name",
        always_shown=True,
    ),
    Option(
        name="dev",
        form="NAME",
        meaning="The device in the pod that carries the network's packets.",
        read=values.lower_device,
        default="eth0",
        always_shown=True,
    ),
    Option(name="type", form="vxlan", meaning="The kind of link.", read=values.link_type, default="vxlan", always_shown=True),
    Option(
        name="up",
        form="true or false",
        meaning="Whether the interface is brought up. The option alone means true; without it the interface stays down.",
        read=values.flag,
        default="false",
        bare="true",
    ),
    Option(
        name="ip",
        form="ADDRESS/LENGTH",
        meaning=f"An address for the interface. May be written up to {MAX_ADDRESSES} times; each adds one.",
        read=values.link_address,
        default="none",
        cancels=True,
        repeats=MAX_ADDRESSES,
    ),
    Option(
        name="route",
        form="SUBNET/LENGTH:GATEWAY",
        meaning="A subnet that is reached through a gateway on this pod's networks, once the interface is up. May be repeated.",
        read=values.route,
        default="none",
        cancels=True,
        repeats=256,
    ),
    Option(
        name="mtu",
        form="68 to 65535",
        meaning="The largest packet on the interface, in bytes.",
        read=values.mtu,
        default="that of `dev` less what VXLAN adds",
        cancels=True,
    ),
    Option(
        name="port",
        form="0 to 65535",
        meaning="The UDP port of the network, the same for all of its members; 0 stands for 8472.",
        read=values.port,
        default="8472",
    ),
    Option(
        name="learning",
        form="true or false",
        meaning="Whether the interface learns from traffic which member has which MAC address.",
        read=values.flag,
        default="true",
        bare="true",
    ),
    Option(
        name="ttl",
        form="1 to 255",
        meaning="The time to live of the packets between members.",
        read=values.ttl,
        default="the kernel's",
        cancels=True,
    ),
    Option(
        name="family",
        form="ipv4 or ipv6",
        meaning="The IP family in which the members reach each other.",
        read=values.family,
        default="ipv4",
    ),
    Option(
        name="namespaces",
        form="NAMESPACE,NAMESPACE",
        meaning="The namespaces whose pods may join. With it, an annotation cannot choose another `id` or `port`.",
        read=values.namespaces,
        write=_list,
        default="all",
        configmap_only=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """An option's canonical value, and where it was written: a spot for each part of a value that adds up."""

    value: Any
    spots: tuple[Spot, ...] = ()


Settings = Mapping[str, Setting]
"""What one text sets, by option name."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The options of one network in one text: those that can be honoured, and faults for the others."""

    settings: Settings
    faults: tuple[Fault, ...] = ()


def judge(written: tuple[Written, ...], network: NetworkName, in_configmap: bool = False) -> Judged:
    """Read every option by its row. Of an option with a fault, nothing is set."""
    rows = {row.name: row for row in TABLE}
    faults: list[Fault] = []
    found: dict[str, list[tuple[object, Spot]]] = {}
    for before, item, after in zip((None, *written), written, (*written[1:], None), strict=False):
        if _blank_beside_equals(before, item, after):
            continue
        row = rows.get(item.name)
        value = _unknown(item, in_configmap) if row is None else _value(row, item, in_configmap)
        if row is not None and not isinstance(value, Mistake):
            value = _again(row, value, [earlier for earlier, _ in found.get(row.name, ())]) or value
        if isinstance(value, Mistake):
            about_value = row is not None and value.code not in ("repeated-option", "misplaced-option")
            faults.append(value.at(item.value_spot if about_value else item.spot, network))
        else:
            found.setdefault(item.name, []).append((value, item.spot))
    return Judged({name: _setting(rows[name], parts) for name, parts in found.items()}, tuple(faults))


def merge(network: NetworkName, configmap: Settings, annotation: Settings) -> dict[str, Setting]:
    """The annotation's settings over the ConfigMap's (whose spots are in another text); complete but for a missing `id`."""
    merged = {name: Setting(setting.value) for name, setting in configmap.items()} | dict(annotation)
    merged.setdefault("name", Setting(network))
    return merged


def options(settings: Settings) -> Options:
    """The typed value of merged settings that have an `id`."""
    return Options(**{name: setting.value for name, setting in settings.items()})


def describe(merged: Options) -> str:
    """The `net:` line of `inspect`: options sorted by name, those that the ancestor did not have only when they are set."""
    words: list[str] = []
    for row in sorted(TABLE, key=lambda row: row.name):
        value = getattr(merged, row.name)
        if row.always_shown or value != _default(row.name):
            parts = value if row.repeats > 1 else (value,)
            words += [f"{row.name}:{row.write(part)}" for part in parts]
    return " ".join(words)


def _blank_beside_equals(before: Written | None, item: Written, after: Written | None) -> bool:
    """Whether this word is only half of an option that was written with blanks around its `=`, which is told already."""
    half_before = item.value is None and after is not None and not after.name
    half_after = item.value is None and before is not None and before.value == "" and not _is_option(item.name)
    return half_before or half_after


def _is_option(name: str) -> bool:
    return any(row.name == name for row in TABLE)


def _unknown(item: Written, in_configmap: bool) -> Mistake:
    if not item.name:
        hint = "write the name before it and no blanks around `=`, as in `ip=192.168.10.1/24`"
        return Mistake("no-option-name", f"The name of the option is missing before {quoted('=' + (item.value or ''))}.", hint)
    names = tuple(row.name for row in TABLE if in_configmap or not row.configmap_only)
    found = nearest(item.name, names)
    if found:
        hint = f"did you mean `{found}`?"
    elif item.value is None and not in_configmap:
        hint = "if it is a network, put a comma before it, or start a line with it; a line that starts with a blank continues"
    else:
        hint = "the options are " + ", ".join(f"`{name}`" for name in names)
    return Mistake("unknown-option", f"There is no option {quoted(item.name)}.", hint)


def _value(row: Option, item: Written, in_configmap: bool) -> object:
    """The canonical value of one option as written, None for one that is cancelled, or the mistake in it."""
    if row.configmap_only and not in_configmap:
        message = f"The option `{row.name}` has no place in an annotation."
        return Mistake("misplaced-option", message, "it is for the ConfigMap, whose owner decides")
    text = row.bare if item.value is None else item.value
    if row.cancels and text == "false":
        return None
    if not text:
        hint = f"write `{row.name}=` and then {row.form}" if row.form != "NAME" else f"write `{row.name}=` and then a name"
        return Mistake(f"invalid-{row.name}", f"The option `{row.name}` needs a value.", hint)
    return row.read(text)


def _again(row: Option, value: object, earlier: list[object]) -> Mistake | None:
    """What is wrong with writing an option once more, if anything."""
    if not earlier:
        return None
    if row.repeats == 1 or value is None or None in earlier:
        return Mistake("repeated-option", f"The option `{row.name}` is there twice.", "leave one of them")
    if value in earlier:
        return Mistake("repeated-option", f"The same `{row.name}` is there twice.", "leave one of them")
    if len(earlier) >= row.repeats:
        return Mistake("repeated-option", f"There may be at most {row.repeats} of `{row.name}`; this is one more.", "remove it")
    return None


def _setting(row: Option, parts: list[tuple[object, Spot]]) -> Setting:
    kept = [(value, spot) for value, spot in parts if value is not None]
    spots = tuple(spot for _, spot in parts)
    if row.repeats > 1:
        return Setting(tuple(value for value, _ in kept), spots)
    return Setting(kept[0][0] if kept else _default(row.name), spots)


def _default(name: str) -> object:
    """What `model.Options` holds when nobody sets the option; nothing can equal MISSING."""
    return next(field.default for field in fields(Options) if field.name == name)
