"""Hand-made histories: a correct one breaks no law, and every change of it that matters breaks one."""

import ast
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pytest

from tests.checker.facts import (
    ByHand,
    Closed,
    Config,
    Controller,
    Ended,
    Entered,
    Fact,
    Fault,
    Gap,
    GateOpened,
    GateShut,
    Gone,
    HandedOver,
    Heard,
    History,
    Is,
    Left,
    Pod,
    PodGone,
    Reported,
    Said,
    Serving,
    Started,
    Used,
    What,
)
from tests.checker.items import Address, Entry, Link, Route
from tests.checker.judge import check, isolation, settled_after
from tests.checker.sixth import in_ipv6
from tests.checker.telling import LINKS, NETWORKS, Told, calm, changed, laws, pod, sends

RED, BLUE = LINKS["red"], LINKS["blue"]


def laws_of(history: History) -> set[str]:
    """Which laws were broken in this family alone."""
    return {violation.law for violation in check(history)}


def made(fact: Fact) -> bool:
    """Whether a fact is something that a controller made."""
    return isinstance(fact.what, Is) and fact.time > 20


MADE = [fact for fact in calm().sorted() if made(fact)]
NAMES = [
    f"{fact.pod}-{type(fact.what.item).__name__}-{number}" for number, fact in enumerate(MADE) if isinstance(fact.what, Is)
]


def test_a_run_in_which_nothing_is_wrong_breaks_no_law() -> None:
    assert check(calm().sorted()) == ()
    assert check(()) == ()


@pytest.mark.parametrize("made", MADE, ids=NAMES)
def test_what_is_never_made_is_missed(made: Fact) -> None:
    assert laws(changed(calm().sorted(), lambda fact: fact == made, lambda _: ())) & {"L3", "S4"}


@pytest.mark.parametrize("made", MADE, ids=NAMES)
def test_what_is_made_too_late_is_missed(made: Fact) -> None:
    late = changed(calm().sorted(), lambda fact: fact == made, lambda fact: (replace(fact, time=fact.time + 12),))
    assert laws(late) & {"L3", "S4"}


@pytest.mark.parametrize("made", [one for one in MADE if isinstance(one.what, Is) and not isinstance(one.what.item, Link)])
def test_what_is_made_in_another_pod_is_seen(made: Fact) -> None:
    other = {"a": "b", "b": "a", "c": "a"}[made.pod]
    assert laws(changed(calm().sorted(), lambda fact: fact == made, lambda fact: (replace(fact, pod=other),)))


@pytest.mark.parametrize("made", MADE, ids=NAMES)
def test_telling_a_thing_twice_changes_nothing(made: Fact) -> None:
    assert laws(changed(calm().sorted(), lambda fact: fact == made, lambda fact: (fact, fact))) == set()


def test_an_entry_that_stays_behind_is_a_stranger() -> None:
    gone = Gone(sends("blue", "10.0.0.3"))
    forgotten = changed(calm().sorted(), lambda fact: fact.what == gone, lambda _: ())
    late = changed(calm().sorted(), lambda fact: fact.what == gone, lambda fact: (replace(fact, time=47),))
    assert laws(forgotten) == laws(late) == {"S1"}
    (violation,) = check(forgotten)
    assert (violation.pod, violation.time) == ("a", 45.5)
    assert "blue sends to 10.0.0.3" in violation.sentence


@pytest.mark.parametrize(
    ("entry", "law"),
    [
        (sends("red", "10.0.0.9"), "S1"),
        (sends("red", "10.0.0.3"), "S1"),  # a member of the other network
        (sends("red", "10.0.0.9", permanent=False, mac="02:00:00:00:00:01"), "S1"),
        (sends("red", "10.0.0.1"), "S2"),
        (sends("red", "0.0.0.0"), "S2"),
        (sends("red", "224.0.0.1"), "S2"),
        (sends("red", "127.0.0.1"), "S2"),
        (sends("red", "255.255.255.255"), "S2"),
        (sends("red", "fd00::1"), "S2"),
        (sends("red", "10.0.0.2", mac="02:00:00:00:00:01"), "L1"),
    ],
)
def test_a_wrong_entry_is_seen_however_short_it_is(entry: Entry, law: str) -> None:
    length = 20.0 if law == "L1" else 0.001
    assert laws(calm().at(60, "a", entry).at(60 + length, "a", Gone(entry))) == {law}


