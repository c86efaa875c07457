from kube_vxlan_lab.apiserver.deleting import Deletion
from kube_vxlan_lab.apiserver.history import Change
from kube_vxlan_lab.apiserver.patching import Patch, PatchType
from kube_vxlan_lab.apiserver.resources import CONFIGMAPS, DEPLOYMENTS, EVENTS, EVENTS_V1, LEASES, NODES, PODS
from kube_vxlan_lab.apiserver.store import Store
from tests.lab.apiserver.hosted import a_configmap, a_deployment, a_pod, refused


def test_create_sets_what_the_server_owns(store: Store) -> None:
    made = store.create({**a_pod(), "status": {"phase": "Running"}})
    metadata = made["metadata"]
    assert metadata["namespace"] == "default"
    assert metadata["generation"] == 1
    assert metadata["resourceVersion"] == str(store.history.version)
    assert len(metadata["uid"]) == 36
    assert metadata["creationTimestamp"].endswith("Z")
    assert made["status"] == {"phase": "Pending"}, "a client cannot give a status at creation"


def test_names_are_generated_and_taken_once(store: Store) -> None:
    generated = {**a_pod(), "metadata": {"generateName": "a-"}}
    names = {store.create(generated)["metadata"]["name"] for _ in range(20)}
    assert len(names) == 20
    assert all(name.startswith("a-") and len(name) == 7 for name in names)
    store.create(a_pod())
    with refused(409, "AlreadyExists"):
        store.create(a_pod())


def test_what_goes_in_and_out_is_copied(store: Store) -> None:
    mine = a_configmap(a="1")
    store.create(mine)
    mine["data"]["a"] = "2"
    store.get(CONFIGMAPS, "default", "c")["data"]["a"] = "3"
    assert store.get(CONFIGMAPS, "default", "c")["data"] == {"a": "1"}


def test_an_update_needs_the_present_version_if_it_names_one(store: Store) -> None:
    first = store.create(a_configmap(a="1"))
    second = store.update({**first, "data": {"a": "2"}})
    assert int(second["metadata"]["resourceVersion"]) > int(first["metadata"]["resourceVersion"])
    with refused(409, "Conflict"):
        store.update({**first, "data": {"a": "3"}})
    assert store.update(a_configmap(a="4"))["data"] == {"a": "4"}, "without a version it replaces whatever is there"


def test_an_update_for_another_uid_is_refused(store: Store) -> None:
    made = store.create(a_configmap())
    with refused(409, "Conflict"):
        store.update({**a_configmap(a="1"), "metadata": {"name": "c", "uid": "another"}})
    assert store.get(CONFIGMAPS, "default", "c") == made


def test_a_change_that_changes_nothing_is_none(store: Store) -> None:
    made = store.create(a_pod())
    before = store.history.version
    assert store.update(made) == made
    assert store.update(a_pod()) == made, "defaults are filled in before the comparison"
    assert store.history.version == before


def test_status_and_spec_are_written_apart(store: Store) -> None:
    made = store.create(a_deployment())
    written = store.update({**made, "spec": {}, "status": {"replicas": 1}}, "status")
    assert written["spec"] == made["spec"]
    assert written["status"] == {"replicas": 1}
    assert written["metadata"]["generation"] == 1
    scaled = store.update({**written, "spec": {**made["spec"], "replicas": 3}, "status": {}})
    assert scaled["status"] == {"replicas": 1}
    assert scaled["metadata"]["generation"] == 2


def test_a_pods_spec_is_fixed_but_for_images(store: Store) -> None:
    made = store.create(a_pod())
    spec = made["spec"]
    container = spec["containers"][0]
    image = store.update({**made, "spec": {**spec, "containers": [{**container, "image": "debian:13"}]}})
    assert image["spec"]["containers"][0]["image"] == "debian:13"
    with refused(422, "Invalid"):
        store.update({**image, "spec": {**spec, "hostNetwork": True}})


