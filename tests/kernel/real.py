"""The kernel itself, with the same doors as the fake one: deeds go in as lines of iproute2, what it holds comes back parsed."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from kube_vxlan_controller.kernel.lines import render
from kube_vxlan_controller.kernel.netns import Netns
from kube_vxlan_controller.kernel.readings import Reading, parse
from kube_vxlan_controller.kernel.steps import DeleteEntry
from tests.kernel.fake import Deed, LearnEntry, OtherRoute, PlainLink, Remark, StrayEntry, Unmark
from tests.kernel.worlds import NAMES, TUN
from tests.namespaces import Namespace

READ = """
echo @links; ip -d -j addr show
echo @routes; ip -N -j route show table all
echo @entries; bridge fdb show
"""


@dataclass(frozen=True)
class RealKernel:
    """A namespace like a pod's, with `eth0` and `eth1`."""

    namespace: Namespace

    def reset(self, promotes: bool) -> None:
        """Away with all that deeds can leave behind."""
        lines = "\n".join(f"link del dev {name}" for name in (*NAMES, TUN))
        self.namespace.run(
            "sh",
            input=f"echo {promotes:d} > /proc/sys/net/ipv4/conf/all/promote_secondaries\n"
            f"ip -force -batch - <<'END' 2>/dev/null\n{lines}\nEND\n"
            "ip -4 route flush proto 4; ip -6 route flush proto 4\n",
        )

    def apply(self, deeds: Iterable[Deed]) -> tuple[str, Netns]:
        """Carry them out; returns what `ip` and `bridge` said on stderr, and what is there then."""
        script = ["exec 2>&1; echo @complaints"]
        for tool, lines in groupby(map(line_of, deeds), key=lambda line: "bridge" if line.startswith("fdb ") else "ip"):
            script += [f"{tool} -force -batch - <<'END'", *lines, "END"]
        told = self.namespace.run("sh", input="\n".join(script) + READ)
        parts = dict(part.split("\n", 1) for part in told.split("@")[1:])
        return parts["complaints"], parsed(parts)


def line_of(deed: Deed) -> str:
    """The deed as iproute2 takes it."""
    match deed:
        case PlainLink(link):
            return f"link add name {link} type veth peer name p{link}"
        case Unmark(link):
            return f"link set dev {link} alias ''"
        case Remark(link):
            return f"link set dev {link} alias mine"
        case OtherRoute(link, route):
            via = "" if link.startswith("eth") or route.gateway is None else f" via {route.gateway}"
            return f"route replace {route.subnet}{via} dev {link} proto {route.protocol}"
        case StrayEntry(link, entry):
            return render([DeleteEntry(link, entry)]).entries[0].replace("fdb del", "fdb append") + " permanent"
        case LearnEntry(link, entry):
            return f"fdb append {entry.mac} dst {entry.destination} dev {link} self dynamic"
        case _:
            batches = render([deed])
            (line,) = (*batches.batch, *batches.entries)
            return line


def parsed(parts: dict[str, str]) -> Netns:
    """What the agent would make of `bridge fdb show`, and then what the controller would."""
    entries = []
    for line in parts["entries"].splitlines():
        mac, _, link, what, to, *more = line.split()
        if what == "dst":
            kind = "" if "permanent" in more else " learned"
            entries.append(f"{link} {mac} {to}{kind} {' '.join(more[: more.index('self')])}\n")
    return parse(
        {
            Reading.LINKS: parts["links"],
            Reading.ROUTES: parts["routes"],
            Reading.ENTRIES: "".join(entries),
        }
    )
