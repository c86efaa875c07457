"""The lab's API server: what kubectl, the controller and the lab's own kubelets see of the cluster.

    resources    pure  the table of what is served: one row each
    failures     pure  refusals, with the Status body that a client gets
    selectors    pure  label and field selectors
    shapes       pure  Event in its two versions, Scale, the defaults that a server fills in
    skeletons    pure  the types of the fields that the server itself touches
    validation   pure  what is refused as 422 Invalid
    patching     pure  JSON, merge, strategic merge and apply patches
    history      pure  the changes, their versions and those who hear of them
    deleting     pure  what a deletion does at once, and what it leaves to others
    store        time  the objects: optimistic concurrency, defaults, graceful deletion
    namespaces   time  what a namespace's deletion takes with it
    paths        pure  an address of the API, taken apart
    discovery    pure  what kubectl asks about the server before it asks for anything else
    podstatus    pure  a pod's state in one word
    tables       pure  the columns of `kubectl get`
    forms        pure  objects, tables, metadata alone
    options      pure  the query of a list or watch
    listing      pure  lists and their pages
    protobuf     pure  the few bodies that kubectl does not send as JSON
    runtime      I/O   the port through which exec and logs reach containers
    barrier      time  where a client is stopped that is to be crashed at a certain point
    troubles     time  execs that go wrong because somebody asked for it
    watching     I/O   one watch
    executing    I/O   one exec over WebSocket
    verbs        I/O   a request about objects, and its answer
    server       I/O   port, token, routes

A file imports only what stands above it. The store alone is enough for whoever lives in the lab's own process.
"""
