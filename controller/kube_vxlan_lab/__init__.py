"""A world of nodes and pods on one machine: no cluster, no container engine, and no root where user namespaces are allowed.

    apiserver/   the objects and the API server that everybody talks to
    manifests    pure  YAML files as objects, and the order in which to apply them
    addresses    pure  who has which address, and the wire between a pod and its node
    containers   pure  what to run for a container of a manifest, and with which environment
    podstatus    pure  a pod's status as a kubelet words it
    workloads    pure  what all workloads share, and what a ReplicaSet wants done next
    deployments  pure  what a Deployment wants done next
    statefulsets pure  what a StatefulSet wants done next
    scheduling   pure  which node a pod goes to
    underlay     I/O   nodes as network namespaces, joined by a fabric
    sandbox      I/O   the namespaces of a pod, and processes in them
    container    time  one container through all its instances: probes, restarts, its end
    pod          time  one pod from its sandbox to its removal
    node         time  the pods of one node: a kubelet in small; exec and logs
    controllers  time  the hands of workloads and scheduling
    faults       time  what goes wrong when somebody asks for it
    world        time  all of it joined; runs inside the lab's namespaces
    boot         I/O   the first process of those namespaces, and what it may see of the host
    client       I/O   the API as a user of the lab sees it
    outside      I/O   the lab seen from the host: start, wait, end, sweep

A file imports only what stands above it, and nothing here imports the controller. Everything that the lab makes lives in
namespaces that only its processes keep, so the kernel removes all of it with the last process, however that ends.
"""
