"""Pure. How a mistake in a user's text becomes a Fault: what is wrong, where, and what to write instead.

Laws: a sentence made here holds only printable characters, whatever the user wrote, so it can go into a log line or an
Event as it is; finding the nearest of very many valid words costs little more than sorting them.
"""

import difflib
import unicodedata
from bisect import bisect
from collections.abc import Collection, Iterable
from dataclasses import dataclass

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
    """A character for a sentence: `the character U+00A0 NO-BREAK SPACE`, `the control character U+000D` (which has no name)."""
    kind = "control character" if unicodedata.category(character) == "Cc" else "character"
    return f"the {kind} U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


def nearest(word: str, valid: Iterable[str]) -> str:
    """The valid word that is most like this one, or nothing when none is."""
    folded = word.casefold()
    candidates = {candidate.casefold(): candidate for candidate in valid if abs(len(candidate) - len(word)) <= 3}
    found = difflib.get_close_matches(folded, _likely(folded, candidates), n=1)
    return candidates[found[0]] if found else ""


def _likely(word: str, candidates: Collection[str]) -> Collection[str]:
    """Those to compare with: of very many the neighbours in the alphabet, read forwards and backwards.

    A word that is misspelt in one place begins as the right one does, or ends as it does.
    """
    if len(candidates) <= MOST_CANDIDATES:
        return candidates
    return [
        *_neighbours(word, sorted(candidates)),
        *(mirrored[::-1] for mirrored in _neighbours(word[::-1], sorted(candidate[::-1] for candidate in candidates))),
    ]


def _neighbours(word: str, ordered: list[str]) -> list[str]:
    middle, reach = bisect(ordered, word), MOST_CANDIDATES // 4
    return ordered[max(0, middle - reach) : middle + reach]
