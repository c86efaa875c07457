"""I/O. From the settings to a connection with the API server: what the controller and the one-shot commands share."""

from pathlib import Path

from kube_vxlan_controller.kube.connection import Connection, Identity, TokenSource, file_token, fixed_token, from_kubeconfig
from kube_vxlan_controller.settings import Settings


async def connection(settings: Settings) -> Connection:
    """The connection that these settings describe; they must not be `nowhere`. Raises `BadConnection`."""
    own = Identity(_token(settings), settings.ca_cert_file or None)
    if settings.kubeconfig:
        return await from_kubeconfig(settings.kubeconfig, settings.context or None, own)
    return Connection(server=settings.server, token=own.token, ca_file=own.ca_file)


def _token(settings: Settings) -> TokenSource | None:
    if settings.token:
        return fixed_token(settings.token)
    return file_token(Path(settings.token_file)) if settings.token_file else None
