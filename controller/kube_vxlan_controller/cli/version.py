"""I/O. `version`: what this is, and how it talks to agents."""

from kube_vxlan_controller import __version__
from kube_vxlan_controller.agents import VERSION
from kube_vxlan_controller.cli.output import As, Output, structured


def version(output: As = Output.TEXT) -> None:
    """Print the version, and that of the protocol which agents must speak."""
    if output.structured:
        print(structured({"version": __version__, "protocol": VERSION}, output), end="")
    else:
        print(f"Version {__version__}, agent protocol {VERSION}")
