"""I/O. What may stand for a pod or a network on the command line: asked of the API server when the shell completes a word.

Law: whatever goes wrong, there is nothing to offer, and nothing is said; and nobody waits longer than `WITHIN`.
"""

import asyncio
from collections.abc import Iterable

import typer

from kube_vxlan_controller.cli.complaint import Complaint
from kube_vxlan_controller.cli.given import read_settings
from kube_vxlan_controller.cli.world import opened
from kube_vxlan_controller.desired import Desired
from kube_vxlan_controller.ports import WorldError
from kube_vxlan_controller.settings import OPTIONS, Settings

WITHIN = 2.0
"""Seconds."""


def pod_names(context: typer.Context, incomplete: str) -> list[str]:
    """Labelled pods, of the namespace that was given with -n; with their namespaces once one is begun."""
    desired = _desired(context)
    places = sorted(desired.wishes) if desired else []
    return _beginning(incomplete, (str(place) if "/" in incomplete else place.name for place in places))


def network_names(context: typer.Context, incomplete: str) -> list[str]:
    """The networks of the ConfigMap, and those that pods define on their own."""
    desired = _desired(context)
    if desired is None:
        return []
    return _beginning(incomplete, sorted({*(desired.networks.definitions or ()), *desired.membership.keys}))


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


def _desired(context: typer.Context) -> Desired | None:
    words = {option.name: context.params.get(option.name.replace("-", "_")) for option in OPTIONS}
    try:
        settings = read_settings({name: word for name, word in words.items() if word is not None}).reachable()
        return asyncio.run(_read(settings, context.params.get("in_namespace") or ""))
    except (Complaint, WorldError, ExceptionGroup, TimeoutError):
        return None


async def _read(settings: Settings, namespace: str) -> Desired:
    async with asyncio.timeout(WITHIN), opened(settings, quiet=True) as world:
        return await world.desired(namespace)
