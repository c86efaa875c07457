import pytest

from kube_vxlan_controller.cli.prospect import NOBODY, Prospect
from kube_vxlan_controller.cli.verdict import verdict
from kube_vxlan_controller.kernel.netns import EMPTY
from kube_vxlan_controller.rounds import Known, Settled, next_round
from kube_vxlan_controller.views import AgentState, PodView
from tests.cli.test_reasons import PEERS, A, world
from tests.objects import pod


def said(one: PodView, *, wired: bool = True, lacking: str = "", trouble: str = "", deaf: tuple[str, ...] = ()) -> str:
    wish = world(one, *PEERS).wishes[one.place]
    netns = wish.netns if wired else EMPTY
    due = next_round(wish, Known(wish.target, None, netns, read_for=wish), blind=False)
    prospect = Prospect(wish, trouble=trouble) if trouble else Prospect(wish, netns, due)
    return verdict(one.place, lacking, prospect, deaf).removeprefix(f"{one.place} ")


def test_how_a_member_stands() -> None:
    assert said(A) == "is wired: member of vxeth1."
    assert said(A, wired=False) == "is not as it should be: 6 steps are still to be done, by the controller if it runs."
    assert said(A, trouble=NOBODY, lacking="Its agent does not run.") == (
        f"should be a member of vxeth1, but its kernel is not known: {NOBODY}"
    )
    assert said(A, deaf=("default/b",)) == (
        "is wired, but default/b cannot send to it yet: plan tells what is to be done there."
    )
    assert said(pod("a", "vxeth1", init=AgentState.RUNNING)) == "is wired, and waits for the controller to let it go on."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is a member of no network, as its annotation says."),
        ("vxeth1 ip=x", "keeps what it has of vxeth1, which cannot be honoured. `x` is not an address"),
        ("vxeth1 ip=x, vxeth2", "keeps what it has of vxeth1, which cannot be honoured, and is a member of vxeth2. `x` is"),
        ("=", "keeps what it has: its annotation cannot be honoured. "),
    ],
)
def test_what_a_text_makes_of_a_pod(text: str, sentence: str) -> None:
    assert said(pod("a", text)).startswith(sentence)


def test_a_pod_that_is_none_of_ours() -> None:
    assert verdict(A.place, "It lacks the label x.", None, ()) == (
        "default/a is no member of any network now. It lacks the label x."
    )
    nobody = Prospect(world(pod("a", None)).wishes[A.place], due=Settled())
    assert verdict(A.place, "It lacks the annotation.", nobody, ()).endswith("now. It lacks the annotation.")
