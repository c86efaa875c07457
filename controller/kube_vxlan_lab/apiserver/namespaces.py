"""Time. What the deletion of a namespace takes with it: a subscriber that deletes its contents, and at last the namespace.

The real cluster's controller manager does this. A pod goes the way of all pods, so the namespace stays until the kubelet is
done with it.
"""

from collections.abc import Callable

from kube_vxlan_lab.apiserver.history import Change, ChangeType
from kube_vxlan_lab.apiserver.resources import NAMESPACES, RESOURCES, Json, name_of
from kube_vxlan_lab.apiserver.store import Store


def collect_namespaces(store: Store) -> Callable[[], None]:
    """Do so from now on; the function returned ends it."""

    def hear(change: Change) -> None:
        if change.resource is NAMESPACES:
            if change.type is ChangeType.MODIFIED and _terminating(change.new):
                _empty(store, name_of(change.new))
                _finish(store, name_of(change.new))
        elif change.type is ChangeType.DELETED and change.key[0]:
            _finish(store, change.key[0])

    return store.subscribe(hear)


def _terminating(namespace: Json) -> bool:
    return "deletionTimestamp" in namespace["metadata"]


def _empty(store: Store, namespace: str) -> None:
    for row in RESOURCES:
        if row.namespaced:
            for obj in store.select(row, namespace, lambda obj: "deletionTimestamp" not in obj["metadata"]):
                store.delete(row, namespace, name_of(obj))


def _finish(store: Store, namespace: str) -> None:
    """Take off the namespace's own finalizer once nothing is left in it."""
    if not store.has(NAMESPACES, "", namespace):
        return
    present = store.get(NAMESPACES, "", namespace)
    if not _terminating(present) or not present["spec"].get("finalizers"):
        return
    if not any(store.select(row, namespace, lambda _: True) for row in RESOURCES if row.namespaced):
        store.update({**present, "spec": {**present["spec"], "finalizers": []}}, "finalize")
