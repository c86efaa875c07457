"""The world on one machine, for laptops and tests: nodes and pods as network namespaces, real agents, an API server for them.

Imports nothing of the controller, which talks to it exactly as to a real cluster.
"""
