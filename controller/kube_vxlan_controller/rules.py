"""Pure. What the text of a setting may be: a pattern, and the same in words for who wrote something else.

Names, keys and selectors are those of Kubernetes (https://kubernetes.io/docs/concepts/overview/working-with-objects/).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value may be: a pattern for all of it, and the same in words."""

    pattern: str
    allowed: str
    metavar: str
    """What stands for a value in `--help`."""
    words: tuple[str, ...] = ()
    """All that there are, where only some words are allowed."""


_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = "[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_KEY = rf"({_LABEL}(\.{_LABEL})*/)?{_NAME}"
_VALUES = rf"\(\s*({_NAME})?(\s*,\s*({_NAME})?)*\s*\)"
_REQUIREMENT = rf"\s*(!?\s*{_KEY}|{_KEY}\s*(==?|!=)\s*({_NAME})?|{_KEY}\s+(in|notin)\s*{_VALUES})\s*"

SECONDS = Rule(r"[1-9]\d{0,4}", "a whole number of seconds from 1 to 99999", "SECONDS")
ANY = Rule(r"(?s).*", "any text", "TEXT")
PATH = Rule(r"[^\0]+", "a path", "FILE")
URL = Rule(r"https://[^\s?#@]+", "https://HOST or https://HOST:PORT", "URL")
LABEL = Rule(_LABEL, "up to 63 of a-z, 0-9 and -, as Kubernetes names it", "NAME")
OBJECT = Rule(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*", "up to 253 of a-z, 0-9, - and ., as Kubernetes names it", "NAME")
KEY = Rule(_KEY, "NAME or PREFIX/NAME, as Kubernetes names annotations", "KEY")
SELECTOR = Rule(rf"{_REQUIREMENT}(,{_REQUIREMENT})*", "a label selector such as key=value or key,other!=value", "SELECTOR")
LISTEN = Rule(
    r"([A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\]):"
    r"(\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])",
    "HOST:PORT, [IPV6]:PORT, or :PORT for all addresses; port 0 takes any that is free",
    "HOST:PORT",
)


def one_of(*words: str) -> Rule:
    """A rule that allows exactly these words."""
    return Rule("|".join(words), " or ".join(words), "|".join(words), words)
