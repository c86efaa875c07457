"""Pure. What the API server means when it says no.

Every HTTP answer that is no success, and every ERROR event of a watch, becomes one `WorldError` with one sentence: who was
asked for what, what came back in the server's own words, what to do. Laws: only a `Status` (or a 410) can say that something
is gone, since a balancer's 404 page says nothing about pods; a body that is no `Status` is shown by its first characters.
"""

from dataclasses import dataclass

import msgspec

from kube_vxlan_controller.ports import Forbidden, Gone, Unknown, Unreachable, WorldError

LONGEST_WAIT = 300.0
"""Seconds; a `Retry-After` beyond it is a mistake of somebody's, not a wish."""
SHOWN = 200
"""Characters of a foreign body that are worth showing."""


class Conflict(WorldError):
    """409: the object exists already, or changed since we read it. Read it again, then decide anew."""


class Invalid(WorldError):
    """The server understood the request and will never take it (400, 405, 415, 422 ...): report, our mistake or its age."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Failing(Unreachable):
    """5xx, or a 404 that is not Kubernetes' own: some server on the way is in trouble; `answer` is what it said."""

    def __init__(self, message: str, answer: "Answer") -> None:
        super().__init__(message, answer.retry_after)
        self.answer = answer


class Status(msgspec.Struct, frozen=True, gc=False):
    """`meta/v1.Status` as far as it explains something; tolerant, since proxies and kubelets write their own."""

    kind: str | None = None
    status: str | None = None
    reason: str | None = None
    message: str | None = None
    code: int | None = None
    details: object = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no success. `kubernetes` tells whether it is a `Status`, hence the API server's own word."""

    code: int
    reason: str
    message: str
    kubernetes: bool = False
    retry_after: float | None = None
    """Seconds."""


def read(code: int, phrase: str, body: bytes, retry_after: str | None = None) -> Answer:
    """The answer behind an HTTP status, its reason phrase, (the beginning of) its body and its `Retry-After` header."""
    status = as_status(body)
    wait = seconds(retry_after)
    if status is None:
        return Answer(code, phrase, excerpt(body), retry_after=wait)
    return of_status(status, code, wait)


def of_status(status: Status, code: int, retry_after: float | None = None) -> Answer:
    """The answer that a `Status` object gives; `code` holds where it names none."""
    if isinstance(status.details, dict) and retry_after is None:
        stated = status.details.get("retryAfterSeconds")
        retry_after = seconds(str(stated)) if stated else None
    return Answer(status.code or code, status.reason or "", status.message or "", kubernetes=True, retry_after=retry_after)


def as_status(body: bytes) -> Status | None:
    """The `Status` in a body, None if it is something else."""
    try:
        status = msgspec.json.decode(body, type=Status)
    except msgspec.MsgspecError:
        return None
    return status if status.kind == "Status" else None


def seconds(header: str | None) -> float | None:
    """`Retry-After` in seconds; None where it is absent, a date (Kubernetes sends none) or nonsense."""
    if header is None or not header.isascii() or not header.isdigit() or len(header) > 9:
        return None
    return min(float(header), LONGEST_WAIT)


def excerpt(body: bytes) -> str:
    """The first characters of a foreign body, on one line."""
    text = " ".join(body[: 4 * SHOWN].decode("utf-8", "replace").split())
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."


def meaning(answer: Answer, what: str, writes: bool = False) -> WorldError:
    """What follows from the answer to `what` ("GET /api/v1/pods").

    `writes` tells that the request may have changed something before it failed.
    """
    said = f"{what}: {answer.code} {answer.reason}".rstrip() + (f": {answer.message}" if answer.message else "")
    match answer.code:
        case 401:
            return Forbidden(f"{said}. The API server does not accept our token or certificate; check or renew it.")
        case 403:
            return Forbidden(f"{said}. An RBAC rule that allows this is missing, or an admission policy denies it.")
        case 410:
            return Gone(said)
        case 404 if answer.kubernetes:
            return Gone(said)
        case 404:
            return Failing(f"{said}. This is not an answer of a Kubernetes API server; check the address.", answer)
        case 409:
            return Conflict(f"{said}. Somebody else was faster.")
        case 429:
            return Unreachable(f"{said}. The API server asks for patience.", answer.retry_after)
        case 408 | 504 if writes:
            return Unknown(f"{said}. Nobody can tell whether it was done.")
        case code if 300 <= code < 400:
            return Unreachable(f"{said}. Redirects are refused; give the address that it leads to.")
        case code if 400 <= code < 500 and code != 408:
            return Invalid(f"{said}. The API server will not take this request.", code)
        case _:
            return Failing(f"{said}. The API server or something before it is in trouble.", answer)
