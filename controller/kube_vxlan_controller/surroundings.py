"""Pure. Where the API server is and how we prove who we are, of all that was given and all that lies around.

What was given by hand goes before what a pod or `$KUBECONFIG` offers, and of two settings that say different things the one
that was given in the better place holds. Laws: whatever stands on the command line holds or is refused, and is never passed
over in silence; two that contradict each other in the same place are refused; a choice that does not hold says why.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kube_vxlan_controller.settings import BadSettings, Choice, Origin

NOWHERE = (
    "There is no API server to talk to: this is not a pod, and neither a kubeconfig nor a server was given; "
    "say --kubeconfig FILE, or --server https://HOST:PORT with --token-file and --ca-cert-file."
)
"""What to tell when neither `Settings.kubeconfig` nor `Settings.server` is there."""

CREDENTIALS = ("token", "token-file", "ca-cert-file")
"""What a kubeconfig says as well, and what goes before it when it was given by hand."""

Choices = Mapping[str, Choice]


def complete(chosen: Choices, environment: Mapping[str, str], own_namespace: str | None) -> Choices:
    """The choices with what the surroundings say where nothing was given by hand. Raises `BadSettings`.

    `own_namespace` is what the namespace file holds, None when there is none.
    """
    contradictions = [*_contradictions(chosen, "server", "kubeconfig"), *_contradictions(chosen, "token", "token-file")]
    if contradictions:
        raise BadSettings(contradictions)
    whereabouts = _whereabouts(chosen, environment)
    context, kubeconfig = chosen["context"], whereabouts["kubeconfig"]
    if context.origin is Origin.ARGUMENT and not kubeconfig.value:
        server = _server(whereabouts["server"])
        raise BadSettings([f"context ({context.where}) is a part of a kubeconfig, and there is none: {server}."])
    return {**chosen, **whereabouts, **_credentials(chosen, kubeconfig), "namespace": _namespace(chosen, own_namespace)}


def _contradictions(chosen: Choices, one: str, other: str) -> Iterator[str]:
    first, second = chosen[one], chosen[other]
    if first.origin is second.origin and first.origin is not Origin.DEFAULT and first.value and second.value:
        yield f"{one} ({first.where}) and {other} ({second.where}) contradict each other; give one of them."


def _server(server: Choice) -> str:
    return f"the server is {server.value} ({server.where})" if server.value else "neither is a server known"


def _goes_before(one: Choice, other: Choice) -> bool:
    """Whether a choice was given, and in a better place."""
    places = list(Origin)
    return bool(one.value) and places.index(one.origin) < places.index(other.origin)


def _whereabouts(chosen: Choices, environment: Mapping[str, str]) -> dict[str, Choice]:
    server, kubeconfig = chosen["server"], chosen["kubeconfig"]
    host, port = environment.get("KUBERNETES_SERVICE_HOST", ""), environment.get("KUBERNETES_SERVICE_PORT", "443")
    if _goes_before(kubeconfig, server):
        server = replace(server, value="", where="not used, since there is a kubeconfig")
    elif server.value:
        kubeconfig = replace(kubeconfig, value="", where="not used, since a server was named")
    elif host:
        # The address, not the name: it works before, and without, a cluster's DNS.
        url = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
        server = replace(server, value=url, origin=Origin.ENVIRONMENT, where="KUBERNETES_SERVICE_HOST")
    elif environment.get("KUBECONFIG"):
        kubeconfig = replace(kubeconfig, value=environment["KUBECONFIG"], origin=Origin.ENVIRONMENT, where="KUBECONFIG")
    return {"server": server, "kubeconfig": kubeconfig}


def _credentials(chosen: Choices, kubeconfig: Choice) -> dict[str, Choice]:
    """What was given by hand, in a place at least as good as the kubeconfig's; else a kubeconfig says it."""
    found = {name: chosen[name] for name in CREDENTIALS}
    if _goes_before(found["token-file"], found["token"]):
        found["token"] = replace(found["token"], value="", where="not used, since there is a token-file")
    # $KUBECONFIG lies around: whatever was given for this program alone goes before it.
    found_by_chance = kubeconfig.where == "KUBECONFIG"
    for name, choice in found.items() if kubeconfig.value else ():
        if choice.origin is Origin.DEFAULT or (_goes_before(kubeconfig, choice) and not found_by_chance):
            found[name] = replace(choice, value="", where="as the kubeconfig says")
    if kubeconfig.value and found["token"].value:
        found["token-file"] = replace(found["token-file"], value="", where="not used, since there is a token")
    return found


def _namespace(chosen: Choices, own: str | None) -> Choice:
    namespace = chosen["namespace"]
    if namespace.value:
        return namespace
    if own is not None and own.strip():
        return replace(namespace, value=own.strip(), where=chosen["namespace-file"].value)
    return replace(namespace, value="kube-system")
