"""I/O. `config`: every setting, and where it came from."""

from kube_vxlan_controller.cli.given import Given, takes_settings
from kube_vxlan_controller.cli.render import config_lines


@takes_settings
def config(given: Given) -> int:
    """Print every setting, its value and where it came from."""
    for line in config_lines(given.choices.values()):
        print(line)
    return 0
