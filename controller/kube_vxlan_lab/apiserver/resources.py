"""Pure. The table of what the server holds and serves; discovery, routes and store all read it.

Laws: one row per group, version and plural. Rows that share a plural are views of one storage (an Event is served as v1 and
as events.k8s.io/v1), and the first row of a plural is the form in which it is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
"""A JSON object as plain dicts, lists, strings, numbers, booleans and None."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of object as the API serves it."""

    group: str
    """Empty for the core group."""
    version: str
    plural: str
    kind: str
    short: tuple[str, ...] = ()
    """What kubectl accepts as abbreviations."""
    namespaced: bool = True
    subresources: tuple[str, ...] = ()
    in_all: bool = False
    """Whether `kubectl get all` names it."""
    generation: bool = False
    """Whether metadata.generation counts the changes of its spec."""
    unconditional: bool = True
    """Whether an update without resourceVersion is taken as "whatever is there"."""
    created_by_update: bool = False
    """Whether an update of something absent creates it."""

    @property
    def api_version(self) -> str:
        """The `apiVersion` of its objects."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """How messages name it: `deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        """What kubectl accepts for one of it."""
        return self.kind.lower()


NAMESPACES = Resource("", "v1", "namespaces", "Namespace", ("ns",), namespaced=False, subresources=("finalize", "status"))
NODES = Resource("", "v1", "nodes", "Node", ("no",), namespaced=False, subresources=("status",))
PODS = Resource(
    *("", "v1", "pods", "Pod", ("po",)),
    subresources=("binding", "eviction", "exec", "log", "status"),
    in_all=True,
    generation=True,
)
CONFIGMAPS = Resource("", "v1", "configmaps", "ConfigMap", ("cm",))
SERVICEACCOUNTS = Resource("", "v1", "serviceaccounts", "ServiceAccount", ("sa",))
EVENTS = Resource("", "v1", "events", "Event", ("ev",), created_by_update=True)
EVENTS_V1 = Resource("events.k8s.io", "v1", "events", "Event", ("ev",), created_by_update=True)
DEPLOYMENTS = Resource(
    "apps", "v1", "deployments", "Deployment", ("deploy",), subresources=("scale", "status"), in_all=True, generation=True
)
REPLICASETS = Resource(
    "apps", "v1", "replicasets", "ReplicaSet", ("rs",), subresources=("scale", "status"), in_all=True, generation=True
)
STATEFULSETS = Resource(
    "apps", "v1", "statefulsets", "StatefulSet", ("sts",), subresources=("scale", "status"), in_all=True, generation=True
)
LEASES = Resource("coordination.k8s.io", "v1", "leases", "Lease", unconditional=False, created_by_update=True)

RESOURCES = (
    NAMESPACES,
    NODES,
    PODS,
    CONFIGMAPS,
    SERVICEACCOUNTS,
    EVENTS,
    DEPLOYMENTS,
    REPLICASETS,
    STATEFULSETS,
    EVENTS_V1,
    LEASES,
)


def by_kind(api_version: str, kind: str) -> Resource | None:
    """The row of an object with this `apiVersion` and `kind`, None if it is not served."""
    return next((row for row in RESOURCES if row.kind == kind and row.api_version == api_version), None)


def by_plural(group: str, version: str, plural: str) -> Resource | None:
    """The row served under this group, version and plural, None if there is none."""
    return next((row for row in RESOURCES if (row.group, row.version, row.plural) == (group, version, plural)), None)


def stored(resource: Resource) -> Resource:
    """The row in whose form the objects of this one are kept."""
    return next(row for row in RESOURCES if row.plural == resource.plural)


def name_of(obj: Mapping[str, Any]) -> str:
    """`metadata.name`, empty if it has none."""
    name = obj.get("metadata", {}).get("name")
    return name if isinstance(name, str) else ""


def namespace_of(obj: Mapping[str, Any]) -> str:
    """`metadata.namespace`, empty if it has none."""
    namespace = obj.get("metadata", {}).get("namespace")
    return namespace if isinstance(namespace, str) else ""
