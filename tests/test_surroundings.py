from collections.abc import Mapping
from types import MappingProxyType

import pytest

from kube_vxlan_controller.model import Namespace
from kube_vxlan_controller.settings import BadSettings, Choice, File, Settings, choose, settle
from kube_vxlan_controller.surroundings import complete

Words = Mapping[str, str]
NOTHING: Words = MappingProxyType({})


def chosen(arguments: Words, environment: Words = NOTHING, file: str | None = None) -> Mapping[str, Choice]:
    return complete(choose(arguments, environment, None if file is None else File("/etc/c", file)), environment, None)


def settings(arguments: Words, environment: Words = NOTHING, file: str | None = None) -> Settings:
    return settle(chosen(arguments, environment, file))


@pytest.mark.parametrize(
    ("arguments", "environment", "server", "kubeconfig"),
    [
        ({}, {}, "", ""),
        ({}, {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}, "https://10.96.0.1:443", ""),
        ({}, {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"}, "https://[fd00::1]:6443", ""),
        ({}, {"KUBECONFIG": "/k"}, "", "/k"),
        ({}, {"KUBECONFIG": "/k", "KUBERNETES_SERVICE_HOST": "10.96.0.1"}, "https://10.96.0.1:443", ""),
        ({"kubeconfig": "/k"}, {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}, "", "/k"),
        ({"server": "https://a/"}, {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBECONFIG": "/k"}, "https://a", ""),
        ({"server": "https://a"}, {"KVC_KUBECONFIG": "/k"}, "https://a", ""),
        ({"kubeconfig": "/k"}, {"KVC_SERVER": "https://a"}, "", "/k"),
    ],
)
def test_what_is_given_by_hand_goes_before_what_lies_around(
    arguments: dict[str, str], environment: dict[str, str], server: str, kubeconfig: str
) -> None:
    found = settings(arguments, environment)
    assert (found.server, found.kubeconfig) == (server, kubeconfig)
    assert found.nowhere == (not server and not kubeconfig)


@pytest.mark.parametrize(
    ("arguments", "own", "namespace", "where"),
    [
        ({}, None, "kube-system", "default"),
        ({}, " \n", "kube-system", "default"),
        ({}, "net-system\n", "net-system", "/var/run/secrets/kubernetes.io/serviceaccount/namespace"),
        ({"namespace": "mine"}, "net-system", "mine", "--namespace"),
    ],
)
def test_the_controllers_own_namespace(arguments: dict[str, str], own: str | None, namespace: str, where: str) -> None:
    choices = complete(choose(arguments, {}, None), {}, own)
    assert settle(choices).namespace == Namespace(namespace)
    assert choices["namespace"].where == where


@pytest.mark.parametrize(
    ("arguments", "environment", "file", "token", "token_file", "ca"),
    [
        ({}, {"KUBECONFIG": "/k"}, None, "", "", ""),
        ({"token": "t"}, {"KUBECONFIG": "/k"}, None, "t", "", ""),
        ({"token-file": "/t"}, {"KUBECONFIG": "/k"}, None, "", "/t", ""),
        ({"ca-cert-file": "/c"}, {"KUBECONFIG": "/k"}, None, "", "", "/c"),
        ({"ca-cert-file": "/c"}, {"KVC_KUBECONFIG": "/k"}, None, "", "", "/c"),
        ({}, {"KUBECONFIG": "/k"}, 'token-file = "/t"', "", "/t", ""),
        ({"kubeconfig": "/k"}, {"KVC_TOKEN": "t"}, None, "", "", ""),
        ({"kubeconfig": "/k", "token": "t"}, {"KVC_TOKEN_FILE": "/t"}, None, "t", "", ""),
        ({"kubeconfig": "/k", "token-file": "/t"}, {"KVC_TOKEN": "t"}, None, "", "/t", ""),
        ({"server": "https://a", "token-file": "/t", "ca-cert-file": "/c"}, {"KVC_TOKEN": "t"}, None, "", "/t", "/c"),
    ],
)
def test_a_credential_that_was_given_goes_before_what_a_kubeconfig_says(
    arguments: Words, environment: Words, file: str | None, token: str, token_file: str, ca: str
) -> None:
    found = settings(arguments, environment, file)
    assert (found.token, found.token_file, found.ca_cert_file) == (token, token_file, ca)


@pytest.mark.parametrize(
    ("arguments", "environment", "told"),
    [
        (
            {"server": "https://a", "kubeconfig": "/k"},
            {},
            "server (--server) and kubeconfig (--kubeconfig) contradict each other; give one of them.",
        ),
        (
            {"server": "https://a"},
            {"KVC_TOKEN": "t", "KVC_TOKEN_FILE": "/t"},
            "token (KVC_TOKEN) and token-file (KVC_TOKEN_FILE) contradict each other; give one of them.",
        ),
        (
            {"server": "https://a", "context": "c"},
            {"KUBECONFIG": "/k"},
            "context (--context) is a part of a kubeconfig, and there is none: the server is https://a (--server).",
        ),
    ],
)
def test_what_cannot_hold_is_refused(arguments: Words, environment: Words, told: str) -> None:
    with pytest.raises(BadSettings) as caught:
        settings(arguments, environment)
    assert caught.value.sentences == (told,)


def test_what_does_not_hold_says_why() -> None:
    found = chosen({"kubeconfig": "/k"}, {"KVC_SERVER": "https://a", "KVC_TOKEN": "t"})
    assert found["server"].where == "not used, since there is a kubeconfig"
    assert found["token"].where == "as the kubeconfig says"
