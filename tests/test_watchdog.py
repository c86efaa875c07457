"""That a process whose event loop stands still is ended, and no other: seen from outside, since nothing inside survives it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from kube_vxlan_controller.election import Timing
from kube_vxlan_controller.watchdog import BLOCKED

ROOT = Path(__file__).parents[1]
SHORT = Timing(duration=4, renew=3, retry=1)

BLOCKS = """
import asyncio, time
from kube_vxlan_controller.watchdog import Watchdog

async def main():
    with Watchdog() as watchdog:
        watchdog.allow(0.5)
        time.sleep(60)

asyncio.run(main())
"""
GOES_ON = """
import asyncio
from kube_vxlan_controller.watchdog import Watchdog

async def main():
    with Watchdog() as watchdog:
        for _ in range(20):
            watchdog.allow(5)
            await asyncio.sleep(0.05)
    watchdog.allow(0)
    await asyncio.sleep(0.6)
    print("well")

asyncio.run(main())
"""
LEADS = f"""
import asyncio, sys, time
from kube_vxlan_controller.election import Candidate, Timing
from kube_vxlan_controller.leadership import Leadership
from kube_vxlan_controller.metrics import Metrics
from tests.shelf import Shelf

async def lead():
    await asyncio.sleep(float(sys.argv[1]))
    print("stands still", flush=True)
    time.sleep(60)

async def main():
    timing = {SHORT}
    leadership = Leadership(Shelf(), Candidate("one", timing.duration), timing, Metrics())
    await leadership.run(asyncio.Event().wait, lead)

asyncio.run(main())
"""


def test_a_process_that_stands_still_is_ended() -> None:
    done = subprocess.run([sys.executable, "-c", BLOCKS], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == BLOCKED
    assert done.stderr == "The event loop stood still for so long that the Lease is over: this controller ends at once.\n"


def test_a_process_that_goes_on_is_left_alone() -> None:
    done = subprocess.run([sys.executable, "-c", GOES_ON], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "well\n", "")


@pytest.mark.parametrize("led", [0, SHORT.duration + 1.5], ids=["at once", "after a few renewals"])
def test_a_leader_that_stands_still_is_ended_when_its_lease_is_over_and_not_before(led: float) -> None:
    command = [sys.executable, "-c", LEADS, str(led)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as leader:
        assert leader.stdout is not None
        try:
            assert leader.stdout.readline() == "stands still\n"
            since = time.monotonic()
            assert leader.wait(SHORT.duration + 2) == BLOCKED
        finally:
            leader.kill()
        assert time.monotonic() - since > SHORT.renew
