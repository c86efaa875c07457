"""Pure. What a lab tells of the watches that are open (`GET /lab/watches`, docs/development.md), as facts."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tests.checker.facts import Closed, Fact, Heard

_CLIENT = "kube-vxlan-controller"
"""How the controller's requests begin to say who asks; kubectl and this checker are somebody else."""


class Watches:
    """Those of the controller that were open at the last look. `offset`: the wall's clock less the history's."""

    def __init__(self, offset: float) -> None:
        self._offset = offset
        self._open: dict[Heard, float] = {}

    def changes(self, told: Mapping[str, Any], now: float) -> Iterator[Fact]:
        """What is new in an answer of the lab that was had at this time; of an empty answer, that none is open."""
        ours = (one for one in told.get("items", ()) if one["client"].startswith(_CLIENT))
        found = {Heard(one["path"], self._clock(one["opened"])): self._clock(one["spoke"]) for one in ours}
        yield from (Fact(spoke, "", one, "world") for one, spoke in found.items() if self._open.get(one) != spoke)
        yield from (Fact(now, "", Closed(one.path, one.opened), "world") for one in self._open.keys() - found.keys())
        self._open = found

    def _clock(self, timestamp: str) -> float:
        return datetime.fromisoformat(timestamp).timestamp() - self._offset
