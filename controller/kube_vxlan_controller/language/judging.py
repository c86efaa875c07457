"""Pure. Options as written become settings: judged one by one, and merged.

Laws: the merge is defaults < ConfigMap < annotation, option by option; only canonical values leave this module; of an option
with a fault nothing is set, and every other one is judged all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kube_vxlan_controller.language.annotation import Written
from kube_vxlan_controller.language.mistakes import MOST_FAULTS, Mistake, Spot, nearest, quoted
from kube_vxlan_controller.language.options import TABLE, Option, default
from kube_vxlan_controller.model import Fault, NetworkName, Options


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
    """Read every option by its row, until there are too many faults. Of an option with a fault, nothing is set."""
    rows = {row.name: row for row in TABLE}
    faults: list[Fault] = []
    found: dict[str, list[tuple[object, Spot]]] = {}
    for before, item, after in zip((None, *written), written, (*written[1:], None), strict=False):
        if len(faults) > MOST_FAULTS:
            break
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
    return Setting(kept[0][0] if kept else default(row.name), spots)
