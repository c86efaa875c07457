"""I/O. How a command prints: `-o`, and which pods: `-n` and `-A`. The same words for all commands that read.

What makes JSON and YAML is imported when it is asked for: `version` must stay quick.
"""

import os
import sys
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from kube_vxlan_controller.cli.colour import coloured
from kube_vxlan_controller.cli.complaint import Complaint

MOST_SENTENCES = 10
"""Sentences of one kind that are told on stderr; of more, only the number."""


class Output(StrEnum):
    """How the result is printed."""

    TEXT = "text"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"

    @property
    def structured(self) -> bool:
        """Whether it is made for programs."""
        return self in (Output.JSON, Output.YAML)


def _namespaces(context: typer.Context, incomplete: str) -> list[str]:
    # Only a shell that asks needs what talks to a cluster.
    from kube_vxlan_controller.cli.names import namespace_names

    return namespace_names(context, incomplete)


As = Annotated[
    Output, typer.Option("-o", "--output", help="How to print: for people, with all there is (wide), or for programs.")
]
InNamespace = Annotated[
    str,
    typer.Option("-n", help="Only pods of this namespace.", metavar="NAMESPACE", autocompletion=_namespaces),
]
Everywhere = Annotated[bool, typer.Option("-A", "--all-namespaces", help="Pods of all namespaces, as without -n.")]
Watch = Annotated[bool, typer.Option("-w", "--watch", help="Print again whenever something has changed, until Ctrl-C.")]


def within(namespace: str, everywhere: bool) -> str:
    """The one namespace that is meant, or nothing for all. Raises `Complaint` where the two contradict each other."""
    if namespace and everywhere:
        raise Complaint(f"-n {namespace} and -A contradict each other; give one of them.")
    return namespace


def structured(value: object, output: Output) -> str:
    """A dataclass, or builtins, as JSON or YAML: its fields are the names, and what JSON has no word for is text."""
    import msgspec

    plain: Any = msgspec.to_builtins(value, enc_hook=str)
    if output is Output.YAML:
        import yaml

        return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)
    import json

    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def say(text: str) -> None:
    """Print a text for people."""
    print(for_people(text))


def for_people(text: str) -> str:
    """The text with colours on a terminal, unless NO_COLOR (https://no-color.org) or a dumb one forbids them."""
    wanted = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return coloured(text) if wanted else text


def tell(sentences: Sequence[str]) -> None:
    """Print sentences on stderr, until there are too many."""
    for sentence in sentences[:MOST_SENTENCES]:
        print(sentence, file=sys.stderr)
    if len(sentences) > MOST_SENTENCES:
        print(f"... and {len(sentences) - MOST_SENTENCES} more such sentences; -o json has all of them.", file=sys.stderr)


class Again:
    """Prints a text anew when it is another one: in its own place on a terminal, below the last one in a pipe.

    What is told on stderr besides is told when it is new, and on a terminal with every text, since that wipes it away.
    """

    def __init__(self, output: Output) -> None:
        self._between = "---\n" if output is Output.YAML else "\n"
        self._text: str | None = None
        self._sentences: tuple[str, ...] = ()

    def show(self, text: str, sentences: tuple[str, ...] = ()) -> None:
        """Print what is not what was printed last."""
        new = tuple((Counter(sentences) - Counter(self._sentences)).elements())
        if sys.stdout.isatty():
            if (text, sentences) != (self._text, self._sentences):
                print(f"\x1b[H\x1b[2J{text}", end="", flush=True)
                tell(sentences if sys.stderr.isatty() else new)
        else:
            if text != self._text:
                print(text if self._text is None else f"{self._between}{text}", end="", flush=True)
            tell(new)
        self._text, self._sentences = text, sentences

    def fail(self, sentence: str) -> None:
        """Tell why there is nothing new to print."""
        if sentence not in self._sentences:
            self.show(self._text or "", (*self._sentences, sentence))
