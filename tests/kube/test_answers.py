import msgspec
import pytest

from kube_vxlan_controller.kube import answers
from kube_vxlan_controller.ports import Forbidden, Gone, Unknown, Unreachable, WorldError


def status(code: int, message: str = "said", **more: object) -> bytes:
    return msgspec.json.encode({"kind": "Status", "status": "Failure", "message": message, "code": code} | more)


@pytest.mark.parametrize(
    ("code", "body", "error"),
    [
        (401, status(401), Forbidden),
        (403, status(403), Forbidden),
        (403, b"a balancer's page", Forbidden),
        (404, status(404), Gone),
        (404, b"404 page not found", answers.Failing),
        (409, status(409), answers.Conflict),
        (410, status(410), Gone),
        (410, b"", Gone),
        (400, status(400), answers.Invalid),
        (422, status(422), answers.Invalid),
        (429, b"Too many requests", Unreachable),
        (302, b"", Unreachable),
        (500, b"", answers.Failing),
        (502, b"<html>", answers.Failing),
        (504, b"", answers.Failing),
        (599, b"", answers.Failing),
    ],
)
def test_meaning(code: int, body: bytes, error: type[WorldError]) -> None:
    found = answers.meaning(answers.read(code, "Phrase", body), "GET /api")
    assert type(found) is error
    assert str(found).startswith(f"GET /api: {code}")
    assert "\n" not in str(found)


def test_a_write_that_timed_out_on_the_way_may_have_been_done() -> None:
    assert type(answers.meaning(answers.read(504, "", status(504)), "POST /api", writes=True)) is Unknown


@pytest.mark.parametrize(
    ("header", "wait"), [("7", 7.0), ("0", 0.0), ("9" * 5, 300.0), ("²", None), ("soon", None), ("-1", None)]
)
def test_retry_after(header: str, wait: float | None) -> None:
    assert answers.read(429, "", b"", header).retry_after == wait


def test_retry_after_in_the_body() -> None:
    assert answers.read(429, "", status(429, details={"retryAfterSeconds": 3})).retry_after == 3.0
    assert answers.read(429, "", status(429, details=[1])).retry_after is None


def test_an_error_event_brings_its_own_code() -> None:
    found = answers.as_status(status(410, reason="Expired"))
    assert found is not None
    assert answers.of_status(found, 500) == answers.Answer(410, "Expired", "said", kubernetes=True)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"Status"', b"{}", b'{"kind":"Pod"}', b'{"kind":"Status","code":"x"}', b"\xff"]
)
def test_what_is_no_status(body: bytes) -> None:
    assert answers.as_status(body) is None


def test_an_excerpt_is_one_short_printable_line() -> None:
    assert answers.excerpt(b"a\n b\x1b[31m\xff") == "a b?[31m\ufffd"
    assert len(answers.excerpt(b"x" * 10_000)) == answers.SHOWN + 3
