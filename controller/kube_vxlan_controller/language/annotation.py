"""Pure. A user's text becomes requests for networks, or Faults: the annotation of a pod, the value in the ConfigMap.

The grammar stands in `networks.lark`. What an option means is not known here; `options` judges it. Laws: no text raises;
the time is linear in its length; every fault has its place, and they come in the order of the text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from lark import Lark, Token, Tree

from kube_vxlan_controller.language.mistakes import Mistake, Spot, quoted
from kube_vxlan_controller.language.strays import stray
from kube_vxlan_controller.model import Fault, NetworkName, Scope, Span

LONGEST_TEXT = 16 * 1024
"""Bytes of an annotation, in UTF-8."""
MOST_NETWORKS = 64
"""Networks of one pod."""
ADDRESS_LETTERS = frozenset("0123456789abcdefABCDEF.:/")

TOO_MANY = Mistake(
    "too-many-networks",
    f"A pod may have at most {MOST_NETWORKS} networks; this is one more.",
    "remove networks from the annotation",
    Scope.POD,
)
NO_NETWORK = Mistake(
    "option-before-network",
    "An option stands where the name of a network is expected.",
    "write the network first, as in `vxeth0 ip=192.168.10.1/24`",
    Scope.POD,
)
AFTER_COMMA = Mistake(
    "comma-in-value",
    "A comma ends a network, so this belongs to nothing.",
    "repeat the option with a blank between, as in `ip=192.168.10.1/24 ip=192.168.20.1/24`",
)


@dataclass(frozen=True, slots=True)
class Written:
    """An option as it was written, unjudged. `value` is None without `=`; `name` is empty when only the value is there."""

    name: str
    value: str | None
    spot: Spot
    value_spot: Spot
    """Where the value stands; the whole option when it has none."""


@dataclass(frozen=True, slots=True)
class Request:
    """A network that a pod asks for, with its options in the order written."""

    network: NetworkName
    options: tuple[Written, ...]
    spot: Spot


@dataclass(frozen=True, slots=True)
class Parsed:
    """An annotation, read. A request that has faults of its own is there as well, so that the rest of it can be judged."""

    requests: tuple[Request, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedDefinition:
    """The value of a network in the ConfigMap, read."""

    options: tuple[Written, ...] = ()
    faults: tuple[Fault, ...] = ()


def parse(text: str) -> Parsed:
    """Read the text of an annotation."""
    lines = _lines(text)
    whole = _unreadable(text)
    if whole is not None:
        return Parsed(faults=(whole.at(_first_spot(lines)),))
    reading = _Reading(lines)
    reading.read(_grammar("annotation").parse(text))
    return Parsed(tuple(reading.requests.values()), tuple(reading.faults))


def parse_definition(text: str) -> ParsedDefinition:
    """Read a network's value in the ConfigMap."""
    lines = _lines(text)
    items = list(_items(_grammar("definition").parse(text).children, lines))
    faults = [item.mistake.at(item.where) for item in items if isinstance(item, _Stray)]
    return ParsedDefinition(tuple(item for item in items if isinstance(item, Written)), tuple(faults))


@dataclass(frozen=True, slots=True)
class _Stray:
    """Something that is no option at all."""

    word: str
    spot: Spot
    """The whole word."""
    mistake: Mistake
    where: Spot
    """The character that makes it one."""


