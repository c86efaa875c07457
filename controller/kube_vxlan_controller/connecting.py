"""I/O. From the settings to a connection with the API server: what the controller and the one-shot commands share."""

from pathlib import Path

from kube_vxlan_controller.kube.connection import Connection, file_token, fixed_token, from_kubeconfig
from kube_vxlan_controller.settings import Settings


async def connection(settings: Settings) -> Connection:
    """The connection that these settings describe; they must not be `nowhere`. Raises `BadConnection`."""
    if settings.kubeconfig:
        return await from_kubeconfig(settings.kubeconfig, settings.context or None)
    token = fixed_token(settings.token) if settings.token else file_token(Path(settings.token_file))
    return Connection(server=settings.server, token=token, ca_file=settings.ca_cert_file)
