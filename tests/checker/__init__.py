"""The independent checker: it looks into every pod's kernel all the time, and judges a whole run by the laws.

It imports nothing of the controller (a test says so) and uses neither exec nor agents. A run becomes one history of facts,
which is only ever appended to; a pure function judges it afterwards.

    items       pure  what a kernel can hold
    facts       pure  what a history is made of
    constants   pure  the bounds that a run is judged by
    netlink     pure  the kernel's messages, as far as they matter here, decoded
    eye         I/O   one pod's namespace, as its netlink socket shows it
    observe     I/O   an eye in every pod's namespace, one thread for all of them
    sandboxes   I/O   what a process is: in the lab, and below kubelets
    processes   I/O   which pods have a namespace, seen in /proc
    access      I/O   how to get at an API server
    reading     pure  what plainly written annotations and networks mean
    objects     pure  what pods and the ConfigMap mean
    words       pure  what a controller says, as far as it is counted
    watches     pure  what a lab tells of the watches that are open
    costs       I/O   what the controller's processes have of memory and open files
    world       I/O   pods and the ConfigMap as the API server has them
    desire      pure  what should be there: a second, naive implementation
    spans       pure  sets of time
    kernels     pure  when each thing was there
    keeping     pure  what must not go
    timelines   pure  and when it should have been
    peers       pure  the laws of forwarding entries
    holdings    pure  the laws of links, addresses and routes, and of what is not ours
    holds       pure  what stays while nobody can tell what it should be
    gates       pure  when pods are let go on: S14, L5
    conduct     pure  the laws of what a controller does and when: S6, S13
    freshness   pure  how long it may hear nothing: L6
    bounds      pure  how much it may take: S12
    judge       pure  `check(history, constants)`: the violations; `isolation`: L4
    checker     I/O   `Checker`, which joins them
    sixth       pure  a hand-made history told again in IPv6
    trouble     pure  what the lab's own faults excuse
    watched     I/O   tests.scenarios.cluster's `cluster`, with a checker looking on

On a real cluster whose kubelets run on this machine, below one root directory, it is told where everything is:

    with Checker() as checker:
        checker.follow(from_kubeconfig(path), below_kubelets(root))

A test that is written with `tests.scenarios.cluster.cluster` runs under the checker when it takes `cluster` from
`tests.checker.watched` instead: the same Cluster, whose `checker` attribute is this, and which fails at its end when anything
was wrong at any moment. What such a test does that the checker cannot know by itself it says to the checker:

    lab.checker.means(TEXT, UNREADABLE)              an annotation that must be refused as a whole
    lab.checker.means(TEXT, {"vxeth1": UNREADABLE, "vxeth2": {"ip": ["10.0.0.1/24"]}})      one network of it must be
    lab.checker.defines(VALUE, UNREADABLE)           a network of the ConfigMap that must be refused
    lab.checker.by_hand(pod.uid)                     before something in this pod's kernel is changed by hand
    with lab.checker.fault("its agent hangs", pod.uid): ...    that pod alone is excused, until a while after it is over
    with lab.checker.fault("the API server is away", blind=True): ...       everybody is, but nothing may be removed
    lab.controller.start(), lab.controller.end()     are told to it by themselves, as are those of
    lab.another(log, "--lease=on").start()           a controller beside the first one
    violations = lab.checker.verdict()               at any time; the last one is asked for by itself at the end
"""
