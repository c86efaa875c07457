"""Pure. Lists, whole or in pages.

Laws: all pages of a list show one version of the world, the first page's. A page whose version is forgotten is refused with
410 Expired and a token that goes on with what there is now, as the real server does.
"""

import base64
import binascii
from datetime import datetime

import msgspec

from kube_vxlan_lab.apiserver import failures
from kube_vxlan_lab.apiserver.failures import Refusal
from kube_vxlan_lab.apiserver.forms import View
from kube_vxlan_lab.apiserver.history import Key
from kube_vxlan_lab.apiserver.options import Options
from kube_vxlan_lab.apiserver.resources import Json, name_of, namespace_of
from kube_vxlan_lab.apiserver.store import Store


class _Token(msgspec.Struct, frozen=True):
    """Where the next page begins. Version 0: at what there is now."""

    version: int
    start: Key


def listed(store: Store, view: View, namespace: str, options: Options, now: datetime) -> Json:
    """The body of a list. Raises a 410 or 504 Refusal."""
    token = _parse_token(options.continues) if options.continues else None
    at, current = store.history.version, store.history.version
    if token is not None:
        at = token.version or at
    elif options.version is not None:
        if options.version > current:
            raise _too_large(options.version, current)
        if options.match == "Exact":
            at = options.version
    try:
        objects = store.select(view.resource, namespace, options.chooses, at)
    except Refusal as error:
        raise (error if token is None else _expired_page(token)) from None
    if token is not None:
        objects = [obj for obj in objects if (namespace_of(obj), name_of(obj)) > token.start]
    metadata: Json = {"resourceVersion": str(at)}
    if options.limit and len(objects) > options.limit:
        last = objects[options.limit - 1]
        metadata["continue"] = _token(_Token(at, (namespace_of(last), name_of(last))))
        if not options.filtered:
            metadata["remainingItemCount"] = len(objects) - options.limit
        objects = objects[: options.limit]
    return view.many(objects, metadata, now)


def _token(token: _Token) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(token)).decode().rstrip("=")


def _parse_token(text: str) -> _Token:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Token)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise failures.bad_request("continue key is not valid: it was not given by this server") from None


def _expired_page(token: _Token) -> Refusal:
    message = (
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the "
        "continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing "
        "with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the "
        "time the first chunk was returned and now may show up in the list."
    )
    return failures.expired(message, {"continue": _token(_Token(0, token.start))})


def _too_large(version: int, current: int) -> Refusal:
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    message = f"Too large resource version: {version}, current: {current}"
    return Refusal(504, "Timeout", message, {"causes": causes, "retryAfterSeconds": 1})