def test_a_learned_entry_to_a_member_is_nothing_odd() -> None:
    assert laws(calm().at(60, "a", sends("red", "10.0.0.2", permanent=False, mac="02:00:00:00:00:01"))) == set()


def test_an_address_to_send_from_that_is_not_the_pods_is_seen_in_ipv6() -> None:
    six = in_ipv6(calm().sorted())
    assert laws_of(six) == set()
    assert laws_of(tuple(replace(fact, what=_without_local(fact.what)) for fact in six)) == {"L3"}


def _without_local(what: What) -> What:
    match what:
        case Is(item=Link() as link):
            return Is(link._replace(local=""))
    return what


def test_a_member_that_has_another_vni_in_its_kernel_is_seen() -> None:
    assert laws(calm().at(60, "b", RED._replace(vni=101))) >= {"S3", "L3"}


@pytest.mark.parametrize(
    "what",
    [
        Gone(Route(2, "0.0.0.0/0", "10.0.0.254", 3)),
        Gone(Address(2, "10.0.0.1/24")),
        Is(Link(2, "eth0", up=False)),
        Gone(Link(2, "eth0", up=True)),
        Is(Route(2, "10.9.0.0/16", "10.0.0.254", 86)),
        Is(Link(9, "other", up=True)),
    ],
    ids=str,
)
def test_what_is_not_ours_stays(what: Is | Gone) -> None:
    assert laws(calm().at(60, "a", what)) == {"S4"}


def test_entries_of_a_link_that_is_not_ours_stay() -> None:
    theirs, entry = Link(9, "flannel.1", up=True, vni=1, port=8472), Entry(9, "02:00:00:00:00:09", "10.0.9.9")
    with_theirs = calm().at(30, "a", ByHand(), theirs, entry)
    assert laws(with_theirs) == set()
    assert laws(with_theirs.at(110, "a", entry._replace(destination="10.0.0.9"))) == {"S4"}
    assert laws(calm().at(30, "a", ByHand(), theirs, entry).at(110, "a", Gone(entry))) == {"S4"}
    learned = entry._replace(permanent=False)
    assert laws(calm().at(30, "a", ByHand(), theirs).at(110, "a", learned).at(111, "a", Gone(learned))) == set()


def test_whoever_makes_a_sandbox_may_change_it_until_it_is_handed_over() -> None:
    def history(handed_over: float) -> Told:
        told = calm().at(60, "d", Entered(4), Link(1, "lo"), pod("10.0.0.4"))
        return told.at(63, "d", Link(1, "lo", up=True)).at(handed_over, "d", HandedOver(4))

    assert laws(history(64)) == set()
    assert laws(history(62)) == {"S4"}


def test_the_network_of_a_node_is_not_that_of_its_pods() -> None:
    def history(on_host: bool) -> Told:
        told = calm().at(60, "d", Entered(4), HandedOver(4), pod("172.31.0.11", host_network=on_host))
        return told.at(70, "d", Link(9, "pod17", up=True))

    assert laws(history(True)) == set()
    assert laws(history(False)) == {"S4"}


def test_a_foreign_address_on_our_link_may_go_for_a_moment_and_not_for_good() -> None:
    theirs = Address(7, "192.168.1.77/24")
    with_theirs = calm().at(30, "a", ByHand("red"), theirs).at(110, "a", Gone(theirs))
    assert laws(with_theirs) == {"S4"}
    assert laws(with_theirs.at(110.01, "a", theirs)) == set()


def test_continuous_members_are_never_cut() -> None:
    entry = sends("red", "10.0.0.2")
    assert laws(calm().at(60, "a", Gone(entry)).at(60.001, "a", entry)) == {"S5", "L1"}
    assert "S5" in laws(
        calm().at(60, "b", Gone(sends("red", "10.0.0.1")), Gone(RED)).at(60.001, "b", RED, sends("red", "10.0.0.1"))
    )


