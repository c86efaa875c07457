"""Pure. The text of a configuration file as names with values and lines, in TOML or in the ancestor's Erlang terms.

Both forms are flat: a name, a text. The ancestor's users have mounted Erlang terms (`[{'kube-vxlan-controller', [{selector,
"..."}]}].`, or the pairs alone), and those files stay good. Laws: a name is given with dashes whatever the file wrote
(`ca_cert_file` is `ca-cert-file`); of two equal names the later one holds; a text that is neither form is a `Malformed` with
its line, never another exception.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SECTION = "kube-vxlan-controller"
"""What the ancestor's files, made for its virtual machine, call the part that is ours; other parts are passed over."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A name's value as text, and the line on which it stands (from 1; 0 where that is not known)."""

    value: str
    line: int


class Malformed(Exception):
    """The text is not a configuration file; `str()` is a sentence without the file's name."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def read_config(text: str) -> Mapping[str, Entry]:
    """The entries of a file, by name. Raises `Malformed`."""
    return _erlang(text) if re.match(r"\s*(%|\{|\[\s*(%|\{|\]))", text) else _toml(text)


def _toml(text: str) -> Mapping[str, Entry]:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise Malformed(f"This is not TOML: {error}.", int(line[1]) if line else text.count("\n") + 1) from error
    entries = {}
    for key, value in values.items():
        line_of_key = _toml_line(text, key)
        if not isinstance(value, str):
            raise Malformed(f'The value of {key} must be a text in quotes: {key} = "...".', line_of_key)
        entries[key.replace("_", "-")] = Entry(value, line_of_key)
    return entries


def _toml_line(text: str, key: str) -> int:
    """The line of a top-level key, which `tomllib` does not tell."""
    found = re.search(rf"""^[ \t\[]*["']?{re.escape(key)}["']?[ \t]*[=.\]]""", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 0


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


_TOKENS = re.compile(
    r"""(?P<blank>\s+|%[^\n]*)
    |(?P<binary><<\s*"(?:[^"\\]|\\.)*"\s*(?:/utf8\s*)?>>)
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<quoted>'(?:[^'\\]|\\.)*')
    |(?P<word>[A-Za-z0-9_@+-][A-Za-z0-9_@-]*(?:\.[0-9]+)?)
    |(?P<mark>[{}\[\],.])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "s": " ", "e": "\x1b", "0": "\0"}

_Term = _Token | tuple["_Term", ...]
"""A word or text, or the terms of a list or tuple (which mean the same here)."""
MAX_DEPTH = 32
"""Nesting beyond it is refused; the ancestor's own files have 4."""


def _erlang(text: str) -> Mapping[str, Entry]:
    tokens = list(_tokens(text))
    entries: dict[str, Entry] = {}
    at = 0
    while at < len(tokens):
        term, at = _term(tokens, at, 0)
        if at == len(tokens) or tokens[at].text != ".":
            raise Malformed(
                "A full stop must follow the last bracket of these Erlang terms.", tokens[min(at, len(tokens) - 1)].line
            )
        at += 1
        _collect(term, entries)
    return entries


def _tokens(text: str) -> Iterator[_Token]:
    at, line = 0, 1
    while at < len(text):
        found = _TOKENS.match(text, at)
        if found is None:
            raise Malformed(f"These Erlang terms cannot be read from {text[at : at + 12]!r} on.", line)
        if found.lastgroup != "blank":
            yield _Token(found.lastgroup or "", found[0], line)
        line += found[0].count("\n")
        at = found.end()


def _term(tokens: list[_Token], at: int, depth: int) -> tuple[_Term, int]:
    if at == len(tokens):
        raise Malformed("These Erlang terms end in the middle: a bracket or a full stop is missing.", tokens[-1].line)
    token = tokens[at]
    if token.kind != "mark":
        return token, at + 1
    if token.text not in "{[" or depth == MAX_DEPTH:
        raise Malformed(f"These Erlang terms cannot be read: {token.text!r} is not expected here.", token.line)
    close = {"{": "}", "[": "]"}[token.text]
    parts: list[_Term] = []
    at += 1
    while at < len(tokens) and tokens[at].text != close:
        part, at = _term(tokens, at, depth + 1)
        parts.append(part)
        if at < len(tokens) and tokens[at].text == ",":
            at += 1
        elif at < len(tokens) and tokens[at].text != close:
            raise Malformed(
                f"These Erlang terms cannot be read: {tokens[at].text!r} where , or {close} is expected.", tokens[at].line
            )
    if at == len(tokens):
        raise Malformed(f"These Erlang terms end in the middle: {close} is missing.", token.line)
    return tuple(parts), at + 1


def _collect(term: _Term, entries: dict[str, Entry]) -> None:
    """Finds the pairs of a name and a text; steps into lists of pairs and into our own section."""
    match term:
        case (_Token(kind="word" | "quoted") as name, _Token() as value):
            entries[_plain(name).replace("_", "-")] = Entry(_plain(value), name.line)
        case (_Token(kind="word" | "quoted") as name, tuple(section)):
            if _plain(name) == SECTION:
                _collect(section, entries)
            elif _plain(name).replace("-", "_").isidentifier() and not any(isinstance(part, tuple) for part in section):
                raise Malformed(
                    f'The value of {_plain(name)} must be one text in quotes: {{{_plain(name)}, "..."}}.', name.line
                )
        case tuple():
            for part in term:
                if not isinstance(part, tuple):
                    raise Malformed(f'A pair of a name and a text, {{name, "..."}}, is expected, not {part.text}.', part.line)
                _collect(part, entries)
        case _Token():
            raise Malformed(f'A pair of a name and a text, {{name, "..."}}, is expected, not {term.text}.', term.line)


def _plain(token: _Token) -> str:
    text = token.text
    if token.kind == "binary":
        text = text[text.index('"') : text.rindex('"') + 1]
    if token.kind == "word":
        return text
    return re.sub(r"\\(.)", lambda escape: _ESCAPES.get(escape[1], escape[1]), text[1:-1], flags=re.DOTALL)
