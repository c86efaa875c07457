"""Any pod becomes a member of layer-2 VXLAN networks by a label and an annotation: the map of this package, in pipe order.

    model        pure  the words: Network, Member, Place, Fault, Warning, Hold
    language/    pure  what users write: the grammar, the option table, the caret
    kernel/      pure  a network namespace as a value: state, steps, plan, text
    views        pure  the few fields of API objects that we use
    snapshot     pure  views folded into one immutable value
    sources/     pure  where networks and members come from
    election     pure  what a Lease says, and what to write into it
    membership   pure  who is whose peer, and whose address is whose
    oddities     pure  what is odd among pods, and to whom it is told
    adrift       pure  what must hold still because nobody can tell where it belongs
    desired      pure  a snapshot's wish for every place
    telling      pure  what changed for a pod, as sentences
    ports        pure  what the hand needs of the world, and what the world's failures mean
    rounds       pure  what to ask an agent next, and what an answer teaches
    tempo        pure  every constant of time, in one table
    asking       time  how long an agent's answer is waited for
    gate         time  how long a pod's gate waits for its peers
    turns        time  so many at once, and none for ever
    story        pure  what was done in one place, and what of it is worth telling
    worker       time  one place's worker: rounds, failures, retries
    reconcile    time  the hand: bursts of changes, one worker each, audits, stopping
    watchdog     I/O   ends a process whose event loop stands still
    leadership   time  when we may act, and with which epoch
    fenced       I/O   the agents as a leader asks them
    agents/            framing, limits and refusals (pure), conversation and streams (I/O): requests and answers
    kube/        I/O   the API server: client, watch, exec, events, conditions, lease
    configfile   pure  the configuration file, in TOML or in the ancestor's Erlang terms
    rules        pure  what the text of a setting may be
    settings     pure  flags, environment and file, frozen
    surroundings pure  where the API server is, of all that was given and all that lies around
    metrics      I/O   what happens, counted
    logs         I/O   one line per event, whatever it holds
    feeding      pure  what the watches tell, as changes to the snapshot
    connecting   I/O   from settings to a connection
    serving      I/O   livez, readyz, metrics over HTTP
    freshness    I/O   how well each kind of object is known, for readyz and the log
    app          I/O   the only place where things are built and joined
    cli/               one command per file

A file imports only what stands above it; `docs/architecture.md` walks one event through them.
"""

__version__ = "2.0.0.dev0"