def test_an_address_that_another_pod_has_at_once_is_not_the_same_member() -> None:
    entry = sends("red", "10.0.0.2")
    told = calm().at(60, "b", Gone(sends("red", "10.0.0.1")), Gone(RED), Left(2), PodGone())
    told.at(60, "d", Entered(4), pod("10.0.0.2", "red")).at(61, "d", RED, sends("red", "10.0.0.1"))
    assert laws(told.at(60.1, "a", Gone(entry)).at(60.2, "a", entry)) == set()


def test_a_kernel_that_ends_with_its_pod_cuts_nobody() -> None:
    end = calm().at(60, "b", Gone(sends("red", "10.0.0.1")), Gone(RED), Left(2)).at(60.2, "b", PodGone())
    assert laws(end.at(61, "a", Gone(sends("red", "10.0.0.2")))) == set()


def test_a_restart_with_everything_in_place_writes_nothing() -> None:
    restarted = calm().at(60, "", Controller(False)).at(61, "", Controller(True))
    assert laws(restarted) == set()
    for item in (sends("red", "10.0.0.2"), RED._replace(alias="kvc1/red/up/192.168.1.1-24"), Address(7, "192.168.1.1/24")):
        assert laws(calm().at(60, "", Controller(False)).at(61, "", Controller(True)).at(62, "a", item)) == {"S6"}
    assert laws(restarted.at(62, "a", sends("red", "10.0.0.2", permanent=False))) <= {"S5", "L3", "L1"}


def test_what_goes_with_a_kernel_after_a_restart_is_nobodys_write() -> None:
    def history(left: bool) -> Told:
        told = calm().at(60, "", Controller(False)).at(61, "", Controller(True))
        told.at(62, "b", Gone(sends("red", "10.0.0.1")), Gone(RED), *([Left(2)] if left else []))
        return told.at(63, "b", PodGone()).at(64, "a", Gone(sends("red", "10.0.0.2")))

    assert laws(history(True)) == set()
    assert "S6" in laws(history(False))


def test_a_pod_whose_time_is_over_after_a_restart_is_forgotten() -> None:
    told = calm().at(59, "b", pod("10.0.0.2", "red", leaves_at=75.0)).at(60, "", Controller(False), Controller(True))
    assert laws(told.at(76, "a", Gone(sends("red", "10.0.0.2")))) == set()


def test_a_namespace_that_is_not_admitted_has_no_part() -> None:
    closed = {**NETWORKS, "red": {"id": "100", "up": "true", "namespaces": "other"}}
    shut = changed(calm().sorted(), lambda f: f.what == Config(NETWORKS), lambda f: (replace(f, what=Config(closed)),))
    assert laws(shut) == {"S8", "L1"}


def test_two_links_of_one_vni_are_one_too_many() -> None:
    assert "S9" in laws(calm().at(60, "a", Link(12, "red2", "kvc1/red/up", True, 1450, 100, 8472)))


def test_a_second_exec_in_a_pod_is_one_too_many() -> None:
    assert laws(calm().at(60, "a", Serving(2)).at(60.5, "a", Serving(1))) == set()
    assert laws(calm().at(60, "a", Serving(2)).at(65, "a", Serving(1))) == laws(calm().at(60, "a", Serving(2))) == {"S12"}


def test_what_somebody_did_about_the_time_of_a_restart_is_no_reason_to_blame_that() -> None:
    told = calm().at(60, "", Controller(False), Controller(True)).at(60.2, "a", RED._replace(mtu=1400))
    assert "S6" in laws(told)
    late = Fact(60.5, "c", pod("10.0.0.3", "red"), since=59.9)
    assert "S6" not in laws(tuple(sorted((*told.facts, late), key=lambda fact: fact.time)))


def test_an_exec_that_nobody_can_end_is_not_one_too_many() -> None:
    hangs = calm().at(55, "a", Fault("exec")).at(60, "a", Serving(2)).at(75, "a", Serving(1))
    assert laws(hangs.at(76, "a", Fault("exec", over=True))) == set()
    assert laws(hangs.at(90, "a", Serving(2))) == {"S12"}


