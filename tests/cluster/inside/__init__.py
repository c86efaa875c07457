"""The controller where its users have it: in the cluster, as two replicas with the rights of the bundle and behind its fence.

The bundle is applied once for all tests in here, and taken away after the last of them; so the controllers of other tests,
which run outside, never meet it. What counts is what the pods' kernels hold. When it is taken away the audit log is read:
whatever the controller's account reached in a pod must have been an agent, by its one command.
"""
