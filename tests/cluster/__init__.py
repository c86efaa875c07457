"""A real Kubernetes on this machine, for tests and by hand: nodes are network namespaces, all else is the real software.

By hand: `make cluster`, the `export KUBECONFIG=` line that it prints, kubectl; `make cluster-down`.

In a test, marked `pytest.mark.cluster`: take the fixture `real_cluster` (of the whole session, a `world.RealCluster`). It is
a `World` of the scenarios and knows more besides:

    real_cluster.kubectl("apply", "-f", path)      kubectl's stdout; AssertionError with its stderr when it fails
    real_cluster.apply(objects), merge, remove, items, objects, pod("a-"), ready(3)
    real_cluster.controller.start(), end(signal)   a controller outside of the cluster
    real_cluster.inside(uid)                       the pod's network namespace, to look into with real eyes
    real_cluster.faults.kill("default/a-1", "vxlan-controller-agent"), kill_sandbox, stop_kubelet, restart_api_server ...
    real_cluster.audited()                         what the API server's audit log has of execs and of the controller
    real_cluster.new_namespace()                   a namespace of one test, for `with`

What each file is for, in the order in which they build on each other:

    packages       what Debian has for us
    build          the control plane, kubelet and kubectl, built once with Go
    realm          the namespaces that all of it lives in, and that end all of it
    pki            certificates and tokens
    network        the wires between nodes
    control_plane  etcd, API server, controllers, scheduler
    node           containerd and kubelet
    images         what the pods run, from our Dockerfiles
    door           the host's way in to the API server
    cluster        up and down
    processes      the processes of pods, found from outside
    faults         what can be broken
    reach          which cluster it is, and whether tests may be run on it
    account        what the controller's account may, for a controller outside
    attempts       what a holder of the controller's token could try
    audit          what the audit log must not have
    world          what tests see
    watched        the same with the independent checker looking on
    inside/        the tests in which the controller runs in the cluster

Nothing of it is left when it is down: every process is in one PID namespace, every mount in one mount namespace, every
address in network namespaces below it; one kill ends them all, however the tests ended.
"""
