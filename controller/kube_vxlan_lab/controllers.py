"""Time. The hands of `workloads` and `scheduling`: carries their actions out in the store, and collects garbage.

A change in the store asks for a round; a round looks at everything there is, so none can be missed, and acts. What it does asks
for the next one, until nothing is left to do.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import assert_never

from kube_vxlan_lab.apiserver.deleting import Deletion, timestamp
from kube_vxlan_lab.apiserver.failures import Refusal
from kube_vxlan_lab.apiserver.history import Change, ChangeType
from kube_vxlan_lab.apiserver.resources import (
    CONFIGMAPS,
    DEPLOYMENTS,
    NODES,
    PODS,
    REPLICASETS,
    STATEFULSETS,
    Json,
    Resource,
    name_of,
    namespace_of,
)
from kube_vxlan_lab.apiserver.store import Store
from kube_vxlan_lab.deployments import REVISION, deployment_actions, deployment_status
from kube_vxlan_lab.scheduling import Unschedulable, choose
from kube_vxlan_lab.statefulsets import statefulset_actions, statefulset_status
from kube_vxlan_lab.workloads import (
    Action,
    Create,
    Delete,
    Revise,
    Scale,
    dated,
    is_active,
    owner_uids,
    replicaset_actions,
    replicaset_status,
)

_GATHER = 0.01
"""Seconds in which changes gather before a round, at least."""
_SHARE = 10
"""A round that takes long is followed by a pause so many times as long: with many pods it must not take the lab's time."""
_KINDS = (DEPLOYMENTS, REPLICASETS, STATEFULSETS, PODS, CONFIGMAPS)
"""What can have owners or be one."""

Decide = Callable[[Json, Sequence[Json]], list[Action]]
Describe = Callable[[Json, Sequence[Json]], Json]


