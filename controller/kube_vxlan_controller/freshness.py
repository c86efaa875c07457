"""I/O. How well each kind of object is known: told by the watches, logged, and asked by readyz.

Laws: a kind is unlisted for as long as it is for the hand, which does nothing until then: a list in which an object could not
be read may be none.
"""

import asyncio
import logging
from collections.abc import Callable

from kube_vxlan_controller.kube.happenings import Fresh, Happening, Stale, Trouble
from kube_vxlan_controller.logs import MINUTE
from kube_vxlan_controller.serving import Health
from kube_vxlan_controller.snapshot import Kind, Snapshot
from kube_vxlan_controller.views import ConfigMapObject, PodObject

log = logging.getLogger(__name__)


class Freshness:
    """`snapshot` gives what the hand knows."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot
        self._stale: dict[Kind, float] = {}
        self._said: dict[Kind, tuple[str, float]] = {}
        """What went wrong last with each kind, and when that was logged."""

    def told(self, kind: Kind, told: Happening[PodObject] | Happening[ConfigMapObject]) -> None:
        """Take in what a watch says of its kind."""
        match told:
            case Stale(since, why):
                self._stale[kind] = since
                log.warning("nobody confirms what is known of the %s; nothing is removed until somebody does: %s", kind, why)
            case Fresh():
                self._stale.pop(kind, None)
                log.info("the %s are known up to now again", kind)
            case Trouble(why):
                self._warn(kind, why)

    def _warn(self, kind: Kind, why: str) -> None:
        """Log it, but once a minute while it stays the same: a server that is away is asked for every other second."""
        now = asyncio.get_running_loop().time()
        before, at = self._said.get(kind, ("", 0.0))
        if why != before or now - at >= MINUTE:
            self._said[kind] = why, now
            log.warning("%s: %s", kind, why)

    def health(self) -> Health:
        """How well everything is known now."""
        now = asyncio.get_running_loop().time()
        unlisted = frozenset(Kind) - self._snapshot().listed
        return Health(unlisted, {kind: now - since for kind, since in self._stale.items()})
