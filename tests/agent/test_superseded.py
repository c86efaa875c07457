"""Requests that come late: from a stream that its controller has given up for another, or from a controller that is gone."""

from collections.abc import Iterator

import pytest

from kube_vxlan_controller.agents.framing import Answer, Refusal
from kube_vxlan_controller.kernel.readings import Reading
from kube_vxlan_controller.ports import Ask, Finally
from tests.agent.pod import Pod, Serving, agent_pod

pytestmark = pytest.mark.kernel

READ = Ask(read=((Reading.ENTRIES, ()),))
APPEND = Ask(entries=("fdb append 00:00:00:00:00:00 dst 10.244.2.7 dev vxeth1 self permanent",))
DELETE = Ask(entries=("fdb del 00:00:00:00:00:00 dst 10.244.2.7 dev vxeth1 self",))
MARK = Ask(batch=("link set dev vxeth1 alias kvc1/vxeth1/up",))


@pytest.fixture
def pod() -> Iterator[Pod]:
    with agent_pod() as made:
        made.run("ip", "link", "add", "vxeth1", "type", "vxlan", "id", "101", "dev", "eth0", "dstport", "8472")
        yield made


def entries(pod: Pod) -> list[str]:
    return [line for line in pod.run("bridge", "fdb", "show", "dev", "vxeth1").splitlines() if "10.244.2.7" in line]


def code(answer: Answer | Refusal) -> str:
    assert isinstance(answer, Refusal)
    return answer.code


def settle(stream: Serving, epoch: int) -> None:
    """What a controller does on every new stream: read, then write."""
    stream.done(READ, epoch=epoch)
    stream.done(APPEND, epoch=epoch)


def test_a_stream_that_another_one_has_followed_changes_nothing_any_more(pod: Pod) -> None:
    with pod.serve() as given_up, pod.serve() as newer:
        settle(given_up, 1000)
        newer.done(READ, epoch=1000)
        assert code(given_up.ask(DELETE, epoch=1000)) == "superseded"
        assert code(given_up.ask(MARK, epoch=1000)) == "superseded"
        assert code(given_up.ask(Ask(finally_=Finally.READY), epoch=1000)) == "superseded"
        assert entries(pod)
        given_up.done(READ, epoch=1000)
        newer.done(DELETE, epoch=1000)
        assert not entries(pod)


def test_a_controller_that_has_read_leaves_nothing_to_the_one_before(pod: Pod) -> None:
    with pod.serve() as older, pod.serve() as newer:
        settle(older, 1000)
        newer.done(READ, epoch=2000)
        assert code(older.ask(DELETE, epoch=1000)) == "epoch"
        assert entries(pod)


def test_whoever_only_looks_takes_nothing_from_anybody(pod: Pod) -> None:
    with pod.serve() as working, pod.serve() as looking:
        settle(working, 1000)
        looking.done(READ, epoch=0)
        working.done(DELETE, epoch=1000)
    assert not entries(pod)


def test_a_later_epoch_may_come_on_the_same_stream(pod: Pod) -> None:
    with pod.serve() as one, pod.serve() as other:
        settle(one, 1000)
        settle(other, 2000)
        one.done(DELETE, epoch=3000)
        assert code(other.ask(APPEND, epoch=2000)) == "epoch"
    assert not entries(pod)
