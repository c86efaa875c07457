"""Pure. What can be wished for at one moment of a run, in the words of the checker."""

from typing import NamedTuple


class Member(NamedTuple):
    """The pod has a link for this network: it sends to all that are `Reached` there, but for its own address."""

    pod: str
    network: str
    link: str
    vni: int
    port: int
    address: str


class Reached(NamedTuple):
    """The members of this network send to this address."""

    network: str
    vni: int
    port: int
    address: str


class Adrift(NamedTuple):
    """Nobody can tell whether this live pod's address belongs to the network (to any, if empty): it stays as it is."""

    network: str
    address: str


class Held(NamedTuple):
    """Nobody can tell what the pod should have of this network (of any, if empty): what there is stays."""

    pod: str
    network: str


class Refused(NamedTuple):
    """The pod must not have this network."""

    pod: str
    network: str


class Unseen(NamedTuple):
    """Nobody looks after the pod's kernel (any more)."""

    pod: str


class Alive(NamedTuple):
    """A live pod claims this address."""

    address: str


class Has(NamedTuple):
    """The pod's kernel holds this on a link: `what` is `vni`, `port`, `up`, `ttl`, `mtu`, `learning`, `ip` or `route`."""

    pod: str
    link: str
    what: str
    value: str


Wish = Member | Reached | Adrift | Held | Refused | Unseen | Alive | Has
