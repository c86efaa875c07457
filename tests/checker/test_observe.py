"""The checker against a real kernel: it sees what is there for a millisecond, what was there before it came, and what goes."""

import os
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.checker.checker import Checker
from tests.checker.eye import Eye, socket_in
from tests.checker.facts import Config, Entered, Gap, GateOpened, Gone, Is, Left, Pod, What
from tests.checker.items import Address, Entry, Link, Route
from tests.checker.observe import Observer
from tests.namespaces import Namespace, namespace, pod_namespace
from tests.scenarios.cluster import eventually

pytestmark = pytest.mark.kernel

ZERO = "00:00:00:00:00:00"


class Heard:
    """An observer and all that it wrote down."""

    def __init__(self, read_every: float) -> None:
        self.facts: list[tuple[float, str, What, str]] = []
        self.observer = Observer(lambda uid, what, how: self.facts.append((time.monotonic(), uid, what, how)), read_every)

    def enter(self, uid: str, inside: Namespace) -> None:
        self.observer.enter(uid, os.stat(f"/proc/{inside.pid}/ns/net").st_ino, inside.pid)
        eventually(lambda: any(isinstance(what, Entered) and of == uid for _, of, what, _ in self.facts), what="it is in")

    def told(self, source: str = "told") -> list[What]:
        return [what for _, _, what, how in self.facts if how == source]


@pytest.fixture
def heard() -> Iterator[Heard]:
    one = Heard(read_every=3600.0)
    yield one
    one.observer.stop()


@pytest.fixture
def pod() -> Iterator[Namespace]:
    with pod_namespace() as made:
        made.run("ip", "link", "add", "vx0", "type", "vxlan", "id", "100", "dev", "eth0", "dstport", "0")
        made.run("ip", "link", "set", "vx0", "up", "alias", "kvc1/vx0/up")
        yield made


def test_an_entry_that_is_there_for_a_moment_is_seen_coming_and_going(heard: Heard, pod: Namespace) -> None:
    heard.enter("a", pod)
    pod.run("bridge", "-batch", "-", input=f"fdb append {ZERO} dev vx0 dst 10.9.9.9\nfdb del {ZERO} dev vx0 dst 10.9.9.9\n")
    heard.observer.read()
    found = [(at, what) for at, _, what, _ in heard.facts if isinstance(what, Is | Gone) and isinstance(what.item, Entry)]
    assert [type(what) for _, what in found] == [Is, Gone]
    assert all(isinstance(what.item, Entry) and what.item[1:] == (ZERO, "10.9.9.9", True) for _, what in found)
    assert found[1][0] - found[0][0] < 0.1


def test_what_was_there_before_is_read_with_its_attributes(heard: Heard, pod: Namespace) -> None:
    pod.run("ip", "addr", "add", "192.168.1.1/24", "dev", "vx0")
    pod.run("ip", "route", "add", "10.8.0.0/16", "via", "192.168.1.2", "proto", "86")
    pod.run("bridge", "fdb", "append", ZERO, "dev", "vx0", "dst", "10.9.9.9")
    heard.enter("a", pod)
    items = [what.item for what in heard.told("read") if isinstance(what, Is)]
    (link,) = [item for item in items if isinstance(item, Link) and item.name == "vx0"]
    (eth0,) = [item for item in items if isinstance(item, Link) and item.name == "eth0"]
    assert link == Link(link.ifindex, "vx0", "kvc1/vx0/up", True, 1450, 100, 8472, 0, True, eth0.ifindex)
    expected = {
        Address(link.ifindex, "192.168.1.1/24"),
        Route(link.ifindex, "10.8.0.0/16", "192.168.1.2", 86),
        Entry(link.ifindex, ZERO, "10.9.9.9"),
        Address(eth0.ifindex, "10.244.1.2/24"),
    }
    assert expected <= set(items)


def test_ipv6_is_read_and_told_as_ipv4_is(heard: Heard, pod: Namespace) -> None:
    pod.run("ip", "link", "add", "vx6", "type", "vxlan", "id", "6", "local", "fd00::1", "dev", "eth0", "dstport", "8472")
    pod.run("ip", "link", "set", "vx6", "up")
    pod.run("ip", "addr", "add", "fd01::1/64", "dev", "vx6", "nodad")
    heard.enter("a", pod)
    (link,) = [item for item in map(_item, heard.told("read")) if isinstance(item, Link) and item.name == "vx6"]
    assert link.local == "fd00::1"
    assert Address(link.ifindex, "fd01::1/64") in map(_item, heard.told("read"))
    pod.run("ip", "route", "add", "fd02::/64", "via", "fd01::2", "proto", "86")
    pod.run("bridge", "fdb", "append", ZERO, "dev", "vx6", "dst", "fd00::2", "self", "permanent")
    pod.run("bridge", "fdb", "del", ZERO, "dev", "vx6", "dst", "fd00::2", "self")
    heard.observer.read()
    assert Route(link.ifindex, "fd02::/64", "fd01::2", 86) in map(_item, heard.told())
    entry = Entry(link.ifindex, ZERO, "fd00::2")
    assert [what for what in heard.told() if _item(what) == entry] == [Is(entry), Gone(entry)]


def _item(what: What) -> object:
    return what.item if isinstance(what, Is | Gone) else None


