"""Pure. The text of a configuration file as names with values and lines, in TOML or in the ancestor's Erlang terms.

Both forms are flat: a name, a text. The ancestor's users have mounted Erlang terms (`[{'kube-vxlan-controller', [{selector,
"..."}]}].`, or the pairs alone), and those files stay good. Laws: a name comes out with dashes whatever the file wrote
(`ca_cert_file` is `ca-cert-file`); of two equal names the later one holds; a text that is neither form is a `Malformed` with
its line, never another exception.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

SECTION = "kube-vxlan-controller"
"""What a file made for the Erlang machine calls our part of it; the parts of other programs are passed over."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A value, and the line on which its name stands (from 1; 0 where that is not known)."""

    value: str
    line: int


class Malformed(Exception):
    """The text is not a configuration file; `str()` is a sentence without the file's name."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def read_config(text: str) -> Mapping[str, Entry]:
    """The entries of a file, by name. Raises `Malformed`."""
    is_erlang = re.match(r"\s*(%|\{|\[\s*(%|\{|\]))", text)  # no TOML begins so
    found = _erlang(text) if is_erlang else _toml(text)
    return {name.replace("_", "-"): entry for name, entry in found.items()}


def _toml(text: str) -> Mapping[str, Entry]:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise Malformed(f"This is not TOML: {error}.", int(line[1]) if line else text.count("\n") + 1) from error
    except RecursionError as error:
        raise Malformed("This is not a configuration file: its lists are nested too deeply.", 1) from error
    entries = {name: Entry(value, _toml_line(text, name)) for name, value in values.items() if isinstance(value, str)}
    for name in values.keys() - entries.keys():
        raise Malformed(f'The value of {name} must be a text in quotes, as in {name} = "...".', _toml_line(text, name))
    return entries


def _toml_line(text: str, name: str) -> int:
    """The line of a top-level name, which `tomllib` does not tell."""
    found = re.search(rf"""^[ \t\[]*["']?{re.escape(name)}["']?[ \t]*[=.\]]""", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 0


_ERLANG = r"""
start: (term ".")*
?term: tuple | list | WORD | STRING | BINARY
tuple: "{" [term ("," term)*] "}"
list: "[" [term ("," term)*] "]"
WORD: /[A-Za-z0-9+-][A-Za-z0-9_@-]*(\.[0-9]+)?/ | /'([^'\\]|\\.)*'/s
STRING: /"([^"\\]|\\.)*"/s
BINARY: /<<\s*"([^"\\]|\\.)*"\s*(\/utf8\s*)?>>/s
COMMENT: /%[^\n]*/
%import common.WS
%ignore WS
%ignore COMMENT
"""


def _erlang(text: str) -> Mapping[str, Entry]:
    from lark import Lark, Token, Tree, UnexpectedInput  # seldom needed, and slow to import

    try:
        tree = Lark(_ERLANG, parser="lalr", maybe_placeholders=False, propagate_positions=True).parse(text)
    except UnexpectedInput as error:
        line = error.line if error.line > 0 else text.count("\n") + 1
        raise Malformed("These Erlang terms have a bracket, a comma, a quote or a full stop in a wrong place.", line) from error
    entries: dict[str, Entry] = {}
    pending: list[object] = list(reversed(tree.children))
    while pending:
        term = pending.pop()
        match term:
            case Tree(data="list", children=terms):
                pending.extend(reversed(terms))
            case Tree(data="tuple", children=[Token(type="WORD") as name, Token() as value]):
                entries[_plain(name)] = Entry(_plain(value), name.line or 0)
            case Tree(data="tuple", children=[Token(type="WORD") as name, Tree(data="list") as section]):
                if _plain(name) == SECTION:
                    pending.append(section)
                elif any(isinstance(part, Token) for part in section.children):
                    raise Malformed(f'The value of {name} must be one text in quotes, as in {{{name}, "..."}}.', name.line or 0)
            case Tree(meta=place) | (Token() as place):
                raise Malformed('A pair of a name and a text is expected, as in {name, "..."}.', getattr(place, "line", 0))
    return entries


def _plain(token: str) -> str:
    """The text that an Erlang word, string or binary means."""
    quoted = re.search(r"""(["'])(.*)\1""", token, re.DOTALL)
    if quoted is None:
        return token
    escapes = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "e": "\x1b"}
    return re.sub(r"\\(.)", lambda escape: escapes.get(escape[1], escape[1]), quoted[2], flags=re.DOTALL)
