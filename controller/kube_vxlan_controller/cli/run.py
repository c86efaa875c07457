"""I/O. `run`: the controller itself."""

from kube_vxlan_controller.cli.given import Given, takes_settings


@takes_settings
def run(given: Given) -> int:
    """Run the controller until it is told to stop (TERM)."""
    from kube_vxlan_controller import app, logs

    settings = given.reachable()
    logs.configure(settings.json_logs, settings.log_level)
    return app.run(settings)
