"""What would be done to one pod, as values and as lines; the sentence and the reason of each step: test_reasons.py."""

from dataclasses import replace

from kube_vxlan_controller.cli.prospect import MOST_ALIKE, NOBODY, Prospect, outlook, plan_lines
from kube_vxlan_controller.kernel.netns import EMPTY, Netns
from kube_vxlan_controller.views import AgentState
from tests.cli.test_reasons import PEERS, A, foreseen, world
from tests.objects import pod


def test_a_pod_as_wished_has_nothing_to_tell() -> None:
    desired = world(A, *PEERS)
    prospect = foreseen(desired, A.place, lambda wish: wish.netns)
    seen = outlook(desired, prospect)
    assert (seen.namespace, seen.pod, seen.node, seen.todo, seen.opens) == ("default", "a", "node-1", (), False)
    assert plan_lines(seen, prospect, wide=True) == ()


def test_each_step_has_the_line_that_the_agent_would_get() -> None:
    desired = world(A, *PEERS)
    prospect = foreseen(desired, A.place, lambda wish: Netns(tuple(replace(link, up=False) for link in wish.netns.links)))
    seen = outlook(desired, prospect)
    assert [(deed.kind, deed.link, deed.line) for deed in seen.todo] == [("SetUp", "vxeth1", "link set dev vxeth1 up")]
    assert plan_lines(seen, prospect, wide=False) == ("  raise vxeth1: it is down",)
    assert plan_lines(seen, prospect, wide=True)[1] == "      link set dev vxeth1 up"


def test_a_pod_that_only_waits_is_let_go_on() -> None:
    waiting = pod("a", "vxeth1", init=AgentState.RUNNING)
    desired = world(waiting)
    prospect = foreseen(desired, waiting.place, lambda wish: wish.netns)
    assert prospect.opens
    assert plan_lines(outlook(desired, prospect), prospect, wide=False) == (
        "  let the pod go on: everything is as wished, and it waits for that",
    )


def test_what_is_refused_has_its_place_and_what_is_held_its_reason() -> None:
    broken = pod("a", "vxeth1 ip=x, vxeth2")
    desired = world(broken)
    prospect = foreseen(desired, broken.place, lambda wish: wish.netns)
    seen = outlook(desired, prospect)
    (obstacle,) = seen.faults
    assert (obstacle.code, obstacle.network, obstacle.line, obstacle.column) == ("invalid-ip", "vxeth1", 1, 11)
    assert seen.held == ("What the pod has of vxeth1 stays as it is, because that part of the annotation cannot be honoured.",)
    lines = plan_lines(seen, prospect, wide=False)
    assert lines[0].startswith("  annotation:1:11: ")
    assert lines[-1] == f"  held: {seen.held[0]}"


def test_a_pod_that_nobody_can_ask_says_so() -> None:
    desired = world(A)
    prospect = Prospect(desired.wishes[A.place], trouble=NOBODY)
    assert (prospect.steps, prospect.faults, prospect.opens) == ((), (), False)
    assert plan_lines(outlook(desired, prospect), prospect, wide=False) == (f"  not known: {NOBODY}",)


def test_many_entries_of_one_link_are_summed_up() -> None:
    peers = [pod(f"p{number:02}", "vxeth1", f"10.244.3.{number}") for number in range(1, 21)]
    desired = world(A, *peers)
    prospect = foreseen(desired, A.place, lambda _: EMPTY)
    short, wide = (plan_lines(outlook(desired, prospect), prospect, wide=wide) for wide in (False, True))
    assert sum("send frames of vxeth1" in line for line in short) == MOST_ALIKE - 1
    assert short[-1] == "  ... and the same for 17 more on vxeth1"
    assert sum("send frames of vxeth1" in line for line in wide) == 20
