"""Pure. What to run for a container of a manifest, and with which environment.

There are no images here. A name that contains one of `AGENT_IMAGES` means the real agent; any other container runs its
`command` and `args` from the host's files, and sleeps when it has no command, whatever its image would have run.
"""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

AGENT_IMAGES = ("kube-vxlan-agent", "kube-vxlan-controller-agent")
AGENT = "kube-vxlan-agent"
"""The agent's program, found on PATH."""
SLEEP = ("/bin/busybox", "sh", "-c", "trap 'kill $!; exit 0' TERM; sleep 2147483647 & wait")
"""For an image whose program is not known: it does nothing, and ends at once when asked to."""
FAMILIES = "kube-vxlan-lab/families"
"""An annotation of pods, which only the lab knows: a cluster has pods of one family and of both by how it was set up."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the downward API can tell besides the pod's own object."""

    pod: Json
    addresses: tuple[str, ...]
    hosts: tuple[str, ...]
    agent: str
    """The directory that holds the agent's program."""


def is_agent(container: Json) -> bool:
    """Whether the container is of the agent's image."""
    return any(name in container.get("image", "") for name in AGENT_IMAGES)


def argv(container: Json, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The command line, with `$(NAME)` replaced by the environment's value as a kubelet does."""
    command, args = container.get("command") or [], container.get("args") or []
    if is_agent(container):
        line = [*(command or [AGENT]), *(args or ([] if command else ["pause"]))]
    else:
        line = [*command, *args] if command else list(SLEEP)
    return tuple(_expanded(word, environment) for word in line)


def environment(container: Json, around: Surroundings) -> dict[str, str]:
    """The environment of everything that runs in the container.

    The host's files are read-only, /dev/shm is not. Values from the downward API (`fieldRef`) are known; those from
    ConfigMaps, Secrets and resources are left out.
    """
    result = {"PATH": PATH, "HOSTNAME": around.pod["metadata"]["name"], "HOME": "/root", "TMPDIR": "/dev/shm"}
    for name, value in _variables(container, around):
        result[name] = _expanded(value, result)
    if is_agent(container):
        result["PATH"] = f"{around.agent}:{result['PATH']}"
    return result


def dual(pod: Json) -> bool:
    """Whether the pod gets an IPv6 address besides; one that has `ipv4` in the annotation `FAMILIES` does not."""
    return (pod["metadata"].get("annotations") or {}).get(FAMILIES) != "ipv4"


def sysctls(pod: Json) -> Iterator[tuple[str, str]]:
    """The kernel settings that the pod asks for: name and value."""
    for setting in pod["spec"].get("securityContext", {}).get("sysctls") or []:
        yield setting["name"], setting["value"]


def describe(line: tuple[str, ...]) -> str:
    """A command line as one would type it."""
    return shlex.join(line)


def _variables(container: Json, around: Surroundings) -> Iterator[tuple[str, str]]:
    for variable in container.get("env") or []:
        if "valueFrom" not in variable:
            yield variable["name"], variable.get("value") or ""
        elif path := variable["valueFrom"].get("fieldRef", {}).get("fieldPath"):
            yield variable["name"], _field(path, around)


def _field(path: str, around: Surroundings) -> str:
    metadata, spec = around.pod["metadata"], around.pod["spec"]
    if path.startswith(("metadata.labels['", "metadata.annotations['")):
        group, _, key = path.removeprefix("metadata.").partition("['")
        return str((metadata.get(group) or {}).get(key.removesuffix("']"), ""))
    known = {
        "metadata.name": metadata["name"],
        "metadata.namespace": metadata["namespace"],
        "metadata.uid": metadata["uid"],
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName", "default"),
        "status.podIP": next(iter(around.addresses), ""),
        "status.podIPs": ",".join(around.addresses),
        "status.hostIP": next(iter(around.hosts), ""),
        "status.hostIPs": ",".join(around.hosts),
    }
    return str(known.get(path, ""))


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    """`$(NAME)` becomes its value, `$$` becomes `$`, and a name that is not known stays as it is written."""
    result, rest = "", text
    while (found := rest.find("$")) >= 0:
        result, rest = result + rest[:found], rest[found:]
        name, closed, after = rest[2:].partition(")")
        if rest.startswith("$$"):
            result, rest = result + "$", rest[2:]
        elif rest.startswith("$(") and closed and name in environment:
            result, rest = result + environment[name], after
        else:
            result, rest = result + "$", rest[1:]
    return result + rest
