"""I/O. `config`: every setting, and where it came from."""

from kube_vxlan_controller.cli.given import Given, takes_settings
from kube_vxlan_controller.cli.output import As, Output, structured
from kube_vxlan_controller.cli.render import config_form, config_lines


@takes_settings
def config(given: Given, output: As = Output.TEXT) -> int:
    """Print every setting, its value and where it came from."""
    if output.structured:
        print(structured(config_form(given.choices.values()), output), end="")
    else:
        print(*config_lines(given.choices.values()), sep="\n")
    return 0
