"""I/O. The only place where things are built and joined: settings in, a running controller out.

Here nothing is decided but what is joined to what. The stages: `__init__`; an event's way through them: docs/architecture.md.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import assert_never

import uvloop

from kube_vxlan_controller.agents.limits import Limits
from kube_vxlan_controller.agents.streams import Streams
from kube_vxlan_controller.connecting import connection
from kube_vxlan_controller.desired import Policy
from kube_vxlan_controller.election import Candidate
from kube_vxlan_controller.feeding import config_changes, networks_resource, pod_changes, pods_resource
from kube_vxlan_controller.fenced import Fenced
from kube_vxlan_controller.freshness import Freshness
from kube_vxlan_controller.kube.client import ApiClient, Deadlines
from kube_vxlan_controller.kube.conditions import Conditions
from kube_vxlan_controller.kube.connection import BadConnection, Connection
from kube_vxlan_controller.kube.events import Events
from kube_vxlan_controller.kube.events import Limits as EventLimits
from kube_vxlan_controller.kube.exec import PodExec
from kube_vxlan_controller.kube.happenings import Happening
from kube_vxlan_controller.kube.lease import Lease
from kube_vxlan_controller.kube.notes import Event, Regarding
from kube_vxlan_controller.kube.watch import follow
from kube_vxlan_controller.leadership import Alone, Leadership
from kube_vxlan_controller.metrics import CountedExec, Metrics
from kube_vxlan_controller.model import Place
from kube_vxlan_controller.ports import WorldError
from kube_vxlan_controller.reconcile import Reconciler
from kube_vxlan_controller.serving import Pulse, serve
from kube_vxlan_controller.settings import Settings
from kube_vxlan_controller.snapshot import Kind
from kube_vxlan_controller.telling import News, Readiness, Tale
from kube_vxlan_controller.tempo import Tempo
from kube_vxlan_controller.views import ConfigMapObject, PodObject

log = logging.getLogger(__name__)


def run(settings: Settings) -> int:
    """Run the controller until SIGTERM or SIGINT; the exit code."""
    code = 0
    try:
        uvloop.run(_run(settings))
    except* WorldError as errors:
        for error in _leaves(errors):
            log.error("%s", error)
            code = max(code, os.EX_USAGE if isinstance(error, BadConnection) else 1)
    return code


async def _run(settings: Settings) -> None:
    metrics = Metrics()
    where = await connection(settings)
    async with (
        ApiClient(where) as api,
        _leadership(settings, where, metrics) as leadership,
        Streams(
            CountedExec(PodExec(api), metrics), lambda: leadership.epoch, Limits().for_audits(settings.audit_every)
        ) as agents,
    ):
        events = Events(api, socket.gethostname(), metrics.reported, EventLimits())
        policy = Policy(settings.agents, settings.gate_open, settings.vni_from_configmap)
        conditions = Conditions(api, metrics.conditioned) if settings.reports_readiness else None
        tell, tempo = _telling(events, conditions), Tempo(audit_every=settings.audit_every)
        hand = Reconciler(Fenced(agents, leadership.doubt), policy, metrics, tell, tempo)
        freshness = Freshness(lambda: hand.snapshot)
        take_pod, take_config = _feeding(settings, hand, freshness, conditions)
        pulse = Pulse(metrics)

        def troubles() -> list[str]:
            return [trouble for trouble in (pulse.trouble, leadership.trouble) if trouble]

        async with serve(settings.listen, troubles, freshness.health, metrics), asyncio.TaskGroup() as tasks:
            endless = [
                tasks.create_task(pulse.run()),
                tasks.create_task(events.run()),
                tasks.create_task(follow(api, pods_resource(settings.selector), take_pod)),
                tasks.create_task(follow(api, networks_resource(settings.namespace, settings.configmap_name), take_config)),
            ]
            _stop_on_signals(hand.stop)
            log.info("started", extra={"server": where.server})
            await leadership.run(hand.stand_by, hand.run if conditions is None else partial(conditions.during, hand.run))
            for task in endless:
                task.cancel()
        log.info("stopped; the pods' networks stay as they are")


@contextlib.asynccontextmanager
async def _leadership(settings: Settings, where: Connection, metrics: Metrics) -> AsyncIterator[Leadership | Alone]:
    """With connections of its own, so that no burst of other calls delays a renewal."""
    timing = settings.lease
    if timing is None:
        yield Alone(metrics)
        return
    us = Candidate(f"{socket.gethostname()}_{uuid.uuid4()}", timing.duration)
    async with ApiClient(where, Deadlines(timing.call, timing.call)) as api:
        yield Leadership(Lease(api, settings.namespace, settings.lease_name), us, timing, metrics)


def _feeding(
    settings: Settings, hand: Reconciler, freshness: Freshness, conditions: Conditions | None
) -> tuple[Callable[[Happening[PodObject]], None], Callable[[Happening[ConfigMapObject]], None]]:
    """Who takes in what the watches tell of pods, and of the ConfigMap."""

    def take_pod(told: Happening[PodObject]) -> None:
        freshness.told(Kind.PODS, told)
        for change in pod_changes(told, settings.annotation, settings.agents):
            hand.accept(change)
        if conditions is not None:
            conditions.saw(told)

    def take_config(told: Happening[ConfigMapObject]) -> None:
        freshness.told(Kind.NETWORKS, told)
        for change in config_changes(told):
            hand.accept(change)

    return take_pod, take_config


def _stop_on_signals(stop: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _telling(events: Events, conditions: Conditions | None) -> Callable[[News], None]:
    """Every tale is logged, and an Event written for those that are no mere details; readiness becomes a condition."""

    def tell(news: News) -> None:
        match news:
            case Tale():
                _log_tale(news)
                if not news.reason.quiet:
                    events.tell(_event(news))
            case Readiness():
                if conditions is not None:
                    conditions.wish(news)
            case _:
                assert_never(news)

    return tell


def _event(tale: Tale) -> Event:
    about, reason = tale.about, tale.reason
    kind = "Pod" if isinstance(about, Place) else "ConfigMap"
    return Event(Regarding(kind, about.namespace, about.name, about.uid), reason.fine, reason, reason.action, tale.note)


def _log_tale(tale: Tale) -> None:
    """One story per pod: every line names it, so that one search finds all of it."""
    level = logging.DEBUG if tale.reason.quiet else logging.INFO if tale.reason.fine else logging.WARNING
    kind = "pod" if isinstance(tale.about, Place) else "configmap"
    network = {"network": tale.network} if tale.network else {}
    log.log(level, "%s: %s", tale.reason, tale.line, extra={kind: str(tale.about), "uid": tale.about.uid, **network})


def _leaves(errors: BaseExceptionGroup[WorldError]) -> Iterator[BaseException]:
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
