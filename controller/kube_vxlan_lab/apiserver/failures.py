"""Pure. Refusals of the API: one exception with the `Status` body that the real server sends for it.

The messages, reasons and codes are part of the API: client-go compares reasons, and people read the messages.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kube_vxlan_lab.apiserver.resources import Json, Resource


class Refusal(Exception):
    """The server says no. `str()` is the message; `status()` the body; `code` the HTTP code."""

    def __init__(self, code: int, reason: str, message: str, details: Json | None = None, metadata: Json | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details
        self.metadata = metadata or {}

    def status(self) -> Json:
        """The Status object: the body of the answer, or the object of an ERROR event in a watch."""
        body: Json = {"kind": "Status", "apiVersion": "v1", "metadata": self.metadata, "status": "Failure"}
        body["message"] = str(self)
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        body["code"] = self.code
        return body


@dataclass(frozen=True, slots=True)
class Cause:
    """One field that is wrong. `reason` is one of the API's words (`FieldValueInvalid`, `FieldValueRequired`, ...)."""

    reason: str
    message: str
    field: str


def _details(resource: Resource, name: str) -> Json:
    details: Json = {"name": name} if name else {}
    if resource.group:
        details["group"] = resource.group
    return {**details, "kind": resource.plural}


def not_found(resource: Resource, name: str) -> Refusal:
    """There is no such object."""
    return Refusal(404, "NotFound", f'{resource.qualified} "{name}" not found', _details(resource, name))


def no_such_path() -> Refusal:
    """The server has nothing at this address."""
    return Refusal(404, "NotFound", "the server could not find the requested resource", {})


def already_exists(resource: Resource, name: str) -> Refusal:
    """The name is taken."""
    return Refusal(409, "AlreadyExists", f'{resource.qualified} "{name}" already exists', _details(resource, name))


def conflict(resource: Resource, name: str, why: str) -> Refusal:
    """A precondition does not hold: `why` says which."""
    message = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {why}'
    return Refusal(409, "Conflict", message, _details(resource, name))


def modified(resource: Resource, name: str) -> Refusal:
    """The resourceVersion is not the present one."""
    return conflict(
        resource, name, "the object has been modified; please apply your changes to the latest version and try again"
    )


def other_uid(resource: Resource, name: str, wished: str, there: str) -> Refusal:
    """The update is meant for an earlier or later object of the same name."""
    why = f"Precondition failed: UID in precondition: {wished}, UID in object meta: {there}"
    return conflict(resource, name, why)


def forbidden(resource: Resource, name: str, why: str) -> Refusal:
    """The request is understood and not allowed."""
    message = f'{resource.qualified} "{name}" is forbidden: {why}'
    return Refusal(403, "Forbidden", message, _details(resource, name))


def invalid(kind: str, group: str, name: str, causes: Sequence[Cause]) -> Refusal:
    """The object is not a valid one of its kind."""
    texts = [f"{cause.field}: {cause.message}" for cause in causes]
    said = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    described = f"{kind}.{group}" if group else kind
    details: Json = {"name": name} if name else {}
    if group:
        details["group"] = group
    details |= {"kind": kind, "causes": [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes]}
    return Refusal(422, "Invalid", f'{described} "{name}" is invalid: {said}', details)


def bad_request(message: str) -> Refusal:
    """The request makes no sense."""
    return Refusal(400, "BadRequest", message)


def expired(message: str, metadata: Json | None = None) -> Refusal:
    """What was asked for lies before the history that the server still has: list again."""
    return Refusal(410, "Expired", message, metadata=metadata)


def unauthorised() -> Refusal:
    """No token, or not ours."""
    return Refusal(401, "Unauthorized", "Unauthorized")


def method_not_allowed() -> Refusal:
    """The address does not know this verb."""
    return Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})


def unsupported_patch(content_type: str, supported: Sequence[str]) -> Refusal:
    """The content type names no kind of patch that the server knows."""
    message = (
        "the body of the request was in an unknown format - accepted media types include: "
        f"{', '.join(supported)} (not {content_type or 'nothing'})"
    )
    return Refusal(415, "UnsupportedMediaType", message, {})
