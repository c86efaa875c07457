"""Pure. What plainly written annotations and networks mean: a second reader, of far less than users may write.

It reads what looks as in the documentation, and gives everything else up with `NotPlain`: what such a text means is for whoever
wrote it to say (`Checker.means`, `Checker.defines`). So the checker never has to agree with the controller about odd texts.
"""

import re
from ipaddress import ip_address, ip_interface, ip_network

from tests.checker.facts import Entries, Options

_NUMBER = r"0|[1-9][0-9]{0,7}"
_NAME = r"[a-z0-9][a-z0-9_.-]{0,14}"
_FLAG = r"true|false"
_PLAIN = {
    "id": r"[1-9][0-9]{0,6}",
    "name": _NAME,
    "dev": _NAME,
    "type": "vxlan",
    "up": _FLAG,
    "mtu": rf"{_NUMBER}|false",
    "port": _NUMBER,
    "learning": _FLAG,
    "ttl": rf"{_NUMBER}|false",
    "family": "ipv4|ipv6",
    "namespaces": r"[a-z0-9-]+(,[a-z0-9-]+)*",
}
_LISTS = ("ip", "route")


class NotPlain(ValueError):
    """The text means something that has to be told."""


def annotation(text: str) -> Entries:
    """The networks of an annotation, with the options that are written there. Raises `NotPlain`."""
    if re.search(r"[^\t\n -~]", text):
        raise NotPlain(text)
    found: dict[str, Options | None] = {}
    for entry in re.split(r"[,\n]", re.sub(r"\n+[ \t]+", " ", text.strip("\n"))):
        words = entry.split()
        if not words:
            continue
        if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]*", words[0]) or words[0] in found:
            raise NotPlain(text)
        found[words[0]] = _options(words[1:], text)
    return found


def definition(value: str) -> Options:
    """The options of a network in the ConfigMap. Raises `NotPlain`."""
    if re.fullmatch(r"[1-9][0-9]{0,6}", value.strip()):
        return {"id": value.strip()}
    return _options(value.split(), value)


def _options(words: list[str], text: str) -> Options:
    single: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    for word in words:
        name, _, value = word.partition("=")
        if "=" not in word and name in ("up", "learning"):
            value = "true"
        if name in _LISTS and _is_canonical(name, value) and value not in lists.get(name, []):
            lists.setdefault(name, []).append(value)
        elif name in _PLAIN and name not in single and re.fullmatch(_PLAIN[name], value):
            single[name] = value
        else:
            raise NotPlain(text)
    return {**single, **{name: tuple(values) for name, values in lists.items()}}


def _is_canonical(name: str, value: str) -> bool:
    """Whether an address or route is written as the kernel prints it."""
    try:
        if name == "ip":
            return str(ip_interface(value)) == value
        subnet, gateway = re.fullmatch(r"(.+?/[0-9]+):(.+)", value).groups()  # type: ignore[union-attr]
        return f"{ip_network(subnet)}:{ip_address(gateway)}" == value
    except (ValueError, AttributeError):
        return False