@pytest.mark.parametrize(("up_at", "broken"), [(64.0, set()), (70.0, {"L3"})])
def test_a_link_that_is_made_anew_for_another_vni_has_time_for_all_that_is_on_it(up_at: float, broken: set[str]) -> None:
    other = {**NETWORKS, "blue": {"id": "201", "up": "true"}}
    down = BLUE._replace(ifindex=9, vni=201, up=False)
    told = calm().at(60, "", Config(other)).at(60.5, "a", Gone(BLUE), down)
    assert laws(told.at(up_at, "a", down._replace(up=True))) == broken


@pytest.mark.parametrize(("kind", "most", "apart"), [(Said(), 62, 0.9), (Reported(), 21, 13.0)], ids=["lines", "Events"])
def test_a_pod_that_makes_a_controller_talk_all_the_time_is_one_too_many(kind: What, most: int, apart: float) -> None:
    def history(times: list[float]) -> Told:
        told = calm()
        for time in times:
            told.at(time, "a", kind)
        return told.at(400, "", Ended())

    burst = [40 + apart * number for number in range(most + 1)]
    assert laws(history(burst[:-1])) == set()
    assert laws(history(burst)) == {"S12"}
    assert laws(history([time * 1.2 for time in burst])) == set()
    assert laws(history(burst).at(40 + apart * 10.5, "", Controller(False), Controller(True))) == set()


def test_who_is_blind_removes_nothing() -> None:
    blind = Fault("the API server is away", blind=True)

    def history(time: float) -> Told:
        told = calm().at(35, "", blind).at(60, "", replace(blind, over=True))
        told.facts = [fact for fact in told.facts if fact.what != Gone(sends("blue", "10.0.0.3"))]
        return told.at(time, "a", Gone(sends("blue", "10.0.0.3")))

    assert laws(history(42)) == {"S13"}
    assert laws(history(62)) == set()
    assert laws(history(80)) == {"S1"}


def test_the_gate_opens_when_the_networks_are_there() -> None:
    def gated(fact: Fact) -> tuple[Fact, ...]:
        assert isinstance(fact.what, Pod)
        return (replace(fact, what=replace(fact.what, gate=True)),)

    with_gate = changed(calm().sorted(), lambda fact: fact.pod == "a" and isinstance(fact.what, Pod), gated)
    assert laws((*with_gate, Fact(21.5, "a", GateOpened()))) == set()
    assert laws((*with_gate, Fact(20.5, "a", GateOpened()))) == {"S14"}


@pytest.mark.parametrize(
    ("opened", "fields", "broken"),
    [
        (24.0, {}, set()),
        (28.0, {}, {"L5"}),
        (None, {}, {"L5"}),
        (None, {"wants": None}, set()),
        (None, {"wants": {"red": None}}, set()),
        (None, {"wants": {"yellow": {}}}, set()),
        (None, {"labelled": False}, set()),
        (None, {"gate": False}, set()),
    ],
)
def test_the_gate_opens_in_time_for_those_whose_networks_can_be_honoured(
    opened: float | None, fields: dict[str, Any], broken: set[str]
) -> None:
    told = calm().at(20, "d", Entered(4), HandedOver(4), replace(pod("10.0.0.4", gate=True), **fields), GateShut())
    if opened is not None:
        told.at(opened, "d", GateOpened())
    assert laws(told) == broken


def test_an_unreadable_pod_keeps_what_it_has_and_its_gate_is_shut() -> None:
    broken = calm().at(60, "a", pod("10.0.0.1", wants=None, gate=True))
    assert laws(broken) == set()
    assert laws(broken.at(61, "a", GateOpened())) == {"S14"}
    assert laws(calm().at(60, "a", pod("10.0.0.1", wants=None)).at(61, "b", Gone(sends("red", "10.0.0.1")))) == set()


def test_a_network_whose_key_is_gone_is_held() -> None:
    assert laws(calm().at(60, "", Config({"blue": NETWORKS["blue"]}))) == set()
    assert laws(calm().at(60, "", Config(None))) == set()


def test_a_held_pod_still_forgets_an_address_that_nobody_has() -> None:
    told = calm().at(60, "a", pod("10.0.0.1", wants=None)).at(70, "b", Left(2), PodGone())
    assert laws(told) == {"S1"}
    assert laws(told.at(71, "a", Gone(sends("red", "10.0.0.2")))) == set()


