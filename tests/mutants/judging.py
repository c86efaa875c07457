"""Pure. Whether a story that was played shows what it should: nothing wrong, or the defect that was planted, and by itself.

A law that is broken says nothing of a defect while the pods were not even wired, before anything happened, or when the
controller has died of something else.
"""

from tests.mutants.playing import Played
from tests.mutants.table import Mutant


def doubts(mutant: Mutant | None, played: Played) -> tuple[str, ...]:
    """Why it does not count, in words; None is the controller as it is. What a mutant waits for in vain is its own affair."""
    found = [f"before anything happened, it waited in vain: {played.unsettled}"] if played.unsettled else []
    found += [played.died] if played.died and not (mutant and mutant.dies) else []
    if mutant is None:
        found += [f"waited in vain: {played.stuck}"] if played.stuck else []
        return (*found, *(str(violation) for violation in played.violations))
    missing = sorted(mutant.laws - played.laws)
    early = [str(violation) for violation in played.violations if violation.law in missing]
    found += [f"before anything happened: {violation}" for violation in early]
    found += [f"{law} was not broken" for law in missing] if played.violations and not early else []
    return (*found, *(["no law was broken"] if missing and not played.violations else []))
