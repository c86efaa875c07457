"""I/O. Where the API server is, how it proves who it is, and how we prove who we are.

Laws: TLS is always verified, at least version 1.2; a setting that asks for less is refused with a sentence. Tokens are never
part of a value that can be printed. What only some kubeconfig files need (exec plugins, providers, certificates) is
kubernetes_asyncio's work, imported when such a file is read: it costs half a second and 40 MB that a cluster never pays.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

from kube_vxlan_controller.kube.kubeconfig import Plain, first_mistake, plain
from kube_vxlan_controller.ports import Unreachable, WorldError

FILE_FRESH = 60.0
"""Seconds for which a token read from a file is used; the kubelet replaces it well before it expires."""


class BadConnection(WorldError):
    """The settings for reaching the API server cannot be used: only their owner can change that."""


@dataclass(frozen=True, slots=True)
class Token:
    """What goes into the Authorization header, and for how many seconds it is used before its source is asked again."""

    header: str
    fresh_for: float = float("inf")

    def __repr__(self) -> str:
        return "Token(...)"


TokenSource = Callable[[], Awaitable[Token | None]]
"""Asked at first use, when the last token is no longer fresh, and when the server refused it. Raises `WorldError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How to reach an API server. Without CA the system's are trusted; `ca_data` is PEM text."""

    server: str
    """https://HOST[:PORT][/PREFIX]"""
    token: TokenSource | None = None
    ca_file: str | None = None
    ca_data: str | None = None
    client_certificate: tuple[str, str | None] | None = None
    """Files: certificate chain and key, PEM."""
    server_name: str | None = None
    """The name that the server's certificate must bear, where it is not the host's."""
    proxy: str | None = None
    user_agent: str = "kube-vxlan-controller"
    context: ssl.SSLContext | None = None
    """What `tls` made of all this already, where the files named above do not last."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What goes before what a kubeconfig says: who we are, and which authority vouches for the server."""

    token: TokenSource | None = None
    ca_file: str | None = None


def fixed_token(text: str) -> TokenSource:
    """A bearer token that never changes. Raises `BadConnection` for a text that no header can hold."""
    header = _header(f"Bearer {text}")

    async def source() -> Token:
        return Token(header)

    return source


def file_token(path: Path) -> TokenSource:
    """A bearer token that somebody keeps fresh in a file; read again about once a minute."""

    async def source() -> Token:
        try:
            text = (await asyncio.to_thread(path.read_text)).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Unreachable(f"the token file {path} cannot be read ({error}); nothing can be asked without it") from error
        if not text or not text.isascii() or not text.isprintable():
            raise Unreachable(f"the token file {path} holds no token")
        return Token(f"Bearer {text}", FILE_FRESH)

    return source


async def from_kubeconfig(path: str, context: str | None = None, own: Identity = Identity()) -> Connection:
    """The connection of a context (default: the current one) of a kubeconfig file, or of several joined by `:`.

    Exec plugins, OIDC, client certificates and token files work as kubernetes_asyncio offers them; what they give is
    renewed when it expires or is refused. What `own` has goes before it; a token also before a client certificate, which the
    server would look at first. Raises `BadConnection`.
    """
    texts = await asyncio.to_thread(_texts, path)
    mistake = first_mistake(texts, context)
    if mistake:
        raise BadConnection(f"the kubeconfig {path} cannot be used: {mistake}")
    simple = plain(texts, context)
    if simple is not None:
        return _plain(simple, own, lambda: plain(_texts(path), context))
    settings, first = await _load(path, context)
    waiting = [first]

    async def source() -> Token | None:
        return waiting.pop() if waiting else (await _load(path, context))[1]

    if not getattr(settings, "verify_ssl", True):
        raise BadConnection(f"{path}: insecure-skip-tls-verify is refused; name the server's certificate-authority instead")
    certificate = None if own.token else getattr(settings, "cert_file", None)
    connection = Connection(
        server=getattr(settings, "host", ""),
        token=own.token or source,
        ca_file=own.ca_file or getattr(settings, "ssl_ca_cert", None),
        client_certificate=(certificate, getattr(settings, "key_file", None)) if certificate else None,
        server_name=getattr(settings, "tls_server_name", None),
        proxy=getattr(settings, "proxy", None),
    )
    try:
        return replace(connection, context=tls(connection))
    finally:
        _remove_copies()


def _plain(found: Plain, own: Identity, again: Callable[[], Plain | None]) -> Connection:
    """The connection of a context that was found; `again` looks once more, for when its token is refused."""
    _header(found.token)

    async def source() -> Token | None:
        now = await asyncio.to_thread(again)
        return Token(f"Bearer {_header(now.token)}") if now is not None else None

    connection = Connection(
        server=found.server,
        token=own.token or source,
        ca_file=own.ca_file,
        ca_data=None if own.ca_file else found.ca_data,
        server_name=found.server_name,
        proxy=found.proxy,
    )
    return replace(connection, context=tls(connection))


async def _load(path: str, context: str | None) -> tuple[SimpleNamespace, Token | None]:
    from kubernetes_asyncio.config import ConfigException, load_kube_config

    settings = SimpleNamespace(api_key={})
    try:
        loader = await load_kube_config(path, context, client_configuration=settings)
    # What the loader lets escape when a plugin, a provider or a file that is named in a kubeconfig surprises it.
    except (ConfigException, yaml.YAMLError, OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        why = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
        raise BadConnection(f"the kubeconfig {path} cannot be used: {why or type(error).__name__}") from error
    header = settings.api_key.get("BearerToken")
    return settings, Token(_header(header), _lifetime(loader)) if header else None


def _texts(path: str) -> list[str]:
    """The texts of the files that are there, in their order; some file of a list may be absent, as kubectl has it."""
    texts = []
    for part in filter(None, path.split(":")):
        try:
            texts.append(Path(part).expanduser().read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise BadConnection(f"the kubeconfig {part} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise BadConnection(f"the kubeconfig {part} is not a text in UTF-8") from error
    if not texts:
        raise BadConnection(f"there is no kubeconfig file {path}")
    return texts


def _header(text: str) -> str:
    """The text, if it may stand in a header."""
    if not text.isascii() or not text.isprintable():
        raise BadConnection("the bearer token holds a character that no token has, perhaps a line end")
    return text


def _remove_copies() -> None:
    """Remove the files into which the loader wrote certificates and keys: at exit is too late for a process that is killed."""
    from kubernetes_asyncio.config import kube_config

    kube_config._cleanup_temp_files()


def _lifetime(loader: Any) -> float:
    """Seconds until the loader should be asked again: a refusal by the server asks it anyway."""
    if loader.provider:
        return FILE_FRESH
    expiry = getattr(loader, "exec_plugin_expiry", None)
    return max((expiry - datetime.now(UTC)).total_seconds() - FILE_FRESH, 0.0) if expiry else float("inf")


class Bearer:
    """The token in use; asks its source at most once for all who need a new one at the same time."""

    def __init__(self, source: TokenSource | None) -> None:
        self._source = source
        self._asking = asyncio.Lock()
        self._token: Token | None = None
        self._until = float("-inf")

    async def current(self) -> Token | None:
        """The token, asked for anew when it is no longer fresh. Raises `WorldError`."""
        if self._source is None or asyncio.get_running_loop().time() < self._until:
            return self._token
        try:
            return await self.instead_of(self._token)
        except WorldError:
            # A file that is being replaced is no reason to stop: the server will say when the old token has ended.
            if self._token is None:
                raise
            return self._token

    async def instead_of(self, used: Token | None) -> Token | None:
        """Another token than `used`, if there is one by now."""
        async with self._asking:
            if self._source is not None and self._token is used:
                self._token = await self._source()
                self._until = asyncio.get_running_loop().time() + (self._token.fresh_for if self._token else float("inf"))
            return self._token


def tls(connection: Connection) -> ssl.SSLContext:
    """The verifying TLS context of a connection. Raises `BadConnection`."""
    if connection.context is not None:
        return connection.context
    if not connection.server.startswith("https://"):
        raise BadConnection(f"the API server's address {connection.server!r} does not begin with https://")
    context = _authorities(connection)
    if connection.client_certificate:
        _prove(context, *connection.client_certificate)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Python 3.13 turns on checks of form (an authority key identifier) that many cluster CAs fail; the chain is still verified.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["http/1.1"])
    return context


def _authorities(connection: Connection) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=connection.ca_file, cadata=connection.ca_data)
    except (ssl.SSLError, ValueError) as error:
        where = connection.ca_file or "those given in the settings"
        raise BadConnection(f"the certificates {where} cannot be used: they are not in PEM form") from error
    except OSError as error:
        raise BadConnection(f"the certificates {connection.ca_file} cannot be read: {error.strerror}") from error


def _prove(context: ssl.SSLContext, certificate: str, key: str | None) -> None:
    """Have the context show a client certificate."""
    files = f"the client certificate {certificate}" + (f" and its key {key}" if key else "")
    try:
        context.load_cert_chain(certificate, key, password=lambda: b"")  # without this, it would ask at the terminal
    except ssl.SSLError as error:
        why = "they must be in PEM form, belong together, and need no password"
        raise BadConnection(f"{files} cannot be used: {why}") from error
    except OSError as error:
        raise BadConnection(f"{files} cannot be read: {error.strerror}") from error
