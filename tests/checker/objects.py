"""Pure. What API objects mean to the checker: pods, and the networks of the ConfigMap.

What a text means is read by `reading`, or was told; of one that is neither, `complain` is told.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.checker import reading
from tests.checker.facts import Definitions, Entries, Options, Pod

LABEL, ANNOTATION = "vxlan.openvnf.org", "vxlan.openvnf.org/networks"
_AGENT, _INIT_AGENT = "vxlan-controller-agent", "vxlan-controller-agent-init"
_STATIC = "kubernetes.io/config.hash"


@dataclass(frozen=True, slots=True)
class Objects:
    """Reads objects. `texts` and `values` are what was told of odd ones; they may grow."""

    texts: Mapping[str, Entries | None]
    values: Mapping[str, Options | None]
    offset: float
    """Seconds from the history's clock to the world's."""
    complain: Callable[[str], None]

    def pod(self, obj: Mapping[str, Any]) -> tuple[str, Pod]:
        """A pod, with its uid."""
        metadata, spec, status = obj["metadata"], obj["spec"], obj.get("status", {})
        annotations, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
        uid = annotations.get(_STATIC, metadata["uid"])
        inits = spec.get("initContainers") or []
        names = {one["name"] for one in (*inits, *spec["containers"])}
        text = annotations.get(ANNOTATION, "")
        return uid, Pod(
            namespace=metadata["namespace"],
            name=metadata["name"],
            addresses=tuple(one["ip"] for one in status.get("podIPs") or ()),
            labelled=labels.get(LABEL) == "true",
            host_network=bool(spec.get("hostNetwork")),
            agent=bool(names & {_AGENT, _INIT_AGENT}),
            answers=any(one["name"] in (_AGENT, _INIT_AGENT) and "running" in one["state"] for one in _statuses(status)),
            gate=any(one["name"] == _INIT_AGENT and one.get("restartPolicy") != "Always" for one in inits),
            held_back=_held_back(inits, spec["containers"]),
            terminal=status.get("phase") in ("Succeeded", "Failed"),
            leaves_at=self._clock(metadata.get("deletionTimestamp")),
            wants=self.texts[text] if text in self.texts else self._plain(text),
        )

    def networks(self, data: Mapping[str, str]) -> Definitions:
        """The networks of the ConfigMap."""
        found: dict[str, Options | None] = {}
        for name, value in data.items():
            try:
                found[name] = self.values[value] if value in self.values else reading.definition(value)
            except reading.NotPlain:
                self.complain(f"nobody told what the network {name} of the ConfigMap means: {value!r}")
                found[name] = None
        return found

    def _clock(self, timestamp: str | None) -> float | None:
        return None if timestamp is None else datetime.fromisoformat(timestamp).timestamp() - self.offset

    def _plain(self, text: str) -> Entries | None:
        try:
            return reading.annotation(text)
        except reading.NotPlain:
            self.complain(f"nobody told what this annotation means: {text!r}")
            return None


def _held_back(inits: Sequence[Mapping[str, Any]], containers: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The containers that come after a native agent whose startup probe asks whether the networks are ready."""
    for number, one in enumerate(inits):
        asks = one.get("startupProbe", {}).get("exec", {}).get("command", ())[:2]
        if one["name"] == _AGENT and one.get("restartPolicy") == "Always" and asks == ["kube-vxlan-agent", "ready"]:
            return tuple(other["name"] for other in (*inits[number + 1 :], *containers))
    return ()


def _statuses(status: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for kind in ("initContainerStatuses", "containerStatuses"):
        yield from status.get(kind) or ()
