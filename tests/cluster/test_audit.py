"""What the audit log must not have is found in it."""

from typing import Any

import pytest

from tests.cluster.audit import ACCOUNT, ALLOWED, PROGRAM, THIEF, complaints, reached

OWN = "container=vxlan-controller-agent&command=kube-vxlan-agent&command=serve&stdin=true"


def event(query: str = OWN, code: int = 101, user: str = ACCOUNT, agent: str = PROGRAM, what: str = "exec") -> dict[str, Any]:
    return {
        "verb": "get",
        "requestURI": f"/api/v1/namespaces/default/pods/a/{what}?{query}",
        "user": {"username": user},
        "userAgent": agent,
        "objectRef": {"resource": "pods", "subresource": what},
        "responseStatus": {"code": code},
    }


def test_the_agents_command_is_what_it_may_run() -> None:
    both = [event(), event(OWN.replace("agent&", "agent-init&", 1)), event(f"{OWN}&tty=false")]
    assert complaints(both) == []
    assert reached(both) == ALLOWED


@pytest.mark.parametrize(
    "wrong",
    [
        event("container=app&command=kube-vxlan-agent&command=serve"),
        event("command=kube-vxlan-agent&command=serve"),
        event(f"{OWN}&command=more"),
        event(OWN.replace("serve", "ready")),
        event(f"{OWN}&tty=true"),
        event(what="attach"),
        event(OWN.replace("serve", "ready"), agent="curl/8"),
        event(OWN.replace("serve", "ready"), user="admin"),
        {"verb": "list", "requestURI": "/api/v1/secrets", "user": {"username": ACCOUNT}, "responseStatus": {"code": 403}},
    ],
    ids=lambda wrong: f"{wrong['requestURI']} {wrong['user']['username']}",
)
def test_anything_else_is_complained_of(wrong: dict[str, Any]) -> None:
    (line,) = complaints([event(), wrong])
    assert wrong["requestURI"] in line


def test_what_is_refused_at_one_moment_only_was_refused_by_a_server_that_had_just_been_started() -> None:
    assert complaints([event(code=403), event()]) == []
    assert len(complaints([event(code=403)])) == 1
    assert len(complaints([event(code=403, agent=THIEF), event(code=403), event(agent=THIEF)])) == 1


def test_what_others_do_is_their_business() -> None:
    shell = "container=app&command=sh"
    others = [event(shell, user="admin", agent="kubectl/v1.34.4"), event(shell, code=403, agent=THIEF)]
    assert complaints(others) == []
    assert reached(others) == set()
