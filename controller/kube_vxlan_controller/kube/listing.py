"""I/O. Everything that there is of one resource, in pages, without stopping the event loop.

Laws: a list is consistent, never from a server's cache of unknown age (no `resourceVersion=0`). An object that cannot be read
is skipped and counted, it spoils no other.
"""

import asyncio
from dataclasses import dataclass
from typing import Generic

import msgspec

from kube_vxlan_controller.kube.client import ApiClient
from kube_vxlan_controller.kube.happenings import Resource, T
from kube_vxlan_controller.ports import Unreachable

PAGE = 500
"""Objects per page; 500 pods are decoded in about 15 ms."""
_BREATH = 0.005
"""Seconds of work after which others get their turn."""


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """Everything that there is at `version`, less the `skipped` objects that could not be read."""

    objects: tuple[T, ...]
    version: str
    skipped: int = 0


class _ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    continue_: str | None = msgspec.field(default=None, name="continue")


class _Page(msgspec.Struct, frozen=True):
    metadata: _ListMeta
    items: list[msgspec.Raw] | None = None


class Reader(Generic[T]):
    """Decodes objects of one type; lets others have their turn every few milliseconds."""

    def __init__(self, resource: Resource[T]) -> None:
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(resource.type)
        self._since = asyncio.get_running_loop().time()

    def read(self, raw: msgspec.Raw) -> T | None:
        """The object, None when it cannot be read: null, without metadata, of another shape."""
        try:
            return self._decoder.decode(raw)
        except msgspec.MsgspecError:
            return None

    async def breathe(self) -> None:
        """To be called in every round of a loop that may be long."""
        loop = asyncio.get_running_loop()
        if loop.time() - self._since > _BREATH:
            await asyncio.sleep(0)
            self._since = loop.time()


async def list_all(api: ApiClient, resource: Resource[T]) -> Listing[T]:
    """List in pages. Raises as `ApiClient.get`; `Gone` also when the list changed too much between two pages: start again."""
    reader, objects, skipped = Reader(resource), list[T](), 0
    params = {**resource.params, "limit": str(PAGE)}
    while True:
        page = await api.get(resource.path, _Page, params)
        if not page.metadata.resource_version:
            raise Unreachable(f"GET {resource.path}: the answer is no list: it has no resourceVersion")
        for raw in page.items or ():
            one = reader.read(raw)
            if one is None:
                skipped += 1
            else:
                objects.append(one)
            await reader.breathe()
        if not page.metadata.continue_:
            return Listing(tuple(objects), page.metadata.resource_version, skipped)
        params["continue"] = page.metadata.continue_
