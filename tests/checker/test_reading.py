"""What is written plainly is read, all else is given up."""

import pytest

from tests.checker import reading

EXAMPLE = """vxeth1
  ip=192.168.11.2/29
  route=192.168.12.0/29:192.168.11.1
"""


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("", {}),
        ("red", {"red": {}}),
        (EXAMPLE, {"vxeth1": {"ip": ("192.168.11.2/29",), "route": ("192.168.12.0/29:192.168.11.1",)}}),
        ("red up, blue id=5\n", {"red": {"up": "true"}, "blue": {"id": "5"}}),
        ("red ip=10.0.0.1/24 ip=10.1.0.1/24\nblue", {"red": {"ip": ("10.0.0.1/24", "10.1.0.1/24")}, "blue": {}}),
        ("red mtu=false ttl=false", {"red": {"mtu": "false", "ttl": "false"}}),
        ("red route=fd00:2::/64:fd00::1", {"red": {"route": ("fd00:2::/64:fd00::1",)}}),
    ],
)
def test_plain_annotations(text: str, means: object) -> None:
    assert reading.annotation(text) == means


@pytest.mark.parametrize(
    "text", ["Red", "red,red", "red ip=10.1/24", "red ip=10.0.0.1/024", "red up up", "red x=1", "red\r\n", "# a"]
)
def test_what_is_not_plain_is_given_up(text: str) -> None:
    with pytest.raises(reading.NotPlain):
        reading.annotation(text)


def test_networks() -> None:
    assert reading.definition("id=100 up\n") == {"id": "100", "up": "true"}
    assert reading.definition(" 102 ") == {"id": "102"}
    with pytest.raises(reading.NotPlain):
        reading.definition("id=0x10")
