"""Writes the parts of the documents that are made from the code: the tables of options, settings, limits and times.

`make docs` runs it. A part stands between `<!-- NAME: made by make docs -->` and `<!-- end -->`; what else is in a document is
not touched. A test holds the committed text to what this makes.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from kube_vxlan_controller.agents.limits import Limits as AgentLimits
from kube_vxlan_controller.kube.events import Limits as EventLimits
from kube_vxlan_controller.kube.happenings import Timing
from kube_vxlan_controller.language.annotation import LONGEST_TEXT, MOST_NETWORKS
from kube_vxlan_controller.language.mistakes import MOST_FAULTS
from kube_vxlan_controller.language.options import TABLE
from kube_vxlan_controller.language.options import Option as NetworkOption
from kube_vxlan_controller.language.values import LONGEST_NAME
from kube_vxlan_controller.logs import MOST_LINES
from kube_vxlan_controller.model import MAX_ADDRESSES
from kube_vxlan_controller.settings import OPTIONS
from kube_vxlan_controller.sources.networks import MOST_WORDS
from kube_vxlan_controller.tempo import Tempo

DOCS = Path(__file__).parent
PART = re.compile(r"(<!-- (?P<name>[a-z]+): made by make docs -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    """Rewrite every document that has such a part."""
    for document in documents():
        text = document.read_text(encoding="utf-8")
        made = filled(text)
        if made != text:
            document.write_text(made, encoding="utf-8")
            print(f"{document.relative_to(DOCS.parent)} is new")


def documents() -> list[Path]:
    """All documents."""
    return [DOCS.parent / "README.md", *sorted(DOCS.rglob("*.md"))]


def filled(text: str) -> str:
    """The text with its parts made anew."""
    return PART.sub(lambda part: f"{part[1]}{PARTS[part['name']]()}\n{part[3]}", text)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = list(head)
    lines = (f"| {' | '.join(row)} |".replace("|  |", "| |") for row in (columns, *rows))
    first, *rest = lines
    return "\n".join((first, "|" + "---|" * len(columns), *rest))


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _network_options() -> str:
    head = ("option", "value", "without it", "meaning")
    return _table(head, ((_code(row.name), row.form, row.default or "must be given", _meaning(row)) for row in TABLE))


def _meaning(row: NetworkOption) -> str:
    cancel = f" `{row.name}=false` takes away what the ConfigMap gives." if row.cancels else ""
    alone = f" The option alone means `{row.bare}`." if row.bare and "alone" not in row.meaning else ""
    place = " Only in the ConfigMap." if row.configmap_only else ""
    return f"{row.meaning}{alone}{cancel}{place}"


def _limits() -> str:
    return "\n".join(
        (
            f"* An annotation has at most {LONGEST_TEXT // 1024} KiB of text and {MOST_NETWORKS} networks.",
            f"* A pod has at most {MAX_ADDRESSES} addresses in one network.",
            f"* The name of an interface has 1 to {LONGEST_NAME} plain ASCII characters.",
            f"* The entry of a network in the ConfigMap has at most {MOST_WORDS} words.",
            f"* Of one text the first {MOST_FAULTS} mistakes are told; if there are more, the pod as a whole is refused.",
        )
    )


def _settings() -> str:
    head = ("option", "in the environment", "default", "meaning")
    rows = ((_code(f"--{one.name}"), _code(one.variable), _code(one.default), one.meaning) for one in OPTIONS)
    return _table(head, rows)


def _times() -> str:
    tempo, agents, views = Tempo(), AgentLimits(), Timing()
    seconds = (
        ("changes of API objects are gathered into one burst", tempo.burst),
        ("a pod's kernel is compared with what it should hold, each pod once in (`--audit-every`)", tempo.audit_every),
        ("the gate of a pod waits for its peers, at most", tempo.gate_patience),
        ("the first retry after a failure comes within", tempo.retry_first),
        ("later retries come within twice as much each time, at most", tempo.retry_most),
        (
            "where only somebody else can mend it (execs refused again and again, a request), a retry comes within",
            tempo.retry_refused,
        ),
        ("what is wrong with a pod is told again, while it lasts, every", tempo.told_again),
        ("an exec must be opened, and its agent heard, within", agents.open_within),
        ("an agent must have answered a request within", agents.answer_within + agents.grace),
        ("both, once the pod's agent is another container by then, within", tempo.last_words),
        ("a stream to an agent that nobody uses is closed after", agents.warm_for),
        ("a node that has not answered is left alone for", agents.rest),
        ("a view of the API server is called stale without any confirmation for", views.stale),
        ("a watch on which nothing arrives is replaced after", views.silence),
        ("everything is listed anew about every", views.relist),
        ("a list or watch that failed is tried again (later where the server asks for that) within", views.last_delay),
        ("the same where nobody answers at all, within", views.away),
        ("requests that are on their way when the controller is stopped may take", tempo.stop_patience),
        ("of further Events on one object the newest is written every", EventLimits().object_every),
        ("Events that wait when the controller is stopped may take", EventLimits().farewell),
    )
    return _table(("what", "seconds"), ((what, f"{value:g}") for what, value in seconds))


def _bounds() -> str:
    tempo, agents, events = Tempo(), AgentLimits(), EventLimits()
    numbers = (
        ("streams to agents that are open, at most", agents.warm),
        ("execs that are being opened at any moment", agents.opening),
        ("execs that are being opened on one node at any moment", agents.opening_per_node),
        ("silent execs in a row after which a node is left alone", agents.silences),
        ("requests of nothing but forwarding lines under way at any moment", agents.forwarding),
        (
            "pods that are being tried again at any moment (first tries are not counted, nor what takes longer than a second)",
            tempo.retries_at_once,
        ),
        ("audits in a second, at most", f"{tempo.audits_per_second:g}"),
        ("failures in a row before a pod is called degraded", tempo.told_after),
        ("refused execs in a row before that counts as something that only somebody else can mend", tempo.forbidden_after),
        ("Events that wait to be written; more are dropped and counted", events.waiting),
        ("Events on one object that are written at once", events.object_burst),
        ("lines of the log about one object in a minute (without details)", MOST_LINES),
    )
    return _table(("what", "number"), ((what, str(value)) for what, value in numbers))


PARTS: Mapping[str, Callable[[], str]] = {
    "options": _network_options,
    "limits": _limits,
    "settings": _settings,
    "times": _times,
    "bounds": _bounds,
}

if __name__ == "__main__":
    main()
