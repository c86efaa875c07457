"""I/O. The verbs on objects: a request's method, body and query make one call of the store, and its result an answer."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import msgspec
import yaml
from aiohttp import web

from kube_vxlan_lab.apiserver import failures, protobuf
from kube_vxlan_lab.apiserver.deleting import Deletion, Propagation
from kube_vxlan_lab.apiserver.forms import View, wished_form
from kube_vxlan_lab.apiserver.listing import listed
from kube_vxlan_lab.apiserver.options import parse_options
from kube_vxlan_lab.apiserver.patching import Patch, PatchType, patched
from kube_vxlan_lab.apiserver.paths import Target
from kube_vxlan_lab.apiserver.resources import PODS, SERVICEACCOUNTS, Json, name_of, namespace_of
from kube_vxlan_lab.apiserver.shapes import scaled, to_scale
from kube_vxlan_lab.apiserver.store import Store
from kube_vxlan_lab.apiserver.watching import Watch


class Verbs:
    """All of what can be done with objects, but exec and logs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.watches: set[Watch] = set()
        """Those that are open."""

    async def answer(self, request: web.BaseRequest, target: Target) -> web.StreamResponse:
        """Raises `Refusal`."""
        if request.method == "GET":
            return await self._read(request, target)
        body = await request.read()
        wish = decoded(body) if request.method == "DELETE" and body else {}
        is_rehearsal = request.query.get("dryRun") == "All" or "All" in (wish.get("dryRun") or ())
        with self._store.rehearsal() if is_rehearsal else nullcontext():
            match request.method:
                case "POST" if target.subresource == "eviction":
                    return self._evict(target, _received(request, body))
                case "POST" if not target.name or target.subresource == "binding":
                    return self._create(target, _received(request, body))
                case "PUT" if target.name:
                    return self._update(target, _received(request, body))
                case "PATCH" if target.name:
                    return self._patch(target, _patch(request, body))
                case "DELETE" if not target.subresource:
                    return self._delete(request, target, wish)
                case _:
                    raise failures.method_not_allowed()

    async def _read(self, request: web.BaseRequest, target: Target) -> web.StreamResponse:
        view = View(target.resource, wished_form(request.headers.get("Accept", "")))
        if target.name:
            obj = self._store.peek(target.resource, target.namespace, target.name)
            return reply(to_scale(obj) if target.subresource == "scale" else view.one(obj, datetime.now(UTC)))
        options = parse_options(target.resource, request.query)
        if options.watch:
            return await self._watch(request, Watch(self._store, view, target.namespace, options))
        return reply(listed(self._store, view, target.namespace, options, datetime.now(UTC)))

    async def _watch(self, request: web.BaseRequest, watch: Watch) -> web.StreamResponse:
        self.watches.add(watch)
        try:
            return await watch.run(request)
        finally:
            self.watches.discard(watch)

    def _create(self, target: Target, obj: Json) -> web.Response:
        if target.subresource == "binding":
            self._store.bind(target.namespace, target.name, obj.get("target", {}).get("name", ""))
            return _created()
        return reply(self._store.create(_placed(target, obj)), 201)

    def _evict(self, target: Target, eviction: Json) -> web.Response:
        """There are no PodDisruptionBudgets here, so an eviction is a deletion that may be refused and never is."""
        if name_of(eviction) not in ("", target.name):
            raise failures.bad_request("name in URL does not match name in Eviction object")
        self._store.delete(target.resource, target.namespace, target.name, _wished(eviction.get("deleteOptions") or {}))
        return _created()

    def _update(self, target: Target, obj: Json) -> web.Response:
        if target.subresource == "scale":
            return self._rescale(target, lambda _: obj)
        placed = _placed(target, obj)
        if name_of(placed) != target.name:
            raise failures.bad_request(
                f"the name of the object ({name_of(placed)}) does not match the name on the URL ({target.name})"
            )
        there = self._store.has(target.resource, target.namespace, target.name)
        return reply(self._store.update(placed, target.subresource or None), 200 if there else 201)

    def _patch(self, target: Target, patch: Patch) -> web.Response:
        if target.subresource == "scale":
            return self._rescale(target, lambda scale: patched(scale, patch))
        there = self._store.has(target.resource, target.namespace, target.name)
        place = (target.resource, target.namespace, target.name)
        return reply(self._store.patch(*place, patch, target.subresource or None), 200 if there else 201)

    def _rescale(self, target: Target, change: Callable[[Json], Json]) -> web.Response:
        place = (target.resource, target.namespace, target.name)
        return reply(to_scale(self._store.modify(*place, lambda obj: scaled(obj, change(to_scale(obj))))))

    def _delete(self, request: web.BaseRequest, target: Target, wish: Json) -> web.Response:
        how = _deletion(request, wish)
        if target.name:
            return self._delete_one(target, how)
        options = parse_options(target.resource, request.query)
        chosen = self._store.select(target.resource, target.namespace, options.chooses)
        gone = [self._store.delete(target.resource, namespace_of(obj), name_of(obj), how) for obj in chosen]
        metadata = {"resourceVersion": str(self._store.history.version)}
        kind = {"kind": f"{target.resource.kind}List", "apiVersion": target.resource.api_version}
        return reply({**kind, "metadata": metadata, "items": gone})

    def _delete_one(self, target: Target, how: Deletion) -> web.Response:
        resource = target.resource
        obj = self._store.delete(resource, target.namespace, target.name, how)
        held = self._store.has(resource, target.namespace, target.name)
        if held or resource in (PODS, SERVICEACCOUNTS):
            return reply(obj)
        details = {"name": target.name, "group": resource.group, "kind": resource.plural, "uid": obj["metadata"]["uid"]}
        if not resource.group:
            del details["group"]
        status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
        return reply({**status, "details": details})


