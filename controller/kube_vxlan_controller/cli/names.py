"""I/O. What may stand for a pod, a namespace, a network or a context on the command line, when the shell completes a word.

The API server is asked for it, or the kubeconfig. Law: whatever goes wrong, there is nothing to offer, and nothing is said;
and nobody waits longer than `WITHIN`.
"""

import asyncio
import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer

from kube_vxlan_controller.cli.complaint import Complaint
from kube_vxlan_controller.cli.given import read_settings
from kube_vxlan_controller.cli.world import opened
from kube_vxlan_controller.desired import Desired
from kube_vxlan_controller.kube.kubeconfig import contexts
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


def namespace_names(context: typer.Context, incomplete: str) -> list[str]:
    """The namespaces in which there are labelled pods."""
    desired = _desired(context)
    return _beginning(incomplete, sorted({place.namespace for place in desired.wishes}) if desired else ())


def context_names(context: typer.Context, incomplete: str) -> list[str]:
    """The contexts of the kubeconfig."""
    try:
        path = read_settings(_arguments(context)).settings.kubeconfig
    except Complaint:
        return []
    texts = []
    for part in path.split(os.pathsep):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            texts.append(Path(part).read_text(encoding="utf-8"))
    return _beginning(incomplete, contexts(texts))


def words_of(words: Sequence[str], incomplete: str) -> list[str]:
    """Of a list with commas: what was typed of it, with each of the words that it does not have yet as its last one."""
    *done, last = incomplete.split(",")
    return [",".join([*done, word]) for word in words if word.startswith(last) and word not in done]


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(incomplete)]


def _arguments(context: typer.Context) -> dict[str, str]:
    words = {option.name: context.params.get(option.name.replace("-", "_")) for option in OPTIONS}
    return {name: word for name, word in words.items() if isinstance(word, str)}  # `check --annotation` is no setting


def _desired(context: typer.Context) -> Desired | None:
    try:
        settings = read_settings(_arguments(context)).reachable()
        return asyncio.run(_read(settings, context.params.get("in_namespace") or ""))
    except (Complaint, WorldError, ExceptionGroup, TimeoutError):
        return None


async def _read(settings: Settings, namespace: str) -> Desired:
    async with asyncio.timeout(WITHIN), opened(settings, quiet=True) as world:
        return await world.desired(namespace)
