"""Pure. What can be wished for at one moment of a run, in the words of the checker."""

from dataclasses import dataclass
from typing import Final

ROOM: Final = "room"


@dataclass(frozen=True, slots=True)
class Member:
    """The pod has a link for this network: it sends to all that are `Reached` there, but for its own address."""

    pod: str
    network: str
    link: str
    vni: int
    port: int
    address: str


@dataclass(frozen=True, slots=True)
class Reached:
    """The members of this network send to this address, which is this pod's."""

    pod: str
    network: str
    vni: int
    port: int
    address: str


@dataclass(frozen=True, slots=True)
class Adrift:
    """Nobody can tell whether this live pod's address belongs to the network (to any, if empty): it stays as it is."""

    network: str
    address: str


@dataclass(frozen=True, slots=True)
class Held:
    """Nobody can tell what the pod should have of this network (of any, if empty): what there is stays."""

    pod: str
    network: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The pod must not have this network."""

    pod: str
    network: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """Nobody looks after the pod's kernel (any more)."""

    pod: str


@dataclass(frozen=True, slots=True)
class Alive:
    """A live pod claims this address."""

    address: str


@dataclass(frozen=True, slots=True)
class Has:
    """The pod's kernel holds this on a link: `vni`, `port`, `family` (4 or 6), `up`, `ttl`, `mtu`, `learning`, `local`, `ip` or
    `route`.

    An `mtu` of `ROOM` is as much as fits through the lower device.
    """

    pod: str
    link: str
    what: str
    value: str


@dataclass(frozen=True, slots=True)
class Kept:
    """This is wished for, or nobody can tell any more whether it is: if it is there, it must not go."""

    wish: Member | Reached | Has


Wish = Member | Reached | Adrift | Held | Refused | Unseen | Alive | Has | Kept
