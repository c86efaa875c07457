"""Pure. Which node a pod goes to: of those that its nodeSelector allows and that have room, the one with the fewest pods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kube_vxlan_lab.apiserver.resources import Json, name_of


@dataclass(frozen=True, slots=True)
class Unschedulable:
    """No node will do; `message` says so in the scheduler's words."""

    message: str


def choose(pod: Json, nodes: Sequence[Json], load: Mapping[str, int]) -> str | Unschedulable:
    """The node's name. `load` says how many pods each node has; ties go to the first in `nodes`."""
    wanted = (pod["spec"].get("nodeSelector") or {}).items()
    matching = [node for node in nodes if wanted <= (node["metadata"].get("labels") or {}).items() and _takes(node)]
    free = [node for node in matching if load.get(name_of(node), 0) < int(node["status"]["allocatable"]["pods"])]
    if free:
        return name_of(min(free, key=lambda node: load.get(name_of(node), 0)))
    other, full = len(nodes) - len(matching), len(matching)
    reasons = [
        *([f"{full} Too many pods"] if full else ()),
        *([f"{other} node(s) didn't match Pod's node affinity/selector"] if other else ()),
    ]
    return Unschedulable(f"0/{len(nodes)} nodes are available: {', '.join(reasons) or 'there is no node'}.")


def _takes(node: Json) -> bool:
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in node["status"].get("conditions", ()))
    return ready and not node.get("spec", {}).get("unschedulable")
