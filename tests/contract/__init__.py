"""What Kubernetes' API promises and we rely on: the same requests to the lab's server and to a real kube-apiserver.

Where a promise is kept by the real server and not by the lab's, the lab is wrong. No promise knows which of the two it is asked
of: a `Server` is what a kubeconfig names, and everything happens in a namespace of its own. `test_in_the_lab` asks the one, a
test of `tests/cluster` the other.
"""