def test_a_pod_that_takes_a_network_out_loses_its_link() -> None:
    out = calm().at(60, "b", pod("10.0.0.2"))
    assert laws(out) == {"L2", "S1"}
    assert laws(out.at(61, "b", Gone(sends("red", "10.0.0.1")), Gone(RED)).at(61, "a", Gone(sends("red", "10.0.0.2")))) == set()


def test_addresses_and_routes_that_nobody_wants_any_more_are_seen() -> None:
    assert laws(calm().at(60, "a", pod("10.0.0.1", "red", "blue"))) == {"L1"}


def test_what_was_done_by_hand_is_undone_in_time() -> None:
    entry = sends("red", "10.0.0.2")

    def history(back: float) -> Told:
        return calm().at(40, "a", ByHand("red"), Gone(entry)).at(back, "a", entry)

    assert laws(history(80)) == set()
    assert laws(history(110)) == {"L8"}
    assert laws(calm().at(40, "a", ByHand("red")).at(41, "a", Gone(sends("blue", "10.0.0.3")))) == set()


def test_what_may_have_been_the_case_between_two_looks_may_have_been_acted_on() -> None:
    """A pod gets its address and then the network another id; the checker sees both at once."""
    told = Told().at(0, "", Config(NETWORKS), Controller(True)).at(20, "a", Entered(1), pod("10.0.0.1", "red"))
    told.at(20, "b", Entered(2), replace(pod("10.0.0.2", "red"), addresses=()))
    told.at(20.5, "a", RED).at(20.5, "b", RED).at(20.7, "a", sends("red", "10.0.0.2")).at(
        21.0, "a", Gone(sends("red", "10.0.0.2"))
    )
    both = (("", Config({"red": {"id": "101", "up": "true"}})), ("b", pod("10.0.0.2", "red")))
    told.facts += [Fact(21.5, uid, what, "world", since=20.1) for uid, what in both]
    assert laws(told.at(24.0, "", Ended())) == set()


def test_an_address_that_two_claim_belongs_to_neither_unless_one_is_leaving() -> None:
    told = calm().at(60, "d", Entered(4), pod("10.0.0.2", "red"))
    told.at(61, "d", RED, sends("red", "10.0.0.1"))
    assert laws(told) == {"S1"}
    told.at(62, "a", Gone(sends("red", "10.0.0.2")))
    assert laws(told) == set()
    assert laws(calm().at(60, "b", pod("10.0.0.2", "red", leaves_at=300.0))) == set()


def test_a_pod_leaves_when_its_deletion_is_over_or_its_phase_is_terminal() -> None:
    assert laws(calm().at(50, "b", pod("10.0.0.2", "red", leaves_at=80.0))) == {"S1"}
    assert laws(calm().at(50, "b", pod("10.0.0.2", "red", terminal=True))) == {"S1"}


def test_faults_excuse_those_that_have_them_and_nobody_else() -> None:
    late = changed(calm().sorted(), lambda f: f.time == 22, lambda f: (replace(f, time=40.0),))
    late = changed(late, lambda f: f.what == PodGone() or isinstance(f.what, Gone), lambda f: (replace(f, time=f.time + 20),))
    assert laws(late) == {"L3"}
    everybody = (Fact(19, "", Fault("x")), Fact(35, "", Fault("x", over=True)))
    assert laws(tuple(sorted((*late, *everybody), key=lambda f: f.time))) == set()
    one = (Fact(19, "a", Fault("x")), Fact(35, "a", Fault("x", over=True)))
    found = check(tuple(sorted((*late, *one), key=lambda f: f.time)))
    assert {violation.pod for violation in found} == {"b", "c"}


def test_a_pod_whose_agents_do_not_run_cannot_be_asked() -> None:
    """As while it ends: its kernel may outlast that of another one that it sends to, whose object is gone."""
    gone = calm().at(70, "b", Left(2), PodGone())
    assert laws(gone) == {"S1"}
    ends = pod("10.0.0.1", wants={"red": {}, "blue": {}}, leaves_at=100.0, answers=False)
    assert laws(gone.at(69, "a", ends).at(85, "a", Left(1), PodGone())) == set()


