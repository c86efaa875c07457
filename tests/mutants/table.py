"""Pure. The ancestor's defects that show in behaviour, each as a mutant of our controller, and some that are our own.

The numbers are those of the ancestor's defects A1 to A25; A10 and A11 (TLS, permissions) are no behaviour of ours to be seen
in a kernel and have tests of their own. Where our architecture has no place for a defect, `instead` says what was planted. A
letter parts what is two things, of which each alone has to be caught.
"""

from dataclasses import dataclass

from tests.mutants.planting import Edit


@dataclass(frozen=True, slots=True)
class Mutant:
    """One defect."""

    id: str
    did: str
    """What the ancestor did, or what a controller does that has this defect."""
    scenario: str
    laws: frozenset[str]
    """All of these must be seen to be broken."""
    edits: tuple[Edit, ...]
    instead: str = ""
    """What was planted where the defect itself cannot be; with the same effect on kernels."""
    dies: bool = False
    """The controller ends of it; all others have to live."""

    @property
    def defect(self) -> str:
        """Its number."""
        return self.id.rstrip("abc")


def _laws(*names: str) -> frozenset[str]:
    return frozenset(names)


MUTANTS = (
    Mutant(
        "A1",
        "knew pods by their bare name: two of one name in two namespaces were one",
        "namesakes",
        _laws("L3"),
        (
            Edit("snapshot.py", "name = (pod.place.namespace, pod.place.name)", 'name = (Namespace(""), pod.place.name)'),
            Edit("snapshot.py", "del names[place.namespace, place.name]", 'names.pop((Namespace(""), place.name), None)'),
        ),
    ),
    Mutant(
        "A2",
        "never read the kernel to compare: what was left there while it was down stayed for ever",
        "absence",
        _laws("S1"),
        (
            Edit(
                "rounds.py",
                "destinations = _same(want.destinations, link.destinations)",
                "destinations = Destinations.of(set(want.destinations) & set(link.destinations))",
            ),
        ),
    ),
    Mutant(
        "A3",
        "took a failed command for done, and never tried it again",
        "refusal",
        _laws("L3"),
        (
            Edit(
                "rounds.py",
                "    if asked.phase is Phase.OPEN:\n",
                "    if asked.phase is Phase.CHANGE:\n"
                "        return Known(wish.target, told.stream, wish.netns, known.opened)\n"
                "    if asked.phase is Phase.OPEN:\n",
            ),
        ),
    ),
    Mutant(
        "A4",
        "waited five seconds for an answer, took silence for an empty one and went on",
        "hanging",
        _laws("L3"),
        (
            Edit(
                "agents/streams.py",
                "        answer = await stream.ask(encode(header, ask), limits.answer_within + limits.grace)\n",
                "        try:\n"
                "            answer = await stream.ask(encode(header, ask), 1.0)\n"
                "        except Unknown:\n"
                "            return Told(stream.id)\n",
            ),
        ),
        instead="one second in place of five",
    ),
    Mutant(
        "A5",
        "watched from the version after the one that it had seen: the change between was lost",
        "interruption",
        _laws("S1"),
        (
            Edit(
                "kube/watch.py",
                '{"resourceVersion": "" if initial else self._version or ""}',
                '{"resourceVersion": "" if initial else str(int(self._version or 0) + 1)}',
            ),
        ),
    ),
    Mutant(
        "A6",
        "went on after 410 from what was left of the history, without a list: deletions in between were lost",
        "oblivion",
        _laws("S1"),
        (Edit("kube/watch.py", "self._version, why = None, str(error)", 'self._version, why = "", str(error)'),),
    ),
    Mutant(
        "A7",
        "never noticed that a watch had gone silent",
        "silence",
        _laws("S1", "L6"),
        (
            Edit(
                "kube/watch.py",
                "self._params(initial, seconds), self._timing.silence",
                "self._params(initial, seconds), 86400.0",
            ),
        ),
    ),
    Mutant(
        "A8",
        "read the ConfigMap once, when it was started",
        "configuration",
        _laws("L3"),
        (
            Edit(
                "feeding.py",
                "        case Changed(config):\n            return (ConfigSeen(config_view(config)),)",
                "        case Changed():\n            return ()",
            ),
        ),
    ),
    Mutant(
        "A9",
        "read its token once, when it was started",
        "token",
        _laws("L3"),
        (
            Edit(
                "kube/connection.py",
                "if self._source is not None and self._token is used:",
                "if self._source is not None and self._token is None:",
            ),
        ),
    ),
    Mutant(
        "A12",
        "lost what it should have postponed until a pod could be asked",
        "busy",
        _laws("L3"),
        (
            Edit(
                "worker.py",
                'finished first."""\n',
                'finished first."""\n        if self.asking.under_way:\n            return\n',
            ),
        ),
        instead="our workers take whole wishes; lost is the one that comes while a request is on its way",
    ),
    Mutant(
        "A13",
        "took any change of a pod that was ending for its coming, and did not clean up when it was gone",
        "departure",
        _laws("S1"),
        (
            Edit(
                "snapshot.py",
                "return pod.terminal or (pod.leaves_at is not None and pod.leaves_at <= self.now)",
                "return False",
            ),
            Edit(
                "snapshot.py",
                "    if pods.pop(place, None) is not None:\n",
                "    if place in pods and pods[place].leaves_at is not None:\n        return\n"
                "    if pods.pop(place, None) is not None:\n",
            ),
        ),
    ),
    Mutant(
        "A14",
        "removed by address: when a pod was gone, so was whoever had its address by then",
        "reuse",
        _laws("S5"),
        (
            Edit(
                "snapshot.py",
                "    if pods.pop(place, None) is not None:\n",
                "    lost = set(pods[place].addresses) if place in pods else set()\n"
                "    for other, pod in tuple(pods.items()):\n"
                "        if lost & set(pod.addresses):\n"
                "            pods[other] = replace(pod, addresses=())\n"
                "    if pods.pop(place, None) is not None:\n",
            ),
        ),
    ),
    Mutant(
        "A15",
        "lost a network without a word where a line ended with CR LF",
        "lines",
        _laws("L3"),
        (
            Edit(
                "language/annotation.py",
                "    lines = _lines(text)\n    whole =",
                '    text = "\\n".join(line for line in text.split("\\n") if not line.endswith("\\r"))\n'
                "    lines = _lines(text)\n    whole =",
            ),
        ),
    ),
    Mutant(
        "A16",
        "died of one long option name, and of the same again after each start",
        "length",
        _laws("L3"),
        (
            Edit(
                "language/annotation.py",
                '    reading.read(_grammar("annotation").parse(text))\n',
                '    reading.read(_grammar("annotation").parse(text))\n'
                "    if any(len(option.name) > 255 for request in reading.requests.values() for option in request.options):\n"
                '        raise SystemExit("system_limit")\n',
            ),
        ),
        instead="the program ends at an option name of more than 255 characters; there are no atoms here to run out of",
        dies=True,
    ),
    Mutant(
        "A17",
        "took the first of two entries for one network, and dropped the second without a word",
        "twice",
        _laws("S14"),
        (
            Edit(
                "language/annotation.py",
                "            self.faults.append(_twice(name).at(spot, name))\n            return\n",
                "            return\n",
            ),
        ),
    ),
    Mutant(
        "A18",
        "let every namespace into every network, and grouped members by name even when their ids differed",
        "tenants",
        _laws("S8", "S3"),
        (
            Edit(
                "language/resolving.py",
                "if admitted is not None and namespace is not None and namespace not in admitted:",
                "if False:",
            ),
            Edit(
                "model.py",
                "return NetworkKey(self.network, self.options.id, self.options.port, self.options.family)",
                "return NetworkKey(self.network, Vni(0), self.options.port, self.options.family)",
            ),
        ),
        instead="the option namespaces= is ignored, since every namespace may join is our default too",
    ),
    Mutant(
        "A19",
        "opened a connection and an exec for each command, as many at once as there were",
        "joining",
        _laws("S12"),
        (
            Edit(
                "agents/streams.py",
                "current = seat.stream if seat.stream and seat.stream.open else None",
                "current: Stream | None = None",
            ),
            Edit("agents/streams.py", "if stream is not None and (current is None or current.id != stream):", "if False:"),
            Edit("agents/streams.py", "            if other.stream:\n", "            if other.stream and False:\n"),
        ),
        instead="each request opens a stream of its own; that it stays open stands for those that ran beside each other",
    ),
    Mutant(
        "A20",
        "did not try again for a pod on which it had failed, until something else happened to it",
        "refusal",
        _laws("L3"),
        (
            Edit(
                "worker.py",
                "            return self._fail(error)\n",
                "            self._fail(error)\n            return None\n",
            ),
        ),
    ),
    Mutant(
        "A21",
        "let two controllers write, each by what it knew",
        "writers",
        _laws("S5"),
        (
            Edit("agents/streams.py", "import asyncio\n", "import asyncio\nimport time\n"),
            Edit("agents/streams.py", "self._epoch(), limits", "Epoch(time.time_ns() // 1000), limits"),
        ),
        instead="every request has an epoch of its own, and is the newest: agents cannot tell an old writer from a new one",
    ),
    Mutant(
        "A22",
        "took an agent that was started again for a pod that left and came",
        "restart",
        _laws("S5"),
        (
            Edit("desired.py", "import AgentNames, PodView\n", "import AgentNames, AgentState, PodView\n"),
            Edit(
                "desired.py",
                "if snapshot.departed(pod)]",
                "if snapshot.departed(pod) or AgentState.RUNNING not in (pod.init, pod.sidecar)]",
            ),
        ),
    ),
    Mutant(
        "A23",
        "did not see that a pod had got another address: its peers kept the old one",
        "rebuilding",
        _laws("S1"),
        (
            Edit(
                "snapshot.py",
                "    known = old.get(pod.place)\n",
                "    known = old.get(pod.place)\n"
                "    if known is not None:\n"
                "        pod = replace(pod, addresses=tuple(dict.fromkeys(pod.addresses + known.addresses)))\n",
            ),
            Edit(
                "membership.py",
                "    same = addresses == before.generation.members\n",
                "    for place, member in members.items():\n"
                "        addresses.update(filter(member.options.family.has, pods[place].addresses))\n"
                "    same = addresses == before.generation.members\n",
            ),
        ),
    ),
    Mutant(
        "A24",
        "took note of another annotation on a running pod, and did nothing about it",
        "annotation",
        _laws("L3", "S1"),
        (
            Edit(
                "snapshot.py",
                "    known = old.get(pod.place)\n",
                "    known = old.get(pod.place)\n    if known is not None:\n        pod = replace(pod, text=known.text)\n",
            ),
        ),
    ),
    Mutant(
        "A25a",
        "made every link with learning on",
        "options",
        _laws("L3"),
        (Edit("desired.py", "learning=options.learning,", "learning=True,"),),
        instead="the option learning= is ignored, since what the ancestor did is our default",
    ),
    Mutant(
        "A25b",
        "made every link on the kernel's own port",
        "options",
        _laws("L3"),
        (Edit("desired.py", "port=options.port,", "port=type(options.port)(8472),"),),
        instead="the option port= is ignored, since what the ancestor did is our default",
    ),
)

OURS = (
    Mutant(
        "O1a",
        "takes a text that cannot be read for none at all: the pod leaves",
        "doubt",
        _laws("S5"),
        (Edit("sources/pods.py", "unreadable=unreadable,", "unreadable=False,"),),
    ),
    Mutant(
        "O1b",
        "takes a network that the ConfigMap does not have any more for one that nobody wants: all leave it",
        "doubt",
        _laws("S5"),
        (Edit("sources/pods.py", "held=held,", "held=frozenset(),"),),
    ),
    Mutant(
        "O2",
        "gives the mark for which a native agent's startup probe waits before anything else is done",
        "probe",
        _laws("S14"),
        (
            Edit(
                "rounds.py",
                "    planned = plan(wish.netns, known.netns,",
                "    if wish.waiting is Waiting.PROBE and not known.opened:\n"
                "        return Round(Phase.OPEN, Ask(finally_=OPENS[wish.waiting]))\n"
                "    planned = plan(wish.netns, known.netns,",
            ),
        ),
    ),
)
"""Defects that the ancestor did not have, or that do not show in it."""
