"""What the controller may do: the whole of it stands here, so that a manifest cannot gain a verb unseen."""

import pytest

from kube_vxlan_controller.agents.conversation import ARGV
from kube_vxlan_controller.settings import OPTIONS
from kube_vxlan_controller.views import AgentNames
from tests.deploy.manifests import ACCOUNT, Json, everything, objects, one

Rule = tuple[str, str, str, str]
"""API group, resource, names, verbs."""

ROLES: dict[tuple[str, str], set[Rule]] = {
    ("ClusterRole", "kube-vxlan-controller-pods"): {
        ("", "pods", "", "list watch"),
        ("events.k8s.io", "events", "", "create patch"),
    },
    ("ClusterRole", "kube-vxlan-controller-exec"): {("", "pods/exec", "", "get create")},
    ("ClusterRole", "kube-vxlan-controller-readiness"): {("", "pods/status", "", "patch")},
    ("Role", "kube-vxlan-controller"): {
        ("", "configmaps", "kube-vxlan-controller", "list watch"),
        ("coordination.k8s.io", "leases", "kube-vxlan-controller", "get update"),
        ("coordination.k8s.io", "leases", "", "create"),
    },
}
CONNECTIONS = {"pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "nodes/proxy"}
"""All subresources that Kubernetes serves by CONNECT."""


def of_kind(*kinds: str) -> list[Json]:
    return [each for each in everything() if each.get("kind") in kinds]


def rules(role: Json) -> set[Rule]:
    assert {key for rule in role["rules"] for key in rule} <= {"apiGroups", "resources", "resourceNames", "verbs"}
    return {
        (group, resource, " ".join(rule.get("resourceNames", ())), " ".join(rule["verbs"]))
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def test_the_roles_give_this_and_no_more() -> None:
    assert {(role["kind"], role["metadata"]["name"]): rules(role) for role in of_kind("Role", "ClusterRole")} == ROLES


def test_each_role_is_bound_once_to_our_account_alone() -> None:
    bindings = of_kind("RoleBinding", "ClusterRoleBinding")
    assert sorted((each["roleRef"]["kind"], each["roleRef"]["name"]) for each in bindings) == sorted(ROLES)
    for each in bindings:
        assert each["kind"] == f"{each['roleRef']['kind']}Binding"
        assert each["metadata"].get("namespace") == ("kube-system" if each["kind"] == "RoleBinding" else None)
        (subject,) = each["subjects"]
        assert subject["kind"] == "ServiceAccount"
        assert f"system:serviceaccount:{subject['namespace']}:{subject['name']}" == ACCOUNT
    assert [(each["metadata"]["namespace"], each["metadata"]["name"]) for each in of_kind("ServiceAccount")] == [
        ("kube-system", "kube-vxlan-controller")
    ]


def test_the_names_in_the_role_are_the_defaults_of_the_settings() -> None:
    default = {option.name: option.default for option in OPTIONS}
    for setting, resource in (("configmap-name", "configmaps"), ("lease-name", "leases")):
        named = {names for role in ROLES.values() for _, about, names, _ in role if about == resource and names}
        assert named == {default[setting]}
    assert one("ConfigMap")["metadata"]["name"] == default["configmap-name"]


def test_the_fence_leaves_the_agents_containers_and_their_one_command() -> None:
    names, policy = AgentNames(), one("ValidatingAdmissionPolicy", "kube-vxlan-controller-exec")["spec"]
    said = [each["expression"] for each in policy["validations"]]
    assert f"has(object.container) && object.container in {[names.sidecar, names.init]}" in said
    assert f"has(object.command) && object.command == {list(ARGV)}" in said
    (rule,) = policy["matchConstraints"]["resourceRules"]
    assert (rule["operations"], set(rule["resources"])) == (["CONNECT"], CONNECTIONS)


@pytest.mark.parametrize("name", ["bundle.yaml", "overlays/readiness.yaml"])
def test_what_is_fenced_is_given_after_its_fence(name: str) -> None:
    """kubectl applies in this order, so an end in between leaves a fence without a right, and never the other way round."""
    order = [(each["kind"], each["metadata"]["name"]) for each in objects(name)]
    fences = [at for at, (kind, _) in enumerate(order) if kind.startswith("ValidatingAdmissionPolicy")]
    fenced = {order[at][1] for at in fences}
    rights = [at for at, (kind, name) in enumerate(order) if kind == "ClusterRoleBinding" and name in fenced]
    assert (len(fences), len(rights)) == (2, 1)
    assert max(fences) < min(rights)


def test_the_account_is_deleted_before_its_fence() -> None:
    """kubectl deletes in this order as well, and the token ends with the account."""
    assert objects("bundle.yaml")[0]["kind"] == "ServiceAccount"


def test_every_policy_binds_our_account_fails_shut_and_denies() -> None:
    policies = of_kind("ValidatingAdmissionPolicy")
    for each in policies:
        assert each["spec"]["failurePolicy"] == "Fail"
        # (An objectSelector would never match here: what is connected to has no labels in this place.)
        assert set(each["spec"]["matchConstraints"]) == {"resourceRules"}
        assert [one["expression"] for one in each["spec"]["matchConditions"]] == [f"request.userInfo.username == '{ACCOUNT}'"]
        # Without this reason the answer is a 422, as to a request that nobody could ever make.
        assert all(one["reason"] == "Forbidden" for one in each["spec"]["validations"])
        assert all(one["message"].startswith("kube-vxlan-controller may ") for one in each["spec"]["validations"])
    bound = {each["spec"]["policyName"]: each["spec"] for each in of_kind("ValidatingAdmissionPolicyBinding")}
    assert set(bound) == {each["metadata"]["name"] for each in policies}
    assert all(set(spec) == {"policyName", "validationActions"} for spec in bound.values())
    assert all(spec["validationActions"] == ["Deny", "Audit"] for spec in bound.values())
