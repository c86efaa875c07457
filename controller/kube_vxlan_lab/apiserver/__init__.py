"""The lab's API server: what kubectl, the controller and the lab's own kubelets see of the cluster.

    resources    pure  the table of what is served: one row each
    failures     pure  refusals, with the Status body that a client gets
    selectors    pure  label and field selectors
    shapes       pure  Event in its two versions, Scale, the defaults that a server fills in
    validation   pure  what is refused as 422 Invalid
    patching     pure  JSON, merge, strategic merge and apply patches
    store        time  the objects: versions, changes, optimistic concurrency, graceful deletion
    namespaces   time  what a namespace's deletion takes with it
    paths        pure  an address of the API, taken apart
    discovery    pure  what kubectl asks about the server before it asks for anything else
    tables       pure  the columns of `kubectl get`
    runtime      I/O   the port through which exec and logs reach containers
    listing      pure  lists, pages and their continue tokens
    watching     I/O   one watch stream
    executing    I/O   one exec over WebSocket
    answers      I/O   JSON out, patches and options in
    server       I/O   routes, token, TLS

A file imports only what stands above it. The store alone is enough for whoever lives in the lab's own process.
"""