def test_a_lease_is_updated_by_version_only_and_created_by_update(store: Store) -> None:
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "l"},
        "spec": {"holderIdentity": "a"},
    }
    made = store.update(lease)
    with refused(422, "Invalid"):
        store.update(lease)
    taken = store.update({**made, "spec": {"holderIdentity": "b"}})
    store.delete(LEASES, "default", "l")
    with refused(409, "Conflict"):
        store.update(taken)


def test_modify_cannot_conflict_and_cannot_rename(store: Store) -> None:
    store.create(a_configmap(a="1"))
    assert store.modify(CONFIGMAPS, "default", "c", lambda obj: {**obj, "data": {"b": "2"}})["data"] == {"b": "2"}
    with refused(400, "BadRequest"):
        store.modify(CONFIGMAPS, "default", "c", lambda obj: {**obj, "metadata": {**obj["metadata"], "name": "d"}})
    with refused(404, "NotFound"):
        store.modify(CONFIGMAPS, "default", "absent", lambda obj: obj)


def test_a_patch_with_a_version_is_a_precondition(store: Store) -> None:
    made = store.create(a_configmap(a="1"))
    body = {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}, "data": {"a": "2"}}
    store.patch(CONFIGMAPS, "default", "c", Patch(PatchType.MERGE, body))
    with refused(409, "Conflict"):
        store.patch(CONFIGMAPS, "default", "c", Patch(PatchType.MERGE, {**body, "data": {"a": "3"}}))


def test_apply_creates_and_merges(store: Store) -> None:
    wish = Patch(PatchType.APPLY, a_configmap(a="1"))
    assert store.patch(CONFIGMAPS, "default", "c", wish)["data"] == {"a": "1"}
    assert store.patch(CONFIGMAPS, "default", "c", Patch(PatchType.APPLY, {"data": {"b": "2"}}))["data"] == {"a": "1", "b": "2"}


def test_a_pod_on_a_node_is_deleted_by_its_kubelet(store: Store) -> None:
    made = store.create(a_pod())
    store.bind("default", "a", "node-1")
    marked = store.delete(PODS, "default", "a")
    assert marked["metadata"]["deletionGracePeriodSeconds"] == 30
    assert store.delete(PODS, "default", "a", Deletion(grace=60)) == marked, "grace can only become shorter"
    assert store.delete(PODS, "default", "a", Deletion(grace=5))["metadata"]["deletionGracePeriodSeconds"] == 5
    with refused(409, "Conflict"):
        store.remove(PODS, "default", "a", "another")
    store.remove(PODS, "default", "a", made["metadata"]["uid"])
    assert not store.has(PODS, "default", "a")


def test_a_pod_is_bound_once(store: Store) -> None:
    store.create(a_pod())
    bound = store.bind("default", "a", "node-1")
    assert bound["spec"]["nodeName"] == "node-1"
    assert [condition["type"] for condition in bound["status"]["conditions"]] == ["PodScheduled"]
    with refused(409, "Conflict"):
        store.bind("default", "a", "node-2")


def test_the_last_finalizer_removes_what_is_being_deleted(store: Store) -> None:
    made = store.create({**a_configmap(), "metadata": {"name": "c", "finalizers": ["x.io/y"]}})
    assert "deletionTimestamp" in store.delete(CONFIGMAPS, "default", "c")["metadata"]
    store.update({**made, "metadata": {"name": "c", "namespace": "default"}})
    assert not store.has(CONFIGMAPS, "default", "c")


def test_lists_are_sorted_and_chosen(store: Store) -> None:
    for name, labels in (("b", {"x": "1"}), ("a", {"x": "1"}), ("c", {})):
        store.create({**a_pod(name), "metadata": {"name": name, "labels": labels}})
    items, version = store.list(PODS, "default", "x=1")
    assert [item["metadata"]["name"] for item in items] == ["a", "b"]
    assert version == str(store.history.version)
    assert [item["metadata"]["name"] for item in store.list(PODS, field_selector="metadata.name=c")[0]] == ["c"]
    assert store.list(PODS, "kube-system")[0] == []


