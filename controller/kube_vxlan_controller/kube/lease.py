"""I/O. One Lease (coordination.k8s.io/v1): read, and replaced in the version that was seen. Implements `ports.Leases`.

Laws: a write is an optimistic update, by resourceVersion and uid, so of two writers one is told that it was too late; what
others wrote into its labels and annotations stays. Deadlines are those of the client, which is for these calls alone.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from kube_vxlan_controller.election import ABSENT, Record
from kube_vxlan_controller.kube.answers import Conflict
from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.model import Epoch, Namespace
from kube_vxlan_controller.ports import Gone, Unreachable

_ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)


class _Meta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    uid: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None


class _Spec(msgspec.Struct, rename="camel"):
    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: datetime | None = None
    renew_time: datetime | None = None
    lease_transitions: int | None = None


class _Lease(msgspec.Struct):
    metadata: _Meta
    spec: _Spec = msgspec.field(default_factory=_Spec)


class Lease:
    """The Lease of this namespace and name."""

    def __init__(self, api: ApiClient, namespace: Namespace, name: str) -> None:
        self._api = api
        self._namespace = namespace
        self._name = name
        self._collection = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._last = _Meta()

    def __str__(self) -> str:
        return f"{self._namespace}/{self._name}"

    async def read(self) -> Record:
        """See `ports.Leases`."""
        try:
            return self._taken_in(await self._api.get(f"{self._collection}/{self._name}", _Lease))
        except Gone:
            self._last = _Meta()
            return ABSENT

    async def write(self, record: Record) -> Record | None:
        """See `ports.Leases`."""
        body = _body(record, self._namespace, self._name, self._last)
        try:
            if not record.version:
                return self._taken_in(await self._api.create(self._collection, body, _Lease))
            try:
                return self._taken_in(await self._api.replace(f"{self._collection}/{self._name}", body, _Lease))
            except Gone:  # of the Lease; when making one it is the namespace that is not there, which is worth telling
                return None
        except Conflict:
            return None

    def _taken_in(self, lease: _Lease) -> Record:
        self._last = lease.metadata
        spec = lease.spec
        return Record(
            spec.holder_identity or "",
            spec.lease_duration_seconds,
            Epoch(_micros(spec.acquire_time)),
            _micros(spec.renew_time),
            spec.lease_transitions or 0,
            lease.metadata.resource_version,
            lease.metadata.uid,
        )


def _body(record: Record, namespace: str, name: str, last: _Meta) -> dict[str, object]:
    """The Lease as the API takes it; a holder of nobody is an empty one."""
    metadata: dict[str, object] = {"namespace": namespace, "name": name}
    if record.version:
        metadata |= {"resourceVersion": record.version, "uid": record.uid}
        metadata |= {"labels": last.labels or {}, "annotations": last.annotations or {}}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": metadata,
        "spec": {
            "holderIdentity": record.holder,
            "leaseDurationSeconds": record.duration,
            "acquireTime": _micro_time(record.epoch),
            "renewTime": _micro_time(record.renewed),
            "leaseTransitions": record.transitions,
        },
    }


def _micros(at: datetime | None) -> int:
    """Microseconds since 1970. Raises `Unreachable` where no later time can be written, as every epoch's must be."""
    if at is None:
        return 0
    if not 1 < at.year < 9999:  # years in which no time zone leads out of what `datetime` can say
        raise Unreachable(f"the Lease has the time {at.isoformat()}, which no clock can follow; delete it")
    return (at.astimezone(UTC) - _ORIGIN) // timedelta(microseconds=1)


def _micro_time(micros: int) -> str:
    return (_ORIGIN + timedelta(microseconds=micros)).isoformat(timespec="microseconds").replace("+00:00", "Z")
