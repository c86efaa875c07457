from ipaddress import ip_address, ip_interface

import pytest

from kube_vxlan_controller.kernel.lines import render
from kube_vxlan_controller.kernel.netns import ZERO_MAC, Entry, Mark
from kube_vxlan_controller.kernel.steps import AddAddress, AppendDestination, DeleteEntry, DeleteLink, SetMark, Step
from kube_vxlan_controller.model import InterfaceName
from tests.kernel.steps import LINES, VX1


@pytest.mark.parametrize(("step", "line"), LINES)
def test_a_step_is_one_line(step: Step, line: str) -> None:
    batches = render([step])
    assert (*batches.batch, *batches.entries) == (line,)
    assert bool(batches.entries) == line.startswith("fdb ")


@pytest.mark.parametrize(
    "step",
    [
        AppendDestination(VX1, ip_address("0.0.0.0")),
        DeleteEntry(VX1, Entry(ZERO_MAC, ip_address("::"))),
        DeleteLink(InterfaceName("vx1\nlink del dev eth0")),
        DeleteLink(InterfaceName("")),
        DeleteLink(InterfaceName("vx\\1")),
        DeleteLink(InterfaceName("vxé")),
        AddAddress(VX1, ip_interface("fe80::1%eth0/64")),
        SetMark(VX1, Mark("a" * 250)),
    ],
)
def test_what_no_line_may_hold_is_not_rendered(step: Step) -> None:
    with pytest.raises(ValueError, match=r"line|stands for all"):
        render([step])
