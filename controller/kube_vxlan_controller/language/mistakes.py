"""Pure. How a mistake in a user's text becomes a Fault: what is wrong, where, and what to write instead.

Laws: a sentence made here holds only printable characters, whatever the user wrote, so it can go into a log line or an
Event as it is; finding the nearest valid word takes a bounded time, however many there are.
"""

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from kube_vxlan_controller.model import Fault, NetworkName, Scope, Span

LONGEST_QUOTE = 48
"""Characters of a user's word that a sentence repeats."""
MOST_FAULTS = 20
"""Faults of one text that are told: each is a line in a log, and a text of legal length has room for thousands."""
MOST_CANDIDATES = 256
"""Words that are compared to find the nearest: a comparison costs about ten microseconds."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a user's text, with the line it is in."""

    span: Span
    line_text: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, before anybody knows where it stands."""

    code: str
    message: str
    hint: str = ""
    scope: Scope = Scope.NETWORK

    def at(self, spot: Spot, network: NetworkName | None = None) -> Fault:
        """The Fault: this mistake, at that spot."""
        return Fault(self.code, self.message, self.hint, spot.span, spot.line_text, network, self.scope)


def visible(text: str) -> str:
    """The text with everything that cannot be seen, or that would move the cursor, written as `<U+XXXX>`."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else f"<U+{ord(character):04X}>" for character in text)


def quoted(text: str) -> str:
    """The text between backticks, safe to print, cut when it is long."""
    cut = text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 1] + "…"
    return f"`{visible(cut)}`"


def named(character: str) -> str:
    """A character by code point and name: `U+00A0 NO-BREAK SPACE`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, 'control character')}"


def nearest(word: str, valid: Iterable[str]) -> str:
    """The valid word that is most like this one, or nothing when none is."""
    folded = word.casefold()
    alike = (candidate for candidate in valid if abs(len(candidate) - len(word)) <= 3)
    candidates = {candidate.casefold(): candidate for candidate in islice(alike, MOST_CANDIDATES)}
    found = difflib.get_close_matches(folded, candidates, n=1)
    return candidates[found[0]] if found else ""
