"""I/O. `version`: what this is, and how it talks to agents."""

from kube_vxlan_controller import __version__
from kube_vxlan_controller.agents.framing import VERSION


def version() -> None:
    """Print the version, and that of the protocol which agents must speak."""
    print(f"Version {__version__}, agent protocol {VERSION}")
