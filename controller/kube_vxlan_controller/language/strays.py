"""Pure. What is no part of the language of networks: why, and which character makes it so."""

from kube_vxlan_controller.language.mistakes import Mistake, named, quoted
from kube_vxlan_controller.model import Scope


def stray(word: str) -> tuple[Mistake, int]:
    """Why this word is no part of the language, and the offset of the character that makes it so."""
    hidden = _first_hidden(word)
    if hidden is not None:
        return _invisible(word[hidden]), hidden
    at = 0 if word[0] == "-" else next((i for i, c in enumerate(word) if not (c.isalnum() or c in "_.-")), 0)
    hints = {
        "#": "there are no comments in this text; put them into the manifest, outside of the value",
        ";": "separate networks with commas or line ends",
        "|": "separate networks with commas or line ends",
        "-": "write the names without dashes before them, one on each line",
        ":": "write the name alone, then its options, as in `vxeth0 ip=192.168.10.1/24`",
    }
    hint = hints.get(word[at], "names have letters, digits, `-`, `_` and `.`; options look like `up` or `mtu=1400`")
    return Mistake("not-network-syntax", f"{quoted(word[at])} is not part of the network syntax.", hint, Scope.POD), at


def _invisible(character: str) -> Mistake:
    return Mistake(
        "invisible-character",
        f"The text holds {named(character)}, which is invisible.",
        "delete it; only spaces, tabs and line ends may stand between words",
        Scope.POD,
    )


def _first_hidden(word: str) -> int | None:
    if word.isprintable():
        return None
    return next(index for index, character in enumerate(word) if not character.isprintable())
