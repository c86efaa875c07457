"""What users read when an agent refuses, of answers in the form that the real agent gives them."""

import pytest

from kube_vxlan_controller.agents.framing import Refusal
from kube_vxlan_controller.agents.refusals import told


def test_an_epoch_tells_what_it_means_and_what_to_do() -> None:
    sentence = told(Refusal(1, "epoch", "1795253260375769 has been seen here"))
    assert sentence.startswith("a controller that was started, or took the lead, later than this one has written here")
    for word in ("1795253260375769", "End one of the two", "--lease=on", "restart it"):
        assert word in sentence


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("epoch", "cannot be recorded in /dev/shm"), ("line", "batch 3 is not allowed: link del dev eth0"), ("odd", "")],
)
def test_what_the_agent_says_well_is_passed_on(code: str, sentence: str) -> None:
    assert told(Refusal(1, code, sentence)) == sentence
