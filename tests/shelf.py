"""A Lease without an API server, for tests of time. That it behaves as the real one is tested in tests/kube/test_lease.py."""

import asyncio
from dataclasses import dataclass, field, replace

from kube_vxlan_controller.election import ABSENT, Record
from kube_vxlan_controller.ports import WorldError


@dataclass
class Shelf:
    """One Lease, and how its server behaves."""

    record: Record = ABSENT
    failure: WorldError | None = None
    """Every call raises it."""
    loses_answers: bool = False
    """Writes are done, and their callers are not told."""
    loses: WorldError | None = None
    """The next write is done, and its caller is told this instead."""
    slow: float = 0.0
    """Seconds from what a write does to its answer."""
    asked: list[Record] = field(default_factory=list)
    """What somebody wanted to write."""
    writes: list[Record] = field(default_factory=list)
    """What was written."""
    versions: int = 0

    def __str__(self) -> str:
        return "kube-system/kube-vxlan-controller"

    async def read(self) -> Record:
        self._fail()
        seen = self.record
        await asyncio.sleep(0)
        return seen

    async def write(self, record: Record) -> Record | None:
        self.asked.append(record)
        if not self.loses_answers:
            self._fail()
        if (record.version, record.uid) != (self.record.version, self.record.uid):
            return None
        self.versions += 1
        self.record = replace(record, version=str(self.versions), uid=record.uid or f"uid-{self.versions}")
        stored = self.record
        self.writes.append(stored)
        await asyncio.sleep(self.slow)
        error, self.loses = self.loses, None
        if error is not None:
            raise error
        self._fail()
        return stored

    def delete(self) -> None:
        self.record = ABSENT

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure
