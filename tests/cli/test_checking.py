"""What `check` finds in files: every mistake, in its place, judged as the controller would."""

import json

from kube_vxlan_controller.cli.checking import Bare, Document, Report, Rules, as_text, as_value, examine
from kube_vxlan_controller.model import Span

RULES = Rules("vxlan.openvnf.org/networks", "kube-vxlan-controller", "vxlan.openvnf.org=true", False)

CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: kube-vxlan-controller, namespace: kube-system}
data:
  vxeth0: id=100 up
  vxeth1: |
    id=101
    up
"""
FIVE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: shop}
spec:
  template:
    metadata:
      labels: {vxlan.openvnf.org: "true"}
      annotations:
        vxlan.openvnf.org/networks: |
          vxeth0
            ip=10.1.0.1/024
            rout=10.2.0.0/24:10.1.0.2
          vxeth9 up
          vxeth1 ip=10.3.0.1/24,ip=10.4.0.1/24
          # the end
"""


def check(*texts: str) -> Report:
    """What there is to say about manifests."""
    return examine([Document(f"{number}.yaml", text) for number, text in enumerate(texts, 1)], RULES)


def places(report: Report) -> list[tuple[str, str, Span | None]]:
    """Where each fault is."""
    return [(finding.file, finding.fault.code, finding.at) for finding in report.findings]


def test_five_mistakes_are_five_carets_in_order() -> None:
    assert as_text(check(CONFIG, FIVE)) == (
        "2.yaml:11:16: `10.1.0.1/024` is not an address with a prefix length: the prefix length must be a number from 1 to 32 "
        "without leading zeros.\n"
        "      ip=10.1.0.1/024\n"
        "         ^^^^^^^^^^^^\n"
        "    write it as in `ip=10.1.0.1/24`\n"
        "    (line 2, column 6 of the annotation of Deployment shop/a)\n"
        "2.yaml:12:13: There is no option `rout`.\n"
        "      rout=10.2.0.0/24:10.1.0.2\n"
        "      ^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "    did you mean `route`?\n"
        "    (line 3, column 3 of the annotation of Deployment shop/a)\n"
        "2.yaml:13:11: There is no network `vxeth9` in the ConfigMap.\n"
        "    vxeth9 up\n"
        "    ^^^^^^\n"
        "    did you mean `vxeth1`?\n"
        "    (line 4, column 1 of the annotation of Deployment shop/a)\n"
        "2.yaml:14:33: A comma ends a network, so this belongs to nothing.\n"
        "    vxeth1 ip=10.3.0.1/24,ip=10.4.0.1/24\n"
        "                          ^^^^^^^^^^^^^^\n"
        "    repeat the option with a blank between, as in `ip=192.168.10.1/24 ip=192.168.20.1/24`\n"
        "    (line 5, column 23 of the annotation of Deployment shop/a)\n"
        "2.yaml:15:11: `#` is not part of the network syntax.\n"
        "    # the end\n"
        "    ^\n"
        "    there are no comments in this text; put them into the manifest, outside of the value\n"
        "    (line 6, column 1 of the annotation of Deployment shop/a)\n"
        "1 annotation and 1 ConfigMap checked: 5 faults, 0 warnings."
    )


def test_it_does_not_matter_where_the_configmap_stands() -> None:
    assert places(check(FIVE + "---\n" + CONFIG)) == [("1.yaml", code, at) for _, code, at in places(check(CONFIG, FIVE))]


def test_without_a_configmap_it_says_so_once_and_judges_the_rest() -> None:
    report = check(FIVE, FIVE)
    assert [code for _, code, _ in places(report)] == [
        "invalid-ip",
        "unknown-option",
        "comma-in-value",
        "not-network-syntax",
    ] * 2
    assert as_text(report).count("note: No ConfigMap kube-vxlan-controller") == 1


def test_a_configmap_of_another_name_is_none_of_ours() -> None:
    report = check(CONFIG.replace("name: kube-vxlan-controller", "name: other").replace("id=100", "id=x"))
    assert report.findings == ()
    assert report.configmaps == 0


def test_mistakes_in_the_configmap() -> None:
    report = check(CONFIG.replace("    up\n", "    u\n") + "  vxeth2: 102\n  vxeth3: '101'\nbinaryData:\n  raw: AAAA\n")
    assert places(report) == [
        ("1.yaml", "duplicate-id", Span(7, 5, 6)),
        ("1.yaml", "unknown-option", Span(8, 5, 1)),
        ("1.yaml", "not-text", Span(9, 11, 3)),
        ("1.yaml", "duplicate-id", Span(10, 12, 3)),
        ("1.yaml", "binary-network", Span(12, 3, 3)),
    ]
    assert "(line 2, column 1 of the entry `vxeth1` of ConfigMap kube-system/kube-vxlan-controller)" in as_text(report)


def test_a_key_that_nobody_can_ask_for_is_told_where_the_key_stands() -> None:
    report = check(CONFIG + "  bad name: |\n    id=7\n")
    assert places(report) == [("1.yaml", "invalid-network-name", Span(9, 3, 8))]
    assert as_text(report).startswith(
        "1.yaml:9:3: The key `bad name` is not a name that an annotation can ask for.\n    use letters,"
    )


def test_an_annotation_that_nobody_would_look_at() -> None:
    report = check(CONFIG, FIVE.replace('"true"', '"yes"'))
    assert [oddity.warning.code for oddity in report.oddities] == ["no-label"]
    other = Rules(RULES.annotation, RULES.configmap_name, "app in (a, b)", False)
    assert examine([Document("f", FIVE)], other).oddities == ()


def test_admission_is_judged_where_the_namespace_is_known() -> None:
    closed = CONFIG.replace("id=100 up", "id=100 namespaces=office")
    pod = "kind: Pod\nmetadata:\n  name: p\n  namespace: NS\n  annotations: {vxlan.openvnf.org/networks: vxeth0}\n"
    assert [code for _, code, _ in places(check(closed, pod.replace("NS", "shop")))] == ["not-admitted"]
    assert places(check(closed, pod.replace("NS", "office"))) == []
    assert places(check(closed, pod.replace("  namespace: NS\n", ""))) == []


def test_bare_texts() -> None:
    report = examine([Bare("stdin", "vxeth0\nvxeth1 name=eth0\udcff")], RULES)
    assert places(report) == [("stdin", "invisible-character", Span(2, 17, 1))]
    assert "1 annotation and 0 ConfigMaps checked: 1 fault, 0 warnings." in as_text(report)
    assert "<U+DCFF>" in as_text(report)


def test_a_file_that_is_no_manifest_does_not_hide_the_others() -> None:
    report = check("a: b: c", FIVE)
    assert report.unreadable == ("1.yaml:1:5: This is not YAML: mapping values are not allowed here.",)
    assert len(report.findings) == 4


def test_nothing_to_check_is_no_fault() -> None:
    assert as_text(check("kind: Service\nmetadata: {name: s}\n", "")) == (
        "0 annotations and 0 ConfigMaps checked: 0 faults, 0 warnings."
    )


def test_json_says_the_same() -> None:
    told = json.loads(json.dumps(as_value(check(CONFIG, FIVE), [])))
    assert [(f["file"], f["line"], f["column"], f["textLine"], f["textColumn"], f["code"]) for f in told["faults"]] == [
        ("2.yaml", 11, 16, 2, 6, "invalid-ip"),
        ("2.yaml", 12, 13, 3, 3, "unknown-option"),
        ("2.yaml", 13, 11, 4, 1, "unknown-network"),
        ("2.yaml", 14, 33, 5, 23, "comma-in-value"),
        ("2.yaml", 15, 11, 6, 1, "not-network-syntax"),
    ]
    assert (told["annotations"], told["configMaps"], told["notes"]) == (1, 1, [])
