"""Pure. What following the API server told, as changes to the snapshot.

Laws: an inconsistent list adds and never removes; a pod that left our selector is gone for us, as one that was deleted.
"""

from typing import assert_never

from kube_vxlan_controller.kube.happenings import Changed, Fresh, Happening, Listed, Removed, Resource, Stale, Trouble
from kube_vxlan_controller.model import Namespace
from kube_vxlan_controller.snapshot import Change, ConfigSeen, Kind, PodGone, PodSeen, PodsListed
from kube_vxlan_controller.snapshot import Fresh as FreshKind
from kube_vxlan_controller.snapshot import Stale as StaleKind
from kube_vxlan_controller.views import AgentNames, ConfigMapObject, PodObject, config_view, pod_view


def pods_resource(selector: str, namespace: Namespace | None = None) -> Resource[PodObject]:
    """The pods that may be members, of all namespaces or of one."""
    within = f"/namespaces/{namespace}" if namespace else ""
    return Resource(f"/api/v1{within}/pods", PodObject, label_selector=selector)


def networks_resource(namespace: Namespace, name: str) -> Resource[ConfigMapObject]:
    """The one ConfigMap of networks."""
    return Resource(f"/api/v1/namespaces/{namespace}/configmaps", ConfigMapObject, field_selector=f"metadata.name={name}")


def pod_changes(told: Happening[PodObject], annotation: str, names: AgentNames) -> tuple[Change, ...]:
    """What a happening among the pods changes."""
    match told:
        case Listed(objects, consistent):
            pods = tuple(pod_view(pod, annotation, names) for pod in objects)
            return (PodsListed(pods),) if consistent else tuple(PodSeen(pod) for pod in pods)
        case Changed(pod):
            return (PodSeen(pod_view(pod, annotation, names)),)
        case Removed(pod):
            return (PodGone(pod_view(pod, annotation, names).place),)
        case Stale():
            return (StaleKind(Kind.PODS),)
        case Fresh():
            return (FreshKind(Kind.PODS),)
        case Trouble():
            return ()
        case _:
            assert_never(told)


def config_changes(told: Happening[ConfigMapObject]) -> tuple[Change, ...]:
    """What a happening to the ConfigMap of networks changes."""
    match told:
        case Listed(objects, consistent):
            views = tuple(config_view(config) for config in objects)
            return (ConfigSeen(views[0] if views else None),) if views or consistent else ()
        case Changed(config):
            return (ConfigSeen(config_view(config)),)
        case Removed():
            return (ConfigSeen(None),)
        case Stale():
            return (StaleKind(Kind.NETWORKS),)
        case Fresh():
            return (FreshKind(Kind.NETWORKS),)
        case Trouble():
            return ()
        case _:
            assert_never(told)
