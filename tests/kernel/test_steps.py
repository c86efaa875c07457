from typing import get_args

from kube_vxlan_controller.kernel.plan import ORDER
from kube_vxlan_controller.kernel.steps import Step
from tests.kernel.steps import EVERY_STEP


def test_every_kind_of_step_has_its_place_in_the_order_and_an_example() -> None:
    kinds = sorted(kind.__name__ for kind in get_args(Step))
    assert sorted(kind.__name__ for kinds in ORDER for kind in kinds) == kinds
    assert sorted({type(step).__name__ for step in EVERY_STEP}) == kinds


def test_every_step_names_its_link() -> None:
    assert {step.link for step in EVERY_STEP} == {"vx1"}
