"""That a process whose event loop stands still is ended, and no other: seen from outside, since nothing inside survives it."""

import subprocess
import sys

from kube_vxlan_controller.watchdog import BLOCKED

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


def test_a_process_that_stands_still_is_ended() -> None:
    done = subprocess.run([sys.executable, "-c", BLOCKS], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == BLOCKED
    assert done.stderr == "The event loop stood still for so long that the Lease is over: this controller ends at once.\n"


def test_a_process_that_goes_on_is_left_alone() -> None:
    done = subprocess.run([sys.executable, "-c", GOES_ON], capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout, done.stderr) == (0, "well\n", "")
