"""Finding users' texts in manifests: which there are, and where in the file each letter stands."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from kube_vxlan_controller.language.manifests import Found, NotAManifest, Passage, find
from kube_vxlan_controller.model import Span

KEY = "vxlan.openvnf.org/networks"


def texts(found: Found) -> list[tuple[str, str]]:
    """Owners and texts."""
    return [(one.owner, one.passage.text) for one in found.annotations]


def only(source: str) -> Passage:
    """The one text of a file."""
    (one,) = find(source, KEY).annotations
    return one.passage


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
    assert one.binary_keys == (("raw", Span(9, 3, 3)),)


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


def test_nothing_is_constructed() -> None:
    assert find("kind: !!python/object/apply:os.system [exit 1]", KEY) == Found((), (), ())


@pytest.mark.parametrize(
    ("source", "word", "line", "column"),
    [
        (pod("vxeth0 up"), "up", 5, 40),
        (pod("vxeth0\n      up,\n      vxeth1"), "vxeth1", 7, 7),
        (pod("'vxeth0 ''x'' up'"), "up", 5, 47),
        (pod('"vxeth0\\n  up"'), "up", 5, 44),
        (pod('"vxeth0 \\\n       up"'), "up", 6, 8),
        (pod('"\\x76xeth0\\tup"'), "up", 5, 45),
        (pod('"vxeth0\n\n       up"'), "up", 7, 8),
        (pod("|\n      vxeth0\n        up\n      vxeth1"), "up", 7, 9),
        (pod("|\n      vxeth0\n        up\n      vxeth1"), "vxeth1", 8, 7),
        (pod("|2- # comment\n\n      vxeth0\n        up"), "up", 8, 9),
        (pod(">\n      vxeth0\n      up\n\n      vxeth1\n"), "up", 7, 7),
        (pod(">\n      vxeth0\n      up\n\n      vxeth1\n"), "vxeth1", 9, 7),
        (pod("|\n      vxeth0\n        up\n").replace("\n", "\r\n"), "up", 7, 9),
        ('{"kind": "Pod",\n\t"metadata": {"annotations":\n\t\t{"' + KEY + '": "vxeth0\\nup"}}}', "up", 3, 43),
    ],
)
def test_where_in_the_file_a_word_stands(source: str, word: str, line: int, column: int) -> None:
    passage = only(source)
    before = passage.text[: passage.text.rindex(word)]
    in_text = Span(before.count("\n") + 1, len(before) - before.rfind("\n"), len(word))
    assert passage.place(in_text) == Span(line, column, len(word))
    assert source.split("\n")[line - 1][column - 1 :].startswith(word)


WORDS = st.lists(st.text(st.sampled_from("aé0='\"\\:#,-.%日"), min_size=1, max_size=6), min_size=1, max_size=8)


@given(
    WORDS,
    st.lists(st.sampled_from([" ", "\n", "\n  ", ",\n", "  ", "\t"]), min_size=8, max_size=8),
    st.sampled_from(["'", '"', "|", ">", ""]),
)
@settings(max_examples=400, deadline=None)
def test_every_letter_is_found_however_it_is_quoted(words: list[str], gaps: list[str], style: str) -> None:
    text = "".join(word + gap for word, gap in zip(words, gaps, strict=False))
    source = yaml.dump({"metadata": {"annotations": {KEY: text}}}, default_style=style, width=20, allow_unicode=True)
    passage = only(source)  # which is not always `text`: PyYAML folds lines that must not be folded
    for number, line in enumerate(passage.text.split("\n"), 1):
        for column, character in enumerate(line, 1):
            place = passage.place(Span(number, column))
            there = source.split("\n")[place.line - 1][place.column - 1 :]
            if character not in " \t":
                assert there[0] in (character, "\\")


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
