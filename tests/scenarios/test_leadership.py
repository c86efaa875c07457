"""Two controllers and one Lease, in the lab with real agents: who acts is read from kernels, who opens execs from metrics."""

import contextlib
import fcntl
import re
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checker.watched import Watched, cluster
from tests.scenarios.cluster import Json, eventually
from tests.scenarios.objects import pod

pytestmark = pytest.mark.kernel
LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-vxlan-controller"
QUICK = ["--lease-duration=4", "--lease-renew-deadline=3", "--lease-retry=1"]
SLOW = ["--lease-duration=60", "--lease-renew-deadline=50", "--lease-retry=25"]
"""For one that is paused: what it believes of itself lasts longer than the test."""


class Replica:
    """One of several controllers."""

    def __init__(self, lab: Watched, directory: Path, name: str, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        asks = ["--listen", f"127.0.0.1:{self.port}", "--lease=on", *options]
        self.controller = lab.another(directory / f"{name}.log", *asks)

    def start(self) -> "Replica":
        self.controller.start()
        eventually(lambda: self.asked("readyz")[0] == 200, what="ready")
        return self

    def asked(self, path: str) -> tuple[int, str]:
        """Code and text of one of its pages; code 0 while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def count(self, metric: str) -> float:
        """A metric: with the labels that are named, or the sum over all."""
        labels = "" if "{" in metric else r"(?:\{[^}]*\})?"
        found = re.findall(rf"(?m)^{re.escape(metric)}{labels} (\S+)$", self.asked("metrics")[1])
        return sum(map(float, found))

    def leads(self) -> bool:
        return self.count("kube_vxlan_leader") == 1

    def send(self, number: int) -> None:
        self.controller.send(number)

    def ended(self) -> int:
        """Its exit code, once it has ended by itself."""
        return self.controller.ended()


@contextlib.contextmanager
def replicas(lab: Watched, directory: Path, *options: list[str]) -> Iterator[list[Replica]]:
    """Controllers with these options, started one after the other, so that the first one leads."""
    started = []
    try:
        for number, one in enumerate(options):
            replica = Replica(lab, directory, f"replica-{number}", *one)
            started.append(replica)
            replica.start()
            eventually(started[0].leads, what="the first one leads")
        yield started
    finally:
        for replica in started:
            if replica.controller.process is not None:
                replica.controller.end()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with cluster(tmp_path_factory.mktemp("leadership")) as running:
        yield running


@pytest.fixture
def pods(lab: Watched, tmp_path: Path) -> Iterator[str]:
    """A name of a network's pods for this test alone."""
    before = {one["metadata"]["name"] for one in lab.objects()}
    yield f"t{len(before)}"
    for one in lab.objects():
        lab.remove(f"/api/v1/namespaces/default/pods/{one['metadata']['name']}", grace=0)
    if _is_there(lab):
        lab.remove(LEASE)
    eventually(lambda: not lab.objects(), what="no pods")


def join(lab: Watched, name: str) -> None:
    lab.apply(pod(name, "vxeth1"))


def wired(lab: Watched, *names: str) -> bool:
    """Whether each of these pods sends to all the others."""
    found = [lab.pod(name) for name in names]
    addresses = {one.address for one in found}
    return all("vxeth1" in one.links() and one.destinations("vxeth1") == addresses - {one.address} for one in found)


def lease(lab: Watched) -> Json:
    found: Json = lab.call(lambda client: client.get(LEASE))["spec"]
    return found


def test_a_warm_standby_knows_everything_and_opens_no_exec(lab: Watched, pods: str, tmp_path: Path) -> None:
    with replicas(lab, tmp_path, [], []) as (leader, standby):
        join(lab, f"{pods}a")
        join(lab, f"{pods}b")
        eventually(lambda: wired(lab, f"{pods}a", f"{pods}b"), what="wired")
        assert leader.count("kube_vxlan_execs_total") > 0
        assert (standby.asked("readyz"), standby.asked("livez")) == ((200, "ok\n"), (200, "ok\n"))
        assert standby.count("kube_vxlan_execs_total") == 0
        assert standby.count("kube_vxlan_leader") == 0
        assert "standing by: the Lease kube-system/kube-vxlan-controller is held by" in standby.controller.said()


def test_after_term_the_next_one_leads_within_two_seconds(lab: Watched, pods: str, tmp_path: Path) -> None:
    with replicas(lab, tmp_path, [], []) as (leader, standby):
        join(lab, f"{pods}a")
        eventually(lambda: wired(lab, f"{pods}a"), what="wired")
        lab.ready(1)
        before = lease(lab)
        leader.send(signal.SIGTERM)
        started = time.monotonic()
        join(lab, f"{pods}b")
        eventually(standby.leads, 2.0, "the other one leads")
        took = time.monotonic() - started
        assert leader.ended() == 0
        eventually(lambda: wired(lab, f"{pods}a", f"{pods}b"), what="wired by the next leader")
        print(f"from TERM to the next leader {took:.2f} s, to a join {time.monotonic() - started:.2f} s")
        after = lease(lab)
        assert after["leaseTransitions"] == before["leaseTransitions"] + 1
        assert after["acquireTime"] > before["acquireTime"]


def test_after_kill_the_next_one_leads_within_about_the_duration(lab: Watched, pods: str, tmp_path: Path) -> None:
    with replicas(lab, tmp_path, QUICK, QUICK) as (leader, standby):
        join(lab, f"{pods}a")
        eventually(lambda: wired(lab, f"{pods}a"), what="wired")
        leader.controller.end(signal.SIGKILL)
        started = time.monotonic()
        join(lab, f"{pods}b")
        eventually(lambda: wired(lab, f"{pods}a", f"{pods}b"), 4.0 + 3.0, "wired by the next leader")
        took = time.monotonic() - started
        print(f"from kill -9 to a join {took:.2f} s")
        assert standby.leads()


def test_a_zombie_that_wakes_in_time_is_refused_by_the_agents_and_ends(lab: Watched, pods: str, tmp_path: Path) -> None:
    """Its Lease was deleted and taken while it was paused: nothing but the agents can tell it, since it looks rarely."""
    with replicas(lab, tmp_path, SLOW, QUICK) as (zombie, heir):
        join(lab, f"{pods}a")
        lab.ready(1)
        read = 'kube_vxlan_requests_total{outcome="ok",phase="read"}'
        eventually(lambda: zombie.count(read) == 2, what="it has asked the sidecar, after the init agent")
        zombie.send(signal.SIGSTOP)
        lab.remove(LEASE)
        eventually(heir.leads, what="the other one leads")
        join(lab, f"{pods}b")
        eventually(lambda: wired(lab, f"{pods}a", f"{pods}b"), what="wired by the next leader")
        zombie.send(signal.SIGCONT)
        assert zombie.ended() == 1
        said = zombie.controller.said()
        assert "refuses the request (epoch)" in said
        assert "the Lease kube-system/kube-vxlan-controller is held by" in said.splitlines()[-1]
        assert "Traceback" not in said
        assert heir.leads()
        assert wired(lab, f"{pods}a", f"{pods}b")


def test_a_zombie_that_wakes_too_late_ends_at_once(lab: Watched, pods: str, tmp_path: Path) -> None:
    with replicas(lab, tmp_path, QUICK, QUICK) as (zombie, heir):
        zombie.send(signal.SIGSTOP)
        eventually(heir.leads, 10, what="the other one leads")
        zombie.send(signal.SIGCONT)
        assert zombie.ended() in (1, 70)
        assert "Traceback" not in zombie.controller.said()
        assert heir.leads()


def test_a_lease_that_was_deleted_is_made_anew_by_its_leader(lab: Watched, pods: str, tmp_path: Path) -> None:
    with replicas(lab, tmp_path, QUICK) as (leader,):
        before = lease(lab)
        lab.remove(LEASE)
        eventually(lambda: _is_there(lab), what="made anew")
        assert lease(lab)["acquireTime"] == before["acquireTime"]
        assert leader.leads()


def test_a_number_planted_in_a_pod_stops_nobody(lab: Watched, pods: str, tmp_path: Path) -> None:
    with replicas(lab, tmp_path, QUICK) as (leader,):
        join(lab, f"{pods}a")
        eventually(lambda: wired(lab, f"{pods}a"), what="wired")
        lab.ready(1)
        with lab.checker.fault("nobody can ask its agents any more", lab.pod(f"{pods}a").uid):
            _plant(lab, f"{pods}a", 9 * 10**15)
            join(lab, f"{pods}b")
            join(lab, f"{pods}c")
            b, c = lab.pod(f"{pods}b"), lab.pod(f"{pods}c")
            eventually(lambda: "vxeth1" in c.links() and b.address in c.destinations("vxeth1"), what="the others are wired")
            eventually(lambda: "refuses the request (epoch)" in leader.controller.said(), what="told")
        assert leader.leads()
        assert leader.asked("livez")[0] == 200
        assert int(lease(lab)["leaseTransitions"]) == 0


def test_a_lease_that_names_another_ends_its_leader(lab: Watched, pods: str, tmp_path: Path) -> None:
    with replicas(lab, tmp_path, QUICK) as (leader,):
        lab.merge(LEASE, {"spec": {"holderIdentity": "somebody-else"}})
        assert leader.ended() == 1
        assert "is held by somebody-else now; another controller may act now, so this one ends" in leader.controller.said()


def _is_there(lab: Watched) -> bool:
    leases = lab.items(LEASE.rpartition("/")[0])
    return any(one["metadata"]["name"] == "kube-vxlan-controller" for one in leases)


def _plant(lab: Watched, name: str, epoch: int) -> None:
    """Write into a pod what a newer leader would have left there; any process of it may.

    As its agents do, under the lock on the namespace: else one of them that has just looked may write over it.
    """
    process = Path("/proc", str(lab.pod(name).namespace.pid))
    left = process / "root" / "dev" / "shm" / "kube-vxlan-agent.epoch"
    with (process / "ns" / "net").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert int(left.read_text().split()[0]) < epoch
        left.write_text(f"{epoch}\n")
