"""Any pod becomes a member of layer-2 VXLAN networks by a label and an annotation: the map of this package, in pipe order.

    model        pure  the words: Network, Member, Place, Fault, Warning, Hold
    language/    pure  what users write: the grammar, the option table, the caret
    views        pure  the few fields of API objects that we use
    snapshot     pure  views folded into one immutable value
    sources/     pure  where networks and members come from
    desired      pure  a snapshot's wish for every place
    kernel/      pure  a network namespace as a value: state, steps, plan, text
    telling      pure  what changed for a pod, as Events, conditions and log lines
    ports        pure  what reconcile needs of the world, and what its failures mean
    reconcile    time  the hand: one worker per place, retries, audits
    leadership   time  when we may act, and with which epoch
    agents/            framing (pure) and streams (I/O): requests and answers
    kube/        I/O   the API server: client, watch, exec
    serving      I/O   livez, readyz, metrics
    settings     pure  flags, environment and file, frozen
    app                the only place where things are built and joined
    cli/               one command per file

A file imports only what stands above it; `docs/architecture.md` walks one event through them.
"""
