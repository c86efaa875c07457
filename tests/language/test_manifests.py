"""Finding users' texts in manifests: which there are, and where in the file each letter stands."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kube_vxlan_controller.language.manifests import Found, NotAManifest, find
from kube_vxlan_controller.model import Span

KEY = "vxlan.openvnf.org/networks"


def texts(found: Found) -> list[tuple[str, str]]:
    """Owners and texts."""
    return [(one.owner, one.passage.text) for one in found.annotations]


def pod(value: str, indent: str = "") -> str:
    """A manifest whose annotation is written so."""
    return f"kind: Pod\nmetadata:\n  name: p\n  annotations:\n    {KEY}: {value}\n{indent}"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("metadata", "Pod"),
        ("spec.template.metadata", "Deployment"),
        ("spec.template.metadata", "StatefulSet"),
        ("spec.template.metadata", "DaemonSet"),
        ("spec.template.metadata", "ReplicaSet"),
        ("spec.template.metadata", "Job"),
        ("spec.jobTemplate.spec.template.metadata", "CronJob"),
        ("template.metadata", "PodTemplate"),
        ("spec.template.metadata", ""),
        ("metadata", ""),
    ],
)
def test_where_pods_are_annotated(path: str, kind: str) -> None:
    inner: dict[str, object] = {"annotations": {KEY: "vxeth0"}, "labels": {"a": "b"}}
    for name in reversed(path.split(".")):
        inner = {name: inner}
    inner = {"kind": kind, **inner} if kind else inner
    for source in (json.dumps(inner), json.dumps(inner, indent="\t"), yaml.safe_dump(inner)):
        found = find(source, KEY)
        assert texts(found) == [(kind or "patch", "vxeth0")]
        assert found.annotations[0].labels == {("a", "b")}
        assert found.faults == ()


def test_owners_and_namespaces() -> None:
    (one,) = find(f"kind: Pod\nmetadata: {{name: p, namespace: n, annotations: {{{KEY}: a1}}}}", KEY).annotations
    assert (one.owner, one.namespace) == ("Pod n/p", "n")
    assert find(pod("a1"), KEY).annotations[0].namespace is None


def test_several_documents_and_lists() -> None:
    entry = f"{{kind: Pod, metadata: {{name: NAME, annotations: {{{KEY}: NAME}}}}}}"
    entries = [entry.replace("NAME", name) for name in ("a", "b", "c")]
    source = f"---\n{entries[0]}\n---\n# nothing\n---\nkind: List\nitems: [{entries[1]}, {entries[2]}]\n"
    assert texts(find(source, KEY)) == [("Pod a", "a"), ("Pod b", "b"), ("Pod c", "c")]


def test_a_list_that_holds_itself_is_visited_once() -> None:
    assert texts(find("&a\nkind: List\nitems: [*a]\n", KEY)) == []


def test_configmaps() -> None:
    source = (
        "kind: ConfigMap\nmetadata: {name: c}\ndata:\n  vxeth0: id=1\n  vxeth1: |\n    id=2\n    up\nbinaryData:\n  raw: AAAA\n"
    )
    (one,) = find(source, KEY).configmaps
    assert (one.owner, one.name) == ("ConfigMap c", "c")
    assert [(key, passage.text) for key, passage in one.entries] == [("vxeth0", "id=1"), ("vxeth1", "id=2\nup\n")]
    assert one.binary_keys == ("raw",)
    assert one.keys == (("vxeth0", Span(4, 3, 6)), ("vxeth1", Span(5, 3, 6)), ("raw", Span(9, 3, 3)))


def test_what_is_not_text_is_told() -> None:
    source = "kind: ConfigMap\nmetadata: {name: c}\ndata:\n  vxeth0: 102\n  vxeth1: true\n  vxeth2:\n    id: 1\n  vxeth3:\n"
    found = find(source, KEY)
    assert [(fault.code, fault.where) for _, fault in found.faults] == [
        ("not-text", Span(4, 11, 3)),
        ("not-text", Span(5, 11, 4)),
        ("not-text", Span(7, 5, 1)),
    ]
    assert [key for key, _ in found.configmaps[0].entries] == ["vxeth3"]
    assert [fault.code for _, fault in find(pod("[a, b]"), KEY).faults] == ["not-text"]


def test_a_patch_that_removes_the_annotation_asks_for_nothing() -> None:
    assert find(pod("null"), KEY) == Found((), (), ())


def test_an_annotation_of_the_deployment_itself_is_told() -> None:
    found = find(pod("vxeth0").replace("kind: Pod", "kind: Deployment"), KEY)
    ((owner, fault),) = found.faults
    assert (owner, fault.code, fault.where) == ("Deployment p", "misplaced-annotation", Span(5, 5, len(KEY)))
    assert found.annotations == ()


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("a: b: c", 1, 5),
        ("a:\n\t- b", 2, 1),
        ("{", 1, 2),
        ("a: 'x", 1, 6),
        ("kind: Pod\na: *nowhere", 2, 4),
        ("kind: Pod\na: \x01", 2, 4),
        ("vxeth0, vxeth1", 1, 1),
        ("kind: Pod\n---\n- a", 3, 1),
        ("[" * 5000, 1, 1),
        ("\ud800", 1, 1),
    ],
)
def test_what_is_no_manifest(source: str, line: int, column: int) -> None:
    with pytest.raises(NotAManifest) as caught:
        find(source, KEY)
    assert (caught.value.where.line, caught.value.where.column) == (line, column)
    assert str(caught.value).endswith((".", ")."))


@pytest.mark.parametrize(
    ("source", "told", "where"),
    [
        ("", "There is no Kubernetes object here: the file holds nothing.", Span(1, 1)),
        ("---\n# later\n---\n", "There is no Kubernetes object here: the file holds nothing.", Span(1, 1)),
        ("foo: bar", "There is no Kubernetes object here: it has no kind, and is no patch of one.", Span(1, 1)),
        ("kind: List\nitems: 7", "The items of this `List` are no list.", Span(2, 8)),
        ("kind: PodList", "The items of this `PodList` are no list.", Span(1, 1)),
    ],
)
def test_what_is_yaml_and_no_manifest(source: str, told: str, where: Span) -> None:
    with pytest.raises(NotAManifest) as caught:
        find(source, KEY)
    assert (str(caught.value), caught.value.where) == (told, where)


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("kind: Pod\nmetadata: 5", Span(2, 11, 1)),
        ("kind: ConfigMap\nmetadata: [a]", Span(2, 11, 3)),
        ("kind: Pod\nmetadata: {annotations: [1]}", Span(2, 25, 3)),
        ("kind: ConfigMap\ndata: [1]", Span(2, 7, 3)),
        ("kind: ConfigMap\nbinaryData: x", Span(2, 13, 1)),
        ("kind: Deployment\nspec: 7", Span(2, 7, 1)),
        ("spec: {template: {metadata: x}}", Span(1, 29, 1)),
    ],
)
def test_what_has_a_wrong_shape_is_told_once(source: str, where: Span) -> None:
    ((_, fault),) = find(source, KEY).faults
    assert (fault.code, fault.where) == ("no-block", where)


def test_nothing_is_known_of_the_shape_of_other_kinds() -> None:
    assert find("kind: Report\nspec: {template: text}", KEY).faults == ()
    inner = f"spec: {{template: {{metadata: {{annotations: {{{KEY}: a1}}}}}}}}"
    assert texts(find(f"kind: Rollout\n{inner}", KEY)) == [("Rollout", "a1")]


def test_a_name_that_is_there_twice_is_told() -> None:
    twice = pod("vxeth0") + f"    {KEY}: vxeth1\n    a: b\n    a: c\n"
    ((owner, fault),) = find(twice, KEY).faults
    assert (owner, fault.code, fault.where) == ("Pod p", "repeated-key", Span(6, 5, len(KEY)))
    ((_, fault),) = find("kind: ConfigMap\ndata: {a: id=1, b: id=2, a: id=3}", KEY).faults
    assert (fault.code, fault.where) == ("repeated-key", Span(2, 26, 1))


def test_nothing_is_constructed() -> None:
    assert find("kind: Pod\nstatus: !!python/object/apply:os.system [exit 1]", KEY) == Found((), (), ())


@given(st.text(st.sampled_from("ab:-{}[],&*!|>'\"%@` \n\t#?\x01\ud800"), max_size=40))
@settings(max_examples=500, deadline=None)
def test_any_text_is_a_manifest_or_told_to_be_none(source: str) -> None:
    where = Span(1, 1)
    try:
        find(source, "a")
    except NotAManifest as told:
        where = told.where
    assert 1 <= where.line <= source.count("\n") + 2
    assert where.column >= 1
