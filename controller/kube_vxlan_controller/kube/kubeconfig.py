"""Pure. What a kubeconfig says where it says all by itself, and what is wrong with one, as a sentence for the one who wrote it.

A context whose user has a token is read here (`plain`). Those that need more (plugins, providers, certificates that stand in
the file) are kubernetes_asyncio's work, which costs half a second and 40 MB, walks whatever a file holds and answers a wrong
shape in Python's words; so the shape is looked at first. Laws: only the context that is to be used is judged beyond its shape;
what passes here may still name a file that is not there, or a plugin that fails. The form:
https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import yaml

WORDS = {"array": "a list", "object": "a block of `name: value`", "str": "a text", "bool": "true or false", "null": "empty"}
"""What users call the types that msgspec names."""


class _Cluster(msgspec.Struct, rename="kebab"):
    server: str = ""
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    insecure_skip_tls_verify: bool | None = None
    tls_server_name: str | None = None
    proxy_url: str | None = None


class _Exec(msgspec.Struct):
    command: str


class _User(msgspec.Struct, rename="kebab"):
    token: str | None = None
    token_file: str | None = msgspec.field(default=None, name="tokenFile")
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    username: str | None = None
    password: str | None = None
    exec: _Exec | None = None
    auth_provider: dict[str, Any] | None = None


class _Context(msgspec.Struct):
    cluster: str = ""
    user: str = ""


class _NamedCluster(msgspec.Struct):
    name: str
    cluster: _Cluster


class _NamedUser(msgspec.Struct):
    name: str
    user: _User


class _NamedContext(msgspec.Struct):
    name: str
    context: _Context


class _File(msgspec.Struct, rename="kebab"):
    current_context: str | None = None
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None
    contexts: list[_NamedContext] | None = None


@dataclass(frozen=True, slots=True)
class Plain:
    """A context that needs nothing but what stands in the file."""

    server: str
    token: str
    ca_data: str | None
    """PEM text; without it the system's authorities are trusted."""
    server_name: str | None
    proxy: str | None


def first_mistake(texts: Sequence[str], context: str | None) -> str:
    """What is wrong with these files, taken together as kubectl does; empty where nothing is. Without a full stop."""
    chosen = _chosen(texts, context)
    return chosen if isinstance(chosen, str) else _contents(*chosen)


def plain(texts: Sequence[str], context: str | None) -> Plain | None:
    """The context of files without a mistake, if its user has a token and nothing is to be looked up elsewhere."""
    chosen = _chosen(texts, context)
    if isinstance(chosen, str):
        return None
    cluster, user = chosen
    elsewhere = (cluster.certificate_authority, user.token_file, user.exec, user.auth_provider, user.username)
    if not user.token or any(elsewhere) or user.client_certificate or user.client_certificate_data:
        return None
    if cluster.insecure_skip_tls_verify:
        return None
    data = cluster.certificate_authority_data
    ca_data = base64.b64decode(data).decode(errors="replace") if data else None
    return Plain(cluster.server, user.token, ca_data, cluster.tls_server_name, cluster.proxy_url)


def contexts(texts: Sequence[str]) -> tuple[str, ...]:
    """The names of all contexts, each once; files that make no sense have none."""
    files = (_read(text) for text in texts)
    return tuple(dict.fromkeys(one.name for file in files if isinstance(file, _File) for one in file.contexts or ()))


def _read(text: str) -> _File | str:
    """What a file says, or what is wrong with it."""
    try:
        return msgspec.convert(yaml.safe_load(text) or {}, _File)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return f"it is not YAML{f' (line {mark.line + 1})' if mark else ''}"
    except RecursionError:
        return "it is nested too deeply"
    except msgspec.ValidationError as error:
        return _shape(str(error))


def _chosen(texts: Sequence[str], context: str | None) -> tuple[_Cluster, _User] | str:
    """The context's cluster and user, or what is wrong."""
    files = []
    for text in texts:
        file = _read(text)
        if isinstance(file, str):
            return file
        files.append(file)
    wanted = context or next((file.current_context for file in files if file.current_context), None)
    if not wanted:
        return "it has no current-context; say --context"
    contexts = {one.name: one.context for file in reversed(files) for one in file.contexts or ()}
    clusters = {one.name: one.cluster for file in reversed(files) for one in file.clusters or ()}
    users = {one.name: one.user for file in reversed(files) for one in file.users or ()}
    if wanted not in contexts:
        return f"it has no context {wanted!r}{_there_are(contexts)}"
    chosen = contexts[wanted]
    if chosen.cluster not in clusters:
        return f"its context {wanted!r} names the cluster {chosen.cluster!r}, which is not there{_there_are(clusters)}"
    if chosen.user and chosen.user not in users:
        return f"its context {wanted!r} names the user {chosen.user!r}, who is not there{_there_are(users)}"
    return clusters[chosen.cluster], users.get(chosen.user, _User())


def _shape(error: str) -> str:
    """What msgspec says of a wrong type or a missing field, for people."""
    where = re.search(r" - at `\$\.?(.*)`$", error)
    place = where[1].replace("[...]", "") if where and where[1] else "it"
    if wrong := re.search(r"Expected `([^`]*)`, got `([^`]*)`", error):
        wanted = wrong[1].split(" | ")[0]
        return f"{place} must be {WORDS.get(wanted, wanted)}, not {WORDS.get(wrong[2], 'a number')}"
    missing = re.search(r"required field `([^`]*)`", error)
    return f"{place} has no {missing[1]}" if missing else error


def _there_are(names: Iterable[str]) -> str:
    some = sorted(names)[:5]
    return f" (there {'is' if len(some) == 1 else 'are'} {', '.join(some)})" if some else ""


def _contents(cluster: _Cluster, user: _User) -> str:
    if not cluster.server.startswith("https://"):
        return f"the server {cluster.server!r} does not begin with https://"
    pem = {
        "certificate-authority-data": (cluster.certificate_authority_data, "CERTIFICATE"),
        "client-certificate-data": (user.client_certificate_data, "CERTIFICATE"),
        "client-key-data": (user.client_key_data, "PRIVATE KEY"),
    }
    for name, (text, kind) in pem.items():
        try:
            if text and f"{kind}-----".encode() not in base64.b64decode(text, validate=True):
                return f"{name} holds no {kind.lower()} in PEM form"
        except (binascii.Error, ValueError):
            return f"{name} is not in base64"
    has_certificate = user.client_certificate or user.client_certificate_data
    if bool(has_certificate) != bool(user.client_key or user.client_key_data):
        return "its user has a client certificate without a key, or a key without a certificate"
    return ""
