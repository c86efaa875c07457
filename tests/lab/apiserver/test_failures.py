from kube_vxlan_lab.apiserver import failures
from kube_vxlan_lab.apiserver.failures import Cause
from kube_vxlan_lab.apiserver.resources import DEPLOYMENTS, PODS


def test_the_status_of_something_absent() -> None:
    assert failures.not_found(DEPLOYMENTS, "a").status() == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'deployments.apps "a" not found',
        "reason": "NotFound",
        "details": {"name": "a", "group": "apps", "kind": "deployments"},
        "code": 404,
    }


def test_the_status_of_something_invalid_names_every_field() -> None:
    causes = [Cause("FieldValueRequired", "Required value", "x"), Cause("FieldValueInvalid", "Invalid value: 1: no", "y")]
    status = failures.invalid("Pod", "", "a", causes).status()
    assert status["message"] == 'Pod "a" is invalid: [x: Required value, y: Invalid value: 1: no]'
    assert [cause["field"] for cause in status["details"]["causes"]] == ["x", "y"]
    assert status["code"] == 422


def test_a_conflict_says_what_to_do() -> None:
    message = failures.modified(PODS, "a").status()["message"]
    assert message.startswith('Operation cannot be fulfilled on pods "a": the object has been modified')