class _Reading:
    """Walks the tree of one annotation, entry by entry."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.requests: dict[NetworkName, Request] = {}
        self.faults: list[Fault] = []
        self._last: NetworkName | None = None
        self._after_comma = False

    def read(self, tree: Tree[Token]) -> None:
        for child in tree.children:
            if isinstance(child, Token):
                self._after_comma = child == ","
            elif len(self.requests) < MOST_NETWORKS or child.data != "network":
                self._entry(child)
            else:
                self.faults.append(TOO_MANY.at(_spot(_token(child), self.lines)))
                return

    def _entry(self, entry: Tree[Token]) -> None:
        head = _token(entry)
        if entry.data == "network":
            self._network(head, list(_items(entry.children[1:], self.lines)))
        else:
            self._headless(list(_items(_headed(entry), self.lines)))

    def _network(self, head: Token, items: list["Written | _Stray"]) -> None:
        name, spot = NetworkName(str(head)), _spot(head, self.lines)
        self._last = name
        if name in self.requests:
            self.faults.append(_twice(name).at(spot, name))
            return
        self._strays(items, name)
        options = tuple(item for item in items if isinstance(item, Written))
        self.requests[name] = Request(name, options, spot)

    def _headless(self, items: list["Written | _Stray"]) -> None:
        """An entry that does not start with a network's name: after a comma it is most likely the rest of a value."""
        first = items[0]
        rest = isinstance(first, Written) or ADDRESS_LETTERS.issuperset(first.word)
        if self._after_comma and self._last is not None and rest:
            self.faults.append(AFTER_COMMA.at(first.spot, self._last))
            items = items[1:]
        elif isinstance(first, Written):
            self.faults.append(NO_NETWORK.at(first.spot))
        self._strays(items, None)

    def _strays(self, items: list["Written | _Stray"], network: NetworkName | None) -> None:
        """Tells the first stray word of each line: the others on it are most likely the same mistake."""
        told: set[int] = set()
        for before, item in zip((None, *items), items, strict=False):
            if not isinstance(item, _Stray) or item.where.span.line in told:
                continue
            if isinstance(before, Written) and before.value == "" and item.word.isprintable():
                continue  # the value of an option that was written with a blank after its `=`, which is told already
            told.add(item.where.span.line)
            self.faults.append(item.mistake.at(item.where, network))


def _twice(name: str) -> Mistake:
    return Mistake(
        "duplicate-network", f"The network {quoted(name)} is there twice.", "write all of its options in one place", Scope.POD
    )


def _unreadable(text: str) -> Mistake | None:
    """What makes the text as a whole no annotation, if anything does."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LONGEST_TEXT:
        message = f"The annotation has {size} bytes; at most {LONGEST_TEXT} are read."
        return Mistake("text-too-long", message, "put options that many pods share into the ConfigMap", Scope.POD)
    if text.lstrip(" \t\r\n")[:1] in ("{", "[", "<"):
        return Mistake(
            "not-network-syntax",
            "This looks like JSON, YAML or HTML, which is not the network syntax.",
            "write names and options as text, as in `vxeth0 ip=192.168.10.1/24, vxeth1`",
            Scope.POD,
        )
    return None


def _items(children: list[Tree[Token] | Token], lines: list[str]) -> Iterator[Written | _Stray]:
    """The options and strays of an entry, in order. An option whose value hides something is a stray."""
    for child in children:
        assert isinstance(child, Tree)
        first, whole = _token(child), "".join(str(part) for part in child.children)
        spot = _spot(first, lines, len(whole))
        if child.data == "option" and whole.isprintable():
            name, equals, value = whole.partition("=")
            value_spot = _spot(first, lines, len(value), len(name) + 1) if value else spot
            yield Written(name, value if equals else None, spot, value_spot)
        else:
            mistake, offset = stray(whole)
            yield _Stray(whole, spot, mistake, _spot(first, lines, 1, offset))


def _headed(entry: Tree[Token]) -> list[Tree[Token] | Token]:
    """The items of a headless entry, its first one (which the grammar leaves open) among them."""
    tokens = [child for child in entry.children if isinstance(child, Token)]
    data = "option" if tokens[0].type in ("WORD", "SETTING") else "stray"
    return [Tree(data, list(tokens)), *entry.children[len(tokens) :]]


def _token(tree: Tree[Token]) -> Token:
    first = tree.children[0]
    assert isinstance(first, Token)
    return first


def _spot(token: Token, lines: list[str], length: int = 0, offset: int = 0) -> Spot:
    assert token.line is not None
    assert token.column is not None
    span = Span(token.line, token.column + offset, length or len(token))
    return Spot(span, lines[token.line - 1])


def _lines(text: str) -> list[str]:
    """The lines without their ends; a character has the same column in them as in the text."""
    return text.replace("\r\n", "\n").split("\n")


def _first_spot(lines: list[str]) -> Spot:
    """The first character that is not a blank."""
    for number, line in enumerate(lines, 1):
        stripped = line.lstrip(" \t\r")
        if stripped:
            return Spot(Span(number, len(line) - len(stripped) + 1), line)
    return Spot(Span(1, 1), "")


@cache
def _grammar(start: str) -> Lark:
    """Built once for each start: it is a constant, but building it takes 15 ms that most commands do not need."""
    return Lark.open_from_package(__name__, "networks.lark", start=start, parser="lalr", lexer="basic")
