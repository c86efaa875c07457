from kube_vxlan_lab.apiserver.namespaces import collect_namespaces
from kube_vxlan_lab.apiserver.resources import CONFIGMAPS, NAMESPACES, PODS
from kube_vxlan_lab.apiserver.store import Store
from tests.lab.apiserver.hosted import a_configmap, a_pod, refused


def test_a_namespace_goes_when_its_last_object_is_gone(store: Store) -> None:
    stop = collect_namespaces(store)
    store.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}})
    store.create({**a_configmap(), "metadata": {"name": "c", "namespace": "x"}})
    pod = store.create({**a_pod(nodeName="n"), "metadata": {"name": "a", "namespace": "x"}})
    store.delete(NAMESPACES, "", "x")
    assert not store.has(CONFIGMAPS, "x", "c")
    assert "deletionTimestamp" in store.get(PODS, "x", "a")["metadata"]
    assert store.get(NAMESPACES, "", "x")["status"]["phase"] == "Terminating"
    with refused(403, "Forbidden"):
        store.create({**a_configmap(), "metadata": {"name": "d", "namespace": "x"}})
    store.remove(PODS, "x", "a", pod["metadata"]["uid"])
    assert not store.has(NAMESPACES, "", "x")
    stop()


def test_an_empty_namespace_goes_at_once(store: Store) -> None:
    collect_namespaces(store)
    store.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}})
    store.delete(NAMESPACES, "", "x")
    assert not store.has(NAMESPACES, "", "x")
