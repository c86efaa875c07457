"""All promises, as one list: each is a coroutine function of a `Server`, named by what it promises."""

import inspect
from collections.abc import Awaitable, Callable

from tests.contract import executing, listing, telling, watching
from tests.contract.server import Server

Promise = Callable[[Server], Awaitable[None]]


def _promises() -> dict[str, Promise]:
    found = {}
    for module in (listing, watching, telling, executing):
        for name, one in inspect.getmembers(module, inspect.iscoroutinefunction):
            if not name.startswith("_") and one.__module__ == module.__name__:
                found[name.replace("_", " ")] = one
    return found


PROMISES = _promises()