def reply(body: Json, code: int = 200) -> web.Response:
    """A JSON answer."""
    return web.Response(status=code, body=msgspec.json.encode(body), content_type="application/json")


def _created() -> web.Response:
    return reply({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)


def _received(request: web.BaseRequest, body: bytes) -> Json:
    """The object in a body, in any of the formats that clients send."""
    if request.content_type == protobuf.CONTENT_TYPE:
        return protobuf.decoded(body)
    return decoded(body)


def decoded(body: bytes) -> Json:
    """The object in a body of JSON or YAML. Raises a 400 Refusal."""
    try:
        obj = msgspec.json.decode(body) if body.startswith(b"{") else yaml.safe_load(body)
    except (msgspec.DecodeError, yaml.YAMLError) as error:
        raise failures.bad_request(f"the object provided cannot be read: {error}") from None
    if not isinstance(obj, dict):
        raise failures.bad_request("the object provided is unrecognized (must be of type Object)")
    return obj


def _placed(target: Target, obj: Json) -> Json:
    """The body with what its address says: type and namespace. Raises a 400 Refusal if they disagree."""
    resource = target.resource
    wished = obj.setdefault("apiVersion", resource.api_version), obj.setdefault("kind", resource.kind)
    if wished != (resource.api_version, resource.kind):
        raise failures.bad_request(
            f"the API version in the data ({wished[0]}, {wished[1]}) does not match the expected API version "
            f"({resource.api_version}, {resource.kind})"
        )
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict):
        metadata = obj["metadata"] = {}
    if resource.namespaced and metadata.setdefault("namespace", target.namespace) != target.namespace:
        raise failures.bad_request("the namespace of the provided object does not match the namespace sent on the request")
    return obj


def _patch(request: web.BaseRequest, body: bytes) -> Patch:
    kinds = [kind.value for kind in PatchType]
    if request.content_type not in kinds:
        raise failures.unsupported_patch(request.content_type, kinds)
    kind = PatchType(request.content_type)
    if kind is PatchType.APPLY and not request.query.get("fieldManager"):
        cause = failures.Cause("FieldValueRequired", "Required value: is required for apply patch", "fieldManager")
        raise failures.invalid("PatchOptions", "meta.k8s.io", "", [cause])
    return Patch(kind, _list_or_object(body) if kind is PatchType.JSON else decoded(body))


def _list_or_object(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise failures.bad_request(f"error decoding patch: {error}") from None


def _deletion(request: web.BaseRequest, wish: Json) -> Deletion:
    in_query = {key: request.query[key] for key in ("gracePeriodSeconds", "propagationPolicy") if request.query.get(key)}
    return _wished(wish | in_query)


def _wished(wish: Json) -> Deletion:
    grace = wish.get("gracePeriodSeconds")
    propagation = wish.get("propagationPolicy") or Propagation.BACKGROUND
    try:
        conditions = wish.get("preconditions") or {}
        return Deletion(
            grace=None if grace is None else int(grace),
            uid=conditions.get("uid"),
            version=conditions.get("resourceVersion"),
            propagation=Propagation(propagation),
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise failures.bad_request(f"the delete options cannot be read: {error}") from None