def test_the_past_can_be_listed(store: Store) -> None:
    store.create(a_configmap("a", v="1"))
    store.create(a_configmap("b"))
    then = store.history.version
    store.update(a_configmap("a", v="2"))
    store.delete(CONFIGMAPS, "default", "b")
    store.create(a_configmap("c"))
    past = store.select(CONFIGMAPS, "default", lambda _: True, at=then)
    assert [(obj["metadata"]["name"], obj["data"]) for obj in past] == [("a", {"v": "1"}), ("b", {})]


def test_one_event_in_two_versions(store: Store) -> None:
    event = {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "e"},
        "eventTime": "2026-01-01T00:00:00.000000Z",
        "reportingController": "x.io/y",
        "reportingInstance": "y-1",
        "action": "Wiring",
        "reason": "Wired",
        "type": "Normal",
        "note": "told",
        "regarding": {"kind": "Pod", "namespace": "default", "name": "a"},
    }
    store.create(event)
    new, old = store.get(EVENTS_V1, "default", "e"), store.get(EVENTS, "default", "e")
    assert (new["note"], new["regarding"]["name"], new["apiVersion"]) == ("told", "a", "events.k8s.io/v1")
    assert (old["message"], old["involvedObject"]["name"], old["apiVersion"]) == ("told", "a", "v1")
    series = {"series": {"count": 2, "lastObservedTime": "2026-01-01T00:01:00.000000Z"}}
    assert store.patch(EVENTS_V1, "default", "e", Patch(PatchType.MERGE, series))["series"]["count"] == 2
    with refused(422, "Invalid"):
        store.create({**event, "metadata": {"name": "f"}, "note": "ä" * 513})


def test_subscribers_hear_every_change_in_order(store: Store) -> None:
    heard: list[Change] = []

    def react(change: Change) -> None:
        if change.key == ("default", "a"):
            store.create(a_configmap("b"))

    store.subscribe(react)
    unsubscribe = store.subscribe(heard.append)
    store.create(a_configmap("a"))
    assert [(change.key[1], change.type) for change in heard] == [("a", "ADDED"), ("b", "ADDED")]
    unsubscribe()
    store.create(a_configmap("c"))
    assert len(heard) == 2


def test_what_is_wrong_is_refused(store: Store) -> None:
    with refused(404, "NotFound"):
        store.get(PODS, "default", "absent")
    with refused(404, "NotFound"):
        store.create({**a_pod(), "metadata": {"name": "a", "namespace": "absent"}})
    with refused(400, "BadRequest"):
        store.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}})
    with refused(422, "Invalid"):
        store.create(a_pod("Upper"))
    with refused(500, ""):
        store.create({**a_pod(), "metadata": {"name": "a", "resourceVersion": "1"}})


def test_a_rehearsal_leaves_nothing(store: Store) -> None:
    before = store.history.version
    with store.rehearsal():
        assert store.create(a_pod())["metadata"]["uid"]
    assert not store.has(PODS, "default", "a")
    assert store.history.version == before


def test_nodes_have_no_namespace(store: Store) -> None:
    store.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "namespace": "odd"}})
    assert "namespace" not in store.get(NODES, "ignored", "n")["metadata"]


def test_compacting_forgets(store: Store) -> None:
    store.create(a_deployment())
    before = store.history.version
    store.modify(DEPLOYMENTS, "default", "d", lambda obj: {**obj, "spec": {**obj["spec"], "replicas": 2}})
    assert len(store.history.since(before)) == 1
    store.compact()
    with refused(410, "Expired"):
        store.history.since(before)
    assert store.history.since(store.history.version) == ()
