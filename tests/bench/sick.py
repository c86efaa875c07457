"""Pure. Agents that hang, lie, die or answer slowly, and annotations that nobody should have to read.

A sick agent is a program of the agent's name that stands first on its container's PATH.
"""

from tests.bench.pods import SIDECAR, Json, container, overlay, shell

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_IDLE = ("busybox", "sh", "-c", "trap exit TERM; sleep 86400 & wait")
"""Ends when it is told to: a pod that has to be killed takes half a minute to leave."""
_GREET = 'echo "kube-vxlan-agent 1 digest,show,ready,release $POD_UID"'
PROGRAMS = {
    "hangs": "exec cat >/dev/null",
    "greets and hangs": f"{_GREET}\nexec cat >/dev/null",
    "talks garbage": "head -c 300000 /dev/urandom\nexec cat >/dev/null",
    "is another pod's": 'echo "kube-vxlan-agent 1 - 00000000-0000-0000-0000-000000000000"\nexec cat >/dev/null',
    "dies": "exit 1",
    "dies in the middle": f'{_GREET}\nread -r line\nprintf "read-links 0 99999\\n[{{"\nexit 1',
    "says that all is done": f'{_GREET}\nwhile read -r word id rest; do [ "$word" != end ] || echo "end $id"; done',
    "is slow": '"$AGENT" serve | while IFS= read -r line; do sleep 0.3; printf "%s\\n" "$line"; done',
}
TEXTS = (
    "vxeth1 ip=10.0.0.1/24; reboot",
    "vxeth1\n  ip=$(reboot)",
    "vxeth1 " * 8000,
    ",".join(f"net{number}" for number in range(5000)),
    "vxeth1 id=99999999999999999999999999",
    "vxeth1 name=../../etc/passwd dev=lo",
    "vxeth1 ip=0.0.0.0/0 route=0.0.0.0/0:0.0.0.0",
    "\u202evxeth1 \u0000up\ufeff",
    "=" * 60000,
    "vxeth1\\\n" * 500,
)


def program(name: str) -> str:
    """The text of a sick agent's program."""
    return f"#!/bin/busybox sh\ncase ${{1-}} in\nserve) ;;\npause) exec sleep 86400 ;;\n*) exit 1 ;;\nesac\n{PROGRAMS[name]}\n"


def sick(name: str, number: int, network: str, where: tuple[str, str]) -> Json:
    """A member of the network with one of the sick agents in turn; `where`: their directory, and the real agent."""
    programs, agent = where
    kind = tuple(PROGRAMS)[number % len(PROGRAMS)]
    environment = [
        {"name": "PATH", "value": f"{programs}/{kind.replace(' ', '-')}:{_PATH}"},
        {"name": "AGENT", "value": agent},
        {"name": "POD_UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
    ]
    told = container(SIDECAR, "a-sick-one") | {"command": list(_IDLE), "env": environment}
    return shell(name, f"{network} ip={overlay(number)}", [], [told])


def hostile(name: str, number: int) -> Json:
    """A pod with one of the texts in turn, and a good agent."""
    return shell(name, TEXTS[number % len(TEXTS)], [], [container(SIDECAR, "kube-vxlan-agent")])