def test_a_controller_that_does_not_run_is_an_excuse() -> None:
    away = changed(calm().sorted(), lambda f: isinstance(f.what, Controller), lambda _: ())
    assert laws((Fact(0, "", Controller(False)), *(f for f in away if f.time < 22))) == set()


def test_how_long_a_program_takes_to_load_is_an_excuse() -> None:
    late = changed(calm().sorted(), lambda f: isinstance(f.what, Controller), lambda f: (replace(f, time=11.0),))
    late = tuple(fact for fact in late if fact.time < 23)
    slow = changed(late, lambda f: 21 <= f.time < 23, lambda f: (replace(f, time=f.time + 8),))
    end = Fact(40, "", Ended())
    assert "L3" in laws((*slow, end))
    assert laws((*slow, Fact(21.0, "", Started()), end)) == set()


def words(*times: float, opened: float = 21.0) -> Told:
    """The calm run, and a watch on which something was said at these times."""
    told = calm().at(21.0, "", Heard("/pods", 21.0))
    for time in times:
        told.at(time, "", Heard("/pods", opened))
    return told.at(200, "", Ended())


def test_a_silent_watch_is_given_up_and_another_one_is_opened() -> None:
    assert laws(words(80, 140)) == set()
    assert laws(words(80, 170, opened=80.0).at(100, "", Closed("/pods", 21.0))) == set()
    kept = words(80, 140, opened=80.0)
    assert [(one.law, one.time) for one in check(kept.sorted())] == [("L6", 111.0)]
    given_up = words().at(80, "", Closed("/pods", 21.0))
    assert "heard nothing of /pods" in str(check(given_up.sorted()))
    assert laws(given_up.at(120, "", Heard("/configmaps", 120.0))) == {"L6"}


def test_while_the_api_server_is_away_there_is_nothing_to_hear() -> None:
    away = Fault("the API server is away", blind=True)
    silent = words(190).at(60, "", away, Closed("/pods", 21.0))
    assert laws(silent.at(185, "", replace(away, over=True))) == set()
    assert laws(words(190).at(60, "", Fault("the watches are silent"))) == {"L6"}


def test_a_controller_that_has_ended_need_not_hear_anything() -> None:
    ended = words().at(60, "", Controller(False), Closed("/pods", 21.0))
    assert laws(ended) == set()
    again = ended.at(150, "", Controller(True), Heard("/pods", 151.0))
    assert laws(again) == set()
    assert laws(again.at(251, "", Ended())) == {"L6"}


@pytest.mark.parametrize(
    ("uses", "broken"),
    [
        ([Used(100.7, 53), Used(100.7, 52), Used(101.0, 40)], {"S12"}),
        ([Used(100.7, 52)], set()),
        ([Used(100.7, 53), Used(100.7, 54)], {"S12"}),
    ],
)
def test_memory_and_open_files_are_bounded_by_the_pods_that_there_are(uses: list[What], broken: set[str]) -> None:
    """Three pods, of which one is gone at 40 s: for open files it counts a minute longer, for memory for ever."""
    told = calm().at(99, "", Used(100.7, 53))
    assert laws(told) == set()
    assert laws(told.at(101, "", *uses)) == broken


def test_a_run_that_was_not_seen_whole_is_not_passed() -> None:
    assert laws(calm().at(60, "a", Gap("the socket overflowed"))) == {"GAP"}
    assert laws(calm().at(60, "d", pod("10.0.0.4", "yellow", "blue"))) >= {"GAP"}


def test_others_take_no_longer_beside_broken_ones() -> None:
    assert isolation(10.0, 12.0) == ()
    assert [violation.law for violation in isolation(10.0, 13.0)] == ["L4"]


def test_how_long_it_took_is_told() -> None:
    assert settled_after(calm().sorted(), 20.0) == settled_after(calm().sorted(), 40.0) + 20.0 == 21.0
    assert settled_after(calm().sorted(), 60.0) == 0.0
    assert settled_after(tuple(fact for fact in calm().sorted() if fact.time < 22), 20.0) == inf


def test_nothing_here_imports_the_controller() -> None:
    for path in Path(__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.startswith("kube_vxlan_controller") for name in names), path.name


def test_the_naive_implementation_is_small() -> None:
    assert len((Path(__file__).parent / "desire.py").read_text().splitlines()) < 110
