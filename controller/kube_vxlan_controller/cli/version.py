"""I/O. `version`: what this is, and how it talks to agents."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

from kube_vxlan_controller.agents.framing import VERSION


def version() -> None:
    """Print the version, and that of the protocol which agents must speak."""
    try:
        number = installed("kube-vxlan-controller")
    except PackageNotFoundError:
        number = "unknown (not installed as a package)"
    print(f"Version {number}, agent protocol {VERSION}")
