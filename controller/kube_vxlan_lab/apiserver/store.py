"""Time. The objects of the cluster in memory, with the rules by which the real server changes them.

Everybody in the lab works on it: the HTTP side for clients, the lab's own kubelets and workloads directly. It reads the clock
and random bits for `creationTimestamp`, `deletionTimestamp`, `uid` and `generateName`, and waits for nothing.

Laws: one counter numbers all changes, and an object's resourceVersion is the number of its last one. A change that changes
nothing is none. What methods take and return is copied; what a `Change` carries is shared and must not be changed.
"""

import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec

from kube_vxlan_lab.apiserver import failures
from kube_vxlan_lab.apiserver.deleting import DELETION, Deletion, is_done, marked, timestamp
from kube_vxlan_lab.apiserver.failures import Cause, Refusal
from kube_vxlan_lab.apiserver.history import Change, ChangeType, History, Key
from kube_vxlan_lab.apiserver.patching import Patch, PatchType, patched
from kube_vxlan_lab.apiserver.resources import (
    NAMESPACES,
    PODS,
    RESOURCES,
    Json,
    Resource,
    by_kind,
    name_of,
    namespace_of,
    stored,
)
from kube_vxlan_lab.apiserver.selectors import Chooses, chooser
from kube_vxlan_lab.apiserver.shapes import completed, inward, outward, replaced
from kube_vxlan_lab.apiserver.skeletons import received
from kube_vxlan_lab.apiserver.validation import problems

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes builds generated names from: no vowels, so no words."""


class Store:
    """All objects. Every method raises `Refusal` for what the real server refuses.

    `history` tells the current version and what happened since another one.
    """

    def __init__(self) -> None:
        self.history = History()
        self._rehearsing = False
        self._objects: dict[str, dict[Key, Json]] = {row.plural: {} for row in RESOURCES}
        for name in ("default", "kube-node-lease", "kube-public", "kube-system"):
            self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    # Reading

    def has(self, resource: Resource, namespace: str, name: str) -> bool:
        """Whether there is such an object."""
        return _key(resource, namespace, name) in self._objects[resource.plural]

    def peek(self, resource: Resource, namespace: str, name: str) -> Json:
        """One object itself, in stored form, not to be changed."""
        try:
            return self._objects[resource.plural][_key(resource, namespace, name)]
        except KeyError:
            raise failures.not_found(resource, name) from None

    def get(self, resource: Resource, namespace: str, name: str) -> Json:
        """A copy of one object. `namespace` is ignored for what has none."""
        return _copy(outward(resource, self.peek(resource, namespace, name)))

    def list(
        self, resource: Resource, namespace: str | None = None, label_selector: str = "", field_selector: str = ""
    ) -> tuple[Sequence[Json], str]:
        """Copies of the chosen objects, by namespace and name, and the resourceVersion at which they were so."""
        chosen = self.select(resource, namespace, chooser(resource, label_selector, field_selector))
        return [_copy(outward(resource, obj)) for obj in chosen], str(self.history.version)

    def select(self, resource: Resource, namespace: str | None, chooses: Chooses, at: int | None = None) -> Sequence[Json]:
        """The chosen objects themselves, in stored form, not to be changed; as they were at a version if one is given."""
        objects = self._objects[resource.plural]
        if at is not None and at != self.history.version:
            objects = self.history.rolled_back(resource.plural, objects, at)
        wanted = [key for key in objects if not namespace or key[0] == namespace]
        return [objects[key] for key in sorted(wanted) if chooses(objects[key])]

    def subscribe(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Hear every change from now on, synchronously; the function returned ends it."""
        return self.history.subscribe(callback)

    def compact(self) -> None:
        """Forget the history: watches and pages from before now are answered with 410 Expired."""
        self.history.compact()

    # Writing

    def create(self, obj: Json) -> Json:
        """Add an object; a copy of it as stored. Without a namespace it goes to `default`."""
        resource = _row(obj)
        new = inward(resource, received(resource, obj))
        metadata = new["metadata"]
        if metadata.get("resourceVersion"):
            raise Refusal(500, "", "resourceVersion should not be set on objects to be created")
        self._place(resource, metadata)
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = self._generated(resource, metadata)
        for field in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields", "generation"):
            metadata.pop(field, None)
        metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": timestamp(datetime.now(UTC))}
        if resource.generation:
            metadata["generation"] = 1
            new.pop("status", None)
            new["spec"] = new.get("spec") or {}
        _check(resource, completed(resource, new), None)
        if self.has(resource, namespace_of(new), name_of(new)):
            raise failures.already_exists(resource, name_of(new))
        return self._commit(ChangeType.ADDED, resource, None, new)

    def update(self, obj: Json, subresource: str | None = None) -> Json:
        """Replace an object, or with subresource `status` its status only, else all but that. A copy of the result.

        If there is a `resourceVersion` in it, then only if that is the present one.
        """
        resource = _row(obj)
        new = inward(resource, received(resource, obj))
        metadata = new["metadata"]
        if resource.namespaced:
            metadata.setdefault("namespace", "default")
        old = self._objects[resource.plural].get(_key(resource, namespace_of(new), name_of(new)))
        if old is not None:
            if not metadata.get("resourceVersion") and not resource.unconditional:
                cause = Cause(
                    "FieldValueInvalid", "Invalid value: 0: must be specified for an update", "metadata.resourceVersion"
                )
                raise failures.invalid(resource.kind, resource.group, name_of(new), [cause])
            return self._replace(resource, old, new, subresource)
        if not resource.created_by_update or subresource is not None:
            raise failures.not_found(resource, name_of(new))
        if metadata.get("uid"):
            raise failures.other_uid(resource, name_of(new), metadata["uid"], "")
        metadata.pop("resourceVersion", None)
        return self.create(outward(resource, new))

    def modify(
        self, resource: Resource, namespace: str, name: str, change: Callable[[Json], Json], subresource: str | None = None
    ) -> Json:
        """Replace an object by a function of a copy of it, as `update` does, in one step: it conflicts with nobody."""
        old = self.peek(resource, namespace, name)
        new = inward(resource, received(resource, change(_copy(outward(resource, old)))))
        for field in ("name", "namespace"):
            if new["metadata"].get(field) != old["metadata"].get(field):
                raise failures.bad_request(f"the {field} of the object does not match the {field} on the URL")
        wished = new["metadata"].get("uid")
        if wished != old["metadata"]["uid"]:
            cause = Cause("FieldValueInvalid", f'Invalid value: "{wished or ""}": field is immutable', "metadata.uid")
            raise failures.invalid(resource.kind, resource.group, name, [cause])
        return self._replace(resource, old, new, subresource)

    def patch(self, resource: Resource, namespace: str, name: str, patch: Patch, subresource: str | None = None) -> Json:
        """Patch an object, or with subresource `status` its status only; an apply creates what is not there."""
        if patch.type is PatchType.APPLY and subresource is None and not self.has(resource, namespace, name):
            place = {"name": name, "namespace": namespace} if resource.namespaced else {"name": name}
            return self.create(patched({"apiVersion": resource.api_version, "kind": resource.kind, "metadata": place}, patch))
        return self.modify(resource, namespace, name, lambda obj: patched(obj, patch), subresource)

    def bind(self, namespace: str, name: str, node: str) -> Json:
        """Give a pod its node, as a scheduler does."""
        old = self.peek(PODS, namespace, name)
        if there := old["spec"].get("nodeName"):
            raise failures.conflict(PODS, name, f'pod {name} is already assigned to node "{there}"')
        condition = {"type": "PodScheduled", "status": "True", "lastTransitionTime": timestamp(datetime.now(UTC))}
        status = {**old["status"], "conditions": [*old["status"].get("conditions", ()), condition]}
        new = {**old, "spec": {**old["spec"], "nodeName": node}, "status": status}
        return self._commit(ChangeType.MODIFIED, PODS, old, new)

    def delete(self, resource: Resource, namespace: str, name: str, how: Deletion = DELETION) -> Json:
        """Delete an object, or mark it as being deleted: a pod until its node is done, others while they have finalizers.

        A copy of the object as it is afterwards, or as it last was.
        """
        old = self.peek(resource, namespace, name)
        new = marked(resource, old, how, datetime.now(UTC))
        if new is None:
            return self._commit(ChangeType.DELETED, resource, old, old)
        return self._commit(ChangeType.MODIFIED, resource, old, new) if new != old else _copy(outward(resource, old))

    def remove(self, resource: Resource, namespace: str, name: str, uid: str) -> None:
        """Delete for good, without grace: a kubelet when a pod has ended, a collector of garbage."""
        self.delete(resource, namespace, name, Deletion(grace=0, uid=uid))

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Within it changes are judged and answered, and not made: the API's `dryRun`."""
        self._rehearsing = True
        try:
            yield
        finally:
            self._rehearsing = False

    # How

    def _place(self, resource: Resource, metadata: Json) -> None:
        if not resource.namespaced:
            metadata.pop("namespace", None)
            return
        namespace = metadata.setdefault("namespace", "default")
        if self.peek(NAMESPACES, "", namespace)["status"]["phase"] == "Terminating":
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            raise failures.forbidden(resource, metadata.get("name", ""), why)

    def _generated(self, resource: Resource, metadata: Json) -> str:
        while True:
            name = f"{metadata['generateName'][:58]}{''.join(random.choices(_SUFFIX, k=5))}"
            if not self.has(resource, metadata.get("namespace", ""), name):
                return name

    def _replace(self, resource: Resource, old: Json, new: Json, subresource: str | None) -> Json:
        wished = new["metadata"].get("uid")
        if wished and wished != old["metadata"]["uid"]:
            raise failures.other_uid(resource, name_of(old), wished, old["metadata"]["uid"])
        if new["metadata"].get("resourceVersion") not in (None, "", "0", old["metadata"]["resourceVersion"]):
            raise failures.modified(resource, name_of(old))
        new = completed(resource, replaced(resource, old, new, subresource))
        if subresource is None:
            _check(resource, new, old)
        if new == old:
            return _copy(outward(resource, old))
        kind = ChangeType.DELETED if is_done(new) else ChangeType.MODIFIED
        return self._commit(kind, resource, old, new)

    def _commit(self, kind: ChangeType, resource: Resource, old: Json | None, new: Json) -> Json:
        version = self.history.version + 1
        new = {**new, "metadata": {**new["metadata"], "resourceVersion": str(version)}}
        if self._rehearsing:
            return _copy(outward(resource, new))
        change = Change(kind, stored(resource), version, old, new)
        if kind is ChangeType.DELETED:
            del self._objects[resource.plural][change.key]
        else:
            self._objects[resource.plural][change.key] = new
        self.history.record(change)
        answer = _copy(outward(resource, new))
        self.history.deliver()
        return answer


def _copy(obj: Json) -> Json:
    copied: Json = msgspec.to_builtins(obj)
    return copied


def _key(resource: Resource, namespace: str, name: str) -> Key:
    return (namespace if resource.namespaced else "", name)


def _row(obj: Json) -> Resource:
    version, kind = obj.get("apiVersion", ""), obj.get("kind", "")
    row = by_kind(version, kind)
    if row is None:
        raise failures.bad_request(f'no kind "{kind}" is registered for version "{version}"')
    return row


def _check(resource: Resource, new: Json, old: Json | None) -> None:
    causes = list(problems(resource, new, old))
    if causes:
        raise failures.invalid(resource.kind, resource.group, name_of(new), causes)
