import msgspec

from kube_vxlan_controller.feeding import config_changes, networks_resource, pod_changes, pods_resource
from kube_vxlan_controller.kube.happenings import Changed, Fresh, Listed, Removed, Stale, Trouble
from kube_vxlan_controller.model import Namespace
from kube_vxlan_controller.snapshot import Change, ConfigSeen, Kind, PodGone, PodSeen, PodsListed
from kube_vxlan_controller.snapshot import Fresh as FreshKind
from kube_vxlan_controller.snapshot import Stale as StaleKind
from kube_vxlan_controller.views import AgentNames, ConfigMapObject, ConfigRef, ConfigView, PodObject, pod_view

ANNOTATION = "vxlan.openvnf.org/networks"


def pod(name: str) -> PodObject:
    return msgspec.convert({"metadata": {"name": name, "namespace": "n", "uid": name}}, PodObject)


def config(**data: str) -> ConfigMapObject:
    return msgspec.convert({"metadata": {"name": "c", "namespace": "n", "uid": "u"}, "data": data}, ConfigMapObject)


def seen(**data: str) -> ConfigView:
    return ConfigView(tuple(data.items()), ref=ConfigRef(Namespace("n"), "c", "u"))


def changes(told: object) -> tuple[Change, ...]:
    return pod_changes(told, ANNOTATION, AgentNames())  # type: ignore[arg-type]


def test_a_list_replaces_and_an_inconsistent_one_only_adds() -> None:
    view = pod_view(pod("a"), ANNOTATION, AgentNames())
    assert changes(Listed((pod("a"),))) == (PodsListed((view,)),)
    assert changes(Listed((pod("a"),), consistent=False)) == (PodSeen(view),)


def test_pods_come_and_go() -> None:
    view = pod_view(pod("a"), ANNOTATION, AgentNames())
    assert changes(Changed(pod("a"))) == (PodSeen(view),)
    assert changes(Removed(pod("a"))) == (PodGone(view.place),)


def test_staleness_is_told_by_kind_and_trouble_changes_nothing() -> None:
    assert changes(Stale(0.0, "why")) == (StaleKind(Kind.PODS),)
    assert changes(Fresh()) == (FreshKind(Kind.PODS),)
    assert changes(Trouble("why")) == ()
    assert config_changes(Stale(0.0, "why")) == (StaleKind(Kind.NETWORKS),)
    assert config_changes(Fresh()) == (FreshKind(Kind.NETWORKS),)
    assert config_changes(Trouble("why")) == ()


def test_the_config_map_is_there_or_is_not() -> None:
    assert config_changes(Listed((config(a="1"),))) == (ConfigSeen(seen(a="1")),)
    assert config_changes(Listed(())) == (ConfigSeen(None),)
    assert config_changes(Listed((), consistent=False)) == ()
    assert config_changes(Changed(config(a="2"))) == (ConfigSeen(seen(a="2")),)
    assert config_changes(Removed(config())) == (ConfigSeen(None),)


def test_where_they_are_found() -> None:
    assert pods_resource("x=y").path == "/api/v1/pods"
    assert pods_resource("x=y", Namespace("n")).path == "/api/v1/namespaces/n/pods"
    assert networks_resource(Namespace("k"), "c").params == {"fieldSelector": "metadata.name=c"}
