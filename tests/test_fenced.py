import pytest

from kube_vxlan_controller.fenced import Fenced
from kube_vxlan_controller.model import ContainerName, NodeName
from kube_vxlan_controller.ports import Ask, Rejected, Target
from tests.answering import AnsweringAgents
from tests.objects import place

pytestmark = pytest.mark.looptime


@pytest.mark.parametrize(("code", "doubts"), [("epoch", 1), ("uid", 0), ("line", 0)])
async def test_only_a_refused_epoch_is_a_doubt_and_it_stays_a_refusal(code: str, doubts: int) -> None:
    heard: list[None] = []
    agents = Fenced(AnsweringAgents(lambda *_: Rejected(code, "no")), lambda: heard.append(None))
    with pytest.raises(Rejected, match="no"):
        await agents.ask(Target(place("a"), NodeName("n"), ContainerName("c")), Ask())
    assert len(heard) == doubts
