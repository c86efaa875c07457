"""I/O. All mutants, two at a time: `python -m tests.mutants [NUMBER...]`, with none all of them.

Prints one line per mutant with the laws that caught it, and exits with 1 when one survives, or when a scenario breaks a law
with the controller as it is. The ancestor's defects are counted apart from our own. Each run is a process in namespaces of its
own (`scripts/in-namespace`), so that no checker sees another one's pods; `--one SCENARIO [NUMBER]` is what it runs.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.mutants.judging import doubts
from tests.mutants.playing import play
from tests.mutants.scenarios import SCENARIOS
from tests.mutants.table import MUTANTS, OURS, Mutant
from tests.scenarios.cluster import ROOT

_AT_ONCE = 2
_LONGEST = 150.0
"""Seconds for one run, after which something is badly wrong."""


def main(words: Sequence[str]) -> int:
    """The exit code."""
    if words[:1] == ["--one"]:
        return _one(*words[1:])
    known = {mutant.id: mutant for mutant in MUTANTS + OURS}
    if unknown := [word for word in words if word not in known]:
        print(f"There is no mutant {', '.join(unknown)}; there are {', '.join(known)}.", file=sys.stderr)
        return 64
    begun = time.monotonic()
    failed = _all([known[word] for word in words] or known.values())
    print(f"In {time.monotonic() - begun:.0f} s.")
    return 1 if failed else 0


def _one(scenario: str, number: str = "") -> int:
    """Play one scenario, and print what came of it as JSON."""
    mutant = next((one for one in MUTANTS + OURS if one.id == number), None)
    edits, laws = (mutant.edits, mutant.laws) if mutant else ((), frozenset[str]())
    with tempfile.TemporaryDirectory(prefix="mutant-") as directory:
        played = play(SCENARIOS[scenario], edits, laws, Path(directory))
    shows = [str(violation) for violation in played.violations if violation.law in laws and violation.time >= played.happened]
    found = {"doubts": doubts(mutant, played), "shows": shows, "seconds": played.seconds, "said": played.said}
    print(json.dumps(found))
    return 0


def _all(mutants: Collection[Mutant]) -> bool:
    """Whether anything went wrong."""
    scenarios = sorted({mutant.scenario for mutant in mutants})
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        plain = {scenario: pool.submit(_run, scenario) for scenario in scenarios}
        planted = [(mutant, pool.submit(_run, mutant.scenario, mutant.id)) for mutant in mutants]
        broken = [scenario for scenario in scenarios if not _passed(scenario, plain[scenario])]
        survived = {mutant.id for mutant, run in planted if not _caught(mutant, run)}
    print()
    for whose, table in (("of the ancestor's defects", MUTANTS), ("of our own", OURS)):
        chosen = [mutant for mutant in mutants if mutant in table]
        defects = {mutant.defect for mutant in chosen}
        lost = {mutant.defect for mutant in chosen if mutant.id in survived}
        if defects:
            print(f"{len(defects - lost)} of {len(defects)} {whose} caught.", *(["Survived:", *sorted(lost)] if lost else []))
    if broken:
        print(f"What they prove is in doubt: the controller itself breaks a law in {', '.join(broken)}.")
    return bool(broken or survived)


def _run(*words: str) -> dict[str, Any]:
    command = [str(ROOT / "scripts" / "in-namespace"), sys.executable, "-m", "tests.mutants", "--one", *words]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=_LONGEST)
    except subprocess.TimeoutExpired:
        return {"doubts": [f"it did not end within {_LONGEST:g} s"], "shows": [], "seconds": _LONGEST, "said": ""}
    if done.returncode != 0:
        return {"doubts": ["it could not be played"], "shows": [], "seconds": 0.0, "said": done.stderr}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _passed(scenario: str, run: "Future[dict[str, Any]]") -> bool:
    found = run.result()
    if found["doubts"]:
        print(f"     {scenario}: the controller as it is\n{_details(found)}", flush=True)
    return not found["doubts"]


def _caught(mutant: Mutant, run: "Future[dict[str, Any]]") -> bool:
    found = run.result()
    caught = not found["doubts"]
    laws = " and ".join(sorted(mutant.laws))
    word = f"caught by {laws}" if caught else f"SURVIVED {laws}"
    print(f"{mutant.id:4} {word:20} {found['seconds']:4.1f} s  {mutant.did}", flush=True)
    if not caught:
        print(_details(found), flush=True)
    elif "VERBOSE" in os.environ:
        print("\n".join(f"       {violation}" for violation in found["shows"]))
    return caught


def _details(found: dict[str, Any]) -> str:
    return "\n".join(f"       {word}" for word in (*found["doubts"], *found["said"].splitlines()[-8:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
