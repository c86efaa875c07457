"""A Lease without an API server, for tests of time. That it behaves as the real one is tested in tests/kube/test_lease.py."""

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
    writes: list[Record] = field(default_factory=list)
    versions: int = 0

    def __str__(self) -> str:
        return "kube-system/kube-vxlan-controller"

    async def read(self) -> Record:
        self._fail()
        return self.record

    async def write(self, record: Record) -> Record | None:
        if not self.loses_answers:
            self._fail()
        if (record.version, record.uid) != (self.record.version, self.record.uid):
            return None
        self.versions += 1
        self.record = replace(record, version=str(self.versions), uid=record.uid or f"uid-{self.versions}")
        self.writes.append(self.record)
        self._fail()
        return self.record

    def delete(self) -> None:
        self.record = ABSENT

    def _fail(self) -> None:
        if self.failure is not None:
            raise self.failure
