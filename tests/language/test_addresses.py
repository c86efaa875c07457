"""Addresses and routes: what is accepted, its canonical form, and what is refused (reliability rows 40 to 58)."""

import pytest

from kube_vxlan_controller.language import addresses
from kube_vxlan_controller.language.mistakes import Mistake


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("10.1.0.1/24", "10.1.0.1/24"),
        ("192.168.11.2/29", "192.168.11.2/29"),
        ("10.7.0.1/255.255.255.0", "10.7.0.1/24"),
        ("10.1.0.1/32", "10.1.0.1/32"),
        ("10.1.0.0/31", "10.1.0.0/31"),
        ("fd00::1/64", "fd00::1/64"),
        ("FD00:0:0::1/64", "fd00::1/64"),
        ("fd00::/127", "fd00::/127"),
        ("100.64.0.1/10", "100.64.0.1/10"),
    ],
)
def test_addresses(text: str, canonical: str) -> None:
    assert str(addresses.link_address(text)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "", "true", "10.1.0.1", "10.1.0.0/24", "10.1.0.255/24", "10.1.0.1/0", "10.1.0.1/33", "10.1.0.1/-1", "10.1.0.1/",
        "10.1.0.1/024", "10.5.1/24", "1/8", "10.7.0.1/0.0.0.255", "10.7.0.1/255.0.255.0", "10.7.0.1/0.0.0.0", "169.254.1.1/16",
        "127.0.0.1/8", "0.0.0.1/8", "224.0.0.1/4", "240.0.0.1/8", "255.255.255.255/32", "010.1.0.1/24", "10.1.0.1/24/24",
        "fe80::1/64", "fd00::/64", "::1/128", "::/128", "ff02::1/16", "::ffff:10.1.0.1/120", "fd00::1/129", "fd00::1%eth0/64",
        "fd00::1/ffff::", "１0.1.0.1/24", "10.1.0.1/２4", "10.1.0.1/+24", "10.1.0.300/24", "10.1.0.1/24 ", "a", "/", "/24",
    ],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    mistake = addresses.link_address(text)
    assert isinstance(mistake, Mistake)
    assert mistake.code == "invalid-ip"
    assert mistake.hint


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("10.2.0.0/24:10.1.0.2", "10.2.0.0/24:10.1.0.2"),
        ("10.2.0.0/255.255.255.0:10.1.0.2", "10.2.0.0/24:10.1.0.2"),
        ("10.2.0.9/32:10.1.0.2", "10.2.0.9/32:10.1.0.2"),
        ("10.0.0.0/8:10.1.0.2", "10.0.0.0/8:10.1.0.2"),
        ("fd00:2::/64:fd00::1", "fd00:2::/64:fd00::1"),
        ("fd00:0002::/64:FD00::1", "fd00:2::/64:fd00::1"),
        ("fd00:2::/64:fe80::1", "fd00:2::/64:fe80::1"),
    ],
)
def test_routes(text: str, canonical: str) -> None:
    assert str(addresses.route(text)) == canonical


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((text, "invalid-route") for text in ("", "x", "10.2.0.0/24", "10.2.0.0/24:", "10.2.0.0:10.1.0.2")),
        *((text, "invalid-route") for text in ("10.2.0.1/24:10.1.0.2", "10.2.0/24:10.1.0.2", "10.2.0.0/024:10.1.0.2")),
        *(
            (text, "invalid-route")
            for text in ("10.2.0.0/24:gw", "10.2.0.0/24:fd00::1", "fd00::/64:10.1.0.2", "10.2.0.0/:10.1.0.2")
        ),
        *((text, "default-route") for text in ("0.0.0.0/0:10.1.0.2", "::/0:fd00::1", "0/0:10.1.0.2", "default:10.1.0.2")),
        *((text, "default-route") for text in ("0.0.0.0/0.0.0.0:10.1.0.2", "default")),
        *((text, "invalid-route") for text in ("defaults:10.1.0.2", "0.0.0.0/01:10.1.0.2")),
        *((text, "invalid-route") for text in ("10.2.0.0/24:0.0.0.0", "10.2.0.0/24:255.255.255.255")),
        *((text, "invalid-route") for text in ("10.2.0.0/24:127.0.0.1", "127.0.0.0/8:10.1.0.2", "224.0.0.0/8:10.1.0.2")),
        *((text, "invalid-route") for text in ("169.254.0.0/16:10.1.0.2", "fe80::/64:fd00::1", "fd00:2::/64:fd00::1%eth0")),
        *(
            (text, "wide-route")
            for text in ("0.0.0.0/1:10.1.0.2", "128.0.0.0/1:10.1.0.2", "8.0.0.0/7:10.1.0.2", "2000::/3:fd00::1")
        ),
    ],
)
def test_what_is_no_route(text: str, code: str) -> None:
    mistake = addresses.route(text)
    assert isinstance(mistake, Mistake)
    assert mistake.code == code
