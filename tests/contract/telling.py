"""What a controller tells about pods: conditions in their statuses, and Events."""

from tests.contract.server import MERGE, Answer, Json, Server, eventually, pod

STRATEGIC = "application/strategic-merge-patch+json"
OTHER = "00000000-0000-0000-0000-000000000000"


async def a_condition_is_added_to_the_others_and_changed_alone(server: Server) -> None:
    made = await _a_pod(server)
    before = {one["type"]: one["status"] for one in made["status"]["conditions"]}
    for status in ("False", "True"):
        answer = await _tell(server, made["metadata"]["uid"], status)
        assert answer.code == 200, answer.body
        conditions = [(one["type"], one["status"]) for one in answer.body["status"]["conditions"]]
        assert sorted(conditions) == sorted([*before.items(), ("example.org/ready", status)])
    assert answer.body["spec"] == made["spec"]


async def a_condition_for_another_pod_of_that_name_is_refused(server: Server) -> None:
    made = await _a_pod(server)
    answer = await _tell(server, OTHER, "True")
    assert (answer.code, answer.body["reason"]) in ((409, "Conflict"), (422, "Invalid"))
    assert answer.code == 409 or "metadata.uid" in answer.body["message"]
    now = (await server.ask("GET", server.path("pods", "a"))).body
    assert now["metadata"]["uid"] == made["metadata"]["uid"]
    assert "example.org/ready" not in [one["type"] for one in now["status"]["conditions"]]
    assert (await server.ask("PATCH", server.path("pods", "none", "status"), _condition(OTHER, "True"), STRATEGIC)).code == 404


async def an_event_with_a_long_note_is_refused(server: Server) -> None:
    event = _event(server)
    assert (await server.ask("POST", _events(server), event | {"note": "n" * 1025})).code == 422
    assert (await server.ask("POST", _events(server), event | {"note": "n" * 1024})).code == 201


async def an_event_becomes_a_series(server: Server) -> None:
    made = await server.ask("POST", _events(server), _event(server))
    assert made.code == 201, made.body
    for count in (2, 3):
        series = {"count": count, "lastObservedTime": f"2026-01-02T03:04:0{count}.000000Z"}
        answer = await server.ask("PATCH", f"{_events(server)}/e", {"series": series}, MERGE)
        assert (answer.code, answer.body.get("series")) == (200, series)
        assert answer.body["eventTime"] == made.body["eventTime"]
    assert (await server.ask("PATCH", f"{_events(server)}/none", {"series": series}, MERGE)).code == 404


async def nothing_else_of_an_event_can_be_changed(server: Server) -> None:
    await server.ask("POST", _events(server), _event(server))
    answer = await server.ask("PATCH", f"{_events(server)}/e", {"reason": "Another"}, MERGE)
    assert (answer.code, answer.body["reason"]) == (422, "Invalid")


async def _a_pod(server: Server) -> Json:
    """One whose status nobody else changes: no node is for it."""
    waiting = pod("a", server.image)
    waiting["spec"]["nodeSelector"] = {"no": "such-node"}
    await server.create("pods", waiting)

    async def look() -> Json | None:
        there = (await server.ask("GET", server.path("pods", "a"))).body
        return there if there["status"].get("conditions") else None

    return await eventually(look, 30.0, "the pod is told that there is no node for it")


async def _tell(server: Server, uid: str, status: str) -> Answer:
    return await server.ask("PATCH", server.path("pods", "a", "status"), _condition(uid, status), STRATEGIC)


def _condition(uid: str, status: str) -> Json:
    return {"metadata": {"uid": uid}, "status": {"conditions": [{"type": "example.org/ready", "status": status}]}}


def _event(server: Server) -> Json:
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "e"},
        "eventTime": "2026-01-02T03:04:05.000006Z",
        "reportingController": "contract/test",
        "reportingInstance": "i",
        "action": "Test",
        "reason": "Test",
        "type": "Normal",
        "regarding": {"kind": "Pod", "namespace": server.namespace, "name": "p"},
    }


def _events(server: Server) -> str:
    return f"/apis/events.k8s.io/v1/namespaces/{server.namespace}/events"