class Controllers:
    """Deployments, ReplicaSets, StatefulSets, the scheduler and the collector of garbage."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wanted = asyncio.Event()
        self._garbage = True

    async def run(self) -> None:
        """Work until cancelled."""
        unsubscribe = self._store.subscribe(self._heard)
        self._wanted.set()
        clock, pause = asyncio.get_running_loop().time, _GATHER
        try:
            while True:
                await self._wanted.wait()
                await asyncio.sleep(pause)
                self._wanted.clear()
                began = clock()
                self.round()
                pause = max(_GATHER, _SHARE * (clock() - began))
        finally:
            unsubscribe()

    def round(self) -> None:
        """Look at everything once, and act."""
        if self._garbage:
            self._garbage = False
            self._collect()
        self._tend(DEPLOYMENTS, REPLICASETS, deployment_actions, deployment_status)
        self._tend(REPLICASETS, PODS, replicaset_actions, replicaset_status)
        self._tend(STATEFULSETS, PODS, statefulset_actions, statefulset_status)
        self._schedule()

    def _heard(self, change: Change) -> None:
        if change.resource in (*_KINDS, NODES):
            self._wanted.set()
            self._garbage |= change.type is not ChangeType.MODIFIED or "deletionTimestamp" in change.new["metadata"]

    def _all(self, resource: Resource) -> Sequence[Json]:
        return self._store.select(resource, None, lambda _: True)

    def _tend(self, resource: Resource, dependents: Resource, decide: Decide, describe: Describe) -> None:
        by_owner = defaultdict(list)
        for one in self._all(dependents):
            for uid in owner_uids(one):
                by_owner[uid].append(one)
        for owner in self._all(resource):
            if "deletionTimestamp" in owner["metadata"]:
                continue
            mine = by_owner[owner["metadata"]["uid"]]
            for action in decide(owner, mine):
                with suppress(Refusal):  # somebody else was faster: the next round sees it
                    self._act(action)
            status = dated(describe(owner, mine), owner.get("status", {}), timestamp(datetime.now(UTC)))
            self._set_status(resource, owner, status)

    def _act(self, action: Action) -> None:
        match action:
            case Create(obj):
                self._store.create(obj)
            case Scale(replicaset, replicas):
                self._modify(REPLICASETS, replicaset, lambda obj: obj | {"spec": obj["spec"] | {"replicas": replicas}})
            case Revise(obj, revision):
                self._modify(_kind(obj), obj, lambda old: _annotated(old, REVISION, str(revision)))
            case Delete(obj):
                resource = _kind(obj)
                how = Deletion(uid=obj["metadata"]["uid"])
                self._store.delete(resource, namespace_of(obj), name_of(obj), how)
            case _:
                assert_never(action)

    def _modify(self, resource: Resource, obj: Json, change: Callable[[Json], Json], subresource: str | None = None) -> None:
        self._store.modify(resource, namespace_of(obj), name_of(obj), change, subresource)

    def _set_status(self, resource: Resource, obj: Json, status: Json) -> None:
        if obj.get("status") != status:
            with suppress(Refusal):
                self._modify(resource, obj, lambda old: old | {"status": status}, "status")

    def _schedule(self) -> None:
        pods = self._all(PODS)
        nodes = self._all(NODES)
        load = Counter(pod["spec"]["nodeName"] for pod in pods if pod["spec"].get("nodeName") and not _has_ended(pod))
        for pod in pods:
            if pod["spec"].get("nodeName") or not is_active(pod):
                continue
            match choose(pod, nodes, load):
                case str(node):
                    load[node] += 1
                    with suppress(Refusal):
                        self._store.bind(namespace_of(pod), name_of(pod), node)
                case Unschedulable(message):
                    self._set_status(PODS, pod, _unscheduled(pod, message))

    def _collect(self) -> None:
        """Delete what lost its last owner; let go of owners whose deletion waits for their dependents or orphans them."""
        objects = [(row, obj) for row in _KINDS for obj in self._all(row)]
        owners = {obj["metadata"]["uid"]: obj for _, obj in objects}
        owned: dict[str, list[tuple[Resource, Json]]] = defaultdict(list)
        for row, obj in objects:
            uids = owner_uids(obj)
            for uid in uids:
                owned[uid].append((row, obj))
            if uids and all(uid not in owners or _takes_along(owners[uid]) for uid in uids):
                self._delete(row, obj)
        for row, obj in objects:
            for finalizer in _due(obj):
                self._let_go(row, obj, finalizer, owned[obj["metadata"]["uid"]])

    def _let_go(self, row: Resource, obj: Json, finalizer: str, dependents: Sequence[tuple[Resource, Json]]) -> None:
        with suppress(Refusal):
            if finalizer == "orphan":
                for kind, dependent in dependents:
                    self._modify(kind, dependent, lambda old: _disowned(old, obj["metadata"]["uid"]))
            if finalizer == "orphan" or not dependents:
                self._modify(row, obj, lambda old: _without(old, finalizer))

    def _delete(self, resource: Resource, obj: Json) -> None:
        if "deletionTimestamp" not in obj["metadata"]:
            with suppress(Refusal):
                self._store.delete(resource, namespace_of(obj), name_of(obj), Deletion(uid=obj["metadata"]["uid"]))


def _kind(obj: Json) -> Resource:
    return next(row for row in _KINDS if row.kind == obj["kind"])


def _annotated(obj: Json, name: str, value: str) -> Json:
    metadata = obj["metadata"]
    return obj | {"metadata": metadata | {"annotations": {**(metadata.get("annotations") or {}), name: value}}}


def _has_ended(pod: Json) -> bool:
    return pod["status"].get("phase") in ("Succeeded", "Failed")


def _unscheduled(pod: Json, message: str) -> Json:
    since = timestamp(datetime.now(UTC))
    for old in pod["status"].get("conditions") or []:
        if old["type"] == "PodScheduled" and old.get("message") == message:
            since = old["lastTransitionTime"]
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return {**pod["status"], "phase": "Pending", "conditions": [condition | {"lastTransitionTime": since}]}


def _due(obj: Json) -> Iterator[str]:
    if "deletionTimestamp" in obj["metadata"]:
        yield from (one for one in obj["metadata"].get("finalizers") or () if one in ("orphan", "foregroundDeletion"))


def _takes_along(owner: Json) -> bool:
    return "foregroundDeletion" in _due(owner)


def _disowned(obj: Json, uid: str) -> Json:
    left = [one for one in obj["metadata"]["ownerReferences"] if one["uid"] != uid]
    return obj | {"metadata": obj["metadata"] | {"ownerReferences": left}}


def _without(obj: Json, finalizer: str) -> Json:
    left = [one for one in obj["metadata"]["finalizers"] if one != finalizer]
    return obj | {"metadata": obj["metadata"] | {"finalizers": left}}