def test_what_is_told_of_a_link_that_is_being_read_comes_after_it(pod: Namespace) -> None:
    """Whoever keeps account of links could not tell what it hangs on."""
    facts: list[What] = []
    eye = Eye("a", 1, socket_in(pod.pid), lambda _, what, __: facts.append(what))
    with eye.socket:
        eye.read()
        pod.run("bridge", "fdb", "append", ZERO, "dev", "vx0", "dst", "10.9.9.9", "self", "permanent")
        pod.run("bridge", "fdb", "append", ZERO, "dev", "vx0", "dst", "10.9.9.8", "self", "permanent")
        pod.run("bridge", "fdb", "del", ZERO, "dev", "vx0", "dst", "10.9.9.8", "self")

        def read() -> bool:
            eye.listen()
            return eye.readings > 0

        eventually(read, what="it is read")
    (link,) = [what for what in facts if isinstance(_item(what), Link) and _item(what).name == "vx0"]  # type: ignore[attr-defined]
    entries = [what for what in facts if isinstance(_item(what), Entry) and what.item.mac == ZERO]  # type: ignore[union-attr]
    assert [(type(what), _item(what).destination) for what in entries] == [  # type: ignore[attr-defined]
        (Is, "10.9.9.9"),
        (Is, "10.9.9.8"),
        (Gone, "10.9.9.8"),
    ]
    assert facts.index(link) < min(map(facts.index, entries))


def test_what_is_told_while_a_namespace_is_read_is_newer_than_what_is_read(pod: Namespace) -> None:
    facts: list[What] = []
    pod.run("ip", "link", "set", "vx0", "down")
    eye = Eye("a", 1, socket_in(pod.pid), lambda _, what, __: facts.append(what))
    with eye.socket:
        eye.read()  # the kernel writes down the links as they are now
        pod.run("ip", "link", "set", "vx0", "up")

        def read() -> bool:
            eye.listen()
            return eye.readings == 1

        eventually(read, what="all is read")
    states = [
        what.item.up for what in facts if isinstance(what, Is) and isinstance(what.item, Link) and what.item.name == "vx0"
    ]
    assert states[-1]


def test_routes_that_go_without_a_word_are_missed_at_once(heard: Heard, pod: Namespace) -> None:
    pod.run("ip", "addr", "add", "192.168.1.1/24", "dev", "vx0")
    pod.run("ip", "route", "add", "10.8.0.0/16", "via", "192.168.1.2", "proto", "86")
    heard.enter("a", pod)
    pod.run("ip", "link", "set", "vx0", "down")
    heard.observer.read()
    gone = [what.item for what in heard.told() if isinstance(what, Gone) and isinstance(what.item, Route)]
    assert {route.subnet for route in gone} >= {"10.8.0.0/16", "192.168.1.0/24"}


def test_what_nobody_tells_is_found_by_reading(heard: Heard, pod: Namespace) -> None:
    """The kernel says nothing of an alias alone while the link is down."""
    pod.run("ip", "link", "set", "vx0", "down")
    heard.enter("a", pod)
    pod.run("ip", "link", "set", "vx0", "alias", "kvc1/other/up")
    heard.observer.read()
    links = [what.item for what in heard.told("read") if isinstance(what, Is) and isinstance(what.item, Link)]
    assert [link.alias for link in links if link.name == "vx0"] == ["kvc1/vx0/up", "kvc1/other/up"]


def test_a_namespace_whose_keeper_ends_is_left_and_goes(heard: Heard) -> None:
    with namespace() as made:
        heard.enter("a", made)
        inode = os.stat(f"/proc/{made.pid}/ns/net").st_ino
    eventually(lambda: Left(inode) in heard.told(), what="it was left")
    shown = subprocess.run(["lsns", "-n", "-t", "net", "-o", "NS"], capture_output=True, text=True, check=True).stdout
    assert str(inode) not in shown.split()


def test_a_process_that_ends_is_told(heard: Heard) -> None:
    with namespace() as made:
        heard.observer.gate("a", made.pid)
    eventually(lambda: GateOpened() in heard.told(), what="its end was told")


def test_a_thousand_entries_are_all_seen_without_a_gap(heard: Heard, pod: Namespace) -> None:
    heard.enter("a", pod)
    lines = [f"fdb append {ZERO} dev vx0 dst 10.7.{n // 250}.{n % 250 + 1}\n" for n in range(1000)]
    pod.run("bridge", "-batch", "-", input="".join(lines))
    heard.observer.read()
    told = heard.told()
    assert len({what.item for what in told if isinstance(what, Is) and isinstance(what.item, Entry)}) == 1000
    assert not [what for what in told if isinstance(what, Gap)]


def test_a_wrong_entry_of_a_millisecond_makes_a_violation(pod: Namespace) -> None:
    with Checker() as checker:
        checker.config({"vx0": {"id": "100", "up": "true"}})
        checker.pod("a", Pod(namespace="default", name="a", addresses=("10.244.1.2",), wants={"vx0": {}}))
        checker.enter("a", pod.pid)
        assert checker.verdict() == ()
        pod.run("bridge", "-batch", "-", input=f"fdb append {ZERO} dev vx0 dst 10.9.9.9\nfdb del {ZERO} dev vx0 dst 10.9.9.9\n")
        (violation,) = checker.verdict()
        assert (violation.law, violation.pod) == ("S1", "a")
        assert violation.sentence.startswith("vx0 sends to 10.9.9.9 for 0.0")
        assert any(isinstance(fact.what, Config) for fact in checker.history)
